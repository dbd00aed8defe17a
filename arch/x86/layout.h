/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86 board's guest-physical map, I/O ports and interrupts: those of QEMU's microvm
 * where it has them, so that firmware and kernels made for it run here.
 *
 *	0x0000_0000  +-----------------------------+
 *	             | RAM                         |  up to 0xc000_0000
 *	0x0000_0500  |  GDT                        |  of the direct boot
 *	0x0000_6000  |  PVH start info             |
 *	0x0000_7000  |  zero page                  |
 *	0x0000_8000  |  setup data: the seed       |
 *	0x0000_9000  |  page tables                |  the first 4 GiB, one to one
 *	0x0002_0000  |  command line               |
 *	0x0009_fc00  |  EBDA (reserved)            |
 *	0x000e_0000  |  ACPI tables                |  64 KiB; E and F segment hold the
 *	0x000f_0000  |  MP table                   |  firmware's end where there is one
 *	0x000f_fff0  |  reset                      |  for who wants a BIOS
 *	0x0010_0000  |  kernel, device tree, initrd|
 *	             +-----------------------------+
 *	             | shared memory               |  where the XML puts it
 *	0xfea0_0000  +-----------------------------+
 *	             | GED                         |  event selector, power registers
 *	0xfea0_1000  +-----------------------------+
 *	             | generation id               |  16 bytes; memory, not RAM
 *	0xfeb0_0000  +-----------------------------+
 *	             | virtio-mmio                 |  512 bytes each, as in the XML
 *	0xfec0_0000  +-----------------------------+
 *	             | IOAPIC 1                    |  GSI 0 to 23
 *	0xfec1_0000  +-----------------------------+
 *	             | IOAPIC 2                    |  GSI 24 to 47
 *	0xfee0_0000  +-----------------------------+
 *	             | local APIC                  |
 *	0xfeff_c000  +-----------------------------+
 *	             | KVM's own pages             |  identity map, TSS
 *	0xffe0_0000  +-----------------------------+
 *	             | firmware                    |  at the end of these 2 MiB
 *	0x1_0000_0000+-----------------------------+
 *	             | RAM                         |  what does not fit below
 *	             +-----------------------------+
 *	             | pmem                        |  each on the next GiB
 *	             +-----------------------------+
 */
#ifndef ARCH_X86_LAYOUT_H
#define ARCH_X86_LAYOUT_H

#define X86_GDT_GPA 0x500ull
#define X86_GDT_BYTES 0x30u
#define X86_BOOT_CS 0x10 /* selectors in the GDT, as Linux's boot protocol wants them */
#define X86_BOOT_DS 0x18
#define X86_BOOT_TSS 0x20
#define X86_PVH_GPA 0x6000ull /* start info, module list, memory map: one page */
#define X86_ZERO_PAGE_GPA 0x7000ull
#define X86_SETUP_DATA_GPA 0x8000ull
#define X86_PAGE_TABLES_GPA 0x9000ull /* PML4, PDPT, four page directories */
#define X86_CMDLINE_GPA 0x20000ull
#define X86_CMDLINE_BYTES 0x10000ull
#define X86_EBDA_GPA 0x9fc00ull
#define X86_VGA_GPA 0xa0000ull
#define X86_ACPI_GPA 0xe0000ull
#define X86_ACPI_BYTES 0x10000ull
#define X86_MP_GPA 0xf0000ull
#define X86_MP_BYTES 0xfff0ull
#define X86_BIOS_ENTRY_GPA 0xffff0ull
#define X86_BIOS_ENTRY_BYTES 0x10ull
#define X86_HIGH_RAM_GPA 0x100000ull
#define X86_LOW_RAM_END 0xc0000000ull
#define X86_RAM_ABOVE_GPA 0x100000000ull
#define X86_SHARED_END 0xfe000000ull /* of shared memory in the hole */
#define X86_RAM_ALIGN_BYTES (2ull << 20)

#define X86_GED_GPA 0xfea00000ull
#define X86_GED_BYTES 0x203ull
#define X86_GENERATION_GPA 0xfea01000ull
#define X86_GENERATION_BYTES 0x1000ull
#define X86_VIRTIO_GPA 0xfeb00000ull
#define X86_VIRTIO_STEP_BYTES 0x200ull
#define X86_VIRTIO_COUNT_MAX 24
#define X86_IOAPIC_GPA 0xfec00000ull
#define X86_IOAPIC_STEP_BYTES 0x10000ull
#define X86_IOAPIC_BYTES 0x1000ull
#define X86_IOAPIC_PINS 24
#define X86_LAPIC_GPA 0xfee00000ull
#define X86_LAPIC_BYTES 0x1000ull
#define X86_KVM_IDENTITY_GPA 0xfeffc000ull
#define X86_KVM_TSS_GPA 0xfeffd000ull
#define X86_FIRMWARE_GPA 0xffe00000ull
#define X86_FIRMWARE_BYTES 0x200000ull
#define X86_FIRMWARE_RAM_BYTES 0x200000ull /* its own, at the end of the low RAM */
#define X86_FIRMWARE_STEP_BYTES 0x10000u
#define X86_RESET_VECTOR_GPA 0xfffffff0ull

#define X86_SERIAL_PORT 0x3f8
#define X86_SERIAL_PORTS 8
#define X86_SERIAL_IRQ 4
#define X86_RTC_PORT 0x70
#define X86_RTC_PORTS 2
#define X86_RTC_IRQ 8
#define X86_I8042_PORT 0x60
#define X86_I8042_PORTS 5 /* 0x60 and 0x64 are its; 0x61 is the PIT's */
#define X86_I8042_IRQ 1
#define X86_FW_CFG_PORT 0x510
#define X86_WATCHDOG_PORT 0x441
#define X86_PVPANIC_PORT 0x505
#define X86_PVPANIC_PORTS 1
#define X86_RESET_CONTROL_PORT 0xcf9
#define X86_GED_IRQ 9

/* An 8-bit APIC id; 255 is everybody. */
#define X86_CPUS_MAX 255

#endif
