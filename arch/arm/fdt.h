/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ARM board's device tree: the one place that knows bindings.
 *
 * Where an overlay is configured, the tree carries labels (a __symbols__ node) that it
 * can refer to: &gic, &uart0, &rtc, &gpio0, &gpio_keys, &watchdog, &pvpanic, &fw_cfg,
 * &vmgenid, &apb_pclk, &timer, &pmu, &psci, &memory, &cpu0 and so on, &virtio0 and
 * &shared0 and so on in the order of the XML.
 */
#ifndef ARCH_ARM_FDT_H
#define ARCH_ARM_FDT_H

#include <stddef.h>
#include <stdint.h>

struct board_plan;
struct boot_seed;
struct error;

/* Room enough for the plan's tree: CPUs, devices, bootargs and overlay. */
uint64_t arm_fdt_room(const struct board_plan *plan);

/* As struct board's write_tables() (src/board.h). */
int arm_fdt_write(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err);

#endif
