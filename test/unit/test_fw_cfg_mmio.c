/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of an ARM board's fw_cfg; items and DMA are those of test_fw_cfg.c. */
#include "src/fw_cfg.h"

#include <endian.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/guest_mem.h"
#include "test/unit/test.h"

#define GPA 0x09020000ull
#define SELECTOR (GPA + 8)
#define DMA (GPA + 16)
#define RAM_GPA 0x40000000ull
#define RAM_BYTES (4ull << 20)
#define KEY 0x07

#define READ 2u
#define SELECT 8u

struct bench {
	struct guest_mem mem;
	struct bus bus;
	struct fw_cfg *fw_cfg;
};

static void bench_init(struct bench *bench)
{
	*bench = (struct bench){.bus.stray_ones = false};
	CHECK_EQ(guest_mem_add(&bench->mem, RAM_GPA, RAM_BYTES, NULL), 0);
	CHECK_EQ(fw_cfg_create(&bench->mem, FW_CFG_MMIO, GPA, &bench->fw_cfg, NULL), 0);
	CHECK_EQ(bus_add(&bench->bus, fw_cfg_region(bench->fw_cfg), NULL), 0);
	CHECK_EQ(fw_cfg_append(fw_cfg_item(bench->fw_cfg, KEY), "0123456789abcdef", 16),
		0);
}

static void bench_finish(struct bench *bench)
{
	fw_cfg_destroy(bench->fw_cfg);
	guest_mem_finish(&bench->mem);
}

static uint64_t read_at(struct bench *bench, uint64_t gpa, unsigned int bytes)
{
	uint64_t value;

	CHECK(bus_read(&bench->bus, gpa, bytes, &value));
	return value;
}

static void write_at(
	struct bench *bench, uint64_t gpa, unsigned int bytes, uint64_t value)
{
	CHECK(bus_write(&bench->bus, gpa, bytes, value));
}

static void select_key(struct bench *bench, uint16_t key)
{
	write_at(bench, SELECTOR, 2, htobe16(key));
}

/* What the guest has in memory after a load of so many bytes and a store of them. */
static const char *data(struct bench *bench, unsigned int bytes)
{
	static char text[9];
	uint64_t value = htole64(read_at(bench, GPA, bytes));

	memset(text, 0, sizeof(text));
	memcpy(text, &value, sizeof(value));
	return text;
}

TEST(reads_data_by_one_to_eight_bytes_in_their_order)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_STR(data(&bench, 4), "QEMU");
	select_key(&bench, KEY);
	CHECK_STR(data(&bench, 1), "0");
	CHECK_STR(data(&bench, 2), "12");
	CHECK_STR(data(&bench, 4), "3456");
	CHECK_STR(data(&bench, 8), "789abcde");
	CHECK_STR(data(&bench, 4), "f");
	CHECK_EQ(read_at(&bench, GPA, 8), 0);
	bench_finish(&bench);
}

TEST(answers_other_accesses_with_zero)
{
	static const struct {
		uint64_t gpa;
		unsigned int bytes;
	} reads[] = {{GPA + 1, 1}, {GPA + 4, 4}, {SELECTOR, 2}, {SELECTOR, 8},
		{SELECTOR + 2, 2}};
	static const struct {
		uint64_t gpa;
		unsigned int bytes;
	} writes[] = {{GPA, 1}, {GPA, 8}, {SELECTOR, 1}, {SELECTOR, 4}, {SELECTOR, 8},
		{SELECTOR + 2, 2}, {DMA, 1}, {DMA, 2}, {DMA + 2, 2}, {DMA + 4, 2}};
	struct bench bench;

	bench_init(&bench);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		CHECK_EQ(read_at(&bench, reads[i].gpa, reads[i].bytes), 0);
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		write_at(&bench, writes[i].gpa, writes[i].bytes, htobe64(KEY));
	CHECK_STR(data(&bench, 8), "QEMU");
	bench_finish(&bench);
}

