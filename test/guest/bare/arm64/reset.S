/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says "r" and reboots with interrupts pending and active in the controller: the PL011's
 * line is raised and enabled, so a controller that were not fresh after the reboot would
 * show it pending before the UART is touched. Says its GICD_ISPENDR1 each time.
 */
	.include "bare.inc"
	.equ	GICD, 0x08000000
	header
start:	ldr	x1, =GICD
	ldr	w0, [x1, #0x204]	/* ISPENDR1 */
	put_hex
	put	'\n'
	ldr	x19, =UART
	mov	w0, #0x20
	str	w0, [x19, #0x38]	/* IMSC: transmit */
	mov	w0, #0x301
	str	w0, [x19, #0x30]	/* CR */
	put	'r'
	put	'\n'
	mov	w0, #2
	str	w0, [x1, #0x104]	/* ISENABLER1: SPI 1 */
	mvn	w0, wzr
	str	w0, [x1, #0x208]	/* some more, set pending by hand */
	psci	PSCI_SYSTEM_RESET
	finish
	footer
