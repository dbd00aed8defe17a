/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ioapic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

/* That of the 82093AA: no EOI register, which edge-triggered pins do not need. */
#define VERSION 0x11u

/* An entry's lower half; the upper has the destination in its upper byte. */
#define ENTRY_VECTOR 0x000000ffu
#define ENTRY_DELIVERY 0x00000700u
#define ENTRY_LOGICAL 0x00000800u
#define ENTRY_LEVEL 0x00008000u
#define ENTRY_MASKED 0x00010000u
/* Delivery status and remote IRR, which are not the guest's to write, are always 0. */
#define ENTRY_LOW_WRITABLE 0x0001afffu
#define ENTRY_HIGH_WRITABLE 0xff000000u

#define DELIVERY_FIXED 0x000u
#define DELIVERY_LOWEST 0x100u
#define DELIVERY_SMI 0x200u
#define DELIVERY_NMI 0x400u
#define DELIVERY_INIT 0x500u

/* Vectors below are exceptions: a local APIC takes none of them from a message. */
#define VECTOR_MIN 0x10u

#define MSI_ADDRESS 0xfee00000u
#define MSI_DESTINATION_SHIFT 12
#define MSI_LOGICAL 0x4u

struct entry {
	uint32_t low;
	uint32_t high;
	bool routed;
	uint64_t address; /* of the message, while routed */
	uint32_t data;
};

struct ioapic {
	struct mmio_region region;
	const struct ioapic_ops *ops;
	void *user;
	struct guest_log log;
	uint8_t select;
	uint32_t id;
	struct entry entries[IOAPIC_PINS];
};

/* ---- messages --------------------------------------------------------------------- */

/* Whether a local APIC takes it as a message; ExtINT for one is for wires alone. */
static bool deliverable(uint32_t low)
{
	switch (low & ENTRY_DELIVERY) {
	case DELIVERY_FIXED:
	case DELIVERY_LOWEST:
		return (low & ENTRY_VECTOR) >= VECTOR_MIN;
	case DELIVERY_SMI:
	case DELIVERY_NMI:
	case DELIVERY_INIT:
		return true;
	default:
		return false;
	}
}

static void route(struct ioapic *ioapic, unsigned int pin, struct entry *entry)
{
	uint64_t address = MSI_ADDRESS |
			   (uint64_t)(entry->high >> 24) << MSI_DESTINATION_SHIFT |
			   (entry->low & ENTRY_LOGICAL ? MSI_LOGICAL : 0);
	uint32_t data = entry->low & (ENTRY_DELIVERY | ENTRY_VECTOR);
	int code;

	if (entry->routed && entry->address == address && entry->data == data)
		return;
	if (entry->low & ENTRY_LEVEL)
		guest_log(&ioapic->log, "pin %u is edge-triggered, not level", pin);
	code = ioapic->ops->route(ioapic->user, pin, address, data);
	if (code) {
		guest_log(&ioapic->log, "pin %u: %s", pin, strerror(-code));
		return;
	}
	entry->routed = true;
	entry->address = address;
	entry->data = data;
}

static void update_route(struct ioapic *ioapic, unsigned int pin)
{
	struct entry *entry = &ioapic->entries[pin];
	bool masked = entry->low & ENTRY_MASKED;

	if (!masked && deliverable(entry->low)) {
		route(ioapic, pin, entry);
		return;
	}
	if (!masked)
		guest_log(&ioapic->log, "pin %u: 0x%" PRIx32 " is no interrupt", pin,
			entry->low);
	if (entry->routed)
		ioapic->ops->unroute(ioapic->user, pin);
	entry->routed = false;
}

/* ---- registers -------------------------------------------------------------------- */

static struct entry *selected_entry(struct ioapic *ioapic)
{
	unsigned int pin = (ioapic->select - IOAPIC_ENTRY_LOW) / 2;

	return ioapic->select >= IOAPIC_ENTRY_LOW && pin < IOAPIC_PINS
		       ? &ioapic->entries[pin]
		       : NULL;
}

static uint32_t read_window(struct ioapic *ioapic)
{
	const struct entry *entry = selected_entry(ioapic);

	if (entry)
		return ioapic->select & 1 ? entry->high : entry->low;
	switch (ioapic->select) {
	case IOAPIC_ID:
	case IOAPIC_ARBITRATION:
		return ioapic->id;
	case IOAPIC_VERSION:
		return (IOAPIC_PINS - 1) << 16 | VERSION;
	default:
		guest_log(&ioapic->log, "read of 0x%x, no register", ioapic->select);
		return 0;
	}
}

static void write_window(struct ioapic *ioapic, uint32_t value)
{
	struct entry *entry = selected_entry(ioapic);

	if (entry) {
		if (ioapic->select & 1)
			entry->high = value & ENTRY_HIGH_WRITABLE;
		else
			entry->low = value & ENTRY_LOW_WRITABLE;
		update_route(ioapic, (unsigned int)(entry - ioapic->entries));
	} else if (ioapic->select == IOAPIC_ID) {
		ioapic->id = value & 0x0f000000;
	} else {
		guest_log(&ioapic->log, "write of 0x%" PRIx32 " to 0x%x", value,
			ioapic->select);
	}
}

/* Both registers are accessed as words; a wide access is of its lower word. */
static uint64_t region_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	struct ioapic *ioapic = container_of(region, struct ioapic, region);

	if (offset == IOAPIC_SELECT)
		return ioapic->select;
	if (offset == IOAPIC_WINDOW && bytes >= 4)
		return read_window(ioapic);
	guest_log(&ioapic->log, "read of %u bytes at 0x%" PRIx64, bytes, offset);
	return ~0ull >> (64 - 8 * bytes);
}

static void region_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct ioapic *ioapic = container_of(region, struct ioapic, region);

	if (offset == IOAPIC_SELECT)
		ioapic->select = (uint8_t)value;
	else if (offset == IOAPIC_WINDOW && bytes >= 4)
		write_window(ioapic, (uint32_t)value);
	else
		guest_log(&ioapic->log, "write of %u bytes at 0x%" PRIx64, bytes, offset);
}

static const struct mmio_ops region_ops = {.read = region_read, .write = region_write};

/* ---- life ------------------------------------------------------------------------- */

int ioapic_create(struct loop *loop, uint64_t gpa, const struct ioapic_ops *ops,
	void *user, struct ioapic **ret, struct error *err)
{
	struct ioapic *ioapic = calloc(1, sizeof(*ioapic));

	if (!ioapic)
		return error_set(err, -ENOMEM, NULL, "no memory for an IOAPIC");
	ioapic->region = (struct mmio_region){.ops = &region_ops,
		.gpa = gpa,
		.bytes = IOAPIC_BYTES,
		.loop = loop,
		.name = "ioapic"};
	ioapic->ops = ops;
	ioapic->user = user;
	ioapic->log.source = "ioapic";
	ioapic_reset(ioapic);
	*ret = ioapic;
	return 0;
}

void ioapic_destroy(struct ioapic *ioapic)
{
	free(ioapic);
}

struct mmio_region *ioapic_region(struct ioapic *ioapic)
{
	return &ioapic->region;
}

void ioapic_reset(struct ioapic *ioapic)
{
	ioapic->select = 0;
	ioapic->id = 0;
	for (unsigned int i = 0; i < IOAPIC_PINS; i++)
		ioapic->entries[i] = (struct entry){.low = ENTRY_MASKED};
}