TEST(shows_that_it_has_dma)
{
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	value = htole64(read_at(&bench, DMA, 8));
	CHECK_EQ(memcmp(&value, "QEMU CFG", 8), 0);
	CHECK_EQ(read_at(&bench, DMA + 4, 4), 0x47464320);
	select_key(&bench, 1);
	CHECK_EQ(read_at(&bench, GPA, 4), 3);
	bench_finish(&bench);
}

static void place_access(struct bench *bench, uint32_t control, uint32_t bytes)
{
	struct {
		uint32_t control;
		uint32_t length;
		uint64_t address;
	} access = {htobe32(control), htobe32(bytes), htobe64(RAM_GPA + 4096)};

	memcpy(bench->mem.regions[0].hva, &access, sizeof(access));
	memset(bench->mem.regions[0].hva + 4096, 0xff, bytes + 1);
}

TEST(takes_a_dma_address_whole_or_in_halves)
{
	static const uint32_t control = KEY << 16 | SELECT | READ;
	struct bench bench;
	const uint8_t *ram;

	bench_init(&bench);
	ram = bench.mem.regions[0].hva;
	place_access(&bench, control, 16);
	write_at(&bench, DMA, 8, htobe64(RAM_GPA));
	CHECK_EQ(memcmp(ram, "\0\0\0\0", 4), 0);
	CHECK_EQ(memcmp(ram + 4096, "0123456789abcdef\xff", 17), 0);
	place_access(&bench, control, 4);
	write_at(&bench, DMA, 4, htobe32((uint32_t)(RAM_GPA >> 32)));
	CHECK_EQ(ram[4096], 0xff);
	write_at(&bench, DMA + 4, 4, htobe32((uint32_t)RAM_GPA));
	CHECK_EQ(memcmp(ram + 4096, "0123\xff", 5), 0);
	/* Half an address of before is none of a whole one. */
	place_access(&bench, control, 4);
	write_at(&bench, DMA, 4, htobe32(7));
	write_at(&bench, DMA, 8, htobe64(RAM_GPA));
	CHECK_EQ(memcmp(ram + 4096, "0123\xff", 5), 0);
	place_access(&bench, control, 4);
	write_at(&bench, DMA + 4, 4, htobe32((uint32_t)RAM_GPA));
	CHECK_EQ(memcmp(ram + 4096, "0123\xff", 5), 0);
	bench_finish(&bench);
}

TEST(reads_a_mebibyte_by_data_and_by_dma)
{
	const uint32_t bytes = 1 << 20;
	int fd = memfd_create("item", MFD_CLOEXEC);
	struct bench bench;
	uint8_t *ram;

	bench_init(&bench);
	ram = bench.mem.regions[0].hva + 4096;
	for (uint32_t i = 0; i < bytes; i += 4)
		CHECK_EQ(pwrite(fd, &i, 4, i), 4);
	CHECK_EQ(fw_cfg_append_file(fw_cfg_file(bench.fw_cfg, "opt/f"), fd, 0, bytes), 0);
	CHECK_EQ(fw_cfg_seal(bench.fw_cfg), 0);
	place_access(&bench, 0x20 << 16 | SELECT | READ, bytes);
	write_at(&bench, DMA, 8, htobe64(RAM_GPA));
	select_key(&bench, 0x20);
	for (uint32_t i = 0; i < bytes; i += 8) {
		uint64_t value = htole64(read_at(&bench, GPA, 8));

		CHECK_EQ(memcmp(ram + i, &value, 8), 0);
		CHECK_EQ(le32toh((uint32_t)le64toh(value)), i);
	}
	CHECK_EQ(ram[bytes], 0xff);
	bench_finish(&bench);
	close(fd);
}

TEST_MAIN(CASE(reads_data_by_one_to_eight_bytes_in_their_order),
	CASE(answers_other_accesses_with_zero), CASE(shows_that_it_has_dma),
	CASE(takes_a_dma_address_whole_or_in_halves),
	CASE(reads_a_mebibyte_by_data_and_by_dma))
