/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk of the host: asynchronous requests on a file or block device.
 *
 * Everything runs with the loop's lock held; done() is called on the loop's thread, or
 * inside disk_commit() (what the page cache answers at once) and disk_drain(). Where the
 * host has no io_uring a pool of worker threads does the same; workers touch only the
 * request's buffers and the descriptor.
 *
 * A host's error is logged once and ends the request; the disk stays usable. Reads past
 * the end of a file that has shrunk give -EIO.
 */
#ifndef HOST_DISK_H
#define HOST_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct disk;
struct error;
struct loop;
struct source_pos;

enum disk_op { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD, DISK_WRITE_ZEROES };

/*
 * Embedded in the device's request; the disk's from submit until done(). The caller has
 * checked that [offset, offset + bytes) lies within the capacity.
 */
struct disk_request {
	enum disk_op op;
	bool may_unmap; /* DISK_WRITE_ZEROES */
	uint64_t offset_bytes;
	uint64_t bytes;
	struct iovec
		*iov; /* READ and WRITE: sums to bytes; stays valid, may be modified */
	unsigned int iov_count;
	void (*done)(struct disk_request *request);
	int result; /* 0 or -errno, set before done() */

	/* The disk's own. */
	struct disk *disk;
	struct disk_request *next;
	uint64_t done_bytes;
	int step;
	unsigned int place;
};

/* The device that uses the disk, embedded in it. */
struct disk_user {
	/* Optional. After one or more done() in a row: the time for one interrupt. */
	void (*batch_done)(struct disk_user *user);
};

/* What the guest may know; constant but for capacity. */
struct disk_info {
	uint64_t capacity_bytes; /* a multiple of 512 */
	uint32_t block_bytes;    /* logical block size */
	bool readonly;
	bool discard;      /* DISK_DISCARD frees space */
	bool write_zeroes; /* faster than writing */
};

struct disk_crypt_options;
struct disk_verity_options;

struct disk_file_options {
	const char *path;
	bool readonly;
	bool direct;                              /* O_DIRECT: cache="none" */
	bool discard;                             /* the guest may free space */
	unsigned int depth;                       /* requests in flight at most */
	const struct disk_verity_options *verity; /* at most one of both; NULL: the */
	const struct disk_crypt_options *crypt;   /* file as it is */
	const struct source_pos *pos;
};

/*
 * Opens a regular file or block device and locks it against a second writer. Errors are
 * clear of cause: missing, read-only on disk, empty, size no multiple of 512, in use,
 * not what its digests say, no volume that the key opens.
 */
int disk_file_open(struct loop *loop, const struct disk_file_options *options,
	struct disk **ret, struct error *err);

const struct disk_info *disk_info(const struct disk *disk);

/*
 * Makes an image file that large, what is beyond it gone or zero; of a block device it
 * says that it is that large by now. What is in flight is waited for, as disk_drain()
 * does. The device has to look at disk_info() again. -EINVAL, -EROFS, or what the file
 * system says.
 */
int disk_resize(struct disk *disk, uint64_t bytes, struct error *err);

/* Since it was opened, by enum disk_op. */
struct disk_counts {
	uint64_t requests[DISK_WRITE_ZEROES + 1];
	uint64_t bytes[DISK_WRITE_ZEROES + 1];
};

const struct disk_counts *disk_counts(const struct disk *disk);

/* "io_uring" or "threads", for bonsai host and logs. */
const char *disk_engine(const struct disk *disk);

/*
 * Maps the whole disk, once; it stays until disk_destroy(). What is written to it reaches
 * the file, in the end with DISK_FLUSH; on a read-only disk it stays in memory, a copy of
 * each page. For guests to touch: a file that has shrunk is a signal for a process, and
 * only an error for a vCPU.
 */
int disk_map(struct disk *disk, bool writable, void **ret, struct error *err);

/* Borrowed; NULL detaches. While no request is in flight. */
void disk_set_user(struct disk *disk, struct disk_user *user);

/* Queues a request; never calls done(). Allowed inside done() and batch_done(). */
void disk_submit(struct disk *disk, struct disk_request *request);
/*
 * Starts what was queued since the last time: once for each batch. Inside done() and
 * batch_done() there is no need: what they queue is started after them.
 */
void disk_commit(struct disk *disk);
/*
 * Waits until no request is in flight, calling their done(). From any thread that holds
 * the loop's lock; not inside done() or batch_done().
 */
void disk_drain(struct disk *disk);
/* Drains, then closes. NULL is fine. */
void disk_destroy(struct disk *disk);

#endif
