/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entered in 32-bit protected mode through its note (Xen, docs/misc/pvh.pandoc): says
 * "up in protected mode" if it is in that, without paging, and has its start_info; powers off.
 */
	.include "bare.inc"
	.equ	START_INFO, 0x336ec578
	begin_by_note
	cmpl	$START_INFO, (%ebx)
	jne	1f
	mov	%cr0, %eax
	and	$0x80000001, %eax
	cmp	$1, %eax
	jne	1f
	mov	$text, %esi
	mov	$(text_end - text), %ecx
	mov	$COM1, %dx
	cld
	rep outsb
1:	movb	$POWER_OFF, SLEEP
2:	hlt
	jmp	2b
text:	.ascii	"up in protected mode\n"
text_end:
