/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses of any kind to the ports or, by the input's first byte, the registers of ARM,
 * and DMA accesses with any descriptor, in RAM that is small enough to be missed. Beyond
 * the sanitizers it holds the device to its items: what the data register gives is what
 * the item has there, and zeroes behind it.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/fw_cfg.h"
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
	enum fw_cfg_form form;
	uint64_t offset; /* in the item, where known */
	bool known;
};

static void write_register(
	struct run *run, uint64_t offset, unsigned int bytes, uint64_t value)
{
	run->region->ops->write(run->region, offset, bytes, value);
}

static void select_item(struct run *run)
{
	if (run->form == FW_CFG_PORTS)
		write_register(run, 0, 2, ITEM_KEY);
	else
		write_register(run, 8, 2, htobe16(ITEM_KEY));
	run->known = true;
	run->offset = 0;
}

static void start_access(struct run *run, bool whole)
{
	uint64_t dma = run->form == FW_CFG_PORTS ? 4 : 16;

	if (whole && run->form == FW_CFG_MMIO) {
		write_register(run, dma, 8, htobe64(ACCESS_GPA));
	} else {
		write_register(run, dma, 4, 0);
		write_register(run, dma + 4, 4, htobe32(ACCESS_GPA));
	}
	run->known = false;
}

/* Item bytes count up from one. */
static void read_data(struct run *run)
{
	uint64_t data = run->form == FW_CFG_PORTS ? 1 : 0;
	uint64_t byte = run->region->ops->read(run->region, data, 1);
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
	start_access(run, data[0] & 8);
}

static void step(struct run *run, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
	case 1:
		run->known = false;
		fuzz_access(run->region, data[1] % run->region->bytes, data);
		break;
	case 2:
		select_item(run);
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
	struct run run = {.form = bytes && data[0] & 0x10 ? FW_CFG_MMIO : FW_CFG_PORTS};

	if (guest_mem_add(&run.mem, 0, RAM_BYTES, NULL) ||
		fw_cfg_create(&run.mem, run.form, 0x510, &run.fw_cfg, NULL) ||
		add_items(&run))
		abort();
	run.region = fw_cfg_region(run.fw_cfg);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	fw_cfg_destroy(run.fw_cfg);
	guest_mem_finish(&run.mem);
	return 0;
}
