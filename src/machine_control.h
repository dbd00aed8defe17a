/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine as its control room sees it: what somebody in front of it could do to it. The
 * commands of the control socket know no more of the machine than this and its plan;
 * machine_control.c implements it, the tests have their own.
 *
 * Every verb is mandatory and runs on the loop's thread with the loop's lock held, which
 * pause and resume give up for a moment. Those that can fail return 0 or -errno and say
 * why in err, a sentence for a person. The events that belong to a verb (STOP, POWERDOWN)
 * are told by the machine.
 */
#ifndef SRC_MACHINE_CONTROL_H
#define SRC_MACHINE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/disk.h"
#include "host/nic.h"
#include "src/board.h"
#include "src/vcpu.h"

struct error;
struct machine_control;
struct seat;

/* Statistics by their number in virtio. */
#define MACHINE_BALLOON_STATS 16

struct machine_balloon {
	const char *name;            /* of the device */
	uint64_t taken_bytes;        /* of the guest's memory */
	unsigned int stats_interval; /* seconds; 0: never */
	uint64_t stats_time;         /* seconds of the host's clock; 0: never told */
	uint64_t stats[MACHINE_BALLOON_STATS]; /* UINT64_MAX: not told */
};

/* A disk of the machine; the strings live as long as it. */
struct machine_disk {
	const char *name;
	const char *path;
	uint64_t bytes;
	bool readonly;
	struct disk_counts counts;
};

/* A network device of the machine, likewise. */
struct machine_net {
	const char *name;
	bool link_up;
	struct nic_counts counts;
};

/* A picture of a screen, to be saved. */
struct machine_screendump {
	const char *device; /* NULL: the first that has any */
	unsigned int scanout;
	const char *path;
	bool png; /* else a PPM */
	/*
	 * Once, later, on the loop's thread; not after an error. 0 when the file is
	 * there; -ENOENT where nothing has been shown, -ECANCELED where the VM ends, or
	 * what the host says.
	 */
	void (*done)(void *user, int code, const struct error *err);
	void *user;
};

struct machine_control_ops {
	/* No vCPU runs afterwards; devices finish what they have. Twice is once. */
	void (*pause)(struct machine_control *machine);
	void (*resume)(struct machine_control *machine);
	/* As a power cycle does; a paused machine stays paused. Soon, not at once. */
	void (*reset)(struct machine_control *machine);
	/* Ends the VM without asking the guest. Soon, not at once. */
	void (*quit)(struct machine_control *machine);
	/* -EOPNOTSUPP where this machine has no such button. */
	int (*press)(struct machine_control *machine, enum board_button button,
		struct error *err);
	/* Disk index, in the order of the XML; false: there are not so many. */
	bool (*disk)(struct machine_control *machine, unsigned int index,
		struct machine_disk *ret);
	/* Likewise. */
	bool (*net)(struct machine_control *machine, unsigned int index,
		struct machine_net *ret);
	/* -ENOENT where there is no disk of that name; see disk_resize(). */
	int (*resize_disk)(struct machine_control *machine, const char *name,
		uint64_t bytes, struct error *err);
	void (*cpu_counts)(struct machine_control *machine, unsigned int index,
		struct vcpu_counts *ret);
	/* The thread of a vCPU of the plan; 0 where it has none right now. */
	pid_t (*cpu_thread)(struct machine_control *machine, unsigned int index);
	/* False where there is none; the two after it need one. */
	bool (*balloon)(struct machine_control *machine, struct machine_balloon *ret);
	/* Asks the guest for so much of its memory, which it gives when it can. */
	void (*take_memory)(struct machine_control *machine, uint64_t bytes);
	/*
	 * Has it saved; what is borrowed. -ENXIO where there is no such device, -EINVAL
	 * where it has no such scanout, -ENOMEM.
	 */
	int (*screendump)(struct machine_control *machine,
		const struct machine_screendump *what, struct error *err);
	void (*set_stats_interval)(struct machine_control *machine, unsigned int seconds);
};

/* Embedded in the machine, which fills it before there is a control socket. */
struct machine_control {
	const struct machine_control_ops *ops;
	const struct board_plan *plan;
	struct seat *seat; /* whose devices are those of the guest; the machine's */
	bool paused;       /* no vCPU runs; the machine's to write */
};

#endif
