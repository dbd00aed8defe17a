/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/pack.h"
#include "test/unit/test.h"

#define CONTENT_BYTES (700u << 10)

static char dir[] = "/tmp/bonsai-rom-XXXXXX";
static char path[64];
static uint8_t content[CONTENT_BYTES];
static uint8_t packed[PACK_ROOM(CONTENT_BYTES)];
static uint8_t got[PACK_ROOM(CONTENT_BYTES)];
static struct config_rom config = {path, {"vm.xml", 3}};

/* A folder of its own, with the path of one file in it. */
static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/bonsai-rom-XXXXXX");
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/rom", dir);
	for (unsigned int i = 0; i < CONTENT_BYTES; i++)
		content[i] = (uint8_t)((i * 2654435761u) >> (i & 1024 ? 24 : 29));
}

static void end(void)
{
	unlink(path);
	rmdir(path);
	CHECK_EQ(rmdir(dir), 0);
}

static void write_file(const void *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, count), count);
	close(fd);
}

static size_t pack(enum unpack_kind kind)
{
	return kind == UNPACK_GZIP ? pack_gzip(packed, content, CONTENT_BYTES)
				   : pack_zstd(packed, content, CONTENT_BYTES);
}

static const enum unpack_kind kinds[] = {UNPACK_NONE, UNPACK_GZIP, UNPACK_ZSTD};

/* The contents as a file of this kind, opened. */
static void open_kind(enum unpack_kind kind, struct rom *rom)
{
	if (kind == UNPACK_NONE)
		write_file(content, CONTENT_BYTES);
	else
		write_file(packed, pack(kind));
	CHECK_EQ(rom_open(rom, "kernel_rom", &config, true, NULL), 0);
	CHECK_EQ(rom->packing, kind);
	memset(got, 0x5a, sizeof(got));
}

TEST(reads_plain_gzip_and_zstd_alike)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct error err;
		struct rom rom;
		uint64_t bytes;
		size_t count;

		open_kind(kinds[i], &rom);
		CHECK_EQ(rom_head(&rom, got, 100, &count, &err), 0);
		CHECK_EQ(count, 100);
		CHECK_EQ(memcmp(got, content, 100), 0);
		CHECK_EQ(rom_claim(&rom, &bytes, &err), 0);
		CHECK_EQ(bytes, CONTENT_BYTES);
		CHECK_EQ(rom_count(&rom, CONTENT_BYTES, &bytes, &err), 0);
		CHECK_EQ(bytes, CONTENT_BYTES);
		memset(got, 0x5a, sizeof(got));
		CHECK_EQ(rom_read(&rom, got, CONTENT_BYTES, &count, &err), 0);
		CHECK_EQ(count, CONTENT_BYTES);
		CHECK_EQ(memcmp(got, content, CONTENT_BYTES), 0);
		CHECK_EQ(got[CONTENT_BYTES], 0x5a);
		rom_close(&rom);
	}
	end();
}

/* "bonsai " 200 times, as gzip -9 and zstd -19 of a pipe pack it. */
TEST(unpacks_what_gzip_and_zstd_write)
{
	static const uint8_t gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x02, 0x03, 0x4b, 0xca, 0xcf, 0x2b, 0x4e, 0xcc, 0x54, 0x48, 0x1a, 0xa5,
		0x46, 0xa9, 0x51, 0x6a, 0x94, 0x1a, 0xa5, 0xe8, 0x43, 0x01, 0x00, 0x81,
		0x99, 0xb9, 0xaf, 0x78, 0x05, 0x00, 0x00};
	static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x75, 0x00,
		0x00, 0x38, 0x62, 0x6f, 0x6e, 0x73, 0x61, 0x69, 0x20, 0x01, 0x00, 0x6e,
		0xe9, 0x2f, 0x46, 0xa6, 0x77, 0x57, 0xf7};
	static const struct {
		const uint8_t *bytes;
		size_t count;
	} files[] = {{gzip, sizeof(gzip)}, {zstd, sizeof(zstd)}};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		struct rom rom;
		size_t count = 0;

		write_file(files[i].bytes, files[i].count);
		CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, NULL), 0);
		CHECK_EQ(rom_read(&rom, got, sizeof(got), &count, NULL), 0);
		CHECK_EQ(count, 1400);
		for (size_t j = 0; j < count; j += 7)
			CHECK_EQ(memcmp(got + j, "bonsai ", 7), 0);
		rom_close(&rom);
	}
	end();
}

TEST(never_writes_beyond_its_room)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct error err;
		struct rom rom;
		uint64_t bytes;
		size_t count;

		open_kind(kinds[i], &rom);
		CHECK_EQ(rom_read(&rom, got, CONTENT_BYTES - 1, &count, &err), -EFBIG);
		CHECK_HAS(err.text, "more than the 716799 bytes of room for it");
		CHECK_HAS(err.text, "kernel_rom \"");
		CHECK_EQ(err.pos.line, 3);
		CHECK_EQ(got[CONTENT_BYTES - 1], 0x5a);
		if (kinds[i] != UNPACK_NONE)
			CHECK_EQ(
				rom_count(&rom, CONTENT_BYTES - 1, &bytes, &err), -EFBIG);
		rom_close(&rom);
	}
	end();
}

