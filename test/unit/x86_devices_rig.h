/* SPDX-License-Identifier: Apache-2.0 */
/* All of the x86 board's own devices between a terminal, a clock and VMs of the tests'.
 */
#ifndef TEST_UNIT_X86_DEVICES_RIG_H
#define TEST_UNIT_X86_DEVICES_RIG_H

#include "arch/x86/devices.h"
#include "src/guest_mem.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_hv.h"
#include "test/unit/fake_terminal.h"
#include "test/unit/x86_fixture.h"

struct x86_devices_rig {
	struct x86_fixture fixture;
	struct plan_x86 *plan; /* the fixture's */
	struct fake_board board;
	struct guest_mem mem; /* of nothing */
	struct terminal terminal;
	struct board_devices *devices; /* NULL until they are created */
	struct hv *hv;
};

/* Plans everything that the board can have, with 512 MiB and a second IOAPIC. */
void x86_devices_rig_init(struct x86_devices_rig *rig);
int x86_devices_rig_create(struct x86_devices_rig *rig, struct board_devices **ret);
/* Connects rig->devices to the next VM, as a reboot does. */
void x86_devices_rig_connect(struct x86_devices_rig *rig);
void x86_devices_rig_finish(struct x86_devices_rig *rig);

#endif
