/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A split virtqueue seen from the device (virtio 1.2, section 2.7), the only reader of
 * guest rings. A driver offers buffers as chains of descriptors through the available
 * ring; the device takes a chain (virtq_pop), fills its writable part, and gives it back
 * through the used ring (virtq_push). Everything that the guest wrote is copied out once,
 * checked here and nowhere else: indices, chain length, loops, indirect tables, order of
 * readable and writable parts, and that each buffer lies in guest RAM.
 *
 * Sizes and addresses are frozen by virtq_start(): a guest that rewrites them while the
 * queue is live changes nothing.
 *
 * Runs with the lock of the device's loop held.
 */
#ifndef VIRTIO_QUEUE_H
#define VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "src/iov.h"

struct guest_mem;

#define VIRTQ_SIZE_MAX 256
/* Buffers in one chain, indirect ones included: a longer chain breaks the queue. */
#define VIRTQ_CHAIN_MAX 256

/* What the driver writes before DRIVER_OK. */
struct virtq_setup {
	uint32_t size;
	bool ready;
	uint64_t desc_gpa;
	uint64_t avail_gpa;
	uint64_t used_gpa;
};

struct virtq {
	/* Frozen at virtq_start(). */
	bool live;
	bool event_idx;
	bool indirect;
	uint16_t size;
	const struct guest_mem *mem;
	void *desc; /* hva of the three areas, checked for the whole length */
	void *avail;
	void *used;

	/* The device's own state, never in guest memory. */
	uint16_t next_avail; /* next entry of the available ring to take */
	uint16_t seen_avail; /* the driver's index when last read and found sane */
	uint16_t next_used;  /* next entry of the used ring to fill */
	uint16_t published;  /* next_used as the driver was last told */
	uint16_t signalled;  /* published when the driver was last interrupted */
	uint16_t in_flight;  /* chains popped and not pushed, at most size */
	const char *broken;  /* the guest's mistake in words; NULL while healthy */
	uint64_t taken[VIRTQ_SIZE_MAX / 64]; /* heads in flight, one bit each */
	uint8_t popped[VIRTQ_SIZE_MAX];      /* the head taken from each avail entry */

	/* The device core's, around a kick: how many chains one turn may take. */
	bool limited;
	unsigned int allowance;
	void (*broke)(struct virtq *q); /* optional: q->broken was just set */
	void *owner;
};

/*
 * One request. iov[0 .. readable) is what the driver sends, iov[readable .. readable +
 * writable) is for the device to fill. Buffers may overlap and may change under the
 * device's eyes.
 */
struct virtq_chain {
	uint16_t head;
	unsigned int readable;
	unsigned int writable;
	uint64_t readable_bytes;
	uint64_t writable_bytes;
	struct iovec iov[VIRTQ_CHAIN_MAX];
};

/*
 * Checks the setup and makes the queue live. False, with q->broken set, where the size is
 * no power of two up to VIRTQ_SIZE_MAX or an area is misaligned or not in RAM.
 */
bool virtq_start(struct virtq *q, const struct virtq_setup *setup,
	const struct guest_mem *mem, bool event_idx, bool indirect);

/* Back to the state before virtq_start(). Popped chains are forgotten. */
void virtq_stop(struct virtq *q);

/*
 * Takes the next chain. False where there is none, or where the guest broke the rules:
 * then q->broken says how, and stays set until the device is reset. A head that is still
 * in flight is such a mistake, so a device may keep one state a head, and never holds
 * more than q->size chains. Whoever finds the queue empty outside of a kick need not ask
 * for the next kick: that is done here.
 */
bool virtq_pop(struct virtq *q, struct virtq_chain *ret);

/* Puts the last count popped chains back, newest first, as if never taken. */
void virtq_unpop(struct virtq *q, uint16_t count);

/*
 * Gives a chain back with the number of bytes written into its writable part. Nothing
 * happens on a queue that was stopped or broken since the chain was taken.
 */
void virtq_push(struct virtq *q, uint16_t head, uint32_t written_bytes);

/*
 * The same in two steps, for several chains that the driver must see at once (the buffers
 * of one received frame): staged chains become visible together.
 */
void virtq_stage(struct virtq *q, uint16_t head, uint32_t written_bytes);
void virtq_publish(struct virtq *q);

/* True while the available ring holds a chain not yet popped. */
bool virtq_more(const struct virtq *q);

/*
 * Asks the driver not to kick (false) or to kick on the next chain (true). After true,
 * returns whether chains arrived in the meantime, which the caller must then take. For
 * the device core, which does it around each kick, and virtq_pop().
 */
bool virtq_want_kicks(struct virtq *q, bool want);

/* Whether the driver wants an interrupt for what was pushed since the last time. */
bool virtq_must_signal(struct virtq *q);

#endif
