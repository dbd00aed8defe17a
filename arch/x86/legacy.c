/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/legacy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arch/x86/layout.h"
#include "src/board.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"

#define PCI_CONFIG_PORT 0xcf8u
#define PCI_CONFIG_PORTS 8u
#define RESET_CONTROL (X86_RESET_CONTROL_PORT - PCI_CONFIG_PORT) /* a byte */
#define RESET_CPU 0x04u

#define HOLES_MAX 20

struct legacy {
	struct mmio_region pci;
	const struct board_host *host;
	unsigned int hole_count;
	struct mmio_region holes[HOLES_MAX];
};

static uint64_t hole_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	return ~0ull >> (64 - 8 * bytes);
}

static void hole_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
}

static const struct mmio_ops hole_ops = {.read = hole_read, .write = hole_write};

/* Reads as if no reset were chosen: guests write back what they read, with more bits. */
static uint64_t pci_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	return offset == RESET_CONTROL && bytes == 1 ? 0
						     : hole_read(region, offset, bytes);
}

static void pci_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	const struct legacy *legacy = container_of(region, struct legacy, pci);

	if (offset == RESET_CONTROL && bytes == 1 && (value & RESET_CPU))
		legacy->host->request(legacy->host->user, BOARD_RESET);
}

static const struct mmio_ops pci_ops = {.read = pci_read, .write = pci_write};

static int add_hole(
	struct legacy *legacy, uint16_t port, uint16_t count, struct error *err)
{
	struct mmio_region *hole = &legacy->holes[legacy->hole_count++];

	*hole = (struct mmio_region){
		.ops = &hole_ops, .gpa = port, .bytes = count, .name = "nothing"};
	return bus_add(legacy->host->ports, hole, err);
}

static int add_holes(
	struct legacy *legacy, const struct plan_x86 *plan, struct error *err)
{
	const struct {
		bool free;
		uint16_t port;
		uint16_t count;
	} holes[HOLES_MAX] = {
		{!plan->pic, 0x20, 2}, {!plan->pic, 0xa0, 2},
		{!plan->pic, 0x4d0, 2}, /* which of its lines are level-triggered */
		{!plan->pit, 0x40, 4},
		{!plan->i8042.count, X86_I8042_PORT, X86_I8042_PORTS},
		{!plan->rtc.count, X86_RTC_PORT, X86_RTC_PORTS},
		{!plan->serial.count, X86_SERIAL_PORT, X86_SERIAL_PORTS},
		{true, 0x2f8, 8}, /* the other serial ports */
		{true, 0x3e8, 8}, {true, 0x2e8, 8},
		{true, 0x80, 16},    /* progress codes, also to pass time; DMA pages */
		{true, 0x92, 1},     /* A20 */
		{true, 0xed, 1},     /* to pass time */
		{true, 0x3b0, 0x30}, /* VGA */
		{true, 0x402, 1},    /* SeaBIOS's debug console */
	};
	int code = 0;

	for (unsigned int i = 0; i < HOLES_MAX && !code; i++)
		if (holes[i].free)
			code = add_hole(legacy, holes[i].port, holes[i].count, err);
	return code;
}

int legacy_create(const struct board_host *host, const struct plan_x86 *plan,
	struct legacy **ret, struct error *err)
{
	struct legacy *legacy = calloc(1, sizeof(*legacy));
	int code;

	if (!legacy)
		return error_set(err, -ENOMEM, NULL, "no memory for legacy ports");
	legacy->host = host;
	legacy->pci = (struct mmio_region){.ops = &pci_ops,
		.gpa = PCI_CONFIG_PORT,
		.bytes = PCI_CONFIG_PORTS,
		.name = "reset control"};
	code = bus_add(host->ports, &legacy->pci, err);
	if (!code)
		code = add_holes(legacy, plan, err);
	if (code) {
		legacy_destroy(legacy);
		return code;
	}
	*ret = legacy;
	return 0;
}

void legacy_destroy(struct legacy *legacy)
{
	free(legacy);
}
