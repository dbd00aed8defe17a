/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entered in 32-bit protected mode through its note (Xen, docs/misc/pvh.pandoc): says
 * "up in protected mode" if it is in that, without paging, and has its start_info; powers off.
 */
	.include "bare.inc"
	.equ	PHYS32_ENTRY, 18
	.equ	START_INFO, 0x336ec578
	.section .note.Xen, "a", @note
	.long	2f - 1f, 4f - 3f, PHYS32_ENTRY
1:	.asciz	"Xen"
2:	.balign	4
3:	.long	_start
4:	.balign	4

	.text
	.code32
	.globl	_start
_start:	cmpl	$START_INFO, (%ebx)
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
