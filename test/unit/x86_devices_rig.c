/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/x86_devices_rig.h"

#include <stdlib.h>

void x86_devices_rig_init(struct x86_devices_rig *rig)
{
	*rig = (struct x86_devices_rig){0};
	fake_clock = (struct loop){0};
	x86_fixture_init(&rig->fixture);
	x86_fixture_devices(&rig->fixture, 9);
	rig->plan = &rig->fixture.plan.x86;
	fake_board_init(&rig->board);
	rig->board.host.loop = &fake_clock;
	rig->board.host.mem = &rig->mem;
	rig->board.host.uart_terminal = &rig->terminal;
}

int x86_devices_rig_create(struct x86_devices_rig *rig, struct board_devices **ret)
{
	return x86_devices_create(&rig->fixture.plan, &rig->board.host, ret, NULL);
}

void x86_devices_rig_connect(struct x86_devices_rig *rig)
{
	struct host_caps caps;

	hv_destroy(rig->hv);
	if (hv_open(&rig->hv, &caps, NULL) ||
		x86_devices_connect(rig->devices, rig->hv, NULL))
		abort();
}

void x86_devices_rig_finish(struct x86_devices_rig *rig)
{
	x86_devices_destroy(rig->devices);
	hv_destroy(rig->hv);
}
