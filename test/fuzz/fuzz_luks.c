/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a volume: as the file has it, or, where the first byte says so, with the
 * rest as metadata behind a binary part whose checksum holds. What is accepted is within
 * the file, and its key slots are tried. Or a program of reads and writes on an open
 * volume: the guest reads what it wrote, whatever its buffers are like.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_crypt.h"
#include "host/disk_layer.h"
#include "host/luks.h"
#include "src/error.h"
#include "src/secret.h"
#include "test/fuzz/rings.h"
#include "test/unit/luks_image.h"

#define PROGRAM 'P' /* the first byte of one */
#define SECTOR_BYTES 512u
#define STEPS_MAX 12u
#define SECTORS_MAX 24u /* of a request */
#define DATA_BYTES (LUKS_IMAGE_BYTES - LUKS_IMAGE_DATA)

/* Whoever makes a volume may want hours of its key slots, or all of memory. */
#define ITERATIONS_MAX 16u
#define MEMORY_KIB_MAX 256u

static int make_file(const uint8_t *bytes, size_t count)
{
	int fd = memfd_create("luks", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, LUKS_IMAGE_BYTES) ||
		pwrite(fd, bytes, count, 0) != (ssize_t)count)
		abort();
	return fd;
}

/* ---- headers ----------------------------------------------------------------------- */

static bool is_cheap(const struct luks_kdf_options *kdf)
{
	return kdf->iterations <= ITERATIONS_MAX && kdf->memory_kib <= MEMORY_KIB_MAX &&
	       kdf->lanes <= 1;
}

static void try_slots(int fd, const struct luks_header *header)
{
	uint8_t *key = secret_alloc(LUKS_KEY_BYTES_MAX);

	for (unsigned int i = 0; i < header->slot_count; i++)
		if (!is_cheap(&header->slots[i].kdf) || header->slots[i].stripes > 16)
			goto done;
	if (key && is_cheap(&header->digest))
		luks_unlock(fd, header, (const uint8_t *)LUKS_IMAGE_PASSPHRASE,
			strlen(LUKS_IMAGE_PASSPHRASE), key);
done:
	secret_free(key, LUKS_KEY_BYTES_MAX);
}

static void read_header(int fd)
{
	struct luks_header header;
	struct error err = {0};

	if (luks_header_read(fd, LUKS_IMAGE_BYTES, "volume", NULL, &header, &err))
		return;
	if (!header.slot_count || header.data_bytes > LUKS_IMAGE_BYTES ||
		header.data_offset_bytes > LUKS_IMAGE_BYTES - header.data_bytes ||
		header.data_bytes % header.sector_bytes)
		abort();
	try_slots(fd, &header);
}

/* ---- an open volume ---------------------------------------------------------------- */

static struct disk_layer *open_volume(void)
{
	static uint8_t image[LUKS_IMAGE_BYTES];
	static int fd;
	struct disk_crypt_options options = {0};
	struct disk_layer *layer;
	struct error err;
	int ends[2];

	luks_image_make(image, SECTOR_BYTES);
	fd = make_file(image, sizeof(image));
	if (pipe(ends) ||
		write(ends[1], LUKS_IMAGE_PASSPHRASE, strlen(LUKS_IMAGE_PASSPHRASE)) < 0)
		abort();
	close(ends[1]);
	options.key.fd = ends[0];
	if (disk_crypt_open(
		    "volume", fd, -1, LUKS_IMAGE_BYTES, &options, NULL, &layer, &err))
		abort();
	return layer;
}

/* Up to four pieces, which end anywhere. */
static unsigned int cut(
	struct iovec iov[4], uint8_t *buffer, size_t bytes, struct rings_input *input)
{
	unsigned int count = 0;

	while (bytes) {
		size_t part = count < 3 ? 1 + rings_take(input, 2) % bytes : bytes;

		iov[count++] = (struct iovec){buffer, part};
		buffer += part;
		bytes -= part;
	}
	return count;
}

static void step(struct disk_layer *layer, uint8_t *seen, struct rings_input *input)
{
	static uint8_t buffer[DATA_BYTES];
	uint32_t sectors = DATA_BYTES / SECTOR_BYTES;
	bool writes = rings_take(input, 1) & 1;
	uint32_t first = rings_take(input, 1) % (sectors - SECTORS_MAX);
	uint32_t count = 1 + rings_take(input, 1) % SECTORS_MAX;
	uint64_t offset = first * SECTOR_BYTES, bytes = count * SECTOR_BYTES;
	struct iovec iov[4];
	unsigned int pieces = cut(iov, buffer, bytes, input);

	if (writes) {
		memset(buffer, (int)rings_take(input, 1), bytes);
		memcpy(seen + offset, buffer, bytes);
		if (layer->ops->write(layer, iov, pieces, offset, bytes) !=
			(ssize_t)bytes)
			abort();
	}
	if (layer->ops->read(layer, iov, pieces, offset, bytes) != (ssize_t)bytes ||
		memcmp(buffer, seen + offset, bytes))
		abort();
}

static void run_program(struct rings_input *input)
{
	static struct disk_layer *layer;
	static uint8_t seen[DATA_BYTES];
	struct iovec all = {seen, sizeof(seen)};

	if (!layer) {
		layer = open_volume();
		if (layer->ops->read(layer, &all, 1, 0, sizeof(seen)) != sizeof(seen))
			abort();
	}
	for (unsigned int i = 0; i < STEPS_MAX && input->left; i++)
		step(layer, seen, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t image[LUKS_IMAGE_BYTES];
	int fd;

	if (!bytes || bytes > LUKS_IMAGE_JSON_BYTES)
		return 0;
	if (data[0] == PROGRAM) {
		run_program(&(struct rings_input){data + 1, bytes - 1});
		return 0;
	}
	if (data[0] & 1) {
		if (!image[0])
			luks_image_make(image, SECTOR_BYTES);
		luks_image_header(image, 0, 8, data + 1, bytes - 1);
		data = image;
		bytes = sizeof(image);
	}
	fd = make_file(data, bytes);
	read_header(fd);
	close(fd);
	return 0;
}
