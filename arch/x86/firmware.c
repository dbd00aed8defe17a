/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The items and their keys are those of QEMU
 * (include/standard-headers/linux/qemu_fw_cfg.h and what hw/i386 puts under them), as
 * qboot, SeaBIOS and the option ROMs read them.
 */
#include "arch/x86/firmware.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/firmware_acpi.h"
#include "arch/x86/layout.h"
#include "src/boot.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/le.h"
#include "src/plan.h"
#include "src/rom.h"

#define KEY_RAM_BYTES 0x03
#define KEY_NO_GRAPHIC 0x04
#define KEY_CPUS 0x05
#define KEY_KERNEL_GPA 0x07
#define KEY_KERNEL_BYTES 0x08
#define KEY_INITRD_GPA 0x0a
#define KEY_INITRD_BYTES 0x0b
#define KEY_CPUS_MAX 0x0f
#define KEY_KERNEL_ENTRY 0x10
#define KEY_KERNEL_DATA 0x11
#define KEY_INITRD_DATA 0x12
#define KEY_CMDLINE_GPA 0x13
#define KEY_CMDLINE_BYTES 0x14
#define KEY_CMDLINE_DATA 0x15
#define KEY_SETUP_GPA 0x16
#define KEY_SETUP_BYTES 0x17
#define KEY_SETUP_DATA 0x18
#define KEY_IRQ0_OVERRIDE 0x8002

/* Where a bzImage's real-mode part runs. */
#define SETUP_GPA 0x10000u
/* So much of an ELF file goes for a setup part: firmware looks for its magic. */
#define ELF_SETUP_BYTES 8192u

/* Fields of a setup header, as offsets in the file. */
#define TYPE_OF_LOADER 0x210
#define LOADFLAGS 0x211
#define INITRD_GPA 0x218
#define INITRD_BYTES 0x21c
#define HEAP_END 0x224
#define CMDLINE_GPA 0x228

#define LOADER_QEMU 0xb0 /* the protocol is QEMU's, hence the number */
#define LOADFLAGS_HEAP 0x80
#define HEAP_END_BIAS 0x200

#define PAGE_BYTES 4096ull

#define E820_ENTRY_BYTES 20
#define E820_RAM 1

/* --- what the firmware can boot ----------------------------------------------------- */

static bool is_seabios(const uint8_t *image, size_t bytes)
{
	static const char name[] = "SeaBIOS";

	return memmem(image, bytes, name, sizeof(name) - 1);
}

static const struct config_rom *option_rom(
	const struct vm_config *config, const struct kernel_image *kernel)
{
	return kernel->x86.header_bytes ? &config->linuxboot : &config->pvh;
}

static const char *option_rom_name(const struct kernel_image *kernel)
{
	return kernel->x86.header_bytes ? "linuxboot_dma.bin" : "pvh.bin";
}

int x86_firmware_check(const struct rom *rom, const struct vm_config *config,
	const struct kernel_image *kernel, struct error *err)
{
	uint8_t *image;
	size_t bytes = 0;
	bool wants_rom;
	int rc;

	if (!config->kernel.path || !kernel->memory_bytes)
		return 0;
	if (!kernel->x86.header_bytes && kernel->x86.entry != X86_ENTRY_PVH)
		return rom_error(rom, -EINVAL, err,
			"boots a bzImage, or an ELF file with a PVH note, which "
			"kernel_rom \"%s\" has not",
			config->kernel.path);
	if (!config->isa.option_roms || option_rom(config, kernel)->path)
		return 0;
	image = malloc((size_t)rom->file_bytes);
	if (!image)
		return rom_error(rom, -ENOMEM, err, "cannot be read: no memory left");
	rc = rom_read(rom, image, (size_t)rom->file_bytes, &bytes, err);
	wants_rom = !rc && is_seabios(image, bytes);
	free(image);
	if (wants_rom)
		rc = rom_error(rom, -ENOENT, err,
			"is SeaBIOS, which boots this kernel_rom with QEMU's %s only: "
			"put "
			"that file into the --rom-dir or beside the firmware",
			option_rom_name(kernel));
	return rc;
}

