/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot files are and need, without loading them. */
#include "src/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "src/board.h"
#include "src/error.h"
#include "src/file_kind.h"
#include "src/rom.h"

/* Far more than a device tree may have; keeps a wrong file out of memory. */
#define OVERLAY_BYTES_MAX (2u << 20)
/* Keeps sums of file sizes from wrapping; no RAM is that large. */
#define FILE_BYTES_MAX (1ull << 52)

static const char dtb_magic[4] = {'\xd0', '\x0d', '\xfe', '\xed'};

static int read_header(const struct board *board, const struct rom *rom, uint64_t bytes,
	struct kernel_image *ret, struct error *err)
{
	uint8_t head[FILE_KIND_HEAD_BYTES];
	struct error cause;
	size_t got;
	int rc = rom_head(rom, head, sizeof(head), &got, err);

	if (rc)
		return rc;
	rc = board->read_kernel(head, got, bytes, rom, &rom->config->pos, ret, &cause);
	return rc ? rom_error(rom, rc, err, "%s", cause.text) : 0;
}

/* Of segments the reader knows that the claim covers them; the rest of the file is free.
 */
static bool claim_fits(const struct kernel_image *image, uint64_t bytes)
{
	return image->memory_bytes &&
	       (image->segment_count || bytes < image->memory_bytes);
}

/*
 * The header says how much memory a kernel needs, so that a packed one is not unpacked
 * twice. Where what the packer said of its size does not agree with that, it is counted.
 */
static int measure_kernel_rom(const struct board *board, const struct vm_config *config,
	const struct rom *rom, struct kernel_image *ret, struct error *err)
{
	uint64_t bytes;
	int rc = rom_claim(rom, &bytes, err);

	if (rc)
		return rc;
	if (bytes > FILE_BYTES_MAX)
		return rom_error(rom, -EFBIG, err, "is larger than any RAM");
	rc = read_header(board, rom, bytes, ret, err);
	if (rom->packing == UNPACK_NONE || (rc && rc != -EBADMSG))
		return rc;
	/* zstd may say nothing of its size; a gzip trailer that makes no sense is cut. */
	if (!rc && claim_fits(ret, bytes) && (bytes || rom->packing == UNPACK_ZSTD))
		return 0;
	rc = rom_count(rom, config->ram_size_bytes, &bytes, err);
	if (rc == -EFBIG)
		return rom_error(rom, rc, err,
			"unpacks to more than the %" PRIu64
			" MiB of ram_size: make that larger",
			config->ram_size_bytes >> 20);
	return rc ? rc : read_header(board, rom, bytes, ret, err);
}

/* A part is mapped page by page, so its pages must be those of guest RAM. */
static int check_mappable(
	const struct rom *rom, const struct kernel_image *image, struct error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *segment = &image->segments[i];

		if ((image->load_offset + segment->offset - segment->file_offset) % page)
			return rom_error(rom, -EINVAL, err,
				"has its pages at other offsets than in memory and "
				"cannot be mapped: leave out <memory image=\"map\"/>");
	}
	return 0;
}

static int measure_kernel(const struct board *board, const struct vm_config *config,
	struct kernel_image *ret, struct error *err)
{
	struct rom rom;
	int rc = rom_open(&rom, "kernel_rom", &config->kernel, true, err);

	if (rc)
		return rc;
	if (config->memory.image == CONFIG_IMAGE_MAP && rom.packing != UNPACK_NONE)
		rc = rom_error(&rom, -EINVAL, err,
			"is %s-compressed and cannot be mapped: unpack it, or leave out "
			"<memory image=\"map\"/>",
			unpack_name(rom.packing));
	else
		rc = measure_kernel_rom(board, config, &rom, ret, err);
	if (!rc && config->memory.image == CONFIG_IMAGE_MAP)
		rc = check_mappable(&rom, ret, err);
	rom_close(&rom);
	return rc;
}

