/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk along a chain of descriptors, for whatever a guest writes into its rings and
 * tables, and rewrites meanwhile: nothing but guest RAM is read, the walk ends, and each
 * buffer of a chain that comes out lies in guest RAM as a whole. Supposes that a device's
 * broke() leaves the queue alone.
 *
 * Proves: copy_desc, indirect_table, add_buffer, walk
 */
#define MAP_STAYS
#include "virtio/queue.h"
#include "test/proof/guest_mem.h"
#include "test/proof/prelude.h"

/*@ // entries descriptors, all of them readable.
    predicate valid_table(uint8_t *table, integer entries) =
	0 <= entries && \valid_read(table + (0 .. 16 * entries - 1));

    // At most so many buffers, each of them in guest RAM.
    predicate sound_chain(struct virtq_chain *c, integer most) =
	c->readable + c->writable <= most <= VIRTQ_CHAIN_MAX &&
	\forall integer i; 0 <= i < c->readable + c->writable ==>
	    guest((uint8_t *)c->iov[i].iov_base, c->iov[i].iov_len);

    // As virtq_start() leaves it.
    predicate live_queue(struct virtq *q) =
	\valid(q) && known_map(q->mem) && q->size <= VIRTQ_SIZE_MAX &&
	valid_table((uint8_t *)q->desc, q->size); */

/*@ requires \valid_read((uint8_t *)from + (0 .. bytes - 1));
    assigns \nothing; */
static void read_guest(const void *from, size_t bytes);

/* What arrives in the copy is anything. */
#include <string.h>
#define memcpy(to, from, bytes) read_guest(from, bytes)
#include "virtio/queue.c"

/*@ requires \valid(q);
    assigns q->broken;
    ensures \result == 0 && q->broken == why; */
static bool mark_broken(struct virtq *q, const char *why);

/*@ requires valid_table(table, index + 1);
    assigns \nothing; */
static struct desc copy_desc(const uint8_t *table, uint32_t index);

/*@ requires live_queue(q) && \valid_read(desc);
    requires \separated(q, desc, q->mem);
    assigns q->broken;
    ensures \result != \null ==> q->broken == \old(q->broken) &&
	valid_table((uint8_t *)\result, desc->bytes / 16);
    ensures \result != \null ==> nested == 0;
    ensures \result == \null ==> q->broken != \null; */
static const uint8_t *indirect_table(
	struct virtq *q, const struct desc *desc, bool nested);

/*@ requires live_queue(q) && \valid_read(desc) && \valid(chain);
    requires \separated(q, desc, chain, q->mem);
    requires sound_chain(chain, VIRTQ_CHAIN_MAX - 1);
    assigns q->broken, chain->readable, chain->writable, chain->readable_bytes,
	chain->writable_bytes, chain->iov[0 .. VIRTQ_CHAIN_MAX - 1];
    ensures sound_chain(chain,
	\old(chain->readable) + \old(chain->writable) + 1);
    ensures \result == 1 ==> q->broken == \old(q->broken);
    ensures \result == 0 ==> q->broken != \null;
    ensures \result == 0 || \result == 1; */
static bool add_buffer(
	struct virtq *q, const struct desc *desc, struct virtq_chain *chain);

/*@ requires live_queue(q) && \valid(chain) && \separated(q, chain, q->mem);
    requires q->broken == \null && chain->readable == 0 && chain->writable == 0;
    assigns q->broken, chain->readable, chain->writable, chain->readable_bytes,
	chain->writable_bytes, chain->iov[0 .. VIRTQ_CHAIN_MAX - 1];
    ensures \result == 1 ==> sound_chain(chain, VIRTQ_CHAIN_MAX);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> q->broken == \null; */
static bool walk(struct virtq *q, uint16_t head, struct virtq_chain *chain);
