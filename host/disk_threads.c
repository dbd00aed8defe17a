/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads for hosts without io_uring, for the one call that a ring cannot make
 * (BLKDISCARD), and for what a layer computes. A worker runs one of these at a time and
 * nothing else; it blocks all signals. Where the host gives no thread at all the call
 * runs where it was asked for: slow, but it runs.
 */
#include "host/disk_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/disk_layer.h"
#include "host/disk_small.h"
#include "src/sandbox.h"
#include "src/thread.h"

#define WORKERS_MAX 4
#define WORKER_STACK_BYTES (128u << 10)

struct disk_pool {
	struct loop *loop;
	struct loop_task *finished_task;

	pthread_mutex_t lock; /* guards all below but workers[]; innermost */
	pthread_cond_t work;
	pthread_cond_t some_finished;
	struct disk_request *waiting;
	struct disk_request **last_waiting;
	struct disk_request *finished;
	struct disk_request **last_finished;
	unsigned int waiting_count;
	unsigned int idle;
	bool ending;

	pthread_t workers[WORKERS_MAX];
	unsigned int worker_count;
};

static int discard(int fd, uint64_t offset_bytes, uint64_t bytes)
{
	uint64_t range[2] = {offset_bytes, bytes};

	return ioctl(fd, BLKDISCARD, range);
}

static ssize_t run_layer(const struct disk_request *request, const struct disk_io *io)
{
	const struct disk *disk = request->disk;
	const struct iovec zeroes = {disk->zeroes, (size_t)io->bytes};

	if (io->call == CALL_READ_LAYER)
		return disk->layer->ops->read(disk->layer, request->iov,
			request->iov_count, io->offset_bytes, io->bytes);
	if (request->op == DISK_WRITE_ZEROES)
		return disk->layer->ops->write(
			disk->layer, &zeroes, 1, io->offset_bytes, io->bytes);
	return disk->layer->ops->write(disk->layer, request->iov, request->iov_count,
		io->offset_bytes, io->bytes);
}

static int run_call(const struct disk_request *request)
{
	const struct disk *disk = request->disk;
	struct disk_io io;
	ssize_t result = -1;
	int fd;

	disk_describe(request, &io);
	/* Guests are told the size of a block. */
	if (disk->layer && (io.offset_bytes | io.bytes) & (disk->info.block_bytes - 1))
		return -EINVAL;
	fd = disk->fds[io.file];
	switch (io.call) {
	case CALL_READV:
		result = preadv(fd, request->iov, (int)request->iov_count,
			(off_t)io.offset_bytes);
		break;
	case CALL_READ_SMALL:
		result = pread(fd, disk_small_place(request), (size_t)io.bytes,
			(off_t)io.offset_bytes);
		break;
	case CALL_WRITE_SMALL:
		result = pwrite(fd, disk_small_place(request), (size_t)io.bytes,
			(off_t)io.offset_bytes);
		break;
	case CALL_READ_LAYER:
	case CALL_WRITE_LAYER:
		return (int)run_layer(request, &io);
	case CALL_WRITEV:
		result = pwritev(fd, request->iov, (int)request->iov_count,
			(off_t)io.offset_bytes);
		break;
	case CALL_WRITE:
		result = pwrite(
			fd, disk->zeroes, (size_t)io.bytes, (off_t)io.offset_bytes);
		break;
	case CALL_SYNC:
		if (disk->layer && disk->layer->ops->sync)
			return disk->layer->ops->sync(disk->layer);
		result = fdatasync(fd);
		break;
	case CALL_FALLOCATE:
		result = fallocate(fd, io.mode, (off_t)io.offset_bytes, (off_t)io.bytes);
		break;
	case CALL_DISCARD:
		result = discard(fd, io.offset_bytes, io.bytes);
		break;
	}
	return result < 0 ? -errno : (int)result;
}

/* With the lock held. */
static void finish(struct disk_pool *pool, struct disk_request *request)
{
	bool first = !pool->finished;

	request->next = NULL;
	*pool->last_finished = request;
	pool->last_finished = &request->next;
	pthread_cond_signal(&pool->some_finished);
	if (first)
		loop_post(pool->loop, pool->finished_task);
}

static void *work(void *argument)
{
	struct disk_pool *pool = argument;

	sandbox_enter(SANDBOX_WORKER);
	pthread_mutex_lock(&pool->lock);
	while (!pool->ending) {
		struct disk_request *request = pool->waiting;

		if (!request) {
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
			continue;
		}
		pool->waiting = request->next;
		if (!pool->waiting)
			pool->last_waiting = &pool->waiting;
		pool->waiting_count--;
		pthread_mutex_unlock(&pool->lock);
		request->result = run_call(request);
		pthread_mutex_lock(&pool->lock);
		finish(pool, request);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int disk_pool_create(
	struct loop *loop, struct loop_task *finished, struct disk_pool **ret)
{
	struct disk_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->loop = loop;
	pool->finished_task = finished;
	pool->last_waiting = &pool->waiting;
	pool->last_finished = &pool->finished;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->some_finished, NULL);
	*ret = pool;
	return 0;
}

void disk_pool_destroy(struct disk_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 0; i < pool->worker_count; i++)
		pthread_join(pool->workers[i], NULL);
	loop_task_cancel(pool->loop, pool->finished_task);
	pthread_cond_destroy(&pool->some_finished);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static int call_here(void *argument)
{
	return run_call(argument);
}

static void add_worker(struct disk_pool *pool)
{
	if (!thread_start(
		    &pool->workers[pool->worker_count], WORKER_STACK_BYTES, work, pool))
		pool->worker_count++;
}

void disk_pool_start(struct disk_pool *pool, struct disk_request *request)
{
	bool crowded;

	pthread_mutex_lock(&pool->lock);
	crowded = pool->waiting_count >= pool->idle;
	pthread_mutex_unlock(&pool->lock);
	if (crowded && pool->worker_count < WORKERS_MAX)
		add_worker(pool);
	if (!pool->worker_count)
		request->result = thread_ask(call_here, request);

	pthread_mutex_lock(&pool->lock);
	if (pool->worker_count) {
		request->next = NULL;
		*pool->last_waiting = request;
		pool->last_waiting = &request->next;
		pool->waiting_count++;
		pthread_cond_signal(&pool->work);
	} else {
		finish(pool, request);
	}
	pthread_mutex_unlock(&pool->lock);
}

void disk_pool_wait(struct disk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (!pool->finished)
		pthread_cond_wait(&pool->some_finished, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

struct disk_request *disk_pool_reap(struct disk_pool *pool)
{
	struct disk_request *list;

	pthread_mutex_lock(&pool->lock);
	list = pool->finished;
	pool->finished = NULL;
	pool->last_finished = &pool->finished;
	pthread_mutex_unlock(&pool->lock);
	return list;
}
