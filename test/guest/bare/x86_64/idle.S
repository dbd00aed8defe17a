/* SPDX-License-Identifier: Apache-2.0 */
/* Says "up" and waits for ever, as a guest that somebody ends. */
	.include "bare.inc"
	begin
	put	'u'
	put	'p'
	put	'\n'
1:	hlt
	jmp	1b
	footer
