/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM as its control socket shows it, for tests of those who connect: answers each
 * command with a line of the test's. Serves one client after the other, on a thread.
 */
#ifndef TEST_UNIT_FAKE_VM_H
#define TEST_UNIT_FAKE_VM_H

#include <pthread.h>
#include <stdbool.h>

#define FAKE_VM_GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"

struct fake_answer {
	const char *command; /* NULL ends the list; others are not found */
	const char *line;    /* what is sent, whole; NULL: the VM ends instead */
	bool ends;           /* the VM ends after it */
	bool echoes; /* the connection becomes a stream that says "< " and all again */
};

struct fake_vm {
	const char *greeting; /* FAKE_VM_GREETING unless said; "": silence */
	const struct fake_answer *answers;

	char path[108];
	char heard[4096]; /* the commands, a line each; to be read after fake_vm_finish()
			   */
	int listener;
	pthread_t thread;
};

/* The folder for sockets of this process, which XDG_RUNTIME_DIR has from now on. */
void fake_vm_begin(void);
/* Removes it; whatever is left behind in it is a failure. */
void fake_vm_end(void);

/* Fills greeting and answers first. */
void fake_vm_init(struct fake_vm *vm, const char *name);
/* Ends it, unless it has ended, and removes the socket. */
void fake_vm_finish(struct fake_vm *vm);

#endif
