/* SPDX-License-Identifier: Apache-2.0 */
/* The x86 board's own devices. As struct board's verbs say (src/board.h). */
#ifndef ARCH_X86_DEVICES_H
#define ARCH_X86_DEVICES_H

#include "src/board.h"

int x86_devices_create(const struct board_plan *plan, const struct board_host *host,
	struct board_devices **ret, struct error *err);
int x86_devices_connect(struct board_devices *devices, struct hv *hv, struct error *err);
void x86_devices_hold(struct board_devices *devices, bool hold);
void x86_devices_destroy(struct board_devices *devices);
bool x86_devices_press(struct board_devices *devices, enum board_button button);

#endif