TEST(leaves_an_initrd_packed)
{
	struct rom rom;
	size_t count;
	size_t bytes;

	begin();
	bytes = pack(UNPACK_GZIP);
	write_file(packed, bytes);
	CHECK_EQ(rom_open(&rom, "initrd_rom", &config, false, NULL), 0);
	CHECK_EQ(rom_read(&rom, got, sizeof(got), &count, NULL), 0);
	CHECK_EQ(count, bytes);
	CHECK_EQ(memcmp(got, packed, bytes), 0);
	rom_close(&rom);
	end();
}

TEST(takes_a_truncated_file_for_what_it_is)
{
	static const enum unpack_kind packers[] = {UNPACK_GZIP, UNPACK_ZSTD};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(packers); i++) {
		size_t bytes = pack(packers[i]);
		size_t cuts[] = {5, 9, bytes / 2, bytes - 8, bytes - 1};

		for (unsigned int j = 0; j < ARRAY_SIZE(cuts); j++) {
			struct error err;
			struct rom rom;
			uint64_t count;
			size_t done;

			write_file(packed, cuts[j]);
			CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
			CHECK_EQ(rom_count(&rom, UINT64_MAX, &count, &err), -EBADMSG);
			CHECK_HAS(err.text, "is truncated");
			CHECK_EQ(rom_read(&rom, got, sizeof(got), &done, &err), -EBADMSG);
			if (packers[i] == UNPACK_ZSTD)
				CHECK_EQ(rom_claim(&rom, &count, &err), -EBADMSG);
			rom_close(&rom);
		}
	}
	end();
}

TEST(takes_a_damaged_file_for_what_it_is)
{
	struct error err;
	struct rom rom;
	uint64_t count;
	size_t bytes;

	begin();
	bytes = pack(UNPACK_GZIP);
	packed[bytes / 2] ^= 0xff;
	write_file(packed, bytes);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
	CHECK_EQ(rom_count(&rom, UINT64_MAX, &count, &err), -EBADMSG);
	CHECK_HAS(err.text, "is damaged: its gzip data are wrong");
	rom_close(&rom);
	end();
}

TEST(joins_the_members_of_a_gzip_file_and_ignores_what_follows)
{
	struct error err;
	struct rom rom;
	size_t half = CONTENT_BYTES / 2;
	size_t bytes;
	size_t count;

	begin();
	bytes = pack_gzip(packed, content, half);
	bytes += pack_gzip(packed + bytes, content + half, CONTENT_BYTES - half);
	memset(packed + bytes, 0, 512);
	write_file(packed, bytes + 512);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
	CHECK_EQ(rom_read(&rom, got, sizeof(got), &count, &err), 0);
	CHECK_EQ(count, CONTENT_BYTES);
	CHECK_EQ(memcmp(got, content, CONTENT_BYTES), 0);
	rom_close(&rom);
	end();
}

TEST(a_gzip_trailer_that_no_data_could_reach_is_no_claim)
{
	struct rom rom;
	uint64_t bytes = 1;
	size_t count;

	begin();
	count = pack(UNPACK_GZIP);
	memset(packed + count - 4, 0xff, 4);
	write_file(packed, count);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, NULL), 0);
	CHECK_EQ(rom_claim(&rom, &bytes, NULL), 0);
	CHECK_EQ(bytes, 0);
	rom_close(&rom);
	end();
}

TEST(refuses_what_is_no_file)
{
	struct error err;
	struct rom rom;

	begin();
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), -ENOENT);
	CHECK_HAS(err.text, "cannot be opened: No such file");
	CHECK_EQ(rom.fd, (uint64_t)-1);
	write_file("", 0);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), -EINVAL);
	CHECK_HAS(err.text, "is empty");
	unlink(path);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), -EISDIR);
	CHECK_HAS(err.text, "is a directory");
	rmdir(path);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), -EINVAL);
	CHECK_HAS(err.text, "is neither a file nor a block device");
	rom_close(&rom);
	end();
}

TEST(maps_a_plain_file_privately_over_ram)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = CONTENT_BYTES + 4 * page;
	struct error err;
	struct rom rom;
	uint8_t byte;
	uint8_t *ram = mmap(
		NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	begin();
	CHECK(ram != MAP_FAILED);
	write_file(content, CONTENT_BYTES - 7);
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
	CHECK_EQ(rom_map_into(&rom, ram + 8, room, &err), -EINVAL);
	CHECK_HAS(err.text, "in the middle of a page");
	CHECK_EQ(rom_map_into(&rom, ram, CONTENT_BYTES - 8, &err), -EFBIG);
	CHECK_EQ(rom_map_into(&rom, ram, room, &err), 0);
	CHECK_EQ(memcmp(ram, content, CONTENT_BYTES - 7), 0);
	CHECK_EQ(ram[CONTENT_BYTES - 7], 0);
	CHECK_EQ(ram[room - 1], 0);
	/* The guest's writes stay the guest's. */
	ram[0] = (uint8_t)~content[0];
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, content[0]);
	close(fd);
	rom_close(&rom);
	write_file(packed, pack(UNPACK_GZIP));
	CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
	CHECK_EQ(rom_map_into(&rom, ram, room, &err), -EINVAL);
	CHECK_HAS(err.text, "gzip-compressed and cannot be mapped");
	rom_close(&rom);
	munmap(ram, room);
	end();
}

