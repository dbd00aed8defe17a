/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_crypt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/disk.h"
#include "host/disk_impl.h"
#include "host/luks.h"
#include "src/aes_xts.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/disk_run.h"
#include "test/unit/luks_image.h"
#include "test/unit/test.h"

#define DATA_BYTES (LUKS_IMAGE_BYTES - LUKS_IMAGE_DATA)

struct rig {
	uint8_t *image; /* the file, mapped */
	int fd;
	char path[32];
	const char *key;
	bool line;
	bool discard;
	enum disk_engine_choice engine;
	struct loop *loop;
	struct disk *disk;
	struct error err;
};

static void make(struct rig *rig, unsigned int sector_bytes)
{
	*rig = (struct rig){.key = LUKS_IMAGE_PASSPHRASE};
	rig->fd = memfd_create("luks", MFD_CLOEXEC);
	CHECK_EQ(ftruncate(rig->fd, LUKS_IMAGE_BYTES), 0);
	rig->image = mmap(
		NULL, LUKS_IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, rig->fd, 0);
	CHECK(rig->image != MAP_FAILED);
	snprintf(rig->path, sizeof(rig->path), "/proc/self/fd/%d", rig->fd);
	luks_image_make(rig->image, sector_bytes);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
}

static int open_disk(struct rig *rig)
{
	struct disk_crypt_options crypt = {.key = {.line = rig->line}};
	struct disk_file_options options = {
		.path = rig->path, .depth = 8, .discard = rig->discard, .crypt = &crypt};

	disk_destroy(rig->disk);
	rig->disk = NULL;
	crypt.key.fd = luks_image_key(rig->key);
	return disk_file_open_with(
		rig->loop, &options, rig->engine, &rig->disk, &rig->err);
}

static void finish(struct rig *rig)
{
	disk_destroy(rig->disk);
	loop_destroy(rig->loop);
	munmap(rig->image, LUKS_IMAGE_BYTES);
	close(rig->fd);
}

/* For requests that have none, and say so many bytes. */
static uint8_t no_data[8192];

static void fill(uint8_t *at, size_t bytes, unsigned int seed)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(i * 31 + (i >> 9) * 5 + seed);
}

/* What the file has is what the key's XTS makes of it, with tweaks that count 512 bytes.
 */
TEST(keeps_each_sector_encrypted_in_the_file)
{
	static const unsigned int sizes[] = {512, 1024, 2048, 4096};
	static uint8_t text[DATA_BYTES], got[DATA_BYTES];
	struct aes_xts *xts;
	struct rig rig;
	uint8_t key[64];

	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i + 1);
	CHECK_EQ(aes_xts_create_portable(key, sizeof(key), &xts), 0);
	fill(text, sizeof(text), 3);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int bytes = sizes[i];
		uint8_t *data;

		make(&rig, bytes);
		data = rig.image + LUKS_IMAGE_DATA;
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(disk_info(rig.disk)->capacity_bytes, DATA_BYTES);
		CHECK_EQ(disk_info(rig.disk)->block_bytes, bytes);
		CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, DATA_BYTES), 0);
		for (uint64_t at = 0; at < DATA_BYTES; at += bytes)
			aes_xts_decrypt(xts, at / 512, data + at, got + at, bytes);
		CHECK(!memcmp(got, text, sizeof(got)));
		memset(got, 0, sizeof(got));
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, DATA_BYTES), 0);
		CHECK(!memcmp(got, text, sizeof(got)));
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 3 * 4096, got, 2 * 4096), 0);
		CHECK(!memcmp(got, text + 3 * 4096, 2 * 4096));
		finish(&rig);
	}
	aes_xts_destroy(xts);
}

TEST(writes_zeroes_that_are_encrypted)
{
	static uint8_t text[16384], zeroes[8192];
	struct rig rig;

	make(&rig, 512);
	rig.discard = true;
	CHECK_EQ(open_disk(&rig), 0);
	fill(text, sizeof(text), 9);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, sizeof(text)), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE_ZEROES, 4096, no_data, sizeof(zeroes)), 0);
	CHECK(memcmp(rig.image + LUKS_IMAGE_DATA + 4096, zeroes, sizeof(zeroes)) != 0);
	memset(text + 4096, 0, sizeof(zeroes));
	{
		static uint8_t got[16384];

		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, got, sizeof(got)), 0);
		CHECK(!memcmp(got, text, sizeof(got)));
	}
	finish(&rig);
}

