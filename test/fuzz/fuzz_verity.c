/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A superblock and a tree of any contents, in front of data of any size: whoever can make
 * a file that is accepted for a fixed root digest has broken the digest. And, where the
 * first byte says so, a good disk that is overwritten step by step while it is read: the
 * guest gets what was there when the root was made, or nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_layer.h"
#include "host/disk_verity.h"
#include "src/error.h"
#include "test/fuzz/rings.h"
#include "test/unit/verity_image.h"

#define DATA_BYTES (64u << 10)
#define BLOCK_BYTES 512u
#define BLOCKS 70u /* three levels, the last block of each not full */
#define IMAGE_BYTES (BLOCKS * BLOCK_BYTES + (8u << 10))

static const char any_root[] = "00112233445566778899aabbccddeeff"
			       "00112233445566778899aabbccddeeff";

static void try_file(int fd, const uint8_t *data, size_t bytes)
{
	struct disk_verity_options options = {.root_hash = any_root};
	struct disk_layer *layer;
	struct error err = {0};

	if (ftruncate(fd, 0) || ftruncate(fd, DATA_BYTES) ||
		pwrite(fd, data, bytes, 0) != (ssize_t)bytes)
		abort();
	if (!disk_verity_open(fd, DATA_BYTES, &options, NULL, &layer, &err))
		abort();
}

/* A few bytes anywhere, also where they are what they were. */
static void overwrite(int fd, struct rings_input *input)
{
	uint32_t at = rings_take(input, 2) % IMAGE_BYTES;
	uint8_t value = (uint8_t)rings_take(input, 1);
	uint32_t count = 1 + rings_take(input, 1) % 8;

	for (uint32_t i = 0; i < count; i++)
		if (pwrite(fd, &value, 1, at + i) != 1)
			abort();
}

static void read_some(
	struct disk_layer *layer, const uint8_t *good, struct rings_input *input)
{
	static uint8_t buffer[BLOCKS * BLOCK_BYTES];
	uint32_t first = rings_take(input, 1) % BLOCKS;
	uint32_t count = 1 + rings_take(input, 1) % (BLOCKS - first);
	uint64_t offset = first * BLOCK_BYTES, bytes = count * BLOCK_BYTES;
	size_t cut = rings_take(input, 2) % (bytes + 1);
	struct iovec iov[] = {{buffer, cut}, {buffer + cut, bytes - cut}};
	ssize_t got = layer->ops->read(layer, iov, 2, offset, bytes);

	if (got > (ssize_t)bytes ||
		(got > 0 && memcmp(buffer, good + offset, (size_t)got)))
		abort();
}

static void run_program(int fd, struct rings_input *input)
{
	static const struct verity_shape shape = {
		BLOCK_BYTES, BLOCK_BYTES, BLOCKS, 32, 1, DIGEST_SHA256, false};
	static uint8_t image[IMAGE_BYTES];
	static char root[VERITY_ROOT_CHARS];
	struct disk_verity_options options = {
		.root_hash = root, .hash_offset_bytes = BLOCKS * BLOCK_BYTES};
	struct disk_layer *layer = NULL;
	struct error err = {0};

	if (!root[0]) {
		for (uint32_t i = 0; i < BLOCKS * BLOCK_BYTES; i++)
			image[i] = (uint8_t)(i * 31 + (i >> 9));
		verity_image_make(&shape, image, image, options.hash_offset_bytes, root);
	}
	if (ftruncate(fd, IMAGE_BYTES) ||
		pwrite(fd, image, IMAGE_BYTES, 0) != IMAGE_BYTES)
		abort();
	while (input->left) {
		uint32_t what = rings_take(input, 1) % 8;

		if (!layer &&
			disk_verity_open(fd, IMAGE_BYTES, &options, NULL, &layer, &err))
			layer = NULL;
		if (what < 3)
			overwrite(fd, input);
		else if (what < 7 && layer)
			read_some(layer, image, input);
		else if (layer) {
			layer->ops->destroy(layer);
			layer = NULL;
		}
	}
	if (layer)
		layer->ops->destroy(layer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static int fd = -1;
	struct rings_input input = {data, bytes};

	if (fd < 0)
		fd = memfd_create("verity", MFD_CLOEXEC);
	if (fd < 0)
		abort();
	if (rings_take(&input, 1) & 1)
		run_program(fd, &input);
	else
		try_file(fd, input.at, input.left);
	return 0;
}
