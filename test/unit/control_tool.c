/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control socket without a VM, for clients in other languages: prints its path, and
 * ends when a client says quit.
 */
#include <stdio.h>

#include "src/loop.h"
#include "test/unit/control_rig.h"

int main(void)
{
	struct control_rig rig;

	rig_begin(&rig);
	printf("%s\n", rig.path);
	fflush(stdout);
	while (!rig.quits)
		loop_turn(rig.loop, -1);
	rig_settle(&rig);
	rig_end(&rig);
	return 0;
}
