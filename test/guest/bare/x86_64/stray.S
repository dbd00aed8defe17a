/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Touches ports and addresses where nothing is, in all widths: writes are ignored, reads give
 * ones. Says "ffffffff" for memory and for ports, and "ok".
 */
	.include "bare.inc"
	begin
	mov	$0xd0000000, %ebx
	mov	%rbx, (%rbx)
	movb	$0, 3(%rbx)
	xor	%edi, %edi
	mov	(%rbx), %edi
	put_hex
	put	'\n'
	mov	$0xfeb03e00, %ebx	/* the last virtio slot, or nothing */
	mov	%ebx, 0x30(%rbx)
	mov	0x1fd(%rbx), %eax
	mov	$SLEEP, %ebx		/* a hole in the GED */
	mov	0xf00(%rbx), %rax
	mov	%rax, 0xf00(%rbx)
	mov	$0x1230, %edx
	xor	%eax, %eax
	out	%al, %dx
	out	%ax, %dx
	out	%eax, %dx
	in	%dx, %al
	in	%dx, %ax
	xor	%eax, %eax
	in	%dx, %eax
	mov	%eax, %edi
	put_hex
	put	'\n'
	put	'o'
	put	'k'
	put	'\n'
	finish
	footer
