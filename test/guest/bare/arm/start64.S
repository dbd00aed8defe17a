/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a 64-bit guest in C: an arm64 Image header (Linux,
 * Documentation/arch/arm64/booting.rst), a stack for each CPU, exception vectors. The MMU
 * stays off, so all memory is Device memory.
 */
	.equ	STACK_BYTES, 4096

	.section .head, "ax"
	.globl	_start
_start:	b	1f
	.word	0
	.quad	0			/* text_offset */
	.quad	image_end - . + 16
	.quad	2			/* little-endian, 4 KiB pages */
	.quad	0
	.quad	0
	.quad	0
	.ascii	"ARM\x64"
	.word	0
1:	mov	x0, #0
	bl	prepare
	bl	guest_main
	b	machine_off

	/* Of a CPU that is started: x0 is its number. */
	.globl	cpu_entry
cpu_entry:
	bl	prepare
	b	cpu_main

prepare:
	adrp	x1, stacks
	add	x1, x1, :lo12:stacks
	add	x2, x0, #1
	mov	x3, #STACK_BYTES
	madd	x1, x2, x3, x1
	mov	sp, x1
	adr	x1, vectors
	msr	vbar_el1, x1
	isb
	ret

	.macro	unexpected kind
	.balign	128
	mov	x0, #\kind
	mrs	x1, elr_el1
	b	unexpected_exception
	.endm

	.balign	2048
vectors:
	unexpected 0
	unexpected 1
	unexpected 2
	unexpected 3
	unexpected 4
	.balign	128
	sub	sp, sp, #192
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #160]
	bl	interrupt
	ldp	x0, x1, [sp, #160]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x30, [sp, #144]
	ldp	x0, x1, [sp]
	add	sp, sp, #192
	eret
	unexpected 6
	unexpected 7
	unexpected 8
	unexpected 9
	unexpected 10
	unexpected 11
	unexpected 12
	unexpected 13
	unexpected 14
	unexpected 15

	.bss
	.balign	4096
stacks:	.space	8 * STACK_BYTES

	.section .note.GNU-stack, "", %progbits
