/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes back to real mode and jumps to where a PC's BIOS begins, as Linux does in the end to
 * reboot a machine that it knows no better way for.
 */
	.include "bare.inc"
	begin_by_note
	mov	$text, %esi
	mov	$(text_end - text), %ecx
	mov	$COM1, %dx
	cld
	rep outsb
	lgdt	gdt_pointer
	ljmp	$8, $(1f - _start)
	.code16
1:	mov	%cr0, %eax
	and	$0xfe, %al
	mov	%eax, %cr0
	ljmp	$0xf000, $0xfff0
	.balign	8
gdt:	.quad	0
	.quad	0x00009b100000ffff	/* 16-bit code at 1 MiB */
gdt_pointer:
	.word	15
	.long	gdt
text:	.ascii	"asks the BIOS\n"
text_end:
