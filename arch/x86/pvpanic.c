/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/pvpanic.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/x86/isa.h"
#include "src/board.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

struct pvpanic {
	struct isa_ports ports;
	const struct board_host *host;
	struct guest_log log;
};

static uint8_t port_read(struct isa_ports *ports, uint64_t offset)
{
	return PVPANIC_PANICKED | PVPANIC_CRASH_LOADED;
}

static void port_write(struct isa_ports *ports, uint64_t offset, uint8_t value)
{
	struct pvpanic *pvpanic = container_of(ports, struct pvpanic, ports);

	if (value & PVPANIC_PANICKED)
		pvpanic->host->request(pvpanic->host->user, BOARD_CRASHED);
	else if (value & PVPANIC_CRASH_LOADED)
		guest_log(&pvpanic->log, "a panic, which its crash kernel looks after");
}

static const struct isa_ops ops = {.read = port_read, .write = port_write};

int pvpanic_create(const struct board_host *host, uint16_t port, struct pvpanic **ret,
	struct error *err)
{
	struct pvpanic *pvpanic = calloc(1, sizeof(*pvpanic));

	if (!pvpanic)
		return error_set(err, -ENOMEM, NULL, "no memory for pvpanic");
	isa_ports_init(&pvpanic->ports, &ops, host->loop, port, 1, "pvpanic");
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
	return &pvpanic->ports.region;
}