/* Anything may be an initrd but plain text; the guest unpacks it. */
static int measure_initrd(
	const struct config_rom *config, uint64_t *total_bytes, struct error *err)
{
	uint8_t head[FILE_KIND_HEAD_BYTES];
	const char *kind;
	struct rom rom;
	size_t got;
	int rc = rom_open(&rom, "initrd_rom", config, false, err);

	if (rc)
		return rc;
	rc = rom_head(&rom, head, sizeof(head), &got, err);
	kind = rc ? NULL : file_kind(head, got);
	if (kind && strcmp(kind, "a text file") == 0)
		rc = rom_error(&rom, -EINVAL, err, "is a text file, no initramfs");
	else if (!rc && rom.file_bytes > FILE_BYTES_MAX)
		rc = rom_error(&rom, -EFBIG, err, "is larger than any RAM");
	else if (!rc)
		*total_bytes += (rom.file_bytes + BOOT_INITRD_ALIGN_BYTES - 1) /
				BOOT_INITRD_ALIGN_BYTES * BOOT_INITRD_ALIGN_BYTES;
	rom_close(&rom);
	return rc;
}

static int measure_overlay(
	const struct config_rom *config, uint64_t *ret_bytes, struct error *err)
{
	char magic[sizeof(dtb_magic)];
	struct rom rom;
	size_t got;
	int rc = rom_open(&rom, "dtb_overlay_rom", config, false, err);

	if (rc)
		return rc;
	rc = rom_head(&rom, magic, sizeof(magic), &got, err);
	if (!rc && (got < sizeof(magic) || memcmp(magic, dtb_magic, sizeof(magic)) != 0))
		rc = rom_error(&rom, -EINVAL, err,
			"is no compiled device tree overlay: make it with "
			"dtc -@ -I dts -O dtb");
	else if (!rc && rom.file_bytes > OVERLAY_BYTES_MAX)
		rc = rom_error(&rom, -EFBIG, err, "has %" PRIu64 " bytes, at most %u fit",
			rom.file_bytes, OVERLAY_BYTES_MAX);
	else if (!rc)
		*ret_bytes = rom.file_bytes;
	rom_close(&rom);
	return rc;
}

/* On a board that takes none the planner says so. */
static int measure_firmware(const struct board *board, const struct vm_config *config,
	struct boot_files *files, struct error *err)
{
	struct rom rom;
	int rc = rom_open(&rom, "firmware_rom", &config->firmware, false, err);

	if (rc)
		return rc;
	if (rom.file_bytes % board->firmware_step_bytes ||
		rom.file_bytes > board->firmware_bytes_max)
		rc = rom_error(&rom, -EINVAL, err,
			"has %" PRIu64 " bytes, a firmware has a multiple of %" PRIu32
			" KiB and at most %" PRIu32 " KiB",
			rom.file_bytes, board->firmware_step_bytes >> 10,
			board->firmware_bytes_max >> 10);
	else
		files->firmware_bytes = rom.file_bytes;
	if (!rc && board->check_firmware)
		rc = board->check_firmware(&rom, config, &files->kernel, err);
	rom_close(&rom);
	return rc;
}

int boot_measure(const struct board *board, const struct vm_config *config,
	struct boot_files *ret, struct problems *problems)
{
	struct boot_files files = {0};
	unsigned int before = problems->count;
	struct error err;

	if (config->kernel.path && measure_kernel(board, config, &files.kernel, &err)) {
		files.kernel = (struct kernel_image){0};
		problems_add_error(problems, &err);
	}
	for (unsigned int i = 0; i < config->initrd_count; i++)
		if (measure_initrd(&config->initrds[i], &files.initrd_bytes, &err))
			problems_add_error(problems, &err);
	if (config->dtb_overlay.path &&
		measure_overlay(&config->dtb_overlay, &files.overlay_bytes, &err))
		problems_add_error(problems, &err);
	if (config->firmware.path && board->firmware_bytes_max &&
		measure_firmware(board, config, &files, &err))
		problems_add_error(problems, &err);
	*ret = files;
	return problems->count == before ? 0 : -EINVAL;
}
