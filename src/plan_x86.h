/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an x86 board's plan has beyond src/plan.h. Plain data: filled by arch/x86/image.c
 * (the kernel's header) and arch/x86/board.c (everything else).
 */
#ifndef SRC_PLAN_X86_H
#define SRC_PLAN_X86_H

#include <stdbool.h>
#include <stdint.h>

#include "src/plan_range.h"

/* How the first vCPU begins. */
enum x86_entry {
	X86_ENTRY_LONG,      /* 64-bit boot protocol: RSI is the zero page */
	X86_ENTRY_PROTECTED, /* 32-bit boot protocol: ESI is the zero page */
	X86_ENTRY_PVH,       /* Xen PVH: 32-bit, EBX is the start info */
	X86_ENTRY_RESET,     /* the reset vector: a firmware */
};

/* Linux's setup header (x86 boot protocol 2.02 to 2.15), from offset 0x1f1 of the file.
 */
#define X86_SETUP_HEADER_OFFSET 0x1f1u
#define X86_SETUP_HEADER_BYTES_MAX 0x90u

struct x86_kernel {
	enum x86_entry entry;
	uint64_t entry_offset;     /* of the first instruction, from plan->kernel.gpa */
	uint32_t setup_bytes;      /* bzImage: the real-mode part before the kernel */
	uint32_t bootargs_max;     /* characters, without the NUL */
	uint64_t initrd_end_max;   /* first address that an initrd may not reach */
	unsigned int header_bytes; /* 0: no bzImage */
	uint8_t header[X86_SETUP_HEADER_BYTES_MAX];
};

struct x86_e820 {
	uint64_t gpa;
	uint64_t bytes;
	uint32_t type; /* 1 RAM, 2 reserved */
};

#define X86_E820_MAX 8
#define X86_IOAPICS_MAX 2

struct x86_port {
	uint16_t port;
	uint16_t count; /* 0: not there */
	unsigned int irq;
};

struct plan_x86 {
	bool acpi;
	bool mp_table;      /* in the F-segment */
	bool tree;          /* handed over as setup data */
	bool split_irqchip; /* only the local APICs are the hypervisor's */
	bool pit;
	bool pic;
	struct x86_port serial;
	struct x86_port rtc;
	struct x86_port i8042; /* 0x60 and 0x64 */
	struct x86_port fw_cfg;
	struct x86_port pvpanic;
	struct x86_port watchdog;
	struct plan_range ged; /* generic event device and power registers */
	unsigned int ged_irq;
	unsigned int ioapic_count; /* 24 pins each, GSIs from 0 */
	struct plan_range ioapics[X86_IOAPICS_MAX];
	struct plan_range lapic;
	unsigned int e820_count;
	struct x86_e820 e820[X86_E820_MAX];
};

#endif
