/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware of 64 KiB that begins at the reset vector, as a CPU does: says "real mode" if it is
 * in that, and reboots through the keyboard controller.
 */
	.include "bare.inc"
	.text
	.code16
	.globl	_start
rom:
_start:	smsw	%ax
	test	$1, %al
	jnz	2f
	mov	$(text - rom), %si
	mov	$COM1, %dx
1:	mov	%cs:(%si), %al
	out	%al, %dx
	inc	%si
	cmp	$(text_end - rom), %si
	jb	1b
2:	mov	$0xfe, %al
	out	%al, $0x64
3:	hlt
	jmp	3b
text:	.ascii	"real mode\n"
text_end:
	.org	0xfff0
	jmp	_start
	.org	0x10000