TEST(frees_space_only_where_that_is_allowed)
{
	static uint8_t text[8192], zeroes[4096];
	struct rig rig;

	make(&rig, 4096);
	CHECK_EQ(open_disk(&rig), 0);
	CHECK(!disk_info(rig.disk)->discard);
	rig.discard = true;
	CHECK_EQ(open_disk(&rig), 0);
	CHECK(disk_info(rig.disk)->discard);
	fill(text, sizeof(text), 1);
	CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, sizeof(text)), 0);
	CHECK_EQ(disk_run(rig.disk, DISK_DISCARD, 4096, no_data, 4096), 0);
	CHECK(!memcmp(rig.image + LUKS_IMAGE_DATA + 4096, zeroes, sizeof(zeroes)));
	CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, text + 4096, 4096), 0);
	CHECK(!memcmp(text, text + 4096, 4096));
	finish(&rig);
}

TEST(refuses_parts_of_a_sector)
{
	static uint8_t text[8192];
	static const struct {
		enum disk_op op;
		uint64_t offset;
		size_t bytes;
	} requests[] = {{DISK_READ, 512, 4096}, {DISK_READ, 0, 512},
		{DISK_WRITE, 512, 4096}, {DISK_WRITE, 4096, 512},
		{DISK_WRITE_ZEROES, 0, 512}, {DISK_DISCARD, 512, 4096}};
	static uint8_t before[DATA_BYTES];
	struct rig rig;

	make(&rig, 4096);
	rig.discard = true;
	CHECK_EQ(open_disk(&rig), 0);
	memcpy(before, rig.image + LUKS_IMAGE_DATA, sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		CHECK_EQ(disk_run(rig.disk, requests[i].op, requests[i].offset, text,
				 requests[i].bytes),
			-EINVAL);
	CHECK(!memcmp(before, rig.image + LUKS_IMAGE_DATA, sizeof(before)));
	finish(&rig);
}

#define READS 100u

/* Of some sectors, in buffers of which one begins within a sector. */
struct request {
	struct disk_request request;
	struct iovec iov[3];
	uint8_t bytes[12288];
};

static void start(struct disk *disk, struct request *read, enum disk_op op,
	uint64_t offset, size_t bytes)
{
	size_t cut = bytes > 700 ? 700 : bytes;

	read->iov[0] = (struct iovec){read->bytes, cut};
	read->iov[1] = (struct iovec){read->bytes + cut, 0};
	read->iov[2] = (struct iovec){read->bytes + cut, bytes - cut};
	read->request = (struct disk_request){.op = op,
		.offset_bytes = offset,
		.bytes = bytes,
		.iov = read->iov,
		.iov_count = 3,
		.done = disk_run_done,
		.result = 1};
	disk_submit(disk, &read->request);
}

static void read_at(
	struct disk *disk, struct request *read, uint64_t offset, size_t bytes)
{
	memset(read->bytes, 0, sizeof(read->bytes));
	start(disk, read, DISK_READ, offset, bytes);
}

static const enum disk_engine_choice engines[] = {DISK_ENGINE_ANY, DISK_ENGINE_THREADS};

/* More than a disk has places and its ring entries for, small and large ones. */
TEST(reads_many_at_once_in_whatever_way)
{
	static uint8_t text[DATA_BYTES];
	static struct request reads[READS];
	struct rig rig;

	make(&rig, 512);
	fill(text, sizeof(text), 7);
	for (size_t engine = 0; engine < ARRAY_SIZE(engines); engine++) {
		rig.engine = engines[engine];
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_WRITE, 0, text, DATA_BYTES), 0);
		for (unsigned int i = 0; i < READS; i++)
			read_at(rig.disk, &reads[i], i * 512,
				512 * (1 + i % (sizeof(reads[0].bytes) / 512)));
		disk_drain(rig.disk);
		for (unsigned int i = 0; i < READS; i++) {
			CHECK_EQ(reads[i].request.result, 0);
			CHECK(!memcmp(reads[i].bytes, text + (size_t)i * 512,
				reads[i].request.bytes));
		}
	}
	finish(&rig);
}

