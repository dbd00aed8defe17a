/* SPDX-License-Identifier: Apache-2.0 */
/* Goes on where nothing is: there KVM has no instruction to run, and says so. */
	.include "bare.inc"
	begin
	put	'x'
	put	'\n'
	mov	$0xd0000000, %ebx
	jmp	*%rbx
	footer
