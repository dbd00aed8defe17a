/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvpanic, the register through which a guest reports its panic: a port on x86
 * (QEMU0001 in ACPI), in memory on ARM (qemu,pvpanic-mmio in the tree). A read tells
 * which events it takes, a write reports some. Threads: vCPUs, under the loop's lock.
 */
#ifndef SRC_PVPANIC_H
#define SRC_PVPANIC_H

#include <stdint.h>

struct board_host;
struct error;
struct mmio_region;
struct pvpanic;

#define PVPANIC_PANICKED 0x01u
#define PVPANIC_CRASH_LOADED 0x02u /* the guest's own crash kernel takes over: logged */

/*
 * At a port or a guest-physical address, so many bytes, of which the first is the
 * register. Asks the host, which outlives it, for BOARD_CRASHED.
 */
int pvpanic_create(const struct board_host *host, uint64_t at, uint64_t bytes,
	struct pvpanic **ret, struct error *err);
void pvpanic_destroy(struct pvpanic *pvpanic);

/* For bus_add(); pvpanic's. */
struct mmio_region *pvpanic_region(struct pvpanic *pvpanic);

#endif