/* --- filling ------------------------------------------------------------------------ */

/* Remembers the first failure, so that what is offered reads as a list. */
struct filler {
	const struct board_plan *plan;
	struct fw_cfg *fw_cfg;
	struct error *err;
	int rc;
};

static void failed(struct filler *f, int rc)
{
	if (rc && !f->rc)
		f->rc = error_set(
			f->err, rc, NULL, "an item of fw_cfg: %s", strerror(-rc));
}

static void put(struct filler *f, uint16_t key, const void *bytes, size_t count)
{
	failed(f, fw_cfg_append(fw_cfg_item(f->fw_cfg, key), bytes, count));
}

static void put_number(struct filler *f, uint16_t key, uint64_t value, unsigned int width)
{
	uint8_t bytes[8];

	le64_put(bytes, value);
	put(f, key, bytes, width);
}

static void put_named(struct filler *f, const char *name, const void *bytes, size_t count)
{
	failed(f, fw_cfg_append(fw_cfg_file(f->fw_cfg, name), bytes, count));
}

static void *allocate(struct filler *f, size_t bytes)
{
	void *ret = calloc(bytes ? bytes : 1, 1);

	if (!ret)
		failed(f, -ENOMEM);
	return ret;
}

static bool open_rom(struct filler *f, struct rom *rom, const char *what,
	const struct config_rom *config, bool unpack)
{
	int rc = f->rc ? f->rc : rom_open(rom, what, config, unpack, f->err);

	f->rc = rc;
	return !rc;
}

/* --- machine ------------------------------------------------------------------------ */

/*
 * RAM as one piece from address zero on: firmware knows by itself what is special below
 * 1 MiB, and takes its own share from the end.
 */
static void put_e820(struct filler *f)
{
	const struct board_plan *plan = f->plan;
	uint8_t map[(2 + X86_E820_MAX) * E820_ENTRY_BYTES];
	uint8_t *at = map;

	for (unsigned int i = 0; i < plan->ram_count; i++, at += E820_ENTRY_BYTES) {
		le64_put(at, plan->ram[i].gpa);
		le64_put(at + 8, plan->ram[i].bytes);
		le32_put(at + 16, E820_RAM);
	}
	for (unsigned int i = 0; i < plan->x86.e820_count; i++) {
		const struct x86_e820 *entry = &plan->x86.e820[i];

		if (entry->type == E820_RAM || entry->gpa < X86_HIGH_RAM_GPA)
			continue;
		le64_put(at, entry->gpa);
		le64_put(at + 8, entry->bytes);
		le32_put(at + 16, entry->type);
		at += E820_ENTRY_BYTES;
	}
	put_named(f, "etc/e820", map, (size_t)(at - map));
}

static void put_machine(struct filler *f)
{
	const struct board_plan *plan = f->plan;
	uint64_t ram_bytes = 0;

	for (unsigned int i = 0; i < plan->ram_count; i++)
		ram_bytes += plan->ram[i].bytes;
	put_number(f, KEY_RAM_BYTES, ram_bytes, 8);
	put_number(f, KEY_CPUS, plan->cpu_count, 2);
	put_number(f, KEY_CPUS_MAX, plan->cpu_count, 2);
	put_number(f, KEY_IRQ0_OVERRIDE, 1, 4);
	/* SeaBIOS then talks on the serial port. */
	put_number(f, KEY_NO_GRAPHIC, plan->x86.serial.count ? 1 : 0, 2);
	put_e820(f);
}

static void put_tree(struct filler *f)
{
	size_t room = (size_t)f->plan->tables.bytes;
	void *tree = room && !f->rc ? allocate(f, room) : NULL;
	size_t bytes;

	if (!tree)
		return;
	f->rc = boot_tables(f->plan, NULL, tree, room, &bytes, f->err);
	if (!f->rc)
		put_named(f, "etc/fdt", tree, bytes);
	free(tree);
}

