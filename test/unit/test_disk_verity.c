/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_verity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/disk_run.h"
#include "test/unit/test.h"
#include "test/unit/verity_image.h"

#define FILE_BYTES (4u << 20) /* of data and tree */

struct rig {
	struct verity_shape shape;
	uint8_t *data; /* both files, mapped */
	uint8_t *hashes;
	uint64_t hash_offset; /* of the superblock */
	uint64_t tree_end;
	char root[VERITY_ROOT_CHARS];
	int data_fd;
	int hash_fd;
	char data_path[32];
	char hash_path[32];
	struct loop *loop;
	struct disk *disk;
	struct error err;
};

static const struct verity_shape ordinary = {4096, 4096, 300, 32, 1, DIGEST_SHA256, true};

static int map_file(uint8_t **ret, char path[32])
{
	int fd = memfd_create("verity", MFD_CLOEXEC);

	CHECK_EQ(ftruncate(fd, FILE_BYTES), 0);
	*ret = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(*ret != MAP_FAILED);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void make(struct rig *rig, const struct verity_shape *shape)
{
	uint64_t data_bytes = shape->data_blocks * shape->data_block_bytes;

	*rig = (struct rig){.shape = *shape, .hash_fd = -1};
	rig->data_fd = map_file(&rig->data, rig->data_path);
	rig->hashes = rig->data;
	rig->hash_offset = data_bytes;
	if (shape->own_file) {
		rig->hash_fd = map_file(&rig->hashes, rig->hash_path);
		rig->hash_offset = 0;
	}
	for (uint64_t i = 0; i < data_bytes; i++)
		rig->data[i] = (uint8_t)(i * 31 + (i >> 9));
	rig->tree_end = verity_image_make(
		shape, rig->data, rig->hashes, rig->hash_offset, rig->root);
	CHECK(rig->tree_end <= FILE_BYTES);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
}

static int open_disk(struct rig *rig)
{
	struct disk_verity_options verity = {
		rig->root, rig->shape.own_file ? rig->hash_path : NULL, rig->hash_offset};
	struct disk_file_options options = {
		.path = rig->data_path, .readonly = true, .depth = 8, .verity = &verity};

	return disk_file_open(rig->loop, &options, &rig->disk, &rig->err);
}

static void close_disk(struct rig *rig)
{
	disk_destroy(rig->disk);
	rig->disk = NULL;
}

static void finish(struct rig *rig)
{
	close_disk(rig);
	loop_destroy(rig->loop);
	munmap(rig->data, FILE_BYTES);
	close(rig->data_fd);
	if (rig->shape.own_file) {
		munmap(rig->hashes, FILE_BYTES);
		close(rig->hash_fd);
	}
}

static int read_disk(struct rig *rig, uint64_t offset, uint8_t *to, uint64_t bytes)
{
	return disk_run(rig->disk, DISK_READ, offset, to, bytes);
}

TEST(reads_what_is_there)
{
	static const struct verity_shape shapes[] = {
		{4096, 4096, 300, 32, 1, DIGEST_SHA256, true},
		{4096, 4096, 300, 32, 1, DIGEST_SHA256, false},
		{4096, 4096, 1, 0, 1, DIGEST_SHA256, true},
		{4096, 4096, 2, 256, 1, DIGEST_SHA256, true},
		{4096, 4096, 128, 32, 1, DIGEST_SHA256, true},
		{4096, 4096, 129, 32, 0, DIGEST_SHA256, true},
		{512, 512, 4000, 7, 1, DIGEST_SHA256, true},
		{1024, 512, 1000, 32, 1, DIGEST_SHA512, true},
		{65536, 4096, 10, 32, 1, DIGEST_SHA512, false},
		{512, 1024, 300, 32, 1, DIGEST_SHA256, false},
	};
	static const struct {
		uint64_t offset, bytes;
	} pieces[] = {
		{0, 512}, {512, 512}, {0, 200 << 10}, {3584, 1024}, {130560, 70144}};
	static uint8_t buffer[256 << 10];

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		uint64_t capacity = shapes[i].data_blocks * shapes[i].data_block_bytes;
		struct rig rig;

		make(&rig, &shapes[i]);
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_STR(rig.err.text, "");
		CHECK_EQ(disk_info(rig.disk)->capacity_bytes, capacity);
		for (size_t j = 0; j < ARRAY_SIZE(pieces); j++) {
			if (pieces[j].offset + pieces[j].bytes > capacity)
				continue;
			CHECK_EQ(read_disk(
					 &rig, pieces[j].offset, buffer, pieces[j].bytes),
				0);
			CHECK(!memcmp(
				buffer, rig.data + pieces[j].offset, pieces[j].bytes));
		}
		finish(&rig);
	}
}

