/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a disk: a raw image in a regular file, or a block device. Before the guest
 * runs, on the main thread.
 *
 * cache="none" opens the file twice. O_DIRECT serves what lies in whole blocks, in memory
 * as on the disk, which is nearly all that guests send; the rest goes through the page
 * cache, one write at a time and with nothing beside it.
 */
#include "host/disk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/disk_crypt.h"
#include "host/disk_impl.h"
#include "host/disk_layer.h"
#include "host/disk_ring.h"
#include "host/disk_small.h"
#include "host/disk_verity.h"
#include "host/uring.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/thread.h"

#define SECTOR_BYTES 512

static int open_error(
	const struct disk_file_options *options, int code, struct error *err)
{
	const char *path = options->path;
	const struct source_pos *pos = options->pos;

	switch (code) {
	case -ENOENT:
		return error_set(err, code, pos,
			"disk %s does not exist; make one with \"truncate -s 4G %s\"",
			path, path);
	case -EISDIR:
		return error_set(err, code, pos,
			"disk %s is a directory; an image file or a block device is "
			"needed",
			path);
	case -EROFS:
		return error_set(err, code, pos,
			"disk %s is read-only on this host; say readonly=\"yes\"", path);
	case -EACCES:
	case -EPERM:
		if (!options->readonly && !access(path, R_OK))
			return error_set(err, code, pos,
				"disk %s may not be written by this user; allow it, or "
				"say readonly=\"yes\"",
				path);
		return error_set(err, code, pos,
			"no permission to open disk %s; allow this user to %s it", path,
			options->readonly ? "read" : "read and write");
	default:
		return error_set(
			err, code, pos, "cannot open disk %s: %s", path, strerror(-code));
	}
}

/*
 * The first opening holds the lock and does no more: a ring lets go of its files some
 * time after the process is gone, and a VM that is started again at once must find no
 * lock. O_NONBLOCK: a path that is a pipe must not hang us.
 */
static int open_first(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	int flags = options->readonly ? O_RDONLY : O_RDWR;

	disk->fds[DISK_LOCK] =
		open(options->path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return disk->fds[DISK_LOCK] < 0 ? open_error(options, -errno, err) : 0;
}

static int open_again(struct disk *disk, const struct disk_file_options *options,
	unsigned int file, int flags, struct error *err)
{
	struct stat first;
	struct stat st;
	int fd;

	flags |= options->readonly ? O_RDONLY : O_RDWR;
	fd = open(options->path, flags | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == EINVAL && flags & O_DIRECT)
		return error_set(err, -EINVAL, options->pos,
			"disk %s is on a file system without direct access; say "
			"cache=\"writeback\"",
			options->path);
	if (fd < 0)
		return open_error(options, -errno, err);
	disk->fds[file] = fd;
	if (fstat(disk->fds[DISK_LOCK], &first) < 0 || fstat(fd, &st) < 0 ||
		first.st_dev != st.st_dev || first.st_ino != st.st_ino)
		return error_set(err, -ESTALE, options->pos,
			"disk %s was replaced while it was opened; start again",
			options->path);
	return 0;
}

static int read_block_device(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	int fd = disk->fds[DISK_LOCK];
	int block_bytes = 0;
	int readonly = 0;

	if (ioctl(fd, BLKGETSIZE64, &disk->info.capacity_bytes) < 0 ||
		ioctl(fd, BLKSSZGET, &block_bytes) < 0 ||
		ioctl(fd, BLKROGET, &readonly) < 0)
		return error_set(err, -errno, options->pos,
			"block device %s does not say its size: %s", options->path,
			strerror(errno));
	if (readonly && !options->readonly)
		return open_error(options, -EROFS, err);
	if (block_bytes < SECTOR_BYTES || (block_bytes & (block_bytes - 1)))
		return error_set(err, -EINVAL, options->pos,
			"block device %s has blocks of %d bytes, a power of two from 512 "
			"is needed",
			options->path, block_bytes);
	disk->info.block_bytes = (uint32_t)block_bytes;
	disk->block_device = true;
	return 0;
}

static int read_size(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	const char *path = options->path;
	const struct source_pos *pos = options->pos;
	uint64_t bytes;
	struct stat st;

	if (fstat(disk->fds[DISK_LOCK], &st) < 0)
		return open_error(options, -errno, err);
	if (S_ISBLK(st.st_mode))
		return read_block_device(disk, options, err);
	if (S_ISDIR(st.st_mode))
		return open_error(options, -EISDIR, err);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, pos,
			"disk %s is neither a regular file nor a block device", path);
	bytes = (uint64_t)st.st_size;
	if (!bytes)
		return error_set(err, -EINVAL, pos,
			"disk %s is empty; give it a size with \"truncate -s 4G %s\"",
			path, path);
	if (bytes % SECTOR_BYTES)
		return error_set(err, -EINVAL, pos,
			"disk %s has %" PRIu64
			" bytes, a multiple of 512 is needed; if it "
			"is a raw image, \"truncate -s %" PRIu64 " %s\" fills it up",
			path, bytes, bytes + SECTOR_BYTES - bytes % SECTOR_BYTES, path);
	disk->info.capacity_bytes = bytes;
	disk->info.block_bytes = SECTOR_BYTES;
	return 0;
}

