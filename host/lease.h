/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Screens of a graphics card that several VMs share. The lessor (bonsai lease) owns the
 * card and hands out leases over a unix socket: a descriptor with which nothing can be
 * set but the connectors that were asked for (Linux, drm_lease.c). A lease ends with the
 * connection, or when its descriptor is closed.
 *
 * A client says "lease NAME...\n", names of connectors with spaces between them, once.
 * The answer is "ok\n" with the descriptor, or "error TEXT\n" and the end of the
 * connection.
 */
#ifndef HOST_LEASE_H
#define HOST_LEASE_H

struct error;
struct loop;
struct source_pos;

#define LEASE_REQUEST_BYTES 512u
#define LEASE_CLIENTS_MAX 16u

/* --- the client --------------------------------------------------------------------- */

/*
 * Asks for a lease and waits for it, 5 seconds at most. *ret_connection is to be kept as
 * long as the lease. Both are the caller's to close.
 */
int lease_take(const char *socket_path, const char *connectors, int *ret_card,
	int *ret_connection, const struct source_pos *pos, struct error *err);

/* --- the lessor --------------------------------------------------------------------- */

struct lessor;

/*
 * Listens at the socket, which only this user may connect to. The card is open while
 * somebody has a lease of it, and else the console's; both paths are borrowed. Runs with
 * the loop's lock held.
 */
int lessor_create(struct loop *loop, const char *card_path, const char *socket_path,
	struct lessor **ret, struct error *err);
/* All leases end. NULL is fine. */
void lessor_destroy(struct lessor *lessor);

#endif
