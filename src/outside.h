/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM must still do of the things that its sandbox forbids: remove a socket, start
 * a helper once more, save a picture. Each such thing is a job that its owner adds while
 * the machine is made. outside_start() forks small processes, the brokers, which can do
 * these jobs with what it finds in its copy of their owners, and nothing else; from
 * outside_seal() on outside_do() has it done there. Before, and in tests, it is done on
 * the spot.
 *
 * State of the process, as the log is. The main thread's, with the loop's lock where the
 * loop runs.
 */
#ifndef SRC_OUTSIDE_H
#define SRC_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define OUTSIDE_FDS_MAX 4
#define OUTSIDE_DATA_BYTES 4096

/* What is asked for, and what comes back. */
struct outside_message {
	int64_t number;
	uint32_t bytes; /* of data */
	uint32_t fd_count;
	int fds[OUTSIDE_FDS_MAX]; /* the receiver's to close; only on the way back */
	char data[OUTSIDE_DATA_BYTES];
};

struct outside_job;

/*
 * Takes what is asked and leaves the answer in the same place; it begins without fds.
 * Returns 0 or more, or -errno. The owner that it finds is a copy from the time of
 * outside_start(), and what is asked may be the guest's doing.
 */
typedef int (*outside_run)(struct outside_job *job, struct outside_message *message);

/* Embedded in its owner, zeroed before. */
struct outside_job {
	outside_run run;
	unsigned int number; /* from 1; 0: not added */
	bool starts;         /* by outside_add_start() */
};

/* -ENOMEM. */
int outside_add(struct outside_job *job, outside_run run);
/*
 * One that starts or ends a helper program: such jobs have a broker of their own, without
 * a filter, for that would be the helper's too.
 */
int outside_add_start(struct outside_job *job, outside_run run);
void outside_remove(struct outside_job *job); /* does nothing where not added */

/*
 * What a job does to files, beside reading them: it removes this one or this folder, or
 * makes and changes some in a folder or below. Files elsewhere the broker leaves as they
 * are. Until outside_start(); -ENOMEM.
 */
int outside_removes(const char *path);
int outside_removes_folder(const char *path);
int outside_writes(const char *folder);

/*
 * Opens a file that a rebooting guest is loaded from, to read; each path before the seal
 * may be opened after it, and no other. -errno.
 */
int outside_open(const char *path);

/*
 * Has run() called with the message and returns what it returned; -EPIPE where the broker
 * is no more. NULL: nothing is asked but the job itself.
 */
int outside_do(struct outside_job *job, struct outside_message *message);

/* An empty one, until the next call: it is too large for a stack. */
struct outside_message *outside_message(void);

/*
 * Forks the brokers that there are jobs for. No job is added after that. The one that
 * starts no helpers may do what its jobs need: unless it may make any call, change any
 * file.
 */
int outside_start(bool any_call, bool any_file, struct error *err);
/* This process can do no job itself any more. */
void outside_seal(void);
/* Ends it. Later jobs fail. */
void outside_stop(void);

#endif
