/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ARM board's guest-physical map and interrupt numbers: those that Genode's VMM and
 * QEMU's virt share, so that firmware and small kernels built for either run here.
 *
 *	0x0000_0000  +-----------------------------+
 *	             | nothing                     |
 *	0x0800_0000  +-----------------------------+
 *	             | GIC distributor             |  64 KiB (v3), 4 KiB (v2)
 *	0x0801_0000  +-----------------------------+
 *	             | GICv2 CPU interface         |  8 KiB
 *	0x080a_0000  +-----------------------------+
 *	             | GICv3 redistributors        |  128 KiB a vCPU, vCPU 0 to 122
 *	0x0900_0000  +-----------------------------+
 *	             | PL011                       |  4 KiB, SPI 1
 *	0x0901_0000  +-----------------------------+
 *	             | PL031, the clock            |  4 KiB, SPI 2
 *	0x0902_0000  +-----------------------------+
 *	             | fw_cfg                      |  24 bytes; where there are items
 *	0x0903_0000  +-----------------------------+
 *	             | PL061, the power key's GPIO |  4 KiB, SPI 7
 *	0x090a_0000  +-----------------------------+
 *	             | stolen time                 |  64 bytes a vCPU; memory, not RAM
 *	0x090b_0000  +-----------------------------+
 *	             | generation id               |  16 bytes, SPI 3; memory, not RAM
 *	0x090d_0000  +-----------------------------+
 *	             | SP805, a watchdog           |  4 KiB, SPI 4; where it is asked for
 *	0x090e_0000  +-----------------------------+
 *	             | pvpanic                     |  2 bytes
 *	0x0a00_0000  +-----------------------------+
 *	             | virtio-mmio                 |  512 bytes a device, SPI 8 and up
 *	0x1000_0000  +-----------------------------+
 *	             | shared memory               |  where the XML puts it
 *	0x4000_0000  +-----------------------------+
 *	             | RAM                         |  one range, beyond 4 GiB too
 *	             |  unpacked kernel            |  of a zImage only
 *	             |  kernel                     |
 *	             |  device tree                |
 *	             |  initrd                     |
 *	             +-----------------------------+
 *	             | GICv3 redistributors        |  vCPU 123 and up, on the next 64 MiB
 *	             +-----------------------------+
 *	             | pmem                        |  each on the next GiB
 *	             +-----------------------------+
 *	             | shared memory               |  on multiples of 2 MiB
 *	             +-----------------------------+
 */
#ifndef ARCH_ARM_LAYOUT_H
#define ARCH_ARM_LAYOUT_H

#define ARM_GICD_GPA 0x08000000ull
#define ARM_GICC_GPA 0x08010000ull
#define ARM_GICR_GPA 0x080a0000ull
#define ARM_UART_GPA 0x09000000ull
#define ARM_RTC_GPA 0x09010000ull
#define ARM_FW_CFG_GPA 0x09020000ull
#define ARM_GPIO_GPA 0x09030000ull
#define ARM_STEAL_TIME_GPA 0x090a0000ull
#define ARM_GENERATION_GPA 0x090b0000ull
#define ARM_WATCHDOG_GPA 0x090d0000ull
#define ARM_PVPANIC_GPA 0x090e0000ull
#define ARM_VIRTIO_GPA 0x0a000000ull
#define ARM_SHARED_GPA 0x10000000ull
#define ARM_RAM_GPA 0x40000000ull

/* GICv2 (Arm IHI 0048) and GICv3 (Arm IHI 0069) register frames. */
#define ARM_GICV2_DIST_BYTES 0x1000ull
#define ARM_GICV2_CPU_BYTES 0x2000ull
#define ARM_GICV3_DIST_BYTES 0x10000ull
#define ARM_GICR_CPU_BYTES 0x20000ull
#define ARM_GICR_LOW_CPUS ((ARM_UART_GPA - ARM_GICR_GPA) / ARM_GICR_CPU_BYTES)
#define ARM_GICR_HIGH_ALIGN_BYTES (64ull << 20)
#define ARM_GICV2_CPUS_MAX 8

#define ARM_UART_BYTES 0x1000ull
#define ARM_CLOCK_HZ 24000000
#define ARM_RTC_BYTES 0x1000ull
#define ARM_GPIO_BYTES 0x1000ull
#define ARM_POWER_KEY_LINE 3 /* of the GPIO */
#define ARM_WATCHDOG_BYTES 0x1000ull
#define ARM_PVPANIC_BYTES 2ull
#define ARM_VIRTIO_STEP_BYTES 0x200ull
#define ARM_VIRTIO_COUNT_MAX 128

/* DEN 0057: one structure a vCPU. Whole 64 KiB, the largest page of a host. */
#define ARM_STEAL_TIME_CPU_BYTES 64ull
#define ARM_STEAL_TIME_ALIGN_BYTES 0x10000ull
#define ARM_GENERATION_BYTES 0x10000ull /* likewise */

#define ARM_RAM_ALIGN_BYTES (2ull << 20)

/* INTIDs: 16 to 31 are PPIs, 32 and up SPIs. */
#define ARM_PPI_BASE 16
#define ARM_SPI_BASE 32
#define ARM_PMU_INTID 23
#define ARM_TIMER_SECURE_INTID 29
#define ARM_TIMER_NONSECURE_INTID 30
#define ARM_TIMER_VIRTUAL_INTID 27
#define ARM_TIMER_HYPERVISOR_INTID 26
#define ARM_UART_INTID 33
#define ARM_RTC_INTID 34
#define ARM_GENERATION_INTID 35
#define ARM_WATCHDOG_INTID 36
#define ARM_GPIO_INTID 39
#define ARM_VIRTIO_INTID 40
/* KVM counts the lines of its GIC in steps of 32. */
#define ARM_SPI_STEP 32

/* Documentation/arch/arm64/booting: 8-byte aligned, at most 2 MiB. */
#define ARM_DTB_BYTES_MAX (2ull << 20)
#define ARM_DTB_ALIGN_BYTES 0x1000ull
#define ARM_INITRD_ALIGN_BYTES 0x1000ull
/* The initrd's place is one cell in the tree. */
#define ARM_INITRD_END_MAX 0x100000000ull

/* COMMAND_LINE_SIZE, with the NUL. */
#define ARM64_BOOTARGS_BYTES 2048
#define ARM32_BOOTARGS_BYTES 1024

/* The two formats of a 32-bit guest's page tables: short descriptors, and LPAE. */
#define ARM32_SHORT_END 0x100000000ull
#define ARM32_ADDRESS_BITS 40
/* What a 32-bit kernel maps of RAM at all times, in the usual 3 GiB/1 GiB split. */
#define ARM32_LOWMEM_BYTES (760ull << 20)

#endif
