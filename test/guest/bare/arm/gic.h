/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver for the GICv2 (Arm IHI 0048B) and the GICv3 with system registers (IHI 0069),
 * whichever the machine has, as thin as it can be. All interrupts are in the group that
 * the CPU interface serves as IRQ: 0 of a GICv2, 1 of a GICv3.
 */
#ifndef TEST_GUEST_BARE_ARM_GIC_H
#define TEST_GUEST_BARE_ARM_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define NONE 1023u
#define VIRTUAL_TIMER 27u
#define PHYSICAL_TIMER 30u
#define UART_LINE 33u

/* Bits an interrupt, from GICD_ISENABLER on. */
enum gic_bits {
	ENABLED = 0x100,
	PENDING = 0x200,
	ACTIVE = 0x300,
};
#define CLEAR 0x80 /* from the register that sets to the one that clears */

bool gic_is_v3(void);

/* The distributor, once; all SPIs come to the first CPU. */
void gic_init(void);

/* This CPU's interface and private interrupts: open to every priority, no groups. */
void gic_cpu_init(void);

/* ---- an interrupt; a private one is this CPU's ------------------------------------- */

uintptr_t gic_frame(uint32_t intid);
void gic_set(enum gic_bits which, uint32_t intid, bool value);
bool gic_is(enum gic_bits which, uint32_t intid);
void gic_set_priority(uint32_t intid, uint8_t priority);
uint8_t gic_priority(uint32_t intid);
void gic_set_edge(uint32_t intid, bool edge);
void gic_set_target(uint32_t spi, unsigned int cpu);

/* ---- this CPU's interface ---------------------------------------------------------- */

void gic_enable_distributor(bool on);
void gic_enable_cpu(bool on);
void gic_set_mask(uint8_t priority);

/* Preemption goes by the priority's bits from this one on: 3 is the least. */
void gic_set_first_group_bit(unsigned int bit);

/* A GICv2 has an SGI's source beside the INTID: bits 12 to 10. */
uint32_t gic_acknowledge(void);
uint32_t gic_highest_pending(void);
uint8_t gic_running_priority(void);
void gic_end(uint32_t value);

/* With separate, gic_end() drops the priority and gic_deactivate() does the rest. */
void gic_set_separate(bool separate);
void gic_deactivate(uint32_t value);

/* Whether an interrupt waits at this CPU's input. */
bool gic_signals(void);

enum sgi_to { SGI_TO_SET, SGI_TO_OTHERS, SGI_TO_SELF };

void gic_send(uint32_t sgi, enum sgi_to to, uint8_t cpus);

#endif
