/* SPDX-License-Identifier: Apache-2.0 */
/* The ARM board's own devices: UART, clock, power key, watchdog, panic notification,
 * fw_cfg. As struct board's verbs say (src/board.h). */
#ifndef ARCH_ARM_DEVICES_H
#define ARCH_ARM_DEVICES_H

#include "src/board.h"

int arm_devices_create(const struct board_plan *plan, const struct board_host *host,
	struct board_devices **ret, struct error *err);
int arm_devices_connect(struct board_devices *devices, struct hv *hv, struct error *err);
bool arm_devices_press(struct board_devices *devices, enum board_button button);
void arm_devices_hold(struct board_devices *devices, bool hold);
void arm_devices_destroy(struct board_devices *devices);

#endif
