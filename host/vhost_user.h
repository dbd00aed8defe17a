/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of vhost-user ("Vhost-user Protocol" of QEMU's documentation): a device
 * whose rings another process serves. Set-up goes through messages on a unix socket;
 * requests, kicks and interrupts then pass it by, through shared memory and eventfds.
 *
 * The other process is not trusted: what it sends is bounded and checked, and each answer
 * is waited for with a limit. Whatever goes wrong, the connection ends: calls return
 * -errno, events->gone() is told why, and vhost_user_reconnect() may make a new one.
 *
 * Runs with the loop's lock held; events on the loop's thread, or within a call.
 */
#ifndef HOST_VHOST_USER_H
#define HOST_VHOST_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct loop;
struct source_pos;
struct vhost_region;
struct vhost_ring;
struct vhost_user;

#define VHOST_USER_REGIONS_MAX 8
#define VHOST_USER_CONFIG_BYTES_MAX 256u

/* Where a back end comes from; one file an implementation. */
struct vhost_source {
	const struct vhost_source_ops *ops;
};

struct vhost_source_ops {
	/* A connected, non-blocking socket, the caller's; or -errno and err. */
	int (*connect)(struct vhost_source *source, struct error *err);
	/*
	 * Optional. The connection is over. Puts into why, of room bytes, what is known
	 * better than the text that is there.
	 */
	void (*ended)(struct vhost_source *source, char *why, size_t room);
	void (*destroy)(struct vhost_source *source);
};

/* A socket that somebody listens on. path and pos are borrowed. */
int vhost_source_unix_create(const char *path, const struct source_pos *pos,
	struct vhost_source **ret, struct error *err);

struct vhost_user_events {
	/* The connection has ended. Not called by vhost_user_open(). */
	void (*gone)(void *user, const char *why);
	void (*config_changed)(void *user);
};

/*
 * Connects and greets a back end that serves so many queues. source is taken over, on
 * failure too; name is borrowed and stands before what is logged. timeout_ms limits each
 * answer, and the greeting as a whole.
 */
int vhost_user_open(struct loop *loop, const char *name, struct vhost_source *source,
	unsigned int queues, unsigned int timeout_ms,
	const struct vhost_user_events *events, void *user, struct vhost_user **ret,
	struct error *err);
void vhost_user_destroy(struct vhost_user *vu); /* takes NULL */

/* 0 at once where it is connected. */
int vhost_user_reconnect(struct vhost_user *vu, struct error *err);

/* Virtio's feature bits of the device, as at the last greeting. */
uint64_t vhost_user_features(const struct vhost_user *vu);
/* Whether it has a config space of its own. */
bool vhost_user_has_config(const struct vhost_user *vu);

/*
 * The first bytes of the config space, at most VHOST_USER_CONFIG_BYTES_MAX; a write into
 * it. -ENODATA where the back end says that it has no such bytes, and stays.
 */
int vhost_user_get_config(struct vhost_user *vu, void *config, uint32_t bytes);
int vhost_user_set_config(
	struct vhost_user *vu, uint32_t offset, const void *data, uint32_t bytes);

/*
 * Hands over what the driver agreed on, guest RAM, which is shared, and the rings; they
 * run afterwards.
 */
int vhost_user_start(struct vhost_user *vu, uint64_t features,
	const struct vhost_region *regions, unsigned int region_count,
	const struct vhost_ring *rings, unsigned int ring_count);
/* Takes the rings back: requests in flight are waited for, none is served later. */
void vhost_user_stop(
	struct vhost_user *vu, const struct vhost_ring *rings, unsigned int count);

#endif
