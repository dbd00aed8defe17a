/* SPDX-License-Identifier: Apache-2.0 */
#include "host/uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One page of submissions: a longer batch is handed over in parts. */
#define SQ_ENTRIES_MAX 64
#define OPCODES_MAX 8

struct uring {
	int fd;

	uint32_t *sq_head; /* the kernel's */
	uint32_t *sq_tail; /* ours, seen by the kernel in io_uring_enter() */
	uint32_t sq_mask;
	uint32_t sq_entries;
	uint32_t queued; /* filled and not yet taken by the kernel */
	struct io_uring_sqe *sqes;

	uint32_t *cq_head; /* ours */
	uint32_t *cq_tail; /* the kernel's */
	uint32_t cq_mask;
	struct io_uring_cqe *cqes;

	void *rings; /* both rings' memory */
	size_t rings_bytes;
	size_t sqes_bytes;
};

static int register_with(const struct uring *ring, unsigned int opcode,
	const void *argument, unsigned int n)
{
	return syscall(SYS_io_uring_register, ring->fd, opcode, argument, n) < 0 ? -errno
										 : 0;
}

static void *map(const struct uring *ring, size_t bytes, off_t offset)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		ring->fd, offset);

	return at == MAP_FAILED ? NULL : at;
}

static int map_rings(struct uring *ring, const struct io_uring_params *params)
{
	size_t sq_bytes = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	size_t cq_bytes =
		params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	uint8_t *base;
	uint32_t *array;

	if (!(params->features & IORING_FEAT_SINGLE_MMAP))
		return -ENOSYS;
	ring->rings_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
	ring->sqes_bytes = params->sq_entries * sizeof(struct io_uring_sqe);
	ring->rings = map(ring, ring->rings_bytes, IORING_OFF_SQ_RING);
	ring->sqes = map(ring, ring->sqes_bytes, IORING_OFF_SQES);
	if (!ring->rings || !ring->sqes)
		return -errno;
	base = ring->rings;
	ring->sq_head = (uint32_t *)(base + params->sq_off.head);
	ring->sq_tail = (uint32_t *)(base + params->sq_off.tail);
	ring->sq_mask = *(uint32_t *)(base + params->sq_off.ring_mask);
	ring->sq_entries = params->sq_entries;
	ring->cq_head = (uint32_t *)(base + params->cq_off.head);
	ring->cq_tail = (uint32_t *)(base + params->cq_off.tail);
	ring->cq_mask = *(uint32_t *)(base + params->cq_off.ring_mask);
	ring->cqes = (struct io_uring_cqe *)(base + params->cq_off.cqes);
	/* Submissions are taken in order, so the index array never changes. */
	array = (uint32_t *)(base + params->sq_off.array);
	for (uint32_t i = 0; i < params->sq_entries; i++)
		array[i] = i;
	return 0;
}

/* From here on: these opcodes, on the registered files only, and no registration. */
static int restrict_to(
	const struct uring *ring, const uint8_t *opcodes, unsigned int opcode_count)
{
	struct io_uring_restriction list[OPCODES_MAX + 2] = {
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
			.sqe_flags = IOSQE_FIXED_FILE},
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED,
			.sqe_flags = IOSQE_FIXED_FILE},
	};

	if (opcode_count > OPCODES_MAX)
		return -E2BIG;
	for (unsigned int i = 0; i < opcode_count; i++) {
		list[2 + i].opcode = IORING_RESTRICTION_SQE_OP;
		list[2 + i].sqe_op = opcodes[i];
	}
	return register_with(ring, IORING_REGISTER_RESTRICTIONS, list, 2 + opcode_count);
}

static int set_up(struct uring *ring, unsigned int depth, const int *files,
	unsigned int file_count, const uint8_t *opcodes, unsigned int opcode_count)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CLAMP |
			 IORING_SETUP_CQSIZE,
		.cq_entries = depth,
	};
	unsigned int sq_entries = depth < SQ_ENTRIES_MAX ? depth : SQ_ENTRIES_MAX;
	int code;

	ring->fd = (int)syscall(SYS_io_uring_setup, sq_entries, &params);
	if (ring->fd < 0)
		return -errno;
	code = map_rings(ring, &params);
	if (!code)
		code = register_with(ring, IORING_REGISTER_FILES, files, file_count);
	if (!code)
		code = restrict_to(ring, opcodes, opcode_count);
	if (!code)
		code = register_with(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	return code;
}

int uring_create(unsigned int depth, const int *files, unsigned int file_count,
	const uint8_t *opcodes, unsigned int opcode_count, struct uring **ret)
{
	struct uring *ring = calloc(1, sizeof(*ring));
	int code;

	if (!ring)
		return -ENOMEM;
	code = set_up(ring, depth, files, file_count, opcodes, opcode_count);
	if (code) {
		uring_destroy(ring);
		return code;
	}
	*ret = ring;
	return 0;
}

void uring_destroy(struct uring *ring)
{
	if (!ring)
		return;
	if (ring->sqes)
		munmap(ring->sqes, ring->sqes_bytes);
	if (ring->rings)
		munmap(ring->rings, ring->rings_bytes);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring);
}

int uring_fd(const struct uring *ring)
{
	return ring->fd;
}

struct io_uring_sqe *uring_next(struct uring *ring, unsigned int file)
{
	/* Pairs with the kernel's release after it has read a submission. */
	uint32_t head = __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
	uint32_t tail = *ring->sq_tail;
	struct io_uring_sqe *sqe = &ring->sqes[tail & ring->sq_mask];

	if (tail - head == ring->sq_entries)
		return NULL;
	memset(sqe, 0, sizeof(*sqe));
	sqe->fd = (int)file;
	sqe->flags = IOSQE_FIXED_FILE;
	/* Only io_uring_enter() looks at it, after the caller has filled the rest. */
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring->queued++;
	return sqe;
}

int uring_submit(struct uring *ring, unsigned int wait_count)
{
	do {
		long taken = syscall(SYS_io_uring_enter, ring->fd, ring->queued,
			wait_count, wait_count ? IORING_ENTER_GETEVENTS : 0, NULL, 0);

		if (taken < 0 && errno != EINTR)
			return -errno;
		if (!taken && ring->queued)
			return -EAGAIN;
		if (taken > 0)
			ring->queued -= (uint32_t)taken;
	} while (ring->queued);
	return 0;
}

bool uring_take_back(struct uring *ring, uint64_t *ret_user_data)
{
	uint32_t tail = *ring->sq_tail - 1;

	if (!ring->queued)
		return false;
	*ret_user_data = ring->sqes[tail & ring->sq_mask].user_data;
	__atomic_store_n(ring->sq_tail, tail, __ATOMIC_RELEASE);
	ring->queued--;
	return true;
}

bool uring_reap(struct uring *ring, uint64_t *ret_user_data, int *ret_result)
{
	uint32_t head = *ring->cq_head;
	const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];

	/* Pairs with the kernel's release after it has written a completion. */
	if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	*ret_user_data = cqe->user_data;
	*ret_result = cqe->res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}
