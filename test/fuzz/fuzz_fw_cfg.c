/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port accesses of any kind and DMA accesses with any descriptor, in RAM that is small
 * enough to be missed. Beyond the sanitizers it holds the device to its items: what the
 * data port gives is what the item has there, and zeroes behind it.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/x86/fw_cfg.h"
#include "src/bus.h"
#include "src/guest_mem.h"
#include "test/fuzz/device.h"

#define RAM_BYTES (2u << 20)
#define ACCESS_GPA 0x100u
#define ITEM_KEY 0x11
#define ITEM_BYTES 100u

struct run {
	struct guest_mem mem;
	struct fw_cfg *fw_cfg;
	struct mmio_region *region;
	uint64_t offset; /* in the item, where known */
	bool known;
};

static void write_port(
	struct run *run, uint64_t offset, unsigned int bytes, uint64_t value)
{
	run->region->ops->write(run->region, offset, bytes, value);
}

/* Item bytes count up from one. */
static void read_data(struct run *run)
{
	uint64_t byte = run->region->ops->read(run->region, 1, 1);
	uint64_t want = run->offset < ITEM_BYTES ? run->offset + 1 : 0;

	if (run->known && byte != want)
		abort();
	run->offset++;
}

static void start_dma(struct run *run, const uint8_t *data)
{
	struct {
		uint32_t control;
		uint32_t length;
		uint64_t address;
	} access = {
		.control = htobe32((uint32_t)(data[2] & 0x3f) << 16 | data[3]),
		.length = htobe32(data[1] & 0x80 ? UINT32_MAX - data[1] : data[1]),
		.address = htobe64(
			data[1] & 0x40 ? RAM_BYTES - data[2] : (uint64_t)data[2] << 8),
	};

	memcpy(guest_mem_range(&run->mem, ACCESS_GPA, sizeof(access)), &access,
		sizeof(access));
	write_port(run, 4, 4, 0);
	write_port(run, 8, 4, htobe32(ACCESS_GPA));
	run->known = false;
}

static void step(struct run *run, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
	case 1:
		run->known = false;
		fuzz_access(run->region, data[1] % 12, data);
		break;
	case 2:
		write_port(run, 0, 2, ITEM_KEY);
		run->known = true;
		run->offset = 0;
		break;
	case 3:
		for (unsigned int i = 0; i <= data[1]; i++)
			read_data(run);
		break;
	case 4:
	case 5:
	case 6:
		start_dma(run, data);
		break;
	case 7:
		fw_cfg_reset(run->fw_cfg);
		run->known = false;
		break;
	}
}

static int add_items(struct run *run)
{
	struct fw_cfg_item *item = fw_cfg_item(run->fw_cfg, ITEM_KEY);
	int fd = memfd_create("item", MFD_CLOEXEC);
	uint8_t bytes[ITEM_BYTES];
	int rc = 0;

	for (unsigned int i = 0; i < ITEM_BYTES; i++)
		bytes[i] = (uint8_t)(i + 1);
	if (fd < 0 || pwrite(fd, bytes, ITEM_BYTES, 0) != ITEM_BYTES)
		rc = -1;
	if (!rc)
		rc = fw_cfg_append(item, bytes, 7);
	if (!rc)
		rc = fw_cfg_append_file(item, fd, 7, ITEM_BYTES - 7);
	if (!rc)
		rc = fw_cfg_append(fw_cfg_file(run->fw_cfg, "opt/f"), bytes, 1);
	if (!rc)
		rc = fw_cfg_seal(run->fw_cfg);
	close(fd);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {.fw_cfg = NULL};

	if (guest_mem_add(&run.mem, 0, RAM_BYTES, NULL) ||
		fw_cfg_create(&run.mem, 0x510, &run.fw_cfg, NULL) || add_items(&run))
		abort();
	run.region = fw_cfg_region(run.fw_cfg);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	fw_cfg_destroy(run.fw_cfg);
	guest_mem_finish(&run.mem);
	return 0;
}
