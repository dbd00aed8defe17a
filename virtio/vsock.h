/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device: virtio 1.2, section 5.10. The device knows packets, connections and
 * credit; who is at the host's end of a connection is host/vsock.h's business.
 *
 * A connection is bounded in what it holds, their number is bounded, and so is the number
 * of replies that wait for receive buffers: while there is no room for another the
 * driver's packets stay in its ring. A connection whose peer at the host is slow stops
 * alone, by its credit.
 *
 * Runs with the lock of its loop held.
 */
#ifndef VIRTIO_VSOCK_H
#define VIRTIO_VSOCK_H

#include <stdint.h>

struct error;
struct loop;
struct virtio_device;
struct vsock_host;

/* What the guest may send ahead of the host's reader, by connection. */
#define VIRTIO_VSOCK_BUFFER_BYTES (128u << 10)
#define VIRTIO_VSOCK_CONNECTIONS_MAX 512u

/*
 * cid is the guest's. host is borrowed and must outlive the device, which becomes its
 * user.
 */
int virtio_vsock_create(struct loop *loop, const char *name, uint32_t cid,
	struct vsock_host *host, struct virtio_device **ret, struct error *err);

#endif
