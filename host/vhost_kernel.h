/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices whose rings the host's kernel serves: the vhost interface of Linux
 * (linux/vhost.h). Requests, kicks and interrupts pass the monitor by; guest RAM need not
 * be shared, for the kernel's worker has the process's own memory.
 *
 * The descriptor is the whole state, so its functions take that. Loop's thread.
 */
#ifndef HOST_VHOST_KERNEL_H
#define HOST_VHOST_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct source_pos;
struct vhost_region;
struct vhost_ring;

/*
 * Opens a device of the host such as /dev/vhost-vsock for this process. Where it is
 * missing, err says which of the kernel's modules has it. A descriptor, or -errno.
 */
int vhost_kernel_open(const char *device, const char *module,
	const struct source_pos *pos, struct error *err);

/* Virtio's feature bits that the kernel can do: -errno. */
int vhost_kernel_features(int fd, uint64_t *ret);

/*
 * Hands over what the driver agreed on, guest RAM and the rings, of which none runs yet:
 * -errno. Again after the rings were stopped.
 */
int vhost_kernel_set_up(int fd, uint64_t features, const struct vhost_region *regions,
	unsigned int region_count, const struct vhost_ring *rings,
	unsigned int ring_count);

/*
 * Of a net: has a ring that is set up, 0 to receive and 1 to send, carry the frames of an
 * open tap's queue, which is borrowed; or of none, -1: then nothing touches it any more.
 * -errno.
 */
int vhost_kernel_net_set_backend(int fd, unsigned int ring, int tap_fd);

/* Of a vsock: the guest's address, -EADDRINUSE where another VM has it. */
int vhost_kernel_vsock_set_cid(int fd, uint32_t cid);
/* Starts its rings, or stops them: then nothing touches them any more. -errno. */
int vhost_kernel_vsock_run(int fd, bool run);

#endif
