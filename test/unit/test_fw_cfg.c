/* SPDX-License-Identifier: Apache-2.0 */
#include "src/fw_cfg.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/guest_mem.h"
#include "src/log.h"
#include "test/unit/test.h"

#define PORT 0x510
#define SELECTOR 0x510
#define DATA 0x511
#define DMA_HIGH 0x514
#define DMA_LOW 0x518
#define RAM_BYTES (4ull << 20)
#define ACCESS_GPA 0x1003 /* nobody says that it is aligned */
#define BUF_GPA 0x8000

#define ERROR 1u
#define READ 2u
#define SKIP 4u
#define SELECT 8u
#define WRITE 16u

#define KEY_DIRECTORY 0x19
#define KEY 0x07

struct bench {
	struct guest_mem mem;
	struct bus ports;
	struct fw_cfg *fw_cfg;
};

static void bench_init(struct bench *bench)
{
	*bench = (struct bench){.ports.stray_ones = true};
	CHECK_EQ(guest_mem_add(&bench->mem, 0, RAM_BYTES, NULL), 0);
	CHECK_EQ(fw_cfg_create(&bench->mem, FW_CFG_PORTS, PORT, &bench->fw_cfg, NULL), 0);
	CHECK_EQ(bus_add(&bench->ports, fw_cfg_region(bench->fw_cfg), NULL), 0);
}

static void bench_finish(struct bench *bench)
{
	fw_cfg_destroy(bench->fw_cfg);
	guest_mem_finish(&bench->mem);
}

static uint64_t in(struct bench *bench, uint16_t port, unsigned int bytes)
{
	uint64_t value;

	bus_read(&bench->ports, port, bytes, &value);
	return value;
}

static void out(struct bench *bench, uint16_t port, unsigned int bytes, uint64_t value)
{
	bus_write(&bench->ports, port, bytes, value);
}

/* count bytes of an item, by the data port and with a zero behind them. */
static const char *read_item(struct bench *bench, uint16_t key, size_t count)
{
	static char buf[64];

	memset(buf, 0, sizeof(buf));
	out(bench, SELECTOR, 2, key);
	for (size_t i = 0; i < count && i < sizeof(buf) - 1; i++)
		buf[i] = (char)in(bench, DATA, 1);
	return buf;
}

static uint8_t *ram(struct bench *bench, uint64_t gpa)
{
	return bench->mem.regions[0].hva + gpa;
}

/* What is left in the control word. */
static uint32_t dma(
	struct bench *bench, uint32_t control, uint32_t length, uint64_t address)
{
	struct {
		uint32_t control;
		uint32_t length;
		uint64_t address;
	} access = {htobe32(control), htobe32(length), htobe64(address)};

	memcpy(ram(bench, ACCESS_GPA), &access, sizeof(access));
	out(bench, DMA_LOW, 4, htobe32(ACCESS_GPA));
	memcpy(&access, ram(bench, ACCESS_GPA), sizeof(access));
	return be32toh(access.control);
}

static uint32_t select_and(uint16_t key)
{
	return (uint32_t)key << 16 | SELECT;
}

TEST(shows_its_signature_after_power_on)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(in(&bench, DATA, 1), 'Q');
	CHECK_EQ(in(&bench, DATA, 1), 'E');
	CHECK_STR(read_item(&bench, 0, 6), "QEMU");
	CHECK_EQ(read_item(&bench, 1, 4)[0], 3); /* data port and DMA */
	/* "QEMU CFG", whose first byte is at the lowest port. */
	CHECK_EQ(in(&bench, DMA_HIGH, 4), 0x554d4551);
	CHECK_EQ(in(&bench, DMA_LOW, 4), 0x47464320);
	CHECK_EQ(in(&bench, DMA_LOW + 3, 1), 'G');
	bench_finish(&bench);
}

TEST(reads_a_legacy_item_byte_by_byte_and_zeroes_after_it)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(fw_cfg_append(fw_cfg_item(bench.fw_cfg, KEY), "abc", 3), 0);
	CHECK_EQ(fw_cfg_append(fw_cfg_item(bench.fw_cfg, 0x8002), "x86", 3), 0);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	CHECK_STR(read_item(&bench, KEY, 8), "abc");
	CHECK_STR(read_item(&bench, 0x8002, 8), "x86");
	CHECK_STR(read_item(&bench, KEY, 2), "ab");
	CHECK_EQ(in(&bench, DATA, 1), 'c');
	CHECK_EQ(in(&bench, DATA, 1), 0);
	bench_finish(&bench);
}

