/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power block of hardware-reduced ACPI (ACPI 6.5): a generic event device's selector
 * (5.6.9, ACPI0013) with the power button and a new generation id as its events, and
 * beside it the sleep control, sleep status (4.8.3.7) and reset (4.8.3.6) registers.
 * QEMU's microvm has the same.
 *
 * Registers are accessed by vCPU threads; all hold the loop's lock.
 */
#ifndef ARCH_X86_GED_H
#define ARCH_X86_GED_H

#include <stdint.h>

struct board_host;
struct error;
struct ged;
struct irq_line;
struct mmio_region;

#define GED_BYTES 0x203u

/* 4 bytes: the events since it was read last. */
#define GED_SELECTOR 0x000u
#define GED_POWER_BUTTON 0x2u
/* The VM's generation id is another one: for a guest that runs on as a copy. */
#define GED_GENERATION 0x100u

/* A byte each. */
#define GED_SLEEP_CONTROL 0x200u
#define GED_SLEEP_ENABLE 0x20u
#define GED_SLEEP_TYPE_SHIFT 2
#define GED_SLEEP_TYPE_OFF 5u
#define GED_SLEEP_STATUS 0x201u
#define GED_RESET 0x202u
#define GED_RESET_VALUE 0x42u

/* Asks the host, which outlives it, to power off or to reset. No interrupt line yet. */
int ged_create(
	const struct board_host *host, uint64_t gpa, struct ged **ret, struct error *err);
void ged_destroy(struct ged *ged);

/* For bus_add() on the bus of memory; the GED's. */
struct mmio_region *ged_region(struct ged *ged);

/* As after power-on: no event. */
void ged_reset(struct ged *ged);

/* Pulses this line from now on. NULL: there is none. */
void ged_set_irq(struct ged *ged, struct irq_line *irq);

/* Somebody presses the power button: a guest with ACPI shuts down, others ignore it. */
void ged_press_power_button(struct ged *ged);
#endif
