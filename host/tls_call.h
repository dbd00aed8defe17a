/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection by TLS to another machine, for a program that does not want to know: it
 * gets a socket that carries what is said, in the clear. A thread does the rest.
 */
#ifndef HOST_TLS_CALL_H
#define HOST_TLS_CALL_H

struct error;
struct tls_call;
struct tls_files;

/*
 * Connects to host, a name or a numeric address, which its certificate must have, at
 * port, and shakes hands: within timeout_ms, apart from asking for the name's address.
 * *ret_fd is a stream socket, the caller's, one that may wait. -errno: as connect(), or
 * -EACCES where TLS is refused here or there, with a sentence in err.
 */
int tls_call_open(const struct tls_files *files, const char *host, const char *port,
	int timeout_ms, struct tls_call **ret, int *ret_fd, struct error *err);

/*
 * When fd has read its end, or is closed: a predicate such as "has refused this end", or
 * NULL where the call was over in peace. Nothing more goes either way.
 */
const char *tls_call_fault(struct tls_call *call);

/* After fd was closed; sends what is left to send. NULL is fine. */
void tls_call_close(struct tls_call *call);

#endif