/* The lock belongs to the open file, so it goes with it, however the process ends. */
static int lock(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	struct flock whole = {
		.l_type = options->readonly ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(disk->fds[DISK_LOCK], F_OFD_SETLK, &whole))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return error_set(err, -EBUSY, options->pos,
			"disk %s is in use by another process; stop that one, or let "
			"both open it with readonly=\"yes\"",
			options->path);
	/* A network file system without locks is the user's choice. */
	log_host("disk %s cannot be locked against a second VM: %s", options->path,
		strerror(errno));
	return 0;
}

static int add_layer(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	int code;

	if (!options->verity && !options->crypt)
		return 0;
	assert(options->readonly || !options->verity);
	disk->wrong_log.source = disk->path;
	if (options->verity)
		code = disk_verity_open(disk->fds[DISK_BUFFERED],
			disk->info.capacity_bytes, options->verity, options->pos,
			&disk->layer, err);
	else
		code = disk_crypt_open(disk->path, disk->fds[DISK_BUFFERED],
			disk->fds[DISK_DIRECT], disk->info.capacity_bytes, options->crypt,
			options->pos, &disk->layer, err);
	if (code)
		return code;
	disk->info.capacity_bytes = disk->layer->capacity_bytes;
	if (disk->layer->block_bytes)
		disk->info.block_bytes = disk->layer->block_bytes;
	if (disk->layer->discards && !options->readonly)
		disk->discard = disk->info.discard = true;
	if (disk->layer->keeps_all)
		disk->discard = disk->info.discard = false;
	return 0;
}

static int choose_engine(struct disk *disk, const struct disk_file_options *options,
	enum disk_engine_choice choice, struct error *err)
{
	bool threads =
		choice == DISK_ENGINE_THREADS || (disk->layer && !disk->layer->ops->open);
	int code = threads ? 0 : disk_ring_create(disk, options->depth);

	if (code && choice == DISK_ENGINE_URING)
		return error_set(err, -ENOSYS, options->pos,
			"this host offers no io_uring: %s", strerror(-code));
	code = disk_small_create(disk);
	if (!code)
		code = disk_pool_create(disk->loop, &disk->pool_task, &disk->pool);
	if (code)
		return error_set(
			err, code, options->pos, "no memory for disk %s", options->path);
	return 0;
}

static int map_zeroes(
	struct disk *disk, const struct disk_file_options *options, struct error *err)
{
	void *at;

	if (options->readonly)
		return 0;
	at = mmap(NULL, DISK_ZEROES_BYTES, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return error_set(err, -ENOMEM, options->pos, "no memory for disk %s",
			options->path);
	disk->zeroes = at;
	return 0;
}

int disk_file_open_with(struct loop *loop, const struct disk_file_options *options,
	enum disk_engine_choice choice, struct disk **ret, struct error *err)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int code;

	if (!disk)
		return error_set(err, -ENOMEM, options->pos, "no memory for disk %s",
			options->path);
	disk->loop = loop;
	for (unsigned int i = 0; i < DISK_FDS; i++)
		disk->fds[i] = -1;
	disk->last = &disk->first;
	disk->pool_task.run = disk_pool_ready;
	disk->settle_timer.expired = disk_settle_now;
	disk->direct = options->direct;
	disk->discard = options->discard && !options->readonly;
	disk->info.readonly = options->readonly;
	disk->info.discard = disk->discard;
	disk->info.write_zeroes = !options->readonly;
	disk->path = strdup(options->path);
	code = disk->path ? 0 : error_set(err, -ENOMEM, NULL, "no memory for a disk");
	if (!code)
		code = open_first(disk, options, err);
	if (!code)
		code = read_size(disk, options, err);
	if (!code)
		code = lock(disk, options, err);
	if (!code)
		code = open_again(disk, options, DISK_BUFFERED, 0, err);
	if (!code && disk->direct)
		code = open_again(disk, options, DISK_DIRECT, O_DIRECT, err);
	if (!code)
		code = add_layer(disk, options, err);
	if (!code)
		code = map_zeroes(disk, options, err);
	if (!code)
		code = choose_engine(disk, options, choice, err);
	if (code) {
		disk_destroy(disk);
		return code;
	}
	*ret = disk;
	return 0;
}

