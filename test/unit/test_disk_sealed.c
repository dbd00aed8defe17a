/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes whose sectors are authenticated, from the header to the guest's buffers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk.h"
#include "host/disk_crypt.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/disk_run.h"
#include "test/unit/integrity_image.h"
#include "test/unit/luks_image.h"
#include "test/unit/test.h"

#define IMAGE_BYTES (1u << 20)
#define DATA_BYTES (64u << 10)

static const struct {
	struct luks_shape shape;
	unsigned int tag_bytes;
} kinds[] = {
	{{512, "aes-xts-plain64", "hmac(sha256)", 96, NULL}, 32},
	{{4096, "aes-xts-plain64", "hmac(sha256)", 64, NULL}, 32},
	{{512, "aes-xts-plain64", "hmac(sha512)", 128, NULL}, 64},
	{{4096, "aes-xts-random", "hmac(sha256)", 96, NULL}, 48},
	{{4096, "aes-gcm-random", "aead", 32, NULL}, 28},
	{{512, "aes-gcm-random", "aead", 16, NULL}, 28},
	{{4096, "chacha20-random", "poly1305", 32, NULL}, 28},
	{{512, "chacha20-random", "poly1305", 32, "\"no-journal\""}, 28},
};

struct rig {
	uint8_t *image; /* the file, mapped */
	int fd;
	char path[32];
	bool readonly;
	struct loop *loop;
	struct disk *disk;
	struct error err;
};

static struct integrity_shape integrity_of(
	const struct luks_shape *shape, unsigned int tag)
{
	return (struct integrity_shape){
		shape->sector_bytes, tag, 2, 7, DATA_BYTES / shape->sector_bytes};
}

/* Where block 0 is: behind the journal and an area's tags. */
static uint8_t *data_of(struct rig *rig, const struct integrity_shape *shape)
{
	struct integrity_shape none = *shape;

	none.blocks = 1;
	return rig->image + LUKS_IMAGE_DATA + integrity_image_bytes(&none) -
	       shape->block_bytes;
}

static void make(struct rig *rig, const struct luks_shape *shape, unsigned int tag_bytes)
{
	struct integrity_shape integrity = integrity_of(shape, tag_bytes);

	*rig = (struct rig){.fd = memfd_create("luks", MFD_CLOEXEC)};
	CHECK_EQ(ftruncate(rig->fd, IMAGE_BYTES), 0);
	rig->image =
		mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, rig->fd, 0);
	CHECK(rig->image != MAP_FAILED);
	snprintf(rig->path, sizeof(rig->path), "/proc/self/fd/%d", rig->fd);
	luks_shape_make(rig->image, shape);
	integrity_image_make(&integrity, rig->image + LUKS_IMAGE_DATA);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
}

static int open_disk(struct rig *rig)
{
	struct disk_crypt_options crypt = {0};
	struct disk_file_options options = {.path = rig->path,
		.depth = 8,
		.discard = true,
		.readonly = rig->readonly,
		.crypt = &crypt};

	disk_destroy(rig->disk);
	rig->disk = NULL;
	crypt.key.fd = luks_image_key(LUKS_IMAGE_PASSPHRASE);
	return disk_file_open(rig->loop, &options, &rig->disk, &rig->err);
}

static void finish(struct rig *rig)
{
	disk_destroy(rig->disk);
	loop_destroy(rig->loop);
	munmap(rig->image, IMAGE_BYTES);
	close(rig->fd);
}

static uint8_t text[DATA_BYTES], got[DATA_BYTES];

static void fill(unsigned int seed)
{
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 + (i >> 9) * 5 + seed);
}

TEST(reads_what_it_wrote_and_nothing_that_was_changed)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned int bytes = kinds[i].shape.sector_bytes;
		struct integrity_shape integrity =
			integrity_of(&kinds[i].shape, kinds[i].tag_bytes);
		struct rig rig;
		uint8_t *data;

		make(&rig, &kinds[i].shape, kinds[i].tag_bytes);
		data = data_of(&rig, &integrity);
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(disk_info(rig.disk)->capacity_bytes, DATA_BYTES);
		CHECK_EQ(disk_info(rig.disk)->block_bytes, bytes);
		CHECK(!disk_info(rig.disk)->discard);
		/* Nobody has written it yet. */
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, bytes), -EIO);
		fill((unsigned int)i);
		CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, DATA_BYTES), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, DATA_BYTES), 0);
		CHECK(!memcmp(got, text, sizeof(got)));
		CHECK_EQ(disk_run(rig.disk, DISK_FLUSH, 0, got, 0), 0);
		CHECK(memcmp(data, text, bytes) != 0);
		memset(got, 0, sizeof(got));
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, DATA_BYTES), 0);
		CHECK(!memcmp(got, text, sizeof(got)));
		data[bytes + 3] ^= 4;
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, bytes), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, bytes, got, bytes), -EIO);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, DATA_BYTES), -EIO);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 2 * bytes, got, bytes), 0);
		/* Written anew it is right again. */
		CHECK_EQ(disk_run(rig.disk, DISK_WRITE, bytes, text, bytes), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, bytes, got, bytes), 0);
		CHECK(!memcmp(got, text, bytes));
		finish(&rig);
	}
}

