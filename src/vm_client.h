/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a VM's control socket (src/control.h): connects, asks, waits. For the
 * commands of the program, on one thread; every wait has a limit. Prints nothing.
 */
#ifndef SRC_VM_CLIENT_H
#define SRC_VM_CLIENT_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

struct error;
struct tls_call;
struct vm_client;

#define VM_CLIENT_ANSWER_MS 10000 /* a VM that boots anew says nothing meanwhile */

/*
 * Connects to the socket at path and greets. -ENOENT where there is none, -ECONNREFUSED
 * where its VM has gone and left it, -EACCES where this user may not, -ETIMEDOUT where it
 * is silent, -EPROTO where that is no VM; err has a sentence.
 */
int vm_client_open(
	const char *path, int timeout_ms, struct vm_client **ret, struct error *err);
/*
 * The same over a stream socket, which is the client's from here on, as is the call that
 * it belongs to, also after an error. name is what messages call it.
 */
int vm_client_open_call(struct tls_call *call, int fd, const char *name, int timeout_ms,
	struct vm_client **ret, struct error *err);
void vm_client_close(struct vm_client *client); /* NULL is fine */

/* The socket's path, as long as the client lives. */
const char *vm_client_path(const struct vm_client *client);

/* The VM's process; 0 where the kernel does not say, or it is on another machine. */
pid_t vm_client_process(const struct vm_client *client);

/*
 * Asks, and gives the answer in *ret (may be NULL), the caller's to json_decref().
 * arguments is taken over; NULL for none. -EREMOTEIO where the VM refuses, with its own
 * words in err; -ENOSYS where it knows no such command; -ECONNRESET where it ended
 * meanwhile, -ETIMEDOUT, -EPROTO.
 */
int vm_client_call(struct vm_client *client, const char *command, json_t *arguments,
	json_t **ret, struct error *err);

/* Until the VM ends: 0, or -ETIMEDOUT. */
int vm_client_wait_end(struct vm_client *client, int timeout_ms);

/*
 * After a call that made the connection a raw stream: the descriptor, which stays the
 * client's, and in *ret_rest what has come already, valid until the client is closed.
 */
int vm_client_stream(struct vm_client *client, const char **ret_rest, size_t *ret_bytes);

#endif
