/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IOAPIC of our own, for the pins that no in-kernel one has: Intel 82093AA, section 3.
 * It delivers nothing itself. An unmasked redirection entry becomes the message that the
 * pin's interrupts are from then on, so that an irqfd reaches the guest without us. All
 * pins are edge-triggered, whatever the entry says: nobody would tell of the EOI.
 *
 * Registers are accessed by vCPU threads; all hold the loop's lock.
 */
#ifndef ARCH_X86_IOAPIC_H
#define ARCH_X86_IOAPIC_H

#include <stdint.h>

struct error;
struct ioapic;
struct loop;
struct mmio_region;

#define IOAPIC_PINS 24u
#define IOAPIC_BYTES 0x1000u

/* Registers of the region. */
#define IOAPIC_SELECT 0x00u
#define IOAPIC_WINDOW 0x10u

/* Behind the window; the last two are those of pin 0. */
#define IOAPIC_ID 0x00u
#define IOAPIC_VERSION 0x01u
#define IOAPIC_ARBITRATION 0x02u
#define IOAPIC_ENTRY_LOW 0x10u
#define IOAPIC_ENTRY_HIGH 0x11u

struct ioapic_ops {
	/* Mandatory. The pin's interrupts are this message from now on. 0 or -errno. */
	int (*route)(void *user, unsigned int pin, uint64_t address, uint32_t data);
	/* Mandatory. The pin is masked, or says nothing that can be a message. */
	void (*unroute)(void *user, unsigned int pin);
};

/* ops and user outlive it. All pins are masked, and taken to be unrouted. */
int ioapic_create(struct loop *loop, uint64_t gpa, const struct ioapic_ops *ops,
	void *user, struct ioapic **ret, struct error *err);
void ioapic_destroy(struct ioapic *ioapic);

/* For bus_add() on the bus of memory; the IOAPIC's. */
struct mmio_region *ioapic_region(struct ioapic *ioapic);

/* As after ioapic_create(): routes are gone with the VM that had them, ops not called. */
void ioapic_reset(struct ioapic *ioapic);

#endif