TEST(reads_parts_in_one_pass)
{
	uint8_t first[100];
	uint8_t last[5];
	const struct rom_part parts[] = {
		{0, sizeof(first), first},
		{sizeof(first), 0, NULL},
		{300000, 4000, got},
		{CONTENT_BYTES - sizeof(last), sizeof(last), last},
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct error err = {.text = ""};
		struct rom rom;

		open_kind(kinds[i], &rom);
		memset(last, 0, sizeof(last));
		CHECK_EQ(rom_read_parts(&rom, parts, ARRAY_SIZE(parts), &err), 0);
		CHECK_STR(err.text, "");
		CHECK_EQ(memcmp(first, content, sizeof(first)), 0);
		CHECK_EQ(memcmp(got, content + 300000, 4000), 0);
		CHECK_EQ(got[4000], 0x5a);
		CHECK_EQ(memcmp(last, content + CONTENT_BYTES - 5, 5), 0);
		CHECK_EQ(rom_bytes_at(&rom, 12345, first, 10, &err), 0);
		CHECK_EQ(memcmp(first, content + 12345, 10), 0);
		rom_close(&rom);
	}
	end();
}

TEST(a_part_beyond_the_contents_is_truncation)
{
	static const uint64_t offsets[] = {
		CONTENT_BYTES - 9, CONTENT_BYTES, CONTENT_BYTES + 1, UINT64_MAX - 3};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct rom rom;

		open_kind(kinds[i], &rom);
		for (unsigned int j = 0; j < ARRAY_SIZE(offsets); j++) {
			struct rom_part part = {offsets[j], 10, got};
			struct error err;

			CHECK_EQ(rom_read_parts(&rom, &part, 1, &err), -EBADMSG);
			CHECK_HAS(err.text, "kernel_rom \"");
			CHECK_HAS(err.text, "is truncated: it ends before the 10 bytes");
			CHECK_EQ(rom_bytes_at(&rom, offsets[j], got, 10, &err), -EBADMSG);
			CHECK_EQ(strncmp(err.text, "is truncated", 12), 0);
		}
		rom_close(&rom);
	}
	end();
}

TEST(maps_a_part_whose_ends_lie_within_pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = 64 * page;
	uint8_t *ram = mmap(
		NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct {
		size_t offset, bytes, at;
	} table[] = {
		{3 * page, 5 * page, 2 * page},
		{3 * page + 50, 5 * page + 7, 4 * page + 50},
		{page + 9, 20, 9},
		{page + 9, page, 9},
		{page - 1, page + 2, page - 1},
		{2 * page, 30, page},
		{CONTENT_BYTES - 12 * page, 12 * page, 0},
	};
	struct error err;
	struct rom rom;

	begin();
	CHECK(ram != MAP_FAILED);
	open_kind(UNPACK_NONE, &rom);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct rom_part part = {
			table[i].offset, table[i].bytes, ram + table[i].at};
		uint8_t *end = ram + table[i].at + table[i].bytes;

		CHECK(mmap(ram, room, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == ram);
		CHECK_EQ(rom_map_part(&rom, &part, &err), 0);
		CHECK_EQ(memcmp(part.buf, content + part.offset, part.bytes), 0);
		CHECK(table[i].at == 0 || ram[table[i].at - 1] == 0);
		CHECK_EQ(*end, 0);
	}
	CHECK_EQ(rom_map_part(&rom, &(struct rom_part){page, page, ram + 1}, &err),
		-EINVAL);
	CHECK_HAS(err.text, "in the middle of a page");
	CHECK_EQ(rom_map_part(&rom, &(struct rom_part){0, CONTENT_BYTES + 1, ram}, &err),
		-EBADMSG);
	CHECK_HAS(err.text, "kernel_rom \"");
	CHECK_HAS(err.text, "is truncated");
	rom_close(&rom);
	munmap(ram, room);
	end();
}

TEST_MAIN(CASE(reads_plain_gzip_and_zstd_alike), CASE(unpacks_what_gzip_and_zstd_write),
	CASE(never_writes_beyond_its_room), CASE(leaves_an_initrd_packed),
	CASE(takes_a_truncated_file_for_what_it_is),
	CASE(takes_a_damaged_file_for_what_it_is),
	CASE(joins_the_members_of_a_gzip_file_and_ignores_what_follows),
	CASE(a_gzip_trailer_that_no_data_could_reach_is_no_claim),
	CASE(refuses_what_is_no_file), CASE(maps_a_plain_file_privately_over_ram),
	CASE(reads_parts_in_one_pass), CASE(a_part_beyond_the_contents_is_truncation),
	CASE(maps_a_part_whose_ends_lie_within_pages))
