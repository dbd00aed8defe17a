/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ib700.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/x86/isa.h"
#include "src/board.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"

#define SECOND_NS 1000000000ull

struct ib700 {
	struct isa_ports ports;
	const struct board_host *host;
	struct loop_timer timer; /* armed while it watches and is not held */
	bool watches;
	bool held;
	uint64_t left_ns; /* while it watches and is held */
};

static void expired(struct loop_timer *timer)
{
	struct ib700 *ib700 = container_of(timer, struct ib700, timer);

	ib700->watches = false;
	ib700->host->request(ib700->host->user, BOARD_WATCHDOG);
}

static void watch(struct ib700 *ib700, uint64_t ns)
{
	ib700->watches = true;
	ib700->left_ns = ns;
	if (!ib700->held)
		loop_timer_arm(ib700->host->loop, &ib700->timer, ns);
}

static uint8_t port_read(struct isa_ports *ports, uint64_t offset)
{
	return 0xff;
}

static void port_write(struct isa_ports *ports, uint64_t offset, uint8_t value)
{
	struct ib700 *ib700 = container_of(ports, struct ib700, ports);

	if (offset == IB700_START)
		watch(ib700, (30 - 2 * (value & 0xfu)) * SECOND_NS);
	else if (offset == IB700_STOP)
		ib700_reset(ib700);
}

static const struct isa_ops ops = {.read = port_read, .write = port_write};

int ib700_create(const struct board_host *host, uint16_t port, struct ib700 **ret,
	struct error *err)
{
	struct ib700 *ib700 = calloc(1, sizeof(*ib700));

	if (!ib700)
		return error_set(err, -ENOMEM, NULL, "no memory for the watchdog");
	isa_ports_init(&ib700->ports, &ops, host->loop, port, IB700_PORTS, "watchdog");
	ib700->host = host;
	ib700->timer.expired = expired;
	*ret = ib700;
	return 0;
}

void ib700_destroy(struct ib700 *ib700)
{
	if (!ib700)
		return;
	loop_timer_cancel(&ib700->timer);
	free(ib700);
}

struct mmio_region *ib700_region(struct ib700 *ib700)
{
	return &ib700->ports.region;
}

void ib700_reset(struct ib700 *ib700)
{
	ib700->watches = false;
	loop_timer_cancel(&ib700->timer);
}

void ib700_hold(struct ib700 *ib700, bool hold)
{
	if (hold == ib700->held)
		return;
	ib700->held = hold;
	if (!ib700->watches)
		return;
	if (!hold) {
		watch(ib700, ib700->left_ns);
		return;
	}
	ib700->left_ns = ib700->timer.deadline_ns > loop_now_ns()
				 ? ib700->timer.deadline_ns - loop_now_ns()
				 : 0;
	loop_timer_cancel(&ib700->timer);
}
