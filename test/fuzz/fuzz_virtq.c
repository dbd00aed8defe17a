/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue over rings that are the input: five bytes of set-up, 1 KiB of guest memory,
 * then operations of three bytes. Guest RAM begins at 0, so that small numbers are
 * addresses. Whatever is in there, a popped chain lies in RAM and no count exceeds the
 * queue's size.
 */
#include <stdlib.h>
#include <string.h>

#include "src/guest_mem.h"
#include "virtio/queue.h"

#define RAM_BYTES GUEST_MEM_ALIGN_BYTES
#define IMAGE_BYTES 1024u

static struct guest_mem mem;
static struct virtq_chain chain;

static void require(int truth)
{
	if (!truth)
		abort();
}

static void check_chain(const struct virtq *q)
{
	uint64_t readable_bytes = 0, writable_bytes = 0;

	require(chain.head < q->size && q->in_flight <= q->size);
	require(chain.readable + chain.writable <= VIRTQ_CHAIN_MAX);
	for (unsigned int i = 0; i < chain.readable + chain.writable; i++) {
		const struct iovec *iov = &chain.iov[i];
		size_t at = (size_t)((uint8_t *)iov->iov_base - mem.regions[0].hva);

		require(iov->iov_len && at < RAM_BYTES && iov->iov_len <= RAM_BYTES - at);
		*(i < chain.readable ? &readable_bytes : &writable_bytes) += iov->iov_len;
	}
	require(readable_bytes == chain.readable_bytes);
	require(writable_bytes == chain.writable_bytes);
}

/* Cuts the chain's buffers as a device does with headers. */
static void use_iov(uint8_t amount)
{
	uint8_t bytes[256];
	unsigned int left = chain.readable;
	size_t got = iov_copy_out(chain.iov, left, amount, bytes, sizeof(bytes));

	require(iov_copy_in(chain.iov, left, amount, bytes, got) == got);
	left = iov_discard_front(chain.iov, left, amount);
	left = iov_discard_back(chain.iov, left, amount);
	require(left <= chain.readable);
}

struct held {
	uint16_t heads[VIRTQ_SIZE_MAX];
	unsigned int count;
};

static void give_back(struct virtq *q, struct held *held, unsigned int which)
{
	uint16_t head;

	if (!held->count)
		return;
	which %= held->count;
	head = held->heads[which];
	held->heads[which] = held->heads[--held->count];
	virtq_stage(q, head, 1);
	if (which % 2)
		virtq_publish(q);
}

static void operate(struct virtq *q, struct held *held, const uint8_t *op)
{
	uint8_t *ram = mem.regions[0].hva;

	switch (op[0] % 8) {
	case 0:
	case 1:
		if (virtq_pop(q, &chain)) {
			check_chain(q);
			held->heads[held->count++] = chain.head;
			use_iov(op[1]);
		}
		break;
	case 2:
		give_back(q, held, op[1]);
		break;
	case 3:
		/* The last popped is the one to put back: only while its head is. */
		if (virtq_pop(q, &chain)) {
			check_chain(q);
			virtq_unpop(q, 1);
		}
		break;
	case 4:
		virtq_want_kicks(q, op[1] & 1);
		break;
	case 5:
		virtq_publish(q);
		virtq_must_signal(q);
		break;
	case 6:
		ram[op[0] >> 3 | (op[1] & 31) << 5] = op[2];
		break;
	case 7: /* one more entry becomes available */
		ram[op[1] * 4 + 2]++;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtq_setup setup = {.ready = true};
	struct held held = {.count = 0};
	struct virtq q = {0};
	const uint8_t *ops = data + 5;
	size_t ops_bytes;
	size_t image_bytes;
	uint8_t *ram;

	if (size < 5)
		return 0;
	ops_bytes = (size - 5) / 2;
	image_bytes = size - 5 - ops_bytes;
	if (image_bytes > IMAGE_BYTES)
		image_bytes = IMAGE_BYTES;
	if (!mem.count)
		require(guest_mem_add(&mem, 0, RAM_BYTES, NULL) == 0);
	ram = mem.regions[0].hva;
	setup.size = 1u << data[0] % 10;
	setup.desc_gpa = data[1] * 4u;
	setup.avail_gpa = data[2] * 4u;
	setup.used_gpa = data[3] * 4u;
	memset(ram, 0, IMAGE_BYTES * 5);
	memcpy(ram, ops + ops_bytes, image_bytes);
	if (virtq_start(&q, &setup, &mem, data[4] & 1, data[4] & 2)) {
		q.limited = data[4] & 4;
		q.allowance = 20;
		for (size_t i = 0; i + 3 <= ops_bytes; i += 3)
			operate(&q, &held, ops + i);
		require(q.broken || q.in_flight == held.count);
	}
	virtq_stop(&q);
	return 0;
}
