/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk's requests on their way: which system call is next, where it runs, and what its
 * result means. Runs with the loop's lock held, disk_describe() also in workers.
 */
#include "host/disk_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <string.h>

#include "host/disk_layer.h"
#include "host/disk_ring.h"
#include "host/disk_small.h"
#include "host/uring.h"
#include "src/container_of.h"
#include "src/log.h"

/* ---- steps ------------------------------------------------------------------------ */

/*
 * O_DIRECT wants memory and offsets in whole blocks. What a guest may send beyond that
 * goes through the page cache, as does what the file system refuses all the same.
 */
static bool is_aligned(const struct disk_request *request, uint32_t block_bytes)
{
	uint64_t bits = request->offset_bytes + request->done_bytes;

	for (unsigned int i = 0; i < request->iov_count; i++)
		bits |= (uintptr_t)request->iov[i].iov_base | request->iov[i].iov_len;
	return !(bits & (block_bytes - 1));
}

static enum disk_step step_to_zero(const struct disk_request *request)
{
	const struct disk *disk = request->disk;

	if (request->may_unmap && disk->discard && !disk->no_punch)
		return STEP_PUNCH;
	return disk->no_zero ? STEP_ZEROES : STEP_ZERO;
}

static enum disk_step first_step(struct disk_request *request)
{
	const struct disk *disk = request->disk;

	/* Zeroes too: what is no longer in the file reads as anything then. */
	if (disk->layer && (request->op == DISK_READ || request->op == DISK_WRITE ||
				   request->op == DISK_WRITE_ZEROES))
		return disk_small_take(request) ? STEP_SMALL : STEP_LAYER;
	switch (request->op) {
	case DISK_READ:
	case DISK_WRITE:
		return disk->direct && is_aligned(request, disk->info.block_bytes)
			       ? STEP_DIRECT
			       : STEP_BUFFERED;
	case DISK_DISCARD:
		return disk->block_device ? STEP_BLKDISCARD : STEP_PUNCH;
	case DISK_WRITE_ZEROES:
		return step_to_zero(request);
	case DISK_FLUSH:
		break;
	}
	return STEP_SYNC;
}

void disk_describe(const struct disk_request *request, struct disk_io *ret)
{
	uint64_t left = request->bytes - request->done_bytes;

	*ret = (struct disk_io){
		.file = DISK_BUFFERED,
		.offset_bytes = request->offset_bytes + request->done_bytes,
		.bytes = left,
	};
	if (request->disk->layer && request->step != STEP_LAYER)
		ret->offset_bytes += request->disk->layer->offset_bytes;
	switch ((enum disk_step)request->step) {
	case STEP_DIRECT:
	case STEP_BUFFERED:
		if (request->step == STEP_DIRECT)
			ret->file = DISK_DIRECT;
		ret->call = request->op == DISK_READ ? CALL_READV : CALL_WRITEV;
		break;
	case STEP_SMALL:
		if (request->disk->layer->direct)
			ret->file = DISK_DIRECT;
		ret->call = request->op == DISK_READ ? CALL_READ_SMALL : CALL_WRITE_SMALL;
		break;
	case STEP_LAYER:
		ret->call = request->op == DISK_READ ? CALL_READ_LAYER : CALL_WRITE_LAYER;
		if (request->op == DISK_WRITE_ZEROES && left > DISK_ZEROES_BYTES)
			ret->bytes = DISK_ZEROES_BYTES;
		break;
	case STEP_SYNC:
		ret->call = CALL_SYNC;
		break;
	case STEP_PUNCH:
		ret->call = CALL_FALLOCATE;
		ret->mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		break;
	case STEP_ZERO:
		ret->call = CALL_FALLOCATE;
		ret->mode = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
		break;
	case STEP_ZEROES:
		ret->call = CALL_WRITE;
		if (left > DISK_ZEROES_BYTES)
			ret->bytes = DISK_ZEROES_BYTES;
		break;
	case STEP_BLKDISCARD:
		ret->call = CALL_DISCARD;
		break;
	}
}

/* ---- starting --------------------------------------------------------------------- */

static void put(struct disk *disk, struct disk_request *request)
{
	request->next = NULL;
	*disk->last = request;
	disk->last = &request->next;
}

static struct disk_request *take(struct disk *disk)
{
	struct disk_request *request = disk->first;

	disk->first = request->next;
	if (!disk->first)
		disk->last = &disk->first;
	return request;
}

/*
 * A write through the page cache reads and writes whole pages. With a direct write to the
 * same page under way, one of the two could be lost, so on a direct disk it goes alone.
 */
