/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process shuts itself in, once everything is open and before the guest runs: another
 * user than root, no new privileges, no capabilities, no core dumps, and of the system
 * calls those alone that src/sandbox_policy.h gives to a thread of its kind. Another one
 * fails with EPERM and is told in the log; the VM goes on.
 *
 * State of the process, as the log is; nothing of it happens before sandbox_start(), so
 * that tests of single parts run without.
 */
#ifndef SRC_SANDBOX_H
#define SRC_SANDBOX_H

#include <stdbool.h>

#include "src/sandbox_policy.h"

struct account;
struct error;
struct landlock_place;

struct sandbox_options {
	enum sandbox_role main; /* the calling thread's */
	bool any_call;          /* no filters */
	bool any_file;          /* no Landlock */
	bool any_namespace;     /* none of its own */
	bool keep_capabilities;
	bool core_dumps;
	const struct account *account; /* to become (src/account.h); NULL: nobody else */
	/* How many more it may have from then on; 0: as many as before. The second
	 * counts only for a user that is nobody else's. */
	unsigned int descriptors, threads;
	const struct landlock_place *places; /* where files change, still */
	unsigned int place_count;
};

/*
 * For the calling thread, which is the main one, and all that it will start. A kernel
 * without seccomp gives no error. -errno where what is there
 * does not work.
 */
int sandbox_start(const struct sandbox_options *options, struct error *err);

/*
 * For a process of one thread beside, the broker or a keeper by options->main: it keeps
 * its user and its capabilities. The broker may read files; it and no other may have
 * places.
 */
void sandbox_start_beside(const struct sandbox_options *options);

/* First thing on a thread that was started since: it may do no more than that role. */
void sandbox_enter(enum sandbox_role role);

/*
 * The same for a thread that was there before sandbox_start(), once that is over: what
 * that took from the threads to come this one gives up, too, but for the host's names of
 * files where there is no Landlock.
 */
void sandbox_follow(enum sandbox_role role);

/* "a vCPU" */
const char *sandbox_role_name(enum sandbox_role role);

/* The name of a system call; NULL where this CPU has none of that number. */
const char *sandbox_call_name(unsigned int number);

/* Whether the filters of this program have the rule: for this CPU and C library. */
bool sandbox_has_rule(const struct sandbox_rule *rule);

/* Whether this host's kernel filters system calls. */
bool sandbox_can_filter(void);

/* How many system calls the role may make, without glibc's own; the forms of one count
 * once. */
unsigned int sandbox_count(enum sandbox_role role);

#endif
