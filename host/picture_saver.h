/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saves pictures of a VM's screens as files, one after another. A picture is packed on a
 * thread of its own, since the VM's devices would stand still for so long; the files are
 * made outside of the sandbox. Only the picture whose turn it is takes memory.
 *
 * Functions are called, and call back, on the loop's thread with its lock held.
 */
#ifndef HOST_PICTURE_SAVER_H
#define HOST_PICTURE_SAVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "host/picture.h"
#include "src/loop.h"
#include "src/outside.h"

struct error;

/* Embedded by its owner, who keeps it until done(). */
struct picture_request {
	const char *path;
	enum picture_format format;
	/*
	 * Its turn has come: gives the picture of now, whose pixels are the saver's to
	 * free. Or -errno, with a sentence in err.
	 */
	int (*take)(
		struct picture_request *request, struct picture *ret, struct error *err);
	/*
	 * Once, and not from within picture_save(): 0, the file is there; or what take()
	 * said; what the host says of the file; -ENOMEM; -ECANCELED, the VM ends.
	 */
	void (*done)(struct picture_request *request, int code, const struct error *err);

	struct picture_request *next; /* the saver's */
};

/* Embedded by its owner, zeroed before. */
struct picture_saver {
	struct loop *loop;
	struct loop_task turn;
	struct picture_request *first; /* whose turn it is */
	struct picture_request **last;

	/* Of the first, once it is being written. */
	bool writes;
	bool has_thread;
	pthread_t thread;
	struct picture picture;
	int fd;
	int code;         /* the thread's to set */
	atomic_bool stop; /* for it to see */

	/* Where the job runs. */
	struct outside_job job;
	char *path; /* of the file that is being made */
	char *part; /* what it is until it is whole */
};

int picture_saver_init(struct picture_saver *saver, struct loop *loop); /* -ENOMEM */
/* While the loop does not run. What is not saved by now is not; nothing is left of it. */
void picture_saver_finish(struct picture_saver *saver);

/*
 * The file is there whole or not at all: one that was there is replaced at the end,
 * unless it is no regular file, which is -EINVAL, as is a name that does not end in .png
 * or .ppm: whoever has got hold of the process shall not write to other files.
 */
void picture_save(struct picture_saver *saver, struct picture_request *request);

#endif