static bool goes_alone(const struct disk_request *request)
{
	return request->disk->direct &&
	       (request->step == STEP_ZEROES ||
		       (request->op == DISK_WRITE && request->step == STEP_BUFFERED));
}

static bool can_start(const struct disk *disk)
{
	if (!disk->first || disk->alone ||
		(disk->ring && disk->in_ring >= disk->ring_depth))
		return false;
	return !goes_alone(disk->first) || !(disk->in_ring + disk->in_pool);
}

static void start_in_pool(struct disk *disk, struct disk_request *request)
{
	disk->in_pool++;
	disk_pool_start(disk->pool, request);
}

/* Hands over what is queued; what the kernel has no memory for runs in workers. */
static void submit_ring(struct disk *disk, unsigned int wait_count)
{
	uint64_t user_data;

	if (!uring_submit(disk->ring, wait_count))
		return;
	while (uring_take_back(disk->ring, &user_data)) {
		disk->in_ring--;
		start_in_pool(disk, (struct disk_request *)(uintptr_t)user_data);
	}
}

static void start_in_ring(
	struct disk *disk, struct disk_request *request, const struct disk_io *io)
{
	struct io_uring_sqe *sqe = uring_next(disk->ring, io->file);

	if (!sqe) {
		submit_ring(disk, 0);
		sqe = uring_next(disk->ring, io->file);
	}
	assert(sqe); /* whether it took them or gave them back, the queue is empty */
	disk_ring_fill(sqe, request, io);
	disk->in_ring++;
}

/* Starts all that waits and may. */
static void start_waiting(struct disk *disk)
{
	bool submit = false;

	while (can_start(disk)) {
		struct disk_request *request = take(disk);
		struct disk_io io;

		disk->alone = goes_alone(request);
		disk_describe(request, &io);
		if (disk_ring_takes(disk, &io)) {
			start_in_ring(disk, request, &io);
			submit = true;
		} else {
			start_in_pool(disk, request);
		}
	}
	if (submit)
		submit_ring(disk, 0);
}

/* ---- results ---------------------------------------------------------------------- */

static void log_error(struct disk *disk, const struct disk_request *request, int code)
{
	static const char *const verbs[] = {
		[DISK_READ] = "reading",
		[DISK_WRITE] = "writing",
		[DISK_FLUSH] = "flushing",
		[DISK_DISCARD] = "discarding",
		[DISK_WRITE_ZEROES] = "writing zeroes",
	};
	uint64_t bit = 1ull << (-code & 63);

	if (disk->logged_errnos & bit)
		return;
	disk->logged_errnos |= bit;
	log_host("%s: %s at %" PRIu64 ": %s; the guest gets an error", disk->path,
		verbs[request->op], request->offset_bytes + request->done_bytes,
		strerror(-code));
}

static void log_shrink(struct disk *disk, const struct disk_request *request)
{
	if (disk->shrink_logged)
		return;
	disk->shrink_logged = true;
	log_host("%s: no data at %" PRIu64 ", the file has shrunk below its %" PRIu64
		 " bytes; the guest gets an error",
		disk->path, request->offset_bytes + request->done_bytes,
		disk->info.capacity_bytes);
}

static void log_wrong(struct disk *disk, const struct disk_request *request)
{
	guest_log(&disk->wrong_log,
		"the block at %" PRIu64 " is not what its %s says; the guest gets an "
		"error",
		request->offset_bytes + request->done_bytes, disk->layer->proof);
}

static void end(struct disk_request *request, int result)
{
	struct disk *disk = request->disk;

	disk->in_flight--;
	request->result = result;
	request->done(request);
}

static void fail(struct disk_request *request, int code)
{
	log_error(request->disk, request, code);
	end(request, code);
}

static void go_on(struct disk_request *request, enum disk_step step)
{
	request->step = (int)step;
	put(request->disk, request);
}

/* Drops bytes from the front of the buffers, in place. */
static void advance(struct disk_request *request, size_t bytes)
{
	request->done_bytes += bytes;
	while (request->iov_count && bytes >= request->iov->iov_len) {
		bytes -= request->iov->iov_len;
		request->iov++;
		request->iov_count--;
	}
	if (request->iov_count) {
		request->iov->iov_base = (uint8_t *)request->iov->iov_base + bytes;
		request->iov->iov_len -= bytes;
	}
}

