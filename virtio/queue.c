/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues, the device's side: virtio 1.2, section 2.7. Runs with the lock of the
 * device's loop held.
 *
 * The guest may rewrite anything in its rings at any time. A descriptor is copied out
 * once, the copy is validated, the copy is used; no index is read twice.
 */
#include "virtio/queue.h"

#include <assert.h>
#include <endian.h>
#include <stdatomic.h>
#include <string.h>

#include "src/guest_mem.h"

#define DESC_BYTES 16u
#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define DESC_INDIRECT 4u

#define AVAIL_NO_INTERRUPT 1u
#define USED_NO_NOTIFY 1u

/* Byte offsets: both rings begin with flags and index, and end with an event index. */
#define RING_INDEX 2u
#define RING_ENTRIES 4u
#define AVAIL_ENTRY_BYTES 2u
#define USED_ENTRY_BYTES 8u

struct desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

static uint16_t load16(const void *area, size_t offset, memory_order order)
{
	const _Atomic uint16_t *at = (const void *)((const uint8_t *)area + offset);

	return le16toh(atomic_load_explicit(at, order));
}

static void store16(void *area, size_t offset, uint16_t value, memory_order order)
{
	_Atomic uint16_t *at = (void *)((uint8_t *)area + offset);

	atomic_store_explicit(at, htole16(value), order);
}

/* Which entry of a ring an ever-rising index means. */
static uint16_t slot(const struct virtq *q, uint16_t index)
{
	return index & (uint16_t)(q->size - 1);
}

static size_t used_event_offset(const struct virtq *q)
{
	return RING_ENTRIES + (size_t)q->size * AVAIL_ENTRY_BYTES;
}

static size_t avail_event_offset(const struct virtq *q)
{
	return RING_ENTRIES + (size_t)q->size * USED_ENTRY_BYTES;
}

static bool mark_broken(struct virtq *q, const char *why)
{
	q->broken = why;
	if (q->broke)
		q->broke(q);
	return false;
}

/* ---- life ------------------------------------------------------------------------- */

static void *area(
	const struct guest_mem *mem, uint64_t gpa, uint64_t bytes, unsigned int align)
{
	return gpa % align ? NULL : guest_mem_range(mem, gpa, bytes);
}

bool virtq_start(struct virtq *q, const struct virtq_setup *setup,
	const struct guest_mem *mem, bool event_idx, bool indirect)
{
	uint32_t size = setup->size;

	virtq_stop(q);
	if (!size || size > VIRTQ_SIZE_MAX || (size & (size - 1)))
		return mark_broken(
			q, "the queue size is no power of two up to the maximum");
	q->desc = area(mem, setup->desc_gpa, (uint64_t)size * DESC_BYTES, 16);
	q->avail = area(mem, setup->avail_gpa,
		RING_ENTRIES + (uint64_t)size * AVAIL_ENTRY_BYTES + 2, 2);
	q->used = area(mem, setup->used_gpa,
		RING_ENTRIES + (uint64_t)size * USED_ENTRY_BYTES + 2, 4);
	if (!q->desc || !q->avail || !q->used)
		return mark_broken(q, "a ring is misaligned or not in RAM");
	q->size = (uint16_t)size;
	q->mem = mem;
	q->event_idx = event_idx;
	q->indirect = indirect;
	q->live = true;
	return true;
}

void virtq_stop(struct virtq *q)
{
	struct virtq fresh = {.broke = q->broke, .owner = q->owner};

	*q = fresh;
}

/* ---- taking chains ---------------------------------------------------------------- */

/* Copies an entry of a table out of guest memory, once. */
static struct desc copy_desc(const uint8_t *table, uint32_t index)
{
	struct desc desc;

	memcpy(&desc, table + (size_t)index * DESC_BYTES, sizeof(desc));
	/* Forbids the compiler to read guest memory again in place of the copy. */
	atomic_signal_fence(memory_order_acq_rel);
	desc.gpa = le64toh(desc.gpa);
	desc.bytes = le32toh(desc.bytes);
	desc.flags = le16toh(desc.flags);
	desc.next = le16toh(desc.next);
	return desc;
}

static bool add_buffer(
	struct virtq *q, const struct desc *desc, struct virtq_chain *chain)
{
	struct iovec *iov = &chain->iov[chain->readable + chain->writable];

