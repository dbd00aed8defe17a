/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of two guests with memory that both have at 3 GiB: the one that comes first writes "1"
 * there, the other one "2"; each says what the other has written, and powers off.
 */
	.include "bare.inc"
	.equ	SHARED, 0xc0000000
	begin
	mov	$SHARED, %ebx
	mov	$1, %eax
	lock xadd %eax, (%rbx)
	and	$1, %eax
	lea	1(%rax), %ecx
	add	$'0', %ecx
	mov	%cl, 8(%rbx, %rax)
	xor	$1, %eax
1:	pause
	mov	8(%rbx, %rax), %cl
	test	%cl, %cl
	jz	1b
	mov	$COM1, %dx
	mov	%cl, %al
	out	%al, %dx
	put	'\n'
	finish
	footer
