/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to loaded guest RAM. */
#include "src/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "src/board.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/rom.h"

static void *ram_at(const struct guest_mem *mem, const struct plan_range *range,
	const char *what, struct error *err)
{
	void *hva = guest_mem_range(mem, range->gpa, range->bytes);

	if (!hva)
		error_set(err, -EFAULT, NULL,
			"the %s at 0x%" PRIx64 " is not in guest RAM", what, range->gpa);
	return hva;
}

/* Bytes of the file, at offset from where the kernel is. */
static int load_segments(const struct board_plan *plan, const struct guest_mem *mem,
	const struct rom *rom, struct error *err)
{
	const struct kernel_image *image = &plan->files.kernel;
	struct rom_part parts[KERNEL_SEGMENTS_MAX];
	int rc = 0;

	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *segment = &image->segments[i];
		struct plan_range range = {
			plan->kernel.gpa + segment->offset, segment->file_bytes};

		parts[i] = (struct rom_part){segment->file_offset,
			(size_t)segment->file_bytes, ram_at(mem, &range, "kernel", err)};
		if (!parts[i].buf)
			return -EFAULT;
	}
	if (plan->config->memory.image != CONFIG_IMAGE_MAP)
		return rom_read_parts(rom, parts, image->segment_count, err);
	for (unsigned int i = 0; !rc && i < image->segment_count; i++)
		rc = rom_map_part(rom, &parts[i], err);
	return rc;
}

static int load_kernel(
	const struct board_plan *plan, struct guest_mem *mem, struct error *err)
{
	const struct vm_config *config = plan->config;
	struct rom rom;
	size_t bytes;
	void *hva;
	int rc;

	if (!plan->kernel.bytes)
		return 0;
	hva = ram_at(mem, &plan->kernel, "kernel", err);
	if (!hva)
		return -EFAULT;
	rc = rom_open(&rom, "kernel_rom", &config->kernel, true, err);
	if (rc)
		return rc;
	if (plan->files.kernel.segment_count)
		rc = load_segments(plan, mem, &rom, err);
	else if (config->memory.image == CONFIG_IMAGE_MAP)
		rc = rom_map_into(&rom, hva, (size_t)plan->kernel.bytes, err);
	else
		rc = rom_read(&rom, hva, (size_t)plan->kernel.bytes, &bytes, err);
	rom_close(&rom);
	if (config->memory.image == CONFIG_IMAGE_MAP)
		guest_mem_mark_mapped(mem, hva, plan->kernel.bytes);
	return rc;
}

/* At the end of its memory, where the CPU's first instruction is. */
static int load_firmware(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	const struct plan_range *room = &plan->firmware;
	uint64_t bytes = plan->files.firmware_bytes;
	struct plan_range range = {room->gpa + room->bytes - bytes, bytes};
	struct rom_part part = {0, (size_t)bytes, NULL};
	struct rom rom;
	int rc;

	if (!room->bytes)
		return 0;
	part.buf = ram_at(mem, &range, "firmware", err);
	if (!part.buf)
		return -EFAULT;
	rc = rom_open(&rom, "firmware_rom", &plan->config->firmware, false, err);
	if (rc)
		return rc;
	if (rom.file_bytes != bytes)
		rc = rom_error(&rom, -EBADMSG, err, "has changed since it was measured");
	else
		rc = rom_read_parts(&rom, &part, 1, err);
	rom_close(&rom);
	return rc;
}

/* The padding between them is zero, as fresh RAM is. */
static int load_initrds(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	uint8_t *at;
	size_t left = (size_t)plan->initrd.bytes;

	if (!left)
		return 0;
	at = ram_at(mem, &plan->initrd, "initrd", err);
	if (!at)
		return -EFAULT;
	for (unsigned int i = 0; i < plan->config->initrd_count; i++) {
		struct rom rom;
		size_t bytes;
		int rc = rom_open(
			&rom, "initrd_rom", &plan->config->initrds[i], false, err);

		if (rc)
			return rc;
		rc = rom_read(&rom, at, left, &bytes, err);
		rom_close(&rom);
		if (rc)
			return rc;
		bytes += -bytes & (BOOT_INITRD_ALIGN_BYTES - 1);
		at += bytes;
		left -= bytes < left ? bytes : left;
	}
	return 0;
}

int boot_tables(const struct board_plan *plan, const struct boot_seed *seed, void *buf,
	size_t room, size_t *ret_bytes, struct error *err)
{
	const struct config_rom *config = &plan->config->dtb_overlay;
	void *overlay = NULL;
	size_t overlay_bytes = 0;
	struct rom rom;
	int rc;

	if (!config->path)
		return plan->board->write_tables(
			plan, seed, NULL, 0, buf, room, ret_bytes, err);
	rc = rom_open(&rom, "dtb_overlay_rom", config, false, err);
	if (rc)
		return rc;
	overlay = malloc((size_t)plan->files.overlay_bytes);
	if (overlay)
		rc = rom_read(&rom, overlay, (size_t)plan->files.overlay_bytes,
			&overlay_bytes, err);
	else
		rc = rom_error(&rom, -ENOMEM, err, "cannot be read: no memory left");
	rom_close(&rom);
	if (!rc)
		rc = plan->board->write_tables(
			plan, seed, overlay, overlay_bytes, buf, room, ret_bytes, err);
	free(overlay);
	return rc;
}

static int load_tables(const struct board_plan *plan, const struct guest_mem *mem,
	const struct boot_seed *seed, size_t *ret_bytes, struct error *err)
{
	void *tables;

	if (!plan->tables.gpa)
		return 0;
	tables = ram_at(mem, &plan->tables, "device tree", err);
	return tables ? boot_tables(plan, seed, tables, (size_t)plan->tables.bytes,
				ret_bytes, err)
		      : -EFAULT;
}

int boot_load(const struct board_plan *plan, struct guest_mem *mem, struct error *err)
{
	struct boot_seed fresh;
	/* A host that has no entropy yet must not hold up its guest: no seed then. */
	bool seeded = getrandom(&fresh, sizeof(fresh), GRND_NONBLOCK) == sizeof(fresh);
	const struct boot_seed *seed = seeded ? &fresh : NULL;
	size_t tree_bytes = 0;
	int rc = load_firmware(plan, mem, err);

	if (!rc)
		rc = load_kernel(plan, mem, err);
	if (!rc)
		rc = load_initrds(plan, mem, err);
	if (!rc)
		rc = load_tables(plan, mem, seed, &tree_bytes, err);
	if (!rc && plan->board->load)
		rc = plan->board->load(plan, mem, tree_bytes, seed, err);
	explicit_bzero(&fresh, sizeof(fresh));
	return rc;
}
