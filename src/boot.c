/* SPDX-License-Identifier: Apache-2.0 */
#include "src/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "src/board.h"
#include "src/error.h"
#include "src/file_kind.h"
#include "src/guest_mem.h"
#include "src/rom.h"

/* Far more than a device tree may have; keeps a wrong file out of memory. */
#define OVERLAY_BYTES_MAX (2u << 20)
/* Linux wants each archive of an initramfs to begin on a multiple of four. */
#define INITRD_ALIGN_BYTES 4
/* Keeps sums of file sizes from wrapping; no RAM is that large. */
#define FILE_BYTES_MAX (1ull << 52)

static const char dtb_magic[4] = {'\xd0', '\x0d', '\xfe', '\xed'};

/* --- measuring ---------------------------------------------------------------------- */

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
	if (!rc && bytes < ret->memory_bytes && (bytes || rom->packing == UNPACK_ZSTD))
		return 0;
	rc = rom_count(rom, config->ram_size_bytes, &bytes, err);
	if (rc == -EFBIG)
		return rom_error(rom, rc, err,
			"unpacks to more than the %" PRIu64
			" MiB of ram_size: make that larger",
			config->ram_size_bytes >> 20);
	return rc ? rc : read_header(board, rom, bytes, ret, err);
}

static int measure_kernel(const struct board *board, const struct vm_config *config,
	struct kernel_image *ret, struct error *err)
{
	struct rom rom;
	int rc = rom_open(&rom, "kernel_rom", &config->kernel, true, err);

	if (rc)
		return rc;
	if (config->image == CONFIG_IMAGE_MAP && rom.packing != UNPACK_NONE)
		rc = rom_error(&rom, -EINVAL, err,
			"is %s-compressed and cannot be mapped: unpack it, or leave out "
			"<memory image=\"map\"/>",
			unpack_name(rom.packing));
	else
		rc = measure_kernel_rom(board, config, &rom, ret, err);
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
		*total_bytes += (rom.file_bytes + INITRD_ALIGN_BYTES - 1) /
				INITRD_ALIGN_BYTES * INITRD_ALIGN_BYTES;
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

int boot_measure(const struct board *board, const struct vm_config *config,
	struct boot_files *ret, struct problems *problems)
{
	struct boot_files files = {0};
	unsigned int before = problems->count;
	struct error err;

	if (measure_kernel(board, config, &files.kernel, &err)) {
		files.kernel = (struct kernel_image){0};
		problems_add_error(problems, &err);
	}
	for (unsigned int i = 0; i < config->initrd_count; i++)
		if (measure_initrd(&config->initrds[i], &files.initrd_bytes, &err))
			problems_add_error(problems, &err);
	if (config->dtb_overlay.path &&
		measure_overlay(&config->dtb_overlay, &files.overlay_bytes, &err))
		problems_add_error(problems, &err);
	*ret = files;
	return problems->count == before ? 0 : -EINVAL;
}

/* What only applying it shows. */
static int try_overlay(const struct board_plan *plan, struct problems *problems)
{
	struct error err = {0};
	size_t room = (size_t)plan->tables.bytes;
	void *buf = malloc(room);
	size_t bytes;
	int rc;

	if (!buf)
		return problems_add(problems, &plan->config->dtb_overlay.pos,
			"no memory left to try the overlay");
	rc = boot_tables(plan, NULL, buf, room, &bytes, &err);
	if (rc)
		problems_add_error(problems, &err);
	free(buf);
	return rc;
}

int boot_plan(const struct vm_config *config, const struct host_caps *caps,
	struct board_plan **ret, struct problems *problems)
{
	const struct board *board =
		board_for(config->arch == CONFIG_ARCH_AUTO ? caps->arch : config->arch);
	struct board_plan *plan = NULL;
	struct boot_files files;
	int measured;
	int rc;

	if (!board)
		return problems_add(problems, &config->pos,
			"this build has no board for the guest's arch: see "
			"bonsai --version");
	/* Files that are wrong hide no other problem: the rest is planned without them.
	 */
	measured = boot_measure(board, config, &files, problems);
	rc = board_plan_create(board, config, caps, &files, &plan, problems);
	if (!rc)
		rc = measured;
	if (!rc && config->dtb_overlay.path)
		rc = try_overlay(plan, problems);
	if (rc) {
		board_plan_destroy(plan);
		return rc;
	}
	*ret = plan;
	return 0;
}

/* --- loading ------------------------------------------------------------------------ */

static void *ram_at(const struct guest_mem *mem, const struct plan_range *range,
	const char *what, struct error *err)
{
	void *hva = guest_mem_range(mem, range->gpa, range->bytes);

	if (!hva)
		error_set(err, -EFAULT, NULL,
			"the %s at 0x%" PRIx64 " is not in guest RAM", what, range->gpa);
	return hva;
}

static int load_kernel(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	const struct vm_config *config = plan->config;
	void *hva = ram_at(mem, &plan->kernel, "kernel", err);
	struct rom rom;
	size_t bytes;
	int rc;

	if (!hva)
		return -EFAULT;
	rc = rom_open(&rom, "kernel_rom", &config->kernel, true, err);
	if (rc)
		return rc;
	if (config->image == CONFIG_IMAGE_MAP)
		rc = rom_map_into(&rom, hva, (size_t)plan->kernel.bytes, err);
	else
		rc = rom_read(&rom, hva, (size_t)plan->kernel.bytes, &bytes, err);
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
		bytes += -bytes & (INITRD_ALIGN_BYTES - 1);
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

int boot_load(const struct board_plan *plan, struct guest_mem *mem, struct error *err)
{
	struct boot_seed seed;
	size_t bytes;
	/* A host that has no entropy yet must not hold up its guest: no seed then. */
	bool seeded = getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed);
	void *tables = ram_at(mem, &plan->tables, "device tree", err);
	int rc;

	if (!tables)
		return -EFAULT;
	rc = load_kernel(plan, mem, err);
	if (!rc)
		rc = load_initrds(plan, mem, err);
	if (!rc)
		rc = boot_tables(plan, seeded ? &seed : NULL, tables,
			(size_t)plan->tables.bytes, &bytes, err);
	explicit_bzero(&seed, sizeof(seed));
	return rc;
}