TEST(reads_zeroes_where_there_is_no_item)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	CHECK_STR(read_item(&bench, 0x20, 8), "");
	CHECK_STR(read_item(&bench, 0xffff, 8), "");
	memset(ram(&bench, BUF_GPA), 0xff, 8);
	CHECK_EQ(dma(&bench, select_and(0x8000) | READ, 7, BUF_GPA), 0);
	CHECK_STR((char *)ram(&bench, BUF_GPA), "");
	CHECK_EQ(ram(&bench, BUF_GPA)[7], 0xff);
	bench_finish(&bench);
}

TEST(answers_other_accesses_with_ones)
{
	static const struct {
		uint16_t port;
		unsigned int bytes;
	} reads[] = {{SELECTOR, 1}, {SELECTOR, 2}, {SELECTOR, 4}, {DATA, 2}, {DATA, 4},
		{0x512, 1}, {0x513, 1}, {0x512, 4}};
	struct bench bench;

	bench_init(&bench);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		CHECK_EQ(in(&bench, reads[i].port, reads[i].bytes),
			~0ull >> (64 - 8 * reads[i].bytes));
	/* None of these selects, writes or starts anything. */
	out(&bench, SELECTOR, 1, KEY);
	out(&bench, SELECTOR, 4, KEY);
	out(&bench, DATA, 1, 'x');
	out(&bench, DMA_LOW, 1, 0);
	out(&bench, DMA_LOW, 2, 0);
	out(&bench, DMA_LOW + 2, 2, 0);
	CHECK_STR(read_item(&bench, 0, 4), "QEMU");
	bench_finish(&bench);
}

TEST(lists_files_by_name_with_keys_in_that_order)
{
	static const struct {
		const char *name;
		const char *text;
	} sorted[] = {{"bootorder", "b"}, {"etc/e820", ""}, {"opt/a", "aaa"},
		{"opt/ab", "four"}};
	static const unsigned int made[] = {2, 0, 3, 1};
	struct {
		uint32_t bytes;
		uint16_t key;
		uint16_t reserved;
		char name[56];
	} entry;
	struct bench bench;

	bench_init(&bench);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(fw_cfg_append(fw_cfg_file(bench.fw_cfg, sorted[made[i]].name),
				 sorted[made[i]].text, strlen(sorted[made[i]].text)),
			0);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	CHECK_EQ(dma(&bench, select_and(KEY_DIRECTORY) | READ, 4, BUF_GPA), 0);
	CHECK_EQ(memcmp(ram(&bench, BUF_GPA), "\0\0\0\4", 4), 0);
	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(dma(&bench, READ, sizeof(entry), BUF_GPA), 0);
		memcpy(&entry, ram(&bench, BUF_GPA), sizeof(entry));
		CHECK_EQ(be32toh(entry.bytes), strlen(sorted[i].text));
		CHECK_EQ(be16toh(entry.key), 0x20 + i);
		CHECK_EQ(entry.reserved, 0);
		CHECK_STR(entry.name, sorted[i].name);
	}
	for (size_t i = 0; i < 4; i++)
		CHECK_STR(read_item(&bench, (uint16_t)(0x20 + i), 8), sorted[i].text);
	bench_finish(&bench);
}

TEST(joins_files_and_bytes_in_one_item)
{
	int fd = memfd_create("item", MFD_CLOEXEC);
	struct fw_cfg_item *item;
	struct bench bench;

	CHECK_EQ(pwrite(fd, "0123456789", 10, 0), 10);
	bench_init(&bench);
	item = fw_cfg_file(bench.fw_cfg, "opt/joined");
	CHECK_EQ(fw_cfg_append_file(item, fd, 2, 3), 0);
	CHECK_EQ(fw_cfg_append(item, "--", 2), 0);
	CHECK_EQ(fw_cfg_append(item, "", 0), 0);
	CHECK_EQ(fw_cfg_append_file(item, fd, 9, 1), 0);
	close(fd); /* stays ours: the item has its own */
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	CHECK_STR(read_item(&bench, 0x20, 10), "234--9");
	/* Across the seams, at any offset. */
	for (uint32_t from = 0; from < 8; from++) {
		memset(ram(&bench, BUF_GPA), 0xff, 8);
		CHECK_EQ(dma(&bench, select_and(0x20) | SKIP, from, 0), 0);
		CHECK_EQ(dma(&bench, READ, 8, BUF_GPA), 0);
		CHECK_STR((char *)ram(&bench, BUF_GPA), &"234--9\0"[from < 6 ? from : 6]);
		CHECK_EQ(ram(&bench, BUF_GPA)[7], 0);
	}
	bench_finish(&bench);
}