	if (!(desc->flags & DESC_WRITE) && chain->writable)
		return mark_broken(q, "a readable buffer follows a writable one");
	if (!desc->bytes)
		return true;
	iov->iov_base = guest_mem_range(q->mem, desc->gpa, desc->bytes);
	iov->iov_len = desc->bytes;
	if (!iov->iov_base)
		return mark_broken(q, "a buffer is not in RAM");
	if (desc->flags & DESC_WRITE) {
		chain->writable++;
		chain->writable_bytes += desc->bytes;
	} else {
		chain->readable++;
		chain->readable_bytes += desc->bytes;
	}
	return true;
}

/* Where an indirect descriptor leads. NULL, and the queue broken, where it may not. */
static const uint8_t *indirect_table(
	struct virtq *q, const struct desc *desc, bool nested)
{
	const uint8_t *table = NULL;

	if (!q->indirect)
		mark_broken(q, "an indirect descriptor without the feature");
	else if (nested)
		mark_broken(q, "an indirect descriptor in an indirect table");
	else if (desc->flags & DESC_NEXT)
		mark_broken(q, "an indirect descriptor with a next one");
	else if (desc->bytes % DESC_BYTES)
		mark_broken(q, "an indirect table of a broken length");
	else if (!(table = guest_mem_range(q->mem, desc->gpa, desc->bytes)))
		mark_broken(q, "an indirect table is not in RAM");
	return table;
}

/*
 * Follows the chain from its head through at most VIRTQ_CHAIN_MAX buffers, which is also
 * what ends a loop.
 */
static bool walk(struct virtq *q, uint16_t head, struct virtq_chain *chain)
{
	const uint8_t *table = q->desc;
	uint32_t entries = q->size;
	uint32_t index = head;
	bool nested = false;

	/*@ loop invariant 0 <= steps <= VIRTQ_CHAIN_MAX && valid_table(table, entries);
	    loop invariant sound_chain(chain, steps);
	    loop invariant q->broken == \at(q->broken, Pre);
	    loop assigns steps, table, entries, index, nested, q->broken,
		chain->readable, chain->writable, chain->readable_bytes,
		chain->writable_bytes, chain->iov[0 .. VIRTQ_CHAIN_MAX - 1];
	    loop variant 2 * (VIRTQ_CHAIN_MAX - steps) + (nested ? 0 : 1); */
	for (unsigned int steps = 0; steps < VIRTQ_CHAIN_MAX;) {
		struct desc desc;

		if (index >= entries)
			return mark_broken(q, "a descriptor index is out of range");
		desc = copy_desc(table, index);
		if (desc.flags & DESC_INDIRECT) {
			table = indirect_table(q, &desc, nested);
			if (!table)
				return false;
			entries = desc.bytes / DESC_BYTES;
			index = 0;
			nested = true;
			continue;
		}
		if (!add_buffer(q, &desc, chain))
			return false;
		if (!(desc.flags & DESC_NEXT))
			return true;
		index = desc.next;
		steps++;
	}
	return mark_broken(q, "a descriptor chain is too long or a loop");
}

/* Reads how far the driver got; false where that is nowhere new, or nowhere sane. */
static bool look_for_chains(struct virtq *q)
{
	/* Acquire: pairs with the driver's barrier before it raised the index, so that
	 * the entries and descriptors read after this are those that it wrote before. */
	uint16_t index = load16(q->avail, RING_INDEX, memory_order_acquire);
	uint16_t pending = (uint16_t)(index - q->next_avail);

	if (!pending)
		return false;
	if (pending > q->size - q->in_flight)
		return mark_broken(q, "the available index jumps beyond the queue size");
	q->seen_avail = index;
	return true;
}

static bool find_chains(struct virtq *q)
{
	if (q->next_avail != q->seen_avail || look_for_chains(q))
		return true;
	/* The core asks for kicks at the end of its turn; elsewhere nobody else would. */
	if (q->broken || q->limited)
		return false;
	return virtq_want_kicks(q, true) && look_for_chains(q);
}

