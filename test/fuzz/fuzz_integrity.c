/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A superblock and a journal of any contents: what is accepted lies within the file, can
 * be read, written and closed, and then opened again. Or, where the first byte says so, a
 * good volume and a program of writes, reads, flushes and crashes: what was flushed is
 * there, and nothing that was never written.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_integrity.h"
#include "host/integrity_layout.h"
#include "src/error.h"
#include "test/fuzz/rings.h"
#include "test/unit/integrity_image.h"

#define PROGRAM 'P' /* the first byte of one */
#define BLOCK_BYTES 512u
#define TAG_BYTES 80u
#define BLOCKS 100u
#define SUPERBLOCK_USED 64u
#define JOURNAL_AT 4096u
#define STEPS_MAX 60u
#define FILE_BYTES_MAX (128u << 10)

static const struct integrity_shape shape = {BLOCK_BYTES, TAG_BYTES, 2, 7, BLOCKS};

static struct disk_integrity *open_file(int fd, uint64_t bytes)
{
	const struct disk_integrity_options options = {
		.path = "volume",
		.fd = fd,
		.file_bytes = bytes,
		.block_bytes = BLOCK_BYTES,
		.tag_bytes = TAG_BYTES,
	};
	struct disk_integrity *integrity;
	struct error err;

	return disk_integrity_open(&options, &integrity, &err) ? NULL : integrity;
}

/* ---- any superblock and journal ------------------------------------------------------
 */

static void use(struct disk_integrity *integrity)
{
	uint8_t bytes[8 * BLOCK_BYTES] = {1}, tags[8 * TAG_BYTES] = {2};
	uint64_t blocks = disk_integrity_blocks(integrity);
	uint32_t count = blocks < 8 ? (uint32_t)blocks : 8;

	if (!blocks || blocks > FILE_BYTES_MAX / BLOCK_BYTES ||
		disk_integrity_read(
			integrity, blocks - count, count, bytes, tags, false) != count ||
		disk_integrity_write(integrity, 0, count, bytes, tags) ||
		disk_integrity_sync(integrity))
		abort();
}

static void try_file(const uint8_t *image, uint64_t bytes, struct rings_input *input)
{
	int fd = memfd_create("integrity", MFD_CLOEXEC);
	size_t head = input->left < SUPERBLOCK_USED ? input->left : SUPERBLOCK_USED;
	struct disk_integrity *integrity;

	if (fd < 0 || pwrite(fd, image, bytes, 0) != (ssize_t)bytes ||
		pwrite(fd, input->at, head, 0) != (ssize_t)head ||
		pwrite(fd, input->at + head, input->left - head, JOURNAL_AT) < 0)
		abort();
	for (unsigned int pass = 0; pass < 2; pass++) {
		integrity = open_file(fd, bytes);
		if (!integrity && pass)
			abort();
		if (!integrity)
			break;
		use(integrity);
		disk_integrity_close(integrity);
	}
	close(fd);
}

/* ---- programs ------------------------------------------------------------------------
 */

/* One byte says what all of a block is; of the tag, too. */
struct volume {
	int fd;
	uint64_t bytes;
	struct disk_integrity *integrity;
	uint8_t seen[BLOCKS];
	uint8_t flushed[BLOCKS];
	bool unsure[BLOCKS]; /* written since, with anything */
};

static void put(struct volume *volume, uint32_t first, uint32_t count, uint8_t value)
{
	uint8_t bytes[16 * BLOCK_BYTES], tags[16 * TAG_BYTES];

	memset(bytes, value, sizeof(bytes));
	memset(tags, value, sizeof(tags));
	if (disk_integrity_write(volume->integrity, first, count, bytes, tags))
		abort();
	memset(volume->seen + first, value, count);
	for (uint32_t i = first; i < first + count; i++)
		volume->unsure[i] = true;
}

static void look(struct volume *volume, bool crashed)
{
	static uint8_t bytes[BLOCKS * BLOCK_BYTES], tags[BLOCKS * TAG_BYTES];

	if (disk_integrity_read(volume->integrity, 0, BLOCKS, bytes, tags, true) !=
		BLOCKS)
		abort();
	for (uint32_t i = 0; i < BLOCKS; i++) {
		const uint8_t *at = bytes + i * BLOCK_BYTES, *tag = tags + i * TAG_BYTES;

		if (memcmp(at, at + 1, BLOCK_BYTES - 1) ||
			memcmp(tag, tag + 1, TAG_BYTES - 1) || *at != *tag)
			abort();
		if (crashed && !volume->unsure[i] && *at != volume->flushed[i])
			abort();
		if (!crashed && *at != volume->seen[i])
			abort();
		volume->seen[i] = *at;
	}
}

/* What the file has now is all that is left. */
static void crash(struct volume *volume)
{
	static uint8_t image[FILE_BYTES_MAX];
	struct disk_integrity *old = volume->integrity;
	int fd = memfd_create("integrity", MFD_CLOEXEC);

	if (fd < 0 ||
		pread(volume->fd, image, volume->bytes, 0) != (ssize_t)volume->bytes ||
		pwrite(fd, image, volume->bytes, 0) != (ssize_t)volume->bytes)
		abort();
	disk_integrity_close(old);
	close(volume->fd);
	volume->fd = fd;
	volume->integrity = open_file(fd, volume->bytes);
	if (!volume->integrity)
		abort();
	look(volume, true);
}

static void run_program(const uint8_t *image, uint64_t bytes, struct rings_input *input)
{
	struct volume volume = {memfd_create("integrity", MFD_CLOEXEC), bytes};

	if (volume.fd < 0 || pwrite(volume.fd, image, bytes, 0) != (ssize_t)bytes)
		abort();
	volume.integrity = open_file(volume.fd, bytes);
	if (!volume.integrity)
		abort();
	for (unsigned int i = 0; i < STEPS_MAX && input->left; i++) {
		uint32_t what = rings_take(input, 1);
		uint32_t first = rings_take(input, 1) % (BLOCKS - 16);

		if (what % 8 < 5) {
			put(&volume, first, 1 + what / 8 % 16, (uint8_t)(what + first));
		} else if (what % 8 == 5) {
			look(&volume, false);
		} else if (what % 8 == 6) {
			if (disk_integrity_sync(volume.integrity))
				abort();
			memcpy(volume.flushed, volume.seen, sizeof(volume.flushed));
			memset(volume.unsure, 0, sizeof(volume.unsure));
		} else {
			crash(&volume);
		}
	}
	disk_integrity_close(volume.integrity);
	close(volume.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t image[FILE_BYTES_MAX];
	uint64_t image_bytes = integrity_image_bytes(&shape);
	struct rings_input input = {data, bytes};

	if (!image[0])
		integrity_image_make(&shape, image);
	if (bytes > image_bytes - JOURNAL_AT)
		return 0;
	if (rings_take(&input, 1) == PROGRAM)
		run_program(image, image_bytes, &input);
	else
		try_file(image, image_bytes, &input);
	return 0;
}