TEST(reads_a_file_when_the_guest_does_and_zeroes_what_it_lost)
{
	int fd = memfd_create("item", MFD_CLOEXEC);
	struct fw_cfg_item *item;
	struct bench bench;

	CHECK_EQ(pwrite(fd, "abcdef", 6, 0), 6);
	bench_init(&bench);
	item = fw_cfg_file(bench.fw_cfg, "opt/f");
	CHECK_EQ(fw_cfg_append_file(item, fd, 0, 6), 0);
	CHECK_EQ(fw_cfg_append(item, "!", 1), 0);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	CHECK_EQ(pwrite(fd, "XY", 2, 0), 2);
	CHECK_STR(read_item(&bench, 0x20, 7), "XYcdef!");
	CHECK_EQ(ftruncate(fd, 4), 0);
	CHECK_EQ(memcmp(read_item(&bench, 0x20, 7), "XYcd\0\0!", 8), 0);
	bench_finish(&bench);
	close(fd);
}

TEST(says_of_a_file_that_cannot_be_read)
{
	int pipes[2];
	struct bench bench;

	CHECK_EQ(pipe(pipes), 0); /* which has no offsets to read at */
	bench_init(&bench);
	CHECK_EQ(fw_cfg_append_file(fw_cfg_file(bench.fw_cfg, "opt/f"), pipes[0], 0, 4),
		0);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	memset(ram(&bench, BUF_GPA), 0xff, 5);
	CHECK_EQ(dma(&bench, select_and(0x20) | READ, 4, BUF_GPA), ERROR);
	CHECK_EQ(memcmp(ram(&bench, BUF_GPA), "\0\0\0\0\xff", 5), 0);
	CHECK_STR(read_item(&bench, 0x20, 4), "");
	bench_finish(&bench);
	close(pipes[0]);
	close(pipes[1]);
}

TEST(transfers_to_ram_only)
{
	static const struct {
		uint64_t address;
		uint32_t length;
	} wrong[] = {{RAM_BYTES, 1}, {RAM_BYTES - 4, 5}, {UINT64_MAX, 1},
		{UINT64_MAX - 3, 8}, {1ull << 32, 1}, {0, UINT32_MAX}};
	struct bench bench;

	bench_init(&bench);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQ(dma(&bench, select_and(0) | READ, wrong[i].length,
				 wrong[i].address),
			ERROR);
	CHECK_EQ(dma(&bench, select_and(0) | READ, 4, RAM_BYTES - 4), 0);
	CHECK_EQ(memcmp(ram(&bench, RAM_BYTES - 4), "QEMU", 4), 0);
	CHECK_EQ(dma(&bench, select_and(0) | READ, 0, UINT64_MAX), 0);
	/* The access itself is not in RAM: nothing to answer in. */
	out(&bench, DMA_LOW, 4, htobe32(RAM_BYTES - 8));
	out(&bench, DMA_LOW, 4, htobe32(UINT32_MAX));
	bench_finish(&bench);
}

TEST(takes_a_dma_address_in_two_halves)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(guest_mem_add(&bench.mem, 1ull << 32, 2 << 20, NULL), 0);
	memcpy(bench.mem.regions[1].hva, "\0\0\0\12\0\0\0\4\0\0\0\1\0\0\0\100", 16);
	out(&bench, DMA_HIGH, 4, htobe32(1));
	out(&bench, DMA_LOW, 4, 0);
	CHECK_EQ(memcmp(bench.mem.regions[1].hva, "\0\0\0\0", 4), 0);
	CHECK_EQ(memcmp(bench.mem.regions[1].hva + 64, "QEMU", 5), 0);
	/* The upper half holds for one access. */
	memcpy(ram(&bench, 0), bench.mem.regions[1].hva, 16);
	memcpy(ram(&bench, 0), "\0\0\0\12", 4);
	out(&bench, DMA_LOW, 4, 0);
	CHECK_EQ(memcmp(ram(&bench, 0), "\0\0\0\0", 4), 0);
	bench_finish(&bench);
}

TEST(lets_nobody_write)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(fw_cfg_append(fw_cfg_item(bench.fw_cfg, KEY), "abc", 3), 0);
	memcpy(ram(&bench, BUF_GPA), "xyz", 3);
	CHECK_EQ(dma(&bench, select_and(KEY) | WRITE, 3, BUF_GPA), ERROR);
	CHECK_STR(read_item(&bench, KEY, 8), "abc");
	/* A read that is a write too is a read. */
	CHECK_EQ(dma(&bench, select_and(KEY) | READ | WRITE, 3, BUF_GPA), 0);
	CHECK_EQ(memcmp(ram(&bench, BUF_GPA), "abc", 3), 0);
	bench_finish(&bench);
}