bool virtq_pop(struct virtq *q, struct virtq_chain *ret)
{
	uint16_t at = slot(q, q->next_avail);
	uint16_t head;

	if (!q->live || q->broken || (q->limited && !q->allowance) || !find_chains(q))
		return false;
	head = load16(q->avail, RING_ENTRIES + (size_t)at * AVAIL_ENTRY_BYTES,
		memory_order_relaxed);
	if (head >= q->size)
		return mark_broken(q, "the head of a chain is out of range");
	if (q->taken[head / 64] & 1ull << head % 64)
		return mark_broken(q, "a chain is offered again while in flight");
	ret->head = head;
	ret->readable = 0;
	ret->writable = 0;
	ret->readable_bytes = 0;
	ret->writable_bytes = 0;
	if (!walk(q, head, ret))
		return false;
	q->popped[at] = (uint8_t)head;
	q->taken[head / 64] |= 1ull << head % 64;
	q->in_flight++;
	q->next_avail++;
	if (q->limited)
		q->allowance--;
	return true;
}

static void forget_head(struct virtq *q, uint16_t head)
{
	assert(q->taken[head / 64] & 1ull << head % 64);
	q->taken[head / 64] &= ~(1ull << head % 64);
	q->in_flight--;
}

void virtq_unpop(struct virtq *q, uint16_t count)
{
	if (!q->live || q->broken)
		return;
	assert(count <= q->in_flight);
	while (count--) {
		q->next_avail--;
		forget_head(q, q->popped[slot(q, q->next_avail)]);
		if (q->limited)
			q->allowance++;
	}
}

bool virtq_more(const struct virtq *q)
{
	if (!q->live || q->broken)
		return false;
	return q->next_avail != q->seen_avail ||
	       q->next_avail != load16(q->avail, RING_INDEX, memory_order_acquire);
}

/* ---- giving chains back ----------------------------------------------------------- */

void virtq_stage(struct virtq *q, uint16_t head, uint32_t written_bytes)
{
	uint32_t entry[2] = {htole32(head), htole32(written_bytes)};
	uint16_t at = slot(q, q->next_used);

	if (!q->live || q->broken)
		return;
	assert(head < q->size);
	forget_head(q, head);
	memcpy((uint8_t *)q->used + RING_ENTRIES + (size_t)at * USED_ENTRY_BYTES, entry,
		sizeof(entry));
	q->next_used++;
}

void virtq_publish(struct virtq *q)
{
	if (!q->live || q->broken || q->published == q->next_used)
		return;
	/* Release: pairs with the driver's barrier after it read the index; it must find
	 * the entries and the buffers filled. */
	store16(q->used, RING_INDEX, q->next_used, memory_order_release);
	q->published = q->next_used;
}

void virtq_push(struct virtq *q, uint16_t head, uint32_t written_bytes)
{
	virtq_stage(q, head, written_bytes);
	virtq_publish(q);
}

/* ---- notifications ---------------------------------------------------------------- */

bool virtq_want_kicks(struct virtq *q, bool want)
{
	if (!q->live || q->broken)
		return false;
	if (!q->event_idx) {
		store16(q->used, 0, want ? 0 : (uint16_t)USED_NO_NOTIFY,
			memory_order_relaxed);
	} else if (want) {
		store16(q->used, avail_event_offset(q), q->next_avail,
			memory_order_relaxed);
	}
	/* With the event index an event in the past is enough to be left alone. */
	if (!want)
		return false;
	/* Pairs with the driver's full barrier between raising its index and reading our
	 * wish: one of the two sees the other's store, so no chain is missed. */
	atomic_thread_fence(memory_order_seq_cst);
	return virtq_more(q);
}

bool virtq_must_signal(struct virtq *q)
{
	uint16_t fresh = (uint16_t)(q->published - q->signalled);
	uint16_t behind;

	if (!q->live || q->broken || !fresh)
		return false;
	/* Pairs with the driver's full barrier between asking for an interrupt and
	 * looking at the used index again. */
	atomic_thread_fence(memory_order_seq_cst);
	q->signalled = q->published;
	if (!q->event_idx)
		return !(load16(q->avail, 0, memory_order_relaxed) & AVAIL_NO_INTERRUPT);
	/* Did the used index pass the driver's event in this batch? */
	behind = (uint16_t)(q->published -
			    load16(q->avail, used_event_offset(q), memory_order_relaxed) -
			    1);
	return behind < fresh;
}
