/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the disk's own files share; no one else includes this but its tests.
 *
 * disk.c opens and describes, disk_io.c carries requests through their steps (one system
 * call each), and a step runs in the ring (disk_ring.c) or in a worker (disk_threads.c).
 * disk_small.c has small requests of a layer made in the ring, disk_settle.c flushes what
 * a layer holds back. Workers read only what is constant after disk_file_open() and the
 * request itself.
 */
#ifndef HOST_DISK_IMPL_H
#define HOST_DISK_IMPL_H

#include <sys/types.h>

#include "host/disk.h"
#include "src/log.h"
#include "src/loop.h"

struct disk_layer;
struct disk_pool;
struct uring;

enum disk_engine_choice { DISK_ENGINE_ANY, DISK_ENGINE_URING, DISK_ENGINE_THREADS };

/* disk_file_open() with the engine named: -ENOSYS where the host has no io_uring. */
int disk_file_open_with(struct loop *loop, const struct disk_file_options *options,
	enum disk_engine_choice choice, struct disk **ret, struct error *err);

/* The file as opened, by index into disk.fds; the ring knows the first two. */
#define DISK_BUFFERED 0
#define DISK_DIRECT 1
#define DISK_LOCK 2
#define DISK_FDS 3

/* Zeroes are written in parts of this size where the file knows no better way. */
#define DISK_ZEROES_BYTES (1u << 20)

enum disk_step {
	STEP_DIRECT,    /* read or write past the page cache */
	STEP_BUFFERED,  /* read or write */
	STEP_SYNC,      /* fdatasync */
	STEP_PUNCH,     /* fallocate, the space freed */
	STEP_ZERO,      /* fallocate, the space kept */
	STEP_ZEROES,    /* writing zeroes */
	STEP_SMALL,     /* between the file and a place of ours */
	STEP_LAYER,     /* through the layer: never in the ring */
	STEP_BLKDISCARD /* an ioctl: likewise */
};

struct disk {
	struct loop *loop;
	struct disk_info info;
	struct disk_counts counts;
	char *path;
	int fds[DISK_FDS];        /* -1: not open */
	struct disk_layer *layer; /* NULL: the guest sees the file */
	bool direct;
	bool block_device;
	bool discard;
	void *zeroes; /* read-only, never touched: all its pages are the zero page */
	void *map;    /* of disk_map(), or NULL */
	size_t map_bytes;

	struct uring *ring; /* NULL: all steps run in the pool */
	struct loop_fd ring_watch;
	unsigned int ring_depth;
	unsigned int in_ring;

	uint8_t *places;       /* for small requests; NULL: none go that way */
	uint64_t places_taken; /* a bit for each */

	struct disk_pool *pool;
	struct loop_task pool_task;
	unsigned int in_pool;

	/* A flush of our own, for layers that hold writes back. */
	struct loop_timer settle_timer;
	struct disk_request settle;
	bool settling;

	struct disk_user *user;
	struct disk_request *first; /* not started yet */
	struct disk_request **last;
	unsigned int in_flight; /* submitted, done() not yet called */
	bool turning;
	bool alone;    /* what is under way tolerates nothing beside it */
	bool no_punch; /* the file refused it once */
	bool no_zero;
	bool shrink_logged;
	struct guest_log wrong_log; /* of blocks that are not what they should be */
	uint64_t logged_errnos;     /* a bit each */
};

/* ---- disk_io.c -------------------------------------------------------------------- */

void disk_ring_ready(struct loop_fd *watch, uint32_t events);
void disk_pool_ready(struct loop_task *task);
/* As disk_submit(), uncounted. */
void disk_start(struct disk *disk, struct disk_request *request);

/* The system call that a request's step is. */
enum disk_call {
	CALL_READV,
	CALL_READ_SMALL,
	CALL_WRITE_SMALL,
	CALL_READ_LAYER,
	CALL_WRITE_LAYER,
	CALL_WRITEV,
	CALL_WRITE,
	CALL_SYNC,
	CALL_FALLOCATE,
	CALL_DISCARD
};

struct disk_io {
	enum disk_call call;
	unsigned int file;
	uint64_t offset_bytes;
	uint64_t bytes;
	int mode; /* CALL_FALLOCATE */
};

void disk_describe(const struct disk_request *request, struct disk_io *ret);

/* ---- disk_settle.c ---------------------------------------------------------------- */

/* What a layer holds back is there for good a second later, whether it is asked or not.
 */
void disk_settle_later(struct disk *disk);
void disk_settle_now(struct loop_timer *timer);

/* ---- disk_threads.c --------------------------------------------------------------- */

/*
 * Workers are made as requests come, four at most. finished is posted to the loop when
 * disk_pool_reap() has something to take.
 */
int disk_pool_create(
	struct loop *loop, struct loop_task *finished, struct disk_pool **ret);
void disk_pool_destroy(struct disk_pool *pool); /* nothing in it; NULL is fine */

void disk_pool_start(struct disk_pool *pool, struct disk_request *request);
/* The finished requests, linked by next; their result is the call's. */
struct disk_request *disk_pool_reap(struct disk_pool *pool);
/* Until there is one to reap; something is in the pool. */
void disk_pool_wait(struct disk_pool *pool);

#endif
