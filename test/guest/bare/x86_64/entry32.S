/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bzImage without a 64-bit entry (Linux, Documentation/arch/x86/boot.rst, "32-bit Boot
 * Protocol"): says "entered in 32-bit mode" if it is, with its segments, without paging and with
 * the zero page in esi, and powers off.
 */
	.include "bare.inc"
	.equ	KERNEL, 0x100000
	.equ	SETUP_BYTES, 1024
	.equ	BOOT_CS, 0x10
	.equ	BOOT_DS, 0x18

	.text
	.globl	_start
_start:	.org	0x1f1
	.byte	SETUP_BYTES / 512 - 1
	.word	0
	.long	(end - begin) / 16
	.org	0x1fe
	.word	0xaa55
	.byte	0xeb, 0x68 - 2		/* where the header ends */
	.ascii	"HdrS"
	.word	0x020f
	.org	0x211
	.byte	1			/* at 1 MiB */
	.org	0x214
	.long	KERNEL
	.org	0x22c
	.long	0x37ffffff		/* of an initrd */
	.long	0x200000
	.org	0x238
	.long	255			/* of a command line */
	.org	0x258
	.quad	KERNEL
	.long	0x1000
	.org	SETUP_BYTES
	.code32
begin:	cmpl	$0x53726448, 0x202(%esi)
	jne	1f
	mov	%cs, %ax
	cmp	$BOOT_CS, %ax
	jne	1f
	mov	%ds, %ax
	cmp	$BOOT_DS, %ax
	jne	1f
	mov	%cr0, %eax
	and	$0x80000001, %eax
	cmp	$1, %eax
	jne	1f
	mov	$(KERNEL + text - begin), %esi
	mov	$(text_end - text), %ecx
	mov	$COM1, %dx
	cld
	rep outsb
1:	movb	$POWER_OFF, SLEEP
2:	hlt
	jmp	2b
text:	.ascii	"entered in 32-bit mode\n"
text_end:
	.balign	16, 0
end:
