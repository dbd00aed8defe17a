/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bzImage that a firmware starts as it starts Linux: in its real-mode part (Linux,
 * Documentation/arch/x86/boot.rst). Says its command line, what its protected-mode part holds and
 * what is in its initrd, then reboots through the keyboard controller.
 */
	.include "bare.inc"
	.equ	KERNEL, 0x100000
	.equ	SETUP_BYTES, 1024

	.text
	.code16
	.globl	_start
_start:	.org	0x1f1
	.byte	SETUP_BYTES / 512 - 1
	.word	0
	.long	2		/* the rest, in units of 16 bytes */
	.org	0x1fe
	.word	0xaa55
	/* Entered here, 0x20 paragraphs behind the data segment. */
	.byte	0xeb, begin - (. + 1)
	.ascii	"HdrS"
	.word	0x020a
	.org	0x211
	.byte	1		/* at 1 MiB */
	.org	0x214
	.long	KERNEL
initrd:	.long	0, 0
	.org	0x228
cmdline:
	.long	0
	.long	0x37ffffff	/* of an initrd */
	.long	0x200000
	.org	0x238
	.long	255		/* of a command line */
	.org	0x258
	.quad	KERNEL
	.long	0x1000
begin:
	/* fs reaches all memory: what lies above 1 MiB has no other way in real mode. */
	xor	%eax, %eax
	mov	%ds, %ax
	shl	$4, %eax
	lea	text - _start(%eax), %ebx
	add	%eax, gdt + 2 - _start
	lgdtl	gdt - _start
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	mov	$8, %si
	mov	%si, %fs
	and	$0xfe, %al
	mov	%eax, %cr0

	call	say
	mov	cmdline - _start, %ebx
	call	say
	mov	$KERNEL, %ebx
	call	say
	mov	initrd - _start, %ebx
	call	say
	mov	$0xfe, %al
	out	%al, $0x64
2:	hlt
	jmp	2b

/* The text at ebx up to its zero, as a line. */
say:	mov	$COM1, %dx
3:	mov	%fs:(%ebx), %al
	inc	%ebx
	test	%al, %al
	jz	4f
	out	%al, %dx
	jmp	3b
4:	mov	$'\n', %al
	out	%al, %dx
	ret

	.balign	8
gdt:	.word	15		/* the null descriptor holds its own place */
	.long	gdt - _start
	.word	0
	.quad	0x00cf92000000ffff
text:	.asciz	"started as Linux is"
	.org	SETUP_BYTES
	.ascii	"the rest at 1 MiB"
	.balign	16, 0