/* Next to each other, in all sizes up to some that go to workers; one engine reads what
 * the other one wrote. */
TEST(writes_many_at_once_in_whatever_way)
{
	static uint8_t text[DATA_BYTES], back[DATA_BYTES];
	static struct request writes[READS];
	struct rig rig;

	make(&rig, 512);
	for (size_t engine = 0; engine < ARRAY_SIZE(engines); engine++) {
		size_t at = 0;
		unsigned int count = 0;

		fill(text, sizeof(text), 11 + (unsigned int)engine);
		rig.engine = engines[engine];
		CHECK_EQ(open_disk(&rig), 0);
		while (count < READS && at < DATA_BYTES) {
			size_t bytes =
				512 * (1 + count % (sizeof(writes[0].bytes) / 512));

			if (bytes > DATA_BYTES - at)
				bytes = DATA_BYTES - at;
			memcpy(writes[count].bytes, text + at, bytes);
			start(rig.disk, &writes[count++], DISK_WRITE, at, bytes);
			at += bytes;
		}
		disk_drain(rig.disk);
		for (unsigned int i = 0; i < count; i++)
			CHECK_EQ(writes[i].request.result, 0);
		rig.engine = engines[!engine];
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(disk_run(rig.disk, DISK_READ, 0, back, at), 0);
		CHECK(!memcmp(back, text, at));
	}
	finish(&rig);
}

TEST(says_where_its_file_has_shrunk)
{
	static struct request reads[3];
	struct rig rig;

	make(&rig, 512);
	for (size_t engine = 0; engine < ARRAY_SIZE(engines); engine++) {
		rig.engine = engines[engine];
		CHECK_EQ(ftruncate(rig.fd, LUKS_IMAGE_BYTES), 0);
		CHECK_EQ(open_disk(&rig), 0);
		CHECK_EQ(ftruncate(rig.fd, LUKS_IMAGE_DATA + 4096 + 700), 0);
		read_at(rig.disk, &reads[0], 0, 4096);
		read_at(rig.disk, &reads[1], 4096, 4096);
		read_at(rig.disk, &reads[2], 16384, 4096);
		disk_drain(rig.disk);
		CHECK_EQ(reads[0].request.result, 0);
		CHECK_EQ(reads[1].request.result, -EIO);
		CHECK_EQ(reads[2].request.result, -EIO);
	}
	finish(&rig);
}

TEST(takes_keys_as_cryptsetup_does)
{
	static const struct {
		const char *key;
		bool line;
		int code;
	} cases[] = {
		{LUKS_IMAGE_PASSPHRASE, false, 0},
		{LUKS_IMAGE_PASSPHRASE "\n", false, -EKEYREJECTED},
		{LUKS_IMAGE_PASSPHRASE "\nmore", true, 0},
		{LUKS_IMAGE_PASSPHRASE, true, 0},
		{"let me", false, -EKEYREJECTED},
		{"", false, -ENOKEY},
		{"\n", true, -ENOKEY},
	};
	struct rig rig;

	make(&rig, 512);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		rig.key = cases[i].key;
		rig.line = cases[i].line;
		CHECK_EQ(open_disk(&rig), cases[i].code);
	}
	CHECK_HAS(rig.err.text, "it is empty");
	finish(&rig);
}

TEST(takes_a_key_from_the_kernels_keyring)
{
	struct disk_crypt_options crypt = {
		.key = {.fd = -1, .keyring = "bonsai-test-key"}};
	struct disk_file_options options = {.depth = 8, .crypt = &crypt};
	struct rig rig;
	long id;

	make(&rig, 512);
	options.path = rig.path;
	CHECK(disk_file_open(rig.loop, &options, &rig.disk, &rig.err) < 0);
	CHECK_HAS(rig.err.text, "bonsai-test-key");
	/* The thread's own keyring, which ends with the process. */
	id = syscall(SYS_add_key, "user", "bonsai-test-key", LUKS_IMAGE_PASSPHRASE,
		strlen(LUKS_IMAGE_PASSPHRASE), -1);
	if (id < 0)
		printf("skipped: this host has no keyrings\n");
	else
		CHECK_EQ(disk_file_open(rig.loop, &options, &rig.disk, &rig.err), 0);
	finish(&rig);
}

