/* SPDX-License-Identifier: Apache-2.0 */
/* Says "up" and powers off: the least that can boot, and what exec to first instruction is
 * measured with. */
	.include "bare.inc"
	header
start:	put	'u'
	put	'p'
	put	'\n'
	finish
	footer