static void swap(uint8_t *one, uint8_t *other, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = one[i];

		one[i] = other[i];
		other[i] = byte;
	}
}

/* Two sectors in each other's place are wrong both, though nobody has made them. */
TEST(knows_a_sector_that_was_moved)
{
	struct integrity_shape integrity =
		integrity_of(&kinds[0].shape, kinds[0].tag_bytes);
	struct rig rig;
	uint8_t *data, *tags;

	make(&rig, &kinds[0].shape, kinds[0].tag_bytes);
	data = data_of(&rig, &integrity);
	tags = data - 4096;
	CHECK_EQ(open_disk(&rig), 0);
	fill(1);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, 1024), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_FLUSH, 0, got, 0), 0);
	swap(data, data + 512, 512);
	swap(tags, tags + 32, 32);
	CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, 512), -EIO);
	CHECK_EQ(disk_run(rig.disk, DISK_READ, 512, got, 512), -EIO);
	finish(&rig);
}

TEST(writes_zeroes_and_frees_nothing)
{
	static const uint8_t zeroes[8192];
	struct rig rig;

	make(&rig, &kinds[3].shape, kinds[3].tag_bytes);
	CHECK_EQ(open_disk(&rig), 0);
	fill(2);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, 16384), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE_ZEROES, 4096, text, 8192), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, 16384), 0);
	CHECK(!memcmp(got, text, 4096));
	CHECK(!memcmp(got + 4096, zeroes, 8192));
	CHECK(!memcmp(got + 12288, text + 12288, 4096));
	finish(&rig);
}

/* A guest that never asks for it gets what it wrote to the disk all the same. */
TEST(settles_by_itself)
{
	struct integrity_shape integrity =
		integrity_of(&kinds[0].shape, kinds[0].tag_bytes);
	struct rig rig;
	uint8_t *data, before[512];

	make(&rig, &kinds[0].shape, kinds[0].tag_bytes);
	data = data_of(&rig, &integrity);
	memcpy(before, data, sizeof(before));
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, 512), 0);
	CHECK(!memcmp(data, before, sizeof(before)));
	for (unsigned int i = 0; i < 1000 && !memcmp(data, before, sizeof(before)); i++)
		loop_turn(rig.loop, 2000);
	CHECK(memcmp(data, before, sizeof(before)) != 0);
	CHECK_EQ(disk_counts(rig.disk)->requests[DISK_FLUSH], 0);
	finish(&rig);
}

TEST(opens_read_only_what_was_closed)
{
	static uint8_t killed[IMAGE_BYTES];
	struct rig rig;

	make(&rig, &kinds[4].shape, kinds[4].tag_bytes);
	CHECK_EQ(open_disk(&rig), 0);
	fill(3);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, DATA_BYTES), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_FLUSH, 0, got, 0), 0);
	memcpy(killed, rig.image, sizeof(killed));
	disk_destroy(rig.disk);
	rig.disk = NULL;
	rig.readonly = true;
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, DATA_BYTES), 0);
	CHECK(!memcmp(got, text, sizeof(got)));
	disk_destroy(rig.disk);
	rig.disk = NULL;
	memcpy(rig.image, killed, sizeof(killed));
	CHECK_EQ(open_disk(&rig), -EINVAL);
	CHECK_HAS(rig.err.text, "was not closed");
	finish(&rig);
}

TEST(refuses_what_it_does_not_know)
{
	static const struct {
		struct luks_shape shape;
		const char *says;
	} cases[] = {
		{{512, "aes-xts-plain64", "hmac(sha1)", 96, NULL}, "with hmac(sha1)"},
		{{512, "aes-gcm-plain64", "aead", 32, NULL}, "with aes-gcm-plain64"},
		{{512, "aes-xts-plain64", "none", 64, NULL}, "with none"},
		{{512, "aes-gcm-random", "aead", 64, NULL}, "no key slot"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;

		make(&rig, &cases[i].shape, 32);
		CHECK_EQ(open_disk(&rig), -EINVAL);
		CHECK_HAS(rig.err.text, cases[i].says);
		finish(&rig);
	}
	{
		struct rig rig;

		make(&rig, &kinds[0].shape, 28);
		CHECK_EQ(open_disk(&rig), -EINVAL);
		CHECK_HAS(rig.err.text, "has an integrity superblock with sizes");
		memset(rig.image + LUKS_IMAGE_DATA, 0, 512);
		CHECK_EQ(open_disk(&rig), -EINVAL);
		CHECK_HAS(rig.err.text, "has no integrity superblock");
		finish(&rig);
	}
}

TEST_MAIN(CASE(reads_what_it_wrote_and_nothing_that_was_changed),
	CASE(knows_a_sector_that_was_moved), CASE(writes_zeroes_and_frees_nothing),
	CASE(settles_by_itself), CASE(opens_read_only_what_was_closed),
	CASE(refuses_what_it_does_not_know))
