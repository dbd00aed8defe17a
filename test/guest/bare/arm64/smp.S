/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the second CPU through PSCI, which says "2" and powers the machine off; the first
 * waits. A CPU that is not there must be refused: "n".
 */
	.include "bare.inc"
	header
start:	ldr	x1, =0x00ffff00
	adr	x2, second
	psci	PSCI_CPU_ON
	cbz	x0, 1f
	put	'n'
	put	'\n'
	mov	x1, #1
	adr	x2, second
	psci	PSCI_CPU_ON
1:	wfi
	b	1b
second:	put	'2'
	put	'\n'
	finish
	footer