/* Whatever bit changes, in the data or in the tree: what depends on it is an error. */
TEST(gives_the_guest_no_block_that_was_changed)
{
	static uint8_t buffer[4096];
	struct rig rig;
	uint64_t seed = 12345;

	make(&rig, &ordinary);
	for (unsigned int i = 0; i < 500; i++) {
		bool tree = i % 2;
		uint64_t first = tree ? 4096 : 0;
		uint64_t span = tree ? rig.tree_end - 4096 : 300 * 4096;
		uint8_t *memory = tree ? rig.hashes : rig.data;
		uint64_t at, block;
		int code;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at = first + (seed >> 20) % span;
		memory[at] ^= (uint8_t)(1u << (seed >> 60 & 7));
		/* The tree: a block of digests on top, of which it has 3, then those. */
		block = tree ? (at < 8192 ? 0 : (at - 8192) / 32) : at / 4096;
		code = open_disk(&rig);
		if (code) {
			CHECK_EQ(code, -EILSEQ);
		} else {
			/* Behind the last digest the tree is zero, and must be. */
			CHECK_EQ(read_disk(&rig, (block < 300 ? block : 299) * 4096,
					 buffer, 4096),
				-EIO);
			close_disk(&rig);
		}
		memory[at] ^= (uint8_t)(1u << (seed >> 60 & 7));
	}
	CHECK_EQ(open_disk(&rig), 0);
	finish(&rig);
}

TEST(leaves_the_blocks_beside_a_wrong_one_alone)
{
	static uint8_t buffer[3 * 4096];
	struct rig rig;

	make(&rig, &ordinary);
	CHECK_EQ(open_disk(&rig), 0);
	/* The file changes while the VM runs. */
	rig.data[4096 + 17]++;
	CHECK_EQ(read_disk(&rig, 0, buffer, 4096), 0);
	CHECK_EQ(read_disk(&rig, 2 * 4096, buffer, 4096), 0);
	CHECK_EQ(read_disk(&rig, 4096, buffer, 512), -EIO);
	CHECK_EQ(read_disk(&rig, 0, buffer, 3 * 4096), -EIO);
	rig.data[4096 + 17]--;
	CHECK_EQ(read_disk(&rig, 0, buffer, 3 * 4096), 0);
	finish(&rig);
}

TEST(says_what_is_wrong_with_a_tree)
{
	static const struct {
		unsigned int at; /* in the superblock */
		uint8_t value;
		const char *text;
	} cases[] = {
		{0, 'V', "no verity superblock"},
		{8, 2, "no verity superblock"},
		{12, 2, "digests of another kind"},
		{32, 'm', "digests of another kind"},
		{65, 0x18, "sizes that cannot be"},
		{67, 1, "sizes that cannot be"},
		{69, 0, "sizes that cannot be"},
		{79, 0x80, "sizes that cannot be"},
		{81, 2, "sizes that cannot be"},
		{75, 1, "verity superblock says"},
		{88, 0, "does not belong to this root_hash"},
	};
	struct rig rig;

	make(&rig, &ordinary);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t old = rig.hashes[cases[i].at];

		rig.hashes[cases[i].at] = cases[i].value;
		CHECK(open_disk(&rig) < 0);
		CHECK_HAS(rig.err.text, cases[i].text);
		rig.hashes[cases[i].at] = old;
	}
	rig.root[5] ^= 1;
	CHECK_EQ(open_disk(&rig), -EILSEQ);
	rig.root[5] ^= 1;
	rig.root[0] = 0;
	CHECK_EQ(open_disk(&rig), -EINVAL);
	CHECK_HAS(rig.err.text, "root_hash has 0 digits");
	finish(&rig);
}

/* A tree whose file ends early: errors, and nothing beyond. */
TEST(survives_files_that_shrink)
{
	static uint8_t buffer[4096];
	struct rig rig;

	make(&rig, &ordinary);
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(ftruncate(rig.hash_fd, 8192), 0);
	CHECK_EQ(read_disk(&rig, 200 * 4096, buffer, 4096), -EIO);
	CHECK_EQ(ftruncate(rig.data_fd, 100 * 4096 + 5), 0);
	CHECK_EQ(read_disk(&rig, 100 * 4096, buffer, 4096), -EIO);
	CHECK_EQ(read_disk(&rig, 250 * 4096, buffer, 4096), -EIO);
	finish(&rig);
}

TEST_MAIN(CASE(reads_what_is_there), CASE(gives_the_guest_no_block_that_was_changed),
	CASE(leaves_the_blocks_beside_a_wrong_one_alone),
	CASE(says_what_is_wrong_with_a_tree), CASE(survives_files_that_shrink))