TEST(takes_the_newer_header_that_is_whole)
{
	char json[LUKS_IMAGE_JSON_BYTES] = "";
	struct rig rig;

	make(&rig, 512);
	/* The second one is newer, and says another size of a sector. */
	luks_image_json(json, 4096);
	luks_image_header(rig.image, 1, 8, json, strlen(json));
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_info(rig.disk)->block_bytes, 4096);
	/* Now it is not whole. */
	rig.image[LUKS_IMAGE_HEADER_BYTES + 5000] ^= 1;
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_info(rig.disk)->block_bytes, 512);
	/* And now the first one is not there at all. */
	rig.image[LUKS_IMAGE_HEADER_BYTES + 5000] ^= 1;
	memset(rig.image, 0, 4096);
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_info(rig.disk)->block_bytes, 4096);
	rig.image[LUKS_IMAGE_HEADER_BYTES + 5000] ^= 1;
	CHECK_EQ(open_disk(&rig), -EINVAL);
	CHECK_HAS(rig.err.text, "is no LUKS2 volume");
	finish(&rig);
}

/*
 * A bit in a header is one in both, with checksums that hold. What is opened all the same
 * is within the file.
 */
TEST(survives_any_bit_of_its_header)
{
	static uint8_t whole[LUKS_IMAGE_BYTES];
	struct luks_header header;
	struct rig rig;

	make(&rig, 512);
	memcpy(whole, rig.image, sizeof(whole));
	srand(1);
	for (unsigned int i = 0; i < 1000; i++) {
		size_t at = (size_t)rand() % (i & 1 ? 512 : 1200);
		uint8_t bit = (uint8_t)(1 << rand() % 8);

		at += i & 1 ? 0 : 4096;
		for (unsigned int which = 0; which < 2; which++) {
			rig.image[which * LUKS_IMAGE_HEADER_BYTES + at] ^= bit;
			luks_image_sum(rig.image, which);
		}
		if (!luks_header_read(rig.fd, LUKS_IMAGE_BYTES, rig.path, NULL, &header,
			    &rig.err)) {
			CHECK(header.data_bytes && header.slot_count);
			CHECK(header.data_offset_bytes + header.data_bytes <=
				LUKS_IMAGE_BYTES);
			CHECK_EQ(header.data_bytes % header.sector_bytes, 0);
		}
		memcpy(rig.image, whole, sizeof(whole));
	}
	finish(&rig);
}

TEST(grows_with_its_file)
{
	static uint8_t text[4096];
	struct rig rig;

	make(&rig, 512);
	CHECK_EQ(open_disk(&rig), 0);
	CHECK_EQ(disk_resize(rig.disk, 2 * DATA_BYTES, &rig.err), 0);
	CHECK_EQ(disk_info(rig.disk)->capacity_bytes, 2 * DATA_BYTES);
	CHECK_EQ(
		disk_run(rig.disk, DISK_WRITE, 2 * DATA_BYTES - 4096, text, sizeof(text)),
		0);
	CHECK_EQ(lseek(rig.fd, 0, SEEK_END), LUKS_IMAGE_DATA + 2 * DATA_BYTES);
	finish(&rig);
}

TEST_MAIN(CASE(keeps_each_sector_encrypted_in_the_file),
	CASE(writes_zeroes_that_are_encrypted),
	CASE(frees_space_only_where_that_is_allowed), CASE(refuses_parts_of_a_sector),
	CASE(reads_many_at_once_in_whatever_way),
	CASE(writes_many_at_once_in_whatever_way), CASE(says_where_its_file_has_shrunk),
	CASE(takes_keys_as_cryptsetup_does), CASE(takes_a_key_from_the_kernels_keyring),
	CASE(takes_the_newer_header_that_is_whole), CASE(survives_any_bit_of_its_header),
	CASE(grows_with_its_file))
