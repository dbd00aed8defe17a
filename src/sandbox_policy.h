/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system calls the threads of a VM's process may make once its guest runs, and
 * which only with certain arguments: whatever is not named here is refused. The build
 * compiles it into filters for the target's CPU (src/sandbox_compile.c), and
 * `bonsai sandbox` prints it. Plain data that needs no header of the target.
 */
#ifndef SRC_SANDBOX_POLICY_H
#define SRC_SANDBOX_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The main thread starts all others: they inherit its filter and add their own. So the
 * main thread's has what any of them may do. Not so a window's, which is older.
 */
enum sandbox_role {
	SANDBOX_MAIN,        /* starts threads, begins a boot, ends the VM */
	SANDBOX_MAIN_SCREEN, /* the same, with a graphics card of the host */
	SANDBOX_MAIN_SERVER, /* the same, whose screen is served by VNC */
	SANDBOX_LOOP,        /* runs the devices */
	SANDBOX_LOOP_SCREEN,
	SANDBOX_VCPU,
	SANDBOX_WORKER,  /* of a disk */
	SANDBOX_SAVER,   /* packs a picture */
	SANDBOX_VIEWER,  /* a client of VNC */
	SANDBOX_TLS,     /* what shakes hands with strangers */
	SANDBOX_BROKER,  /* the process of src/outside.h that starts no helpers */
	SANDBOX_KEEPER,  /* the process of host/vt.h */
	SANDBOX_WINDOW,  /* of an X server, of a desktop's display */
	SANDBOX_WAYLAND, /* the same, of a compositor */
	SANDBOX_ROLES,
};

/* In a 32-bit argument: the process's own number, which the filter gets when it is put in
 * place. No flag and no descriptor looks like it. */
#define SANDBOX_OWN_PID 0x5ca1ab1eu

/* Several of one name: one after another, until one fits. */
struct sandbox_rule {
	const char *call;
	unsigned int roles; /* bits, by 1u << enum sandbox_role */
	/* Of what call it is another form: another CPU's number for it, or the one that
	 * takes several buffers. NULL: of none. */
	const char *form_of;
	bool glibc;         /* others do without: for them the kernel has none */
	const char *detail; /* what it is restricted to; NULL: nothing */
	unsigned int argument;
	uint32_t mask; /* the argument's low half under it is value; 0: no restriction */
	uint32_t value;
};

extern const struct sandbox_rule sandbox_rules[];
extern const unsigned int sandbox_rule_count;

/* These answer as a kernel that does not have them, without a line in the log; NULL ends
 * it. */
extern const char *const sandbox_absent[];

#endif
