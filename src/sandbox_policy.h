/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system calls a VM's process may not make any more when its guest runs, and which
 * only with certain arguments. The build compiles it into filters for the target's CPU
 * (src/sandbox_compile.c), and `bonsai sandbox` prints it. Plain data that needs no
 * header of the target.
 */
#ifndef SRC_SANDBOX_POLICY_H
#define SRC_SANDBOX_POLICY_H

#include <stdint.h>

enum sandbox_role {
	SANDBOX_LOOP,   /* a VM's process */
	SANDBOX_SCREEN, /* the same, with a graphics card of the host */
	SANDBOX_SERVER, /* the same, whose screen is served by VNC */
	SANDBOX_BROKER, /* the process of src/outside.h, where it starts no helpers */
	SANDBOX_FILTERS,

	/* Threads of a VM's process, whose filter is that of the process. */
	SANDBOX_VCPU = SANDBOX_FILTERS,
	SANDBOX_WORKER, /* of a disk, or that packs a picture */
	SANDBOX_VIEWER, /* a client of VNC */
	SANDBOX_TLS,    /* what shakes hands with strangers */
};

/* In a 32-bit argument: the process's own number, which the filter gets when it is put in
 * place. No flag and no descriptor looks like it. */
#define SANDBOX_OWN_PID 0x5ca1ab1eu

/*
 * A call that is named here is allowed to these roles alone, with that restriction; one
 * after another where there are several.
 */
struct sandbox_rule {
	const char *call;
	unsigned int roles; /* bits, by 1u << enum sandbox_role */
	const char *detail; /* what it is restricted to; NULL: nothing */
	unsigned int argument;
	uint32_t mask; /* the argument's low half under it is value; 0: no restriction */
	uint32_t value;
};

extern const struct sandbox_rule sandbox_rules[];
extern const unsigned int sandbox_rule_count;

/* Those that nobody may make; NULL ends it. */
extern const char *const sandbox_refused[];

/* These answer as a kernel that does not have them, without a line in the log. */
extern const char *const sandbox_absent[];

#endif
