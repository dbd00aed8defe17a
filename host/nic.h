/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network attachment of the host: frames in and out, several queues.
 *
 * A frame on this seam begins with a 12-byte struct virtio_net_hdr_v1
 * (linux/virtio_net.h, little-endian), which tap understands; implementations that know
 * no offloads write it as zeroes and skip it.
 *
 * Everything runs with the loop's lock held; events come on the loop's thread.
 */
#ifndef HOST_NIC_H
#define HOST_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct error;
struct loop;
struct nic;
struct source_pos;

#define NIC_HEADER_BYTES 12
#define NIC_FRAME_BYTES_MAX (NIC_HEADER_BYTES + 65550)
/* Buffers in one nic_send() or nic_receive(). */
#define NIC_IOV_MAX 512

/* Offloads: what the receiver of a frame accepts (bits for nic_set_offloads too). */
#define NIC_OFFLOAD_CSUM 1u
#define NIC_OFFLOAD_TSO4 2u
#define NIC_OFFLOAD_TSO6 4u
#define NIC_OFFLOAD_ECN 8u
#define NIC_OFFLOAD_UFO 16u

struct nic_user;

struct nic_events {
	/*
	 * All mandatory. Frames wait on this queue (level: again until they are taken,
	 * or until nic_want_frames() says no).
	 */
	void (*readable)(struct nic_user *user, unsigned int queue);
	/* There is room after a send that said -EAGAIN. */
	void (*writable)(struct nic_user *user, unsigned int queue);
	/* The link came or went (nic_link_up()). */
	void (*link_changed)(struct nic_user *user);
};

struct nic_user {
	const struct nic_events *events;
};

/*
 * ifname may be NULL (the kernel picks one) where fd is -1. fd, if >= 0, is an open tap
 * with IFF_VNET_HDR; it is taken over, on failure too. An interface that did not exist
 * is created, brought up where that is allowed, and gone with the nic; one that existed
 * keeps its state, which is its administrator's.
 */
int nic_tap_open(struct loop *loop, const char *ifname, int fd, unsigned int queues,
	const struct source_pos *pos, struct nic **ret, struct error *err);
/*
 * Connects to a stream socket with 4-byte big-endian length framing. While nobody listens
 * there, now or later, the link is down and it tries again every second.
 */
int nic_unix_open(struct loop *loop, const char *path, const struct source_pos *pos,
	struct nic **ret, struct error *err);

struct nic_forward {
	bool udp;
	const char *address; /* or NULL: any */
	uint16_t host_port;
	uint16_t guest_port;
};

/*
 * Spawns passt over a socket pair and waits until it is ready; it ends with the nic. Its
 * own error line is shown. Where it ends earlier, the link is down until it runs again.
 */
int nic_user_open(struct loop *loop, const struct nic_forward *forwards,
	unsigned int forward_count, uint16_t mtu, const struct source_pos *pos,
	struct nic **ret, struct error *err);
/* Takes every frame, gives none; the link is up. */
int nic_null_open(struct nic **ret, struct error *err);

/* Set once, before the loop runs. */
void nic_set_user(struct nic *nic, struct nic_user *user);

/* What may be sent to it beyond plain frames: NIC_OFFLOAD_* bits. */
uint32_t nic_offloads(const struct nic *nic);
/* What its frames may use from now on: what the guest's driver accepted. */
int nic_set_offloads(struct nic *nic, uint32_t offloads);

/*
 * Sends one frame, header first. 0, -EAGAIN (events->writable follows; send it again), or
 * -errno: the frame is lost, as on a wire.
 */
int nic_send(
	struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n);

/*
 * Receives one frame, header first, scattered over iov. Returns its length, -EAGAIN, or
 * -EMSGSIZE where it did not fit (and is lost).
 */
ssize_t nic_receive(
	struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n);

/* Loses the frames that wait on a queue, or many of them. */
void nic_drop_frames(struct nic *nic, unsigned int queue);

/*
 * The queue's own descriptor, which the kernel can carry frames by (host/vhost_kernel.h):
 * while it does, nobody sends or receives here. -1: there is none.
 */
int nic_vhost_fd(const struct nic *nic, unsigned int queue);

/*
 * Resumes or pauses events->readable, for a guest without buffers. Paused at first, on
 * every queue.
 */
void nic_want_frames(struct nic *nic, unsigned int queue, bool want);

/* Since it was opened; bytes without headers. What the nic refused or lost is in lost. */
struct nic_counts {
	uint64_t sent_frames;
	uint64_t sent_bytes;
	uint64_t received_frames;
	uint64_t received_bytes;
	uint64_t lost_frames;
};

const struct nic_counts *nic_counts(const struct nic *nic);

bool nic_link_up(const struct nic *nic);
unsigned int nic_queues(const struct nic *nic);
/* How many of its queues frames may arrive on; all at first. The others stay silent. */
int nic_set_active_queues(struct nic *nic, unsigned int count);
/* Ends helpers, closes everything; NULL is fine. */
void nic_destroy(struct nic *nic);

#endif
