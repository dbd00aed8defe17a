/* SPDX-License-Identifier: Apache-2.0 */
/* What of a disk's requests goes to its ring, and how. */
#include "host/disk_ring.h"

#include <linux/io_uring.h>
#include <sys/epoll.h>

#include "host/disk_impl.h"
#include "host/disk_small.h"
#include "host/uring.h"
#include "src/container_of.h"

#define DEPTH_MAX 1024

int disk_ring_create(struct disk *disk, unsigned int depth)
{
	static const uint8_t opcodes[] = {IORING_OP_READV, IORING_OP_READ,
		IORING_OP_FSYNC, IORING_OP_WRITEV, IORING_OP_WRITE, IORING_OP_FALLOCATE};
	unsigned int opcode_count = disk->info.readonly ? 3 : ARRAY_SIZE(opcodes);
	int code;

	if (depth < 1)
		depth = 1;
	if (depth > DEPTH_MAX)
		depth = DEPTH_MAX;
	code = uring_create(depth, disk->fds, disk->direct ? 2 : 1, opcodes, opcode_count,
		&disk->ring);
	if (code)
		return code;
	disk->ring_depth = depth;
	disk->ring_watch.fd = uring_fd(disk->ring);
	disk->ring_watch.events = EPOLLIN;
	disk->ring_watch.ready = disk_ring_ready;
	code = loop_fd_add(disk->loop, &disk->ring_watch);
	if (code) {
		uring_destroy(disk->ring);
		disk->ring = NULL;
	}
	return code;
}

bool disk_ring_takes(const struct disk *disk, const struct disk_io *io)
{
	if (!disk->ring)
		return false;
	if (disk->layer)
		return io->call == CALL_READ_SMALL || io->call == CALL_WRITE_SMALL;
	return io->call != CALL_DISCARD;
}

void disk_ring_fill(struct io_uring_sqe *sqe, const struct disk_request *request,
	const struct disk_io *io)
{
	sqe->user_data = (uintptr_t)request;
	sqe->off = io->offset_bytes;
	switch (io->call) {
	case CALL_READV:
	case CALL_WRITEV:
		sqe->opcode = io->call == CALL_READV ? IORING_OP_READV : IORING_OP_WRITEV;
		sqe->addr = (uintptr_t)request->iov;
		sqe->len = request->iov_count;
		break;
	case CALL_WRITE:
		sqe->opcode = IORING_OP_WRITE;
		sqe->addr = (uintptr_t)request->disk->zeroes;
		sqe->len = (uint32_t)io->bytes;
		break;
	case CALL_SYNC:
		sqe->opcode = IORING_OP_FSYNC;
		sqe->fsync_flags = IORING_FSYNC_DATASYNC;
		sqe->off = 0; /* with len 0: the whole file */
		break;
	case CALL_FALLOCATE:
		sqe->opcode = IORING_OP_FALLOCATE;
		sqe->addr = io->bytes;
		sqe->len = (uint32_t)io->mode;
		break;
	case CALL_READ_SMALL:
	case CALL_WRITE_SMALL:
		sqe->opcode =
			io->call == CALL_READ_SMALL ? IORING_OP_READ : IORING_OP_WRITE;
		sqe->addr = (uintptr_t)disk_small_place(request);
		sqe->len = (uint32_t)io->bytes;
		break;
	case CALL_READ_LAYER:
	case CALL_WRITE_LAYER:
	case CALL_DISCARD:
		break;
	}
}
