/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ged.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "src/board.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/irq.h"
#include "src/log.h"

struct ged {
	struct mmio_region region;
	const struct board_host *host;
	struct irq_line *irq;
	struct guest_log log;
	uint32_t events;
};

static uint64_t region_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	struct ged *ged = container_of(region, struct ged, region);
	uint64_t value = 0;

	if (offset == GED_SELECTOR) {
		value = ged->events;
		ged->events = 0;
	} else if (offset < GED_SLEEP_CONTROL) {
		guest_log(&ged->log, "read of 0x%" PRIx64 ", no register", offset);
		value = ~0ull >> (64 - 8 * bytes);
	}
	return value;
}

static void write_sleep_control(struct ged *ged, uint64_t value)
{
	unsigned int type = value >> GED_SLEEP_TYPE_SHIFT & 7;

	if (!(value & GED_SLEEP_ENABLE))
		return;
	if (type == GED_SLEEP_TYPE_OFF)
		ged->host->request(ged->host->user, BOARD_POWER_OFF);
	else
		guest_log(&ged->log, "there is no sleep of type %u", type);
}

static void region_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct ged *ged = container_of(region, struct ged, region);

	if (offset == GED_SLEEP_CONTROL)
		write_sleep_control(ged, value);
	else if (offset == GED_RESET && value == GED_RESET_VALUE)
		ged->host->request(ged->host->user, BOARD_RESET);
	else if (offset != GED_SLEEP_STATUS)
		guest_log(
			&ged->log, "write of 0x%" PRIx64 " to 0x%" PRIx64, value, offset);
}

static const struct mmio_ops region_ops = {.read = region_read, .write = region_write};

int ged_create(
	const struct board_host *host, uint64_t gpa, struct ged **ret, struct error *err)
{
	struct ged *ged = calloc(1, sizeof(*ged));

	if (!ged)
		return error_set(err, -ENOMEM, NULL, "no memory for the power block");
	ged->region = (struct mmio_region){.ops = &region_ops,
		.gpa = gpa,
		.bytes = GED_BYTES,
		.loop = host->loop,
		.name = "ged"};
	ged->host = host;
	ged->log.source = "ged";
	*ret = ged;
	return 0;
}

void ged_destroy(struct ged *ged)
{
	free(ged);
}

struct mmio_region *ged_region(struct ged *ged)
{
	return &ged->region;
}

void ged_reset(struct ged *ged)
{
	ged->events = 0;
}

void ged_set_irq(struct ged *ged, struct irq_line *irq)
{
	ged->irq = irq;
}

void ged_press_power_button(struct ged *ged)
{
	ged->events |= GED_POWER_BUTTON;
	if (ged->irq)
		irq_line_pulse(ged->irq);
}
