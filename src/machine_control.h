/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine as its control room sees it: what somebody in front of it could do to it. The
 * commands of the control socket know no more of the machine than this and its plan;
 * machine_control.c implements it, the tests have their own.
 *
 * Every verb runs on the loop's thread with the loop's lock held. A further one is a
 * function pointer here, its body in machine_control.c and a NULL in no one: all are
 * mandatory. What fails says why in err, a whole sentence for a person.
 */
#ifndef SRC_MACHINE_CONTROL_H
#define SRC_MACHINE_CONTROL_H

#include <stdbool.h>

struct board_plan;
struct error;
struct machine_control;

struct machine_control_ops {
	/* Ends the VM at once, as a signal does. */
	void (*quit)(struct machine_control *machine);
};

/* Embedded in the machine, which fills it before there is a control socket. */
struct machine_control {
	const struct machine_control_ops *ops;
	const struct board_plan *plan;
	bool paused; /* no vCPU runs, read-only outside of the machine */
};

#endif