/* --- kernel ------------------------------------------------------------------------- */

static uint64_t low_ram_end(const struct board_plan *plan)
{
	return plan->ram_count ? plan->ram[0].bytes : 0;
}

/* From there on the initrd would do; firmware and option ROMs may know better. */
static uint64_t initrd_gpa(const struct board_plan *plan)
{
	uint64_t end = low_ram_end(plan);
	uint64_t end_max = plan->files.kernel.x86.initrd_end_max;

	if (!plan->files.kernel.x86.header_bytes)
		end -= X86_FIRMWARE_RAM_BYTES;
	if (end_max && end > end_max)
		end = end_max;
	return (end - 1 - plan->files.initrd_bytes) & ~(PAGE_BYTES - 1);
}

/* What the boot protocol has a loader fill in, for the real-mode entry. */
static void fill_setup_header(const struct board_plan *plan, uint8_t *setup)
{
	setup[TYPE_OF_LOADER] = LOADER_QEMU;
	setup[LOADFLAGS] |= LOADFLAGS_HEAP;
	le16_put(setup + HEAP_END,
		(uint16_t)(X86_CMDLINE_GPA - SETUP_GPA - HEAP_END_BIAS));
	le32_put(setup + CMDLINE_GPA, (uint32_t)X86_CMDLINE_GPA);
	if (!plan->files.initrd_bytes)
		return;
	le32_put(setup + INITRD_GPA, (uint32_t)initrd_gpa(plan));
	le32_put(setup + INITRD_BYTES, (uint32_t)plan->files.initrd_bytes);
}

static void put_setup(struct filler *f, const struct rom *rom, uint32_t bytes)
{
	uint8_t *setup = f->rc ? NULL : allocate(f, bytes);
	size_t got;

	if (!setup)
		return;
	f->rc = rom_head(rom, setup, bytes, &got, f->err);
	if (f->plan->files.kernel.x86.header_bytes)
		fill_setup_header(f->plan, setup);
	put_number(f, KEY_SETUP_GPA, SETUP_GPA, 4);
	put_number(f, KEY_SETUP_BYTES, bytes, 4);
	put(f, KEY_SETUP_DATA, setup, bytes);
	free(setup);
}

/* Of a packed one there is no file to read it from when it is asked for. */
static uint64_t put_unpacked(
	struct filler *f, const struct rom *rom, struct fw_cfg_item *item, uint64_t from)
{
	uint64_t bytes = 0;
	uint8_t *image;
	size_t got = 0;

	f->rc = rom_count(rom, low_ram_end(f->plan), &bytes, f->err);
	image = f->rc ? NULL : allocate(f, (size_t)bytes);
	if (!image)
		return 0;
	f->rc = rom_read(rom, image, (size_t)bytes, &got, f->err);
	if (!f->rc && got > from)
		failed(f, fw_cfg_append(item, image + from, got - (size_t)from));
	free(image);
	return got > from ? got - from : 0;
}

static void put_bzimage(struct filler *f, const struct rom *rom)
{
	uint32_t setup_bytes = f->plan->files.kernel.x86.setup_bytes;
	struct fw_cfg_item *item = fw_cfg_item(f->fw_cfg, KEY_KERNEL_DATA);
	uint64_t bytes = 0;

	put_setup(f, rom, setup_bytes);
	if (f->rc)
		return;
	if (rom->packing != UNPACK_NONE) {
		bytes = put_unpacked(f, rom, item, setup_bytes);
	} else if (rom->file_bytes > setup_bytes) {
		bytes = rom->file_bytes - setup_bytes;
		failed(f, fw_cfg_append_file(item, rom->fd, setup_bytes, bytes));
	}
	put_number(f, KEY_KERNEL_GPA, X86_HIGH_RAM_GPA, 4);
	put_number(f, KEY_KERNEL_BYTES, bytes, 4);
}

