/* SPDX-License-Identifier: Apache-2.0 */
#include "src/pvpanic.h"

#include <errno.h>
#include <stdlib.h>

#include "src/board.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

struct pvpanic {
	struct mmio_region region;
	const struct board_host *host;
	struct guest_log log;
};

static uint64_t region_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	return offset ? 0 : PVPANIC_PANICKED | PVPANIC_CRASH_LOADED;
}

static void region_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct pvpanic *pvpanic = container_of(region, struct pvpanic, region);

	if (offset)
		return;
	if (value & PVPANIC_PANICKED)
		pvpanic->host->request(pvpanic->host->user, BOARD_CRASHED);
	else if (value & PVPANIC_CRASH_LOADED)
		guest_log(&pvpanic->log, "a panic, which its crash kernel looks after");
}

static const struct mmio_ops region_ops = {.read = region_read, .write = region_write};

int pvpanic_create(const struct board_host *host, uint64_t at, uint64_t bytes,
	struct pvpanic **ret, struct error *err)
{
	struct pvpanic *pvpanic = calloc(1, sizeof(*pvpanic));

	if (!pvpanic)
		return error_set(err, -ENOMEM, NULL, "no memory for pvpanic");
	pvpanic->region = (struct mmio_region){.ops = &region_ops,
		.gpa = at,
		.bytes = bytes,
		.loop = host->loop,
		.name = "pvpanic"};
	pvpanic->host = host;
	pvpanic->log.source = "pvpanic";
	*ret = pvpanic;
	return 0;
}

void pvpanic_destroy(struct pvpanic *pvpanic)
{
	free(pvpanic);
}

struct mmio_region *pvpanic_region(struct pvpanic *pvpanic)
{
	return &pvpanic->region;
}
