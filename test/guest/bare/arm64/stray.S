/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Touches addresses where nothing is, in widths and forms that KVM decodes and that it does
 * not (a pair): reads must be zero, the pair must end in our own vector, the monitor must
 * live on. Says "00000000", "a" (for abort) and "ok".
 */
	.include "bare.inc"
	header
start:	adr	x0, vectors
	msr	vbar_el1, x0
	isb
	ldr	x1, =0x0b000000
	str	x1, [x1]
	strb	w1, [x1, #3]
	mvn	x0, xzr
	ldr	w0, [x1]
	put_hex
	put	'\n'
	ldr	x1, =UART
	ldr	w0, [x1, #0xf00]	/* a hole in the UART */
	str	w0, [x1, #0xf00]
	ldr	x1, =0x0a000000		/* a virtio slot, or nothing */
	str	w0, [x1, #0x30]
	ldr	w0, [x1, #0x1fc]
	ldr	x1, =0x0b000000
	ldp	x2, x3, [x1]		/* no syndrome for a pair */
	put	'!'
	finish

	.balign	2048
vectors:
	.balign	512
	put	'?'
	psci	PSCI_SYSTEM_OFF
	.balign	512
after:	put	'a'
	put	'\n'
	put	'o'
	put	'k'
	put	'\n'
	psci	PSCI_SYSTEM_OFF
	footer
