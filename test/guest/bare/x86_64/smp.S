/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the second CPU with INIT and SIPI (Intel SDM 3, 8.4.4), which says "2" in real mode;
 * then the first powers the machine off.
 */
	.include "bare.inc"
	.equ	SECOND, 0x8000		/* where the second CPU begins */
	.equ	ICR_LOW, 0x300
	.equ	ICR_HIGH, 0x310
	begin
	mov	$second, %esi
	mov	$SECOND, %edi
	mov	$(second_end - second), %ecx
	rep movsb
	mov	$LAPIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)	/* enabled, spurious vector 255 */
	movl	$(1 << 24), ICR_HIGH(%rbx)
	movl	$0x4500, ICR_LOW(%rbx)	/* INIT */
	movl	$(1 << 24), ICR_HIGH(%rbx)
	movl	$(0x4600 + SECOND / 4096), ICR_LOW(%rbx)
1:	pause
	cmpb	$1, SECOND + said - second
	jne	1b
	finish

	.code16
second:	put	'2'
	put	'\n'
	movb	$1, %cs:said - second
1:	hlt
	jmp	1b
said:	.byte	0
second_end:
	.code64
	footer
