/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a 32-bit guest in C: the header of an ARM zImage (Linux,
 * Documentation/arch/arm/booting.rst), a stack for each CPU, exception vectors. The MMU
 * stays off, so all data is in Strongly-ordered memory.
 */
	.equ	STACK_BITS, 12
	.equ	SUPERVISOR, 0x13

	.section .head, "ax"
	.arm
	.globl	_start
_start:	b	1f
	.space	0x20
	.word	0x016f2818
	.word	0			/* start */
	.word	image_end - . + 0x2c
	.word	0x04030201
	.word	0, 0
1:	mov	r0, #0
	bl	prepare
	bl	guest_main
	b	machine_off

	/* Of a CPU that is started: r0 is its number. */
	.globl	cpu_entry
cpu_entry:
	bl	prepare
	b	cpu_main

prepare:
	ldr	r1, 2f
1:	add	r1, pc, r1
	add	r2, r0, #1
	add	sp, r1, r2, lsl #STACK_BITS
	adr	r1, vectors
	mcr	p15, 0, r1, c12, c0, 0
	isb
	bx	lr
2:	.word	stacks - 1b - 8

	.balign	32
vectors:
	b	reset
	b	undefined
	b	call
	b	prefetch
	b	data
	b	reset
	b	taken
	b	fast

	.macro	unexpected label, kind
\label:	cps	#SUPERVISOR		/* this CPU's only stack */
	mov	r0, #\kind
	mov	r1, lr
	b	unexpected_exception
	.endm

	unexpected reset, 0
	unexpected undefined, 1
	unexpected call, 2
	unexpected prefetch, 3
	unexpected data, 4
	unexpected fast, 7

	/* The return state goes onto the supervisor's stack, so that interrupts nest. */
taken:	sub	lr, lr, #4
	srsdb	sp!, #SUPERVISOR
	cps	#SUPERVISOR
	push	{r0-r3, r12, lr}
	and	r1, sp, #4
	sub	sp, sp, r1
	push	{r1, r2}
	bl	interrupt
	pop	{r1, r2}
	add	sp, sp, r1
	pop	{r0-r3, r12, lr}
	rfeia	sp!

	.bss
	.balign	4096
stacks:	.space	8 << STACK_BITS

	.section .note.GNU-stack, "", %progbits