int disk_file_open(struct loop *loop, const struct disk_file_options *options,
	struct disk **ret, struct error *err)
{
	return disk_file_open_with(loop, options, DISK_ENGINE_ANY, ret, err);
}

const struct disk_info *disk_info(const struct disk *disk)
{
	return &disk->info;
}

const struct disk_counts *disk_counts(const struct disk *disk)
{
	return &disk->counts;
}

struct size {
	int fd;
	uint64_t bytes;
};

static int set_size(void *argument)
{
	const struct size *size = argument;

	return ftruncate(size->fd, (off_t)size->bytes) < 0 ? -errno : 0;
}

/* bytes are the file's, of which a layer has some before the guest's. */
static int resize_file(struct disk *disk, uint64_t bytes, struct error *err)
{
	struct size size = {disk->fds[DISK_BUFFERED], bytes};
	int code = thread_ask(set_size, &size);

	return code ? error_set(err, code, NULL, "disk %s cannot be resized: %s",
			      disk->path, strerror(-code))
		    : 0;
}

/* Only its owner can resize a device, by other means and before. */
static int look_at_device(struct disk *disk, uint64_t bytes, struct error *err)
{
	uint64_t now;

	if (ioctl(disk->fds[DISK_LOCK], BLKGETSIZE64, &now) < 0)
		return error_set(err, -errno, NULL,
			"block device %s does not say its size: %s", disk->path,
			strerror(errno));
	if (now == bytes)
		return 0;
	return error_set(err, -EINVAL, NULL,
		"block device %s has %" PRIu64 " bytes: resize it first", disk->path,
		now);
}

int disk_resize(struct disk *disk, uint64_t bytes, struct error *err)
{
	uint64_t offset_bytes = 0;
	int code;

	if (!bytes || bytes % disk->info.block_bytes || bytes > INT64_MAX)
		return error_set(err, -EINVAL, NULL,
			"size is %" PRIu64 ", a multiple of %" PRIu32 " is needed", bytes,
			disk->info.block_bytes);
	if (disk->info.readonly)
		return error_set(err, -EROFS, NULL, "disk %s is read-only", disk->path);
	if (disk->layer && disk->layer->fixed)
		return error_set(err, -EINVAL, NULL,
			"disk %s is a volume of a fixed size; \"cryptsetup resize\" "
			"changes that",
			disk->path);
	if (disk->layer)
		offset_bytes = disk->layer->offset_bytes;
	if (bytes > INT64_MAX - offset_bytes)
		return error_set(err, -EINVAL, NULL,
			"size is %" PRIu64 ", more than a file can have", bytes);
	/* A write beyond a new end would make the file longer again. */
	disk_drain(disk);
	code = disk->block_device ? look_at_device(disk, offset_bytes + bytes, err)
				  : resize_file(disk, offset_bytes + bytes, err);
	if (!code)
		disk->info.capacity_bytes = bytes;
	return code;
}

const char *disk_engine(const struct disk *disk)
{
	return disk->ring ? "io_uring" : "threads";
}

void disk_set_user(struct disk *disk, struct disk_user *user)
{
	disk->user = user;
}

void disk_destroy(struct disk *disk)
{
	if (!disk)
		return;
	if (disk->in_flight)
		disk_drain(disk);
	loop_timer_cancel(&disk->settle_timer);
	loop_fd_remove(&disk->ring_watch);
	uring_destroy(disk->ring);
	disk_pool_destroy(disk->pool);
	disk_small_destroy(disk);
	if (disk->layer)
		disk->layer->ops->destroy(disk->layer);
	if (disk->zeroes)
		munmap(disk->zeroes, DISK_ZEROES_BYTES);
	if (disk->map)
		munmap(disk->map, disk->map_bytes);
	for (unsigned int i = 0; i < DISK_FDS; i++) {
		if (disk->fds[i] >= 0)
			close(disk->fds[i]);
	}
	free(disk->path);
	free(disk);
}
