/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvpanic, the port through which a guest reports its panic (QEMU0001 in ACPI). A read
 * tells which events it takes, a write reports some. Threads: vCPUs, under the loop's
 * lock.
 */
#ifndef ARCH_X86_PVPANIC_H
#define ARCH_X86_PVPANIC_H

#include <stdint.h>

struct board_host;
struct error;
struct mmio_region;
struct pvpanic;

#define PVPANIC_PANICKED 0x01u
#define PVPANIC_CRASH_LOADED 0x02u /* the guest's own crash kernel takes over: logged */

/* Asks the host, which outlives it, for BOARD_CRASHED. */
int pvpanic_create(const struct board_host *host, uint16_t port, struct pvpanic **ret,
	struct error *err);
void pvpanic_destroy(struct pvpanic *pvpanic);

/* For bus_add() on the bus of ports; pvpanic's. */
struct mmio_region *pvpanic_region(struct pvpanic *pvpanic);

#endif
