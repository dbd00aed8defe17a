/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog of iBASE's IB700 boards: a write to port 0x443 gives the guest so much
 * time, 30 seconds less two for each unit of its lower four bits, one to 0x441 ends the
 * watch. Nothing is read.
 *
 * Ports are accessed by vCPU threads, the timer expires on the loop's thread; all hold
 * the loop's lock.
 */
#ifndef ARCH_X86_IB700_H
#define ARCH_X86_IB700_H

#include <stdbool.h>
#include <stdint.h>

struct board_host;
struct error;
struct ib700;
struct mmio_region;

/* From the first port on. */
#define IB700_STOP 0u
#define IB700_START 2u
#define IB700_PORTS 3u

/* host outlives it. */
int ib700_create(const struct board_host *host, uint16_t port, struct ib700 **ret,
	struct error *err);
void ib700_destroy(struct ib700 *ib700);

/* For bus_add() on the bus of ports; the watchdog's. */
struct mmio_region *ib700_region(struct ib700 *ib700);

/* As after power-on: it does not watch. */
void ib700_reset(struct ib700 *ib700);

/* No time passes while the guest does not run. */
void ib700_hold(struct ib700 *ib700, bool hold);

#endif