static void data_done(struct disk_request *request, int result)
{
	if (result > 0 && request->step == STEP_LAYER && request->op != DISK_READ)
		disk_settle_later(request->disk);
	if (result == -EINVAL && request->step == STEP_DIRECT) {
		go_on(request, STEP_BUFFERED);
	} else if (result == -EILSEQ && request->step == STEP_LAYER) {
		log_wrong(request->disk, request);
		end(request, -EIO);
	} else if (result < 0) {
		fail(request, result);
	} else if (!result && request->done_bytes < request->bytes) {
		log_shrink(request->disk, request);
		end(request, -EIO);
	} else {
		if (request->op == DISK_WRITE_ZEROES)
			request->done_bytes += (unsigned int)result;
		else
			advance(request, (size_t)result);
		if (request->done_bytes == request->bytes)
			end(request, 0);
		else
			go_on(request, request->step == STEP_ZEROES
					       ? STEP_ZEROES
					       : first_step(request));
	}
}

/* What was not moved whole, the layer moves, or says why not. */
static void small_done(struct disk_request *request, int result)
{
	if (disk_small_done(request, result))
		end(request, 0);
	else
		go_on(request, STEP_LAYER);
}

static void allocation_done(struct disk_request *request, int result)
{
	struct disk *disk = request->disk;
	bool refused = result == -EOPNOTSUPP || result == -ENOSYS;

	/* A block device refuses zeroing that is not in its blocks, this time only. */
	if (request->op == DISK_WRITE_ZEROES && result == -EINVAL)
		go_on(request, STEP_ZEROES);
	else if (request->op == DISK_WRITE_ZEROES && refused) {
		if (request->step == STEP_PUNCH)
			disk->no_punch = true;
		else
			disk->no_zero = true;
		go_on(request, step_to_zero(request));
	} else if (result) {
		fail(request, refused ? -EOPNOTSUPP : result);
	} else {
		end(request, 0);
	}
}

static void step_done(struct disk_request *request, int result)
{
	request->disk->alone = false;
	if (result == -EINTR) {
		go_on(request, (enum disk_step)request->step);
		return;
	}
	switch ((enum disk_step)request->step) {
	case STEP_SMALL:
		small_done(request, result);
		break;
	case STEP_DIRECT:
	case STEP_BUFFERED:
	case STEP_LAYER:
	case STEP_ZEROES:
		data_done(request, result);
		break;
	case STEP_PUNCH:
	case STEP_ZERO:
	case STEP_BLKDISCARD:
		allocation_done(request, result);
		break;
	case STEP_SYNC:
		if (result < 0)
			fail(request, result);
		else
			end(request, 0);
		break;
	}
}

/* ---- turning ---------------------------------------------------------------------- */

/* True where it took at least one result. */
static bool reap(struct disk *disk)
{
	struct disk_request *request;
	uint64_t user_data;
	bool any = false;
	int result;

	while (disk->in_ring && uring_reap(disk->ring, &user_data, &result)) {
		request = (struct disk_request *)(uintptr_t)user_data;
		disk->in_ring--;
		/* Where the kernel cannot wait, a worker can. */
		if (result == -EAGAIN)
			start_in_pool(disk, request);
		else
			step_done(request, result);
		any = true;
	}
	request = disk->in_pool ? disk_pool_reap(disk->pool) : NULL;
	while (request) {
		struct disk_request *next = request->next;

		disk->in_pool--;
		step_done(request, request->result);
		request = next;
		any = true;
	}
	return any;
}

/*
 * Takes results and starts what waits until nothing more is to be had at once. Calls
 * from done() and batch_done() find it turning and leave the work to it.
 */
static void turn(struct disk *disk)
{
	if (disk->turning)
		return;
	disk->turning = true;
	do {
		start_waiting(disk);
		if (reap(disk) && disk->user && disk->user->batch_done)
			disk->user->batch_done(disk->user);
	} while (can_start(disk));
	disk->turning = false;
}

void disk_ring_ready(struct loop_fd *watch, uint32_t events)
{
	turn(container_of(watch, struct disk, ring_watch));
}

void disk_pool_ready(struct loop_task *task)
{
	turn(container_of(task, struct disk, pool_task));
}

void disk_start(struct disk *disk, struct disk_request *request)
{
	request->disk = disk;
	request->done_bytes = 0;
	request->step = (int)first_step(request);
	disk->in_flight++;
	put(disk, request);
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
	disk->counts.requests[request->op]++;
	disk->counts.bytes[request->op] += request->bytes;
	disk_start(disk, request);
}

void disk_commit(struct disk *disk)
{
	turn(disk);
}

void disk_drain(struct disk *disk)
{
	turn(disk);
	while (disk->in_flight) {
		if (disk->in_ring)
			submit_ring(disk, 1);
		else
			disk_pool_wait(disk->pool);
		turn(disk);
	}
}