TEST(skips_as_far_as_the_end)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(fw_cfg_append(fw_cfg_item(bench.fw_cfg, KEY), "abc", 3), 0);
	CHECK_EQ(dma(&bench, select_and(KEY) | SKIP, 2, UINT64_MAX), 0);
	CHECK_EQ(in(&bench, DATA, 1), 'c');
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(dma(&bench, SKIP, UINT32_MAX, 0), 0);
	CHECK_EQ(in(&bench, DATA, 1), 0);
	CHECK_EQ(dma(&bench, select_and(0xfff0) | SKIP, 7, 0), 0);
	CHECK_EQ(in(&bench, DATA, 1), 0);
	CHECK_EQ(dma(&bench, 0, 4, 0), 0);
	bench_finish(&bench);
}

TEST(forgets_its_selector_and_half_an_address_at_reset)
{
	struct bench bench;

	bench_init(&bench);
	out(&bench, SELECTOR, 2, KEY);
	out(&bench, DMA_HIGH, 4, htobe32(7));
	fw_cfg_reset(bench.fw_cfg);
	CHECK_EQ(in(&bench, DATA, 1), 'Q');
	CHECK_EQ(dma(&bench, READ, 3, BUF_GPA), 0);
	CHECK_EQ(memcmp(ram(&bench, BUF_GPA), "EMU", 3), 0);
	bench_finish(&bench);
}

TEST(reads_a_large_file_in_one_access)
{
	const uint32_t bytes = 3 << 20;
	int fd = memfd_create("item", MFD_CLOEXEC);
	struct bench bench;

	CHECK_EQ(ftruncate(fd, bytes), 0);
	CHECK_EQ(pwrite(fd, "end", 3, bytes - 3), 3);
	bench_init(&bench);
	CHECK_EQ(fw_cfg_append_file(fw_cfg_item(bench.fw_cfg, KEY), fd, 0, bytes), 0);
	close(fd);
	memset(ram(&bench, 1 << 20), 0xff, bytes);
	CHECK_EQ(dma(&bench, select_and(KEY) | READ, bytes, 1 << 20), 0);
	CHECK_EQ(ram(&bench, 1 << 20)[0], 0);
	CHECK_EQ(memcmp(ram(&bench, (1 << 20) + bytes - 4), "\0end", 4), 0);
	bench_finish(&bench);
}

TEST(keeps_an_item_within_32_bits)
{
	int fd = memfd_create("item", MFD_CLOEXEC);
	struct fw_cfg_item *item;
	struct bench bench;

	bench_init(&bench);
	item = fw_cfg_item(bench.fw_cfg, KEY);
	CHECK_EQ(fw_cfg_append_file(item, fd, 0, UINT32_MAX), 0);
	CHECK_EQ(fw_cfg_append(item, "x", 1), (uint64_t)-EFBIG);
	CHECK_EQ(fw_cfg_append_file(item, fd, 0, UINT64_MAX), (uint64_t)-EFBIG);
	CHECK_EQ(fw_cfg_append(NULL, "x", 1), (uint64_t)-ENOMEM);
	CHECK_EQ(fw_cfg_append_file(NULL, fd, 0, 1), (uint64_t)-ENOMEM);
	bench_finish(&bench);
	fw_cfg_destroy(NULL);
	close(fd);
}

TEST_MAIN(CASE(shows_its_signature_after_power_on),
	CASE(reads_a_legacy_item_byte_by_byte_and_zeroes_after_it),
	CASE(reads_zeroes_where_there_is_no_item), CASE(answers_other_accesses_with_ones),
	CASE(lists_files_by_name_with_keys_in_that_order),
	CASE(joins_files_and_bytes_in_one_item),
	CASE(reads_a_file_when_the_guest_does_and_zeroes_what_it_lost),
	CASE(says_of_a_file_that_cannot_be_read), CASE(transfers_to_ram_only),
	CASE(takes_a_dma_address_in_two_halves), CASE(lets_nobody_write),
	CASE(skips_as_far_as_the_end),
	CASE(forgets_its_selector_and_half_an_address_at_reset),
	CASE(reads_a_large_file_in_one_access), CASE(keeps_an_item_within_32_bits))