/* The plan has it in RAM already; the firmware jumps there. */
static void put_elf(struct filler *f, const struct rom *rom)
{
	const struct board_plan *plan = f->plan;

	put_setup(f, rom, ELF_SETUP_BYTES);
	put_number(f, KEY_KERNEL_GPA, plan->kernel.gpa, 4);
	put_number(f, KEY_KERNEL_BYTES, plan->kernel.bytes, 4);
	put_number(f, KEY_KERNEL_ENTRY,
		plan->kernel.gpa + plan->files.kernel.x86.entry_offset, 4);
}

static void put_kernel(struct filler *f)
{
	struct rom rom;

	if (!open_rom(f, &rom, "kernel_rom", &f->plan->config->kernel, true))
		return;
	if (f->plan->files.kernel.x86.header_bytes)
		put_bzimage(f, &rom);
	else
		put_elf(f, &rom);
	rom_close(&rom);
	put_number(f, KEY_CMDLINE_GPA, X86_CMDLINE_GPA, 4);
	put_number(f, KEY_CMDLINE_BYTES, strlen(f->plan->bootargs) + 1, 4);
	put(f, KEY_CMDLINE_DATA, f->plan->bootargs, strlen(f->plan->bootargs) + 1);
}

static void put_initrds(struct filler *f)
{
	static const uint8_t padding[BOOT_INITRD_ALIGN_BYTES];
	const struct vm_config *config = f->plan->config;
	struct fw_cfg_item *item;

	if (!config->initrd_count)
		return;
	item = fw_cfg_item(f->fw_cfg, KEY_INITRD_DATA);
	for (unsigned int i = 0; i < config->initrd_count; i++) {
		struct rom rom;

		if (!open_rom(f, &rom, "initrd_rom", &config->initrds[i], false))
			return;
		failed(f, fw_cfg_append_file(item, rom.fd, 0, rom.file_bytes));
		failed(f, fw_cfg_append(item, padding,
				  -rom.file_bytes & (BOOT_INITRD_ALIGN_BYTES - 1)));
		rom_close(&rom);
	}
	put_number(f, KEY_INITRD_GPA, initrd_gpa(f->plan), 4);
	put_number(f, KEY_INITRD_BYTES, f->plan->files.initrd_bytes, 4);
}

/* Firmware that boots no kernel itself runs it, and before any disk. */
static void put_option_rom(struct filler *f)
{
	const struct kernel_image *kernel = &f->plan->files.kernel;
	const struct config_rom *config = option_rom(f->plan->config, kernel);
	char name[FW_CFG_NAME_BYTES];
	char order[FW_CFG_NAME_BYTES + 8];
	struct rom rom;

	if (!config->path || !open_rom(f, &rom, "option ROM", config, false))
		return;
	snprintf(name, sizeof(name), "genroms/%s", option_rom_name(kernel));
	snprintf(order, sizeof(order), "/rom@%s\n", name);
	failed(f, fw_cfg_append_file(
			  fw_cfg_file(f->fw_cfg, name), rom.fd, 0, rom.file_bytes));
	rom_close(&rom);
	put_named(f, "bootorder", order, strlen(order) + 1);
}

int x86_firmware_fill(
	const struct board_plan *plan, struct fw_cfg *fw_cfg, struct error *err)
{
	struct filler filler = {.plan = plan, .fw_cfg = fw_cfg, .err = err};
	struct filler *f = &filler;
	const struct vm_config *config = plan->config;

	if (config->firmware.path) {
		put_machine(f);
		put_tree(f);
		if (plan->x86.acpi && !f->rc)
			f->rc = x86_firmware_put_acpi(plan, fw_cfg, err);
		if (config->kernel.path) {
			put_kernel(f);
			put_initrds(f);
			put_option_rom(f);
		}
	}
	if (!f->rc)
		f->rc = fw_cfg_add_configured(fw_cfg, config, err);
	failed(f, fw_cfg_seal(fw_cfg));
	return f->rc;
}
