/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/firmware.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/x86/acpi.h"
#include "arch/x86/layout.h"
#include "src/board.h"
#include "src/bus.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/guest_mem.h"
#include "src/rom.h"
#include "test/unit/pack.h"
#include "test/unit/test.h"
#include "test/unit/x86_fixture.h"

#define SETUP_BYTES 1024u
#define KERNEL_BYTES 5000u
#define TABLES_AT 0x100u

#define KEY_NONE 0xffff

static struct error err;
static char firmware_path[] = "bios.bin";
static uint8_t image[SETUP_BYTES + KERNEL_BYTES];

struct rig {
	struct x86_fixture fixture;
	struct guest_mem mem;
	struct fw_cfg *fw_cfg;
	struct mmio_region *region;
	char dir[64];
	char paths[4][96];
	unsigned int path_count;
};

/* --- files -------------------------------------------------------------------------- */

static char *write_file(
	struct rig *rig, const char *name, const void *bytes, size_t count)
{
	char *path = rig->paths[rig->path_count++];
	int fd;

	snprintf(path, sizeof(rig->paths[0]), "%s/%s", rig->dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, bytes, count) == (ssize_t)count);
	close(fd);
	return path;
}

static void rig_init(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	x86_fixture_init(&rig->fixture);
	rig->fixture.config.firmware.path = firmware_path;
	rig->fixture.config.isa.option_roms = true;
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test_x86_firmware.XXXXXX");
	CHECK(mkdtemp(rig->dir));
}

static void rig_finish(struct rig *rig)
{
	fw_cfg_destroy(rig->fw_cfg);
	for (unsigned int i = 0; i < rig->path_count; i++)
		CHECK_EQ(unlink(rig->paths[i]), 0);
	CHECK_EQ(rmdir(rig->dir), 0);
}

/* Its bytes count up, but for those that make it one. */
static void make_bzimage(struct rig *rig, bool packed)
{
	struct x86_kernel *kernel = &rig->fixture.plan.files.kernel.x86;
	static uint8_t gzip[PACK_ROOM(sizeof(image))];
	const uint8_t *bytes = packed ? gzip : image;
	size_t count = sizeof(image);

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7);
	memcpy(image + 0x202, "HdrS", 4);
	image[0x211] = 1;
	if (packed)
		count = pack_gzip(gzip, image, sizeof(image));
	rig->fixture.config.kernel.path = write_file(rig, "bzImage", bytes, count);
	rig->fixture.plan.files.kernel.memory_bytes = 1 << 20;
	kernel->setup_bytes = SETUP_BYTES;
	kernel->header_bytes = 0x77;
	kernel->initrd_end_max = 0x80000000;
}

/* --- the guest's side --------------------------------------------------------------- */

static int fill(struct rig *rig)
{
	fw_cfg_destroy(rig->fw_cfg);
	CHECK_EQ(fw_cfg_create(&rig->mem, FW_CFG_PORTS, 0x510, &rig->fw_cfg, NULL), 0);
	rig->region = fw_cfg_region(rig->fw_cfg);
	return x86_firmware_fill(&rig->fixture.plan, rig->fw_cfg, &err);
}

static void read_next(struct rig *rig, void *buf, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((uint8_t *)buf)[i] = (uint8_t)rig->region->ops->read(rig->region, 1, 1);
}

static void read_key(struct rig *rig, uint16_t key, void *buf, size_t count)
{
	rig->region->ops->write(rig->region, 0, 2, key);
	read_next(rig, buf, count);
}

static uint64_t number(struct rig *rig, uint16_t key, unsigned int width)
{
	uint8_t bytes[8];

	read_key(rig, key, bytes, width);
	return x86_read(bytes, width);
}

/* Its key, and its size in *ret_bytes; KEY_NONE where there is none. */
static uint16_t find(struct rig *rig, const char *name, size_t *ret_bytes)
{
	struct {
		uint32_t bytes;
		uint16_t key;
		uint16_t reserved;
		char name[56];
	} entry;
	uint32_t count;

	read_key(rig, 0x19, &count, sizeof(count));
	for (uint32_t i = 0; i < be32toh(count); i++) {
		read_next(rig, &entry, sizeof(entry));
		if (strcmp(entry.name, name) != 0)
			continue;
		*ret_bytes = be32toh(entry.bytes);
		return be16toh(entry.key);
	}
	*ret_bytes = 0;
	return KEY_NONE;
}

static size_t read_file(struct rig *rig, const char *name, void *buf, size_t room)
{
	size_t bytes;
	uint16_t key = find(rig, name, &bytes);

	CHECK(key != KEY_NONE && bytes <= room);
	if (key == KEY_NONE || bytes > room)
		return 0;
	read_key(rig, key, buf, bytes);
	return bytes;
}

static bool has_file(struct rig *rig, const char *name)
{
	size_t bytes;

	return find(rig, name, &bytes) != KEY_NONE;
}

/* --- claims ------------------------------------------------------------------------- */

TEST(offers_the_users_items_alone_where_there_is_no_firmware)
{
	static char a[] = "opt/a";
	static char b[] = "opt/b";
	static char text[] = "text";
	struct config_fw_cfg items[] = {{.name = b, .string = text}, {.name = a}};
	char buf[16] = "";
	struct rig rig;

	rig_init(&rig);
	rig.fixture.config.firmware.path = NULL;
	items[1].path = write_file(&rig, "item", "0123", 4);
	rig.fixture.config.fw_cfgs = items;
	rig.fixture.config.fw_cfg_count = 2;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(read_file(&rig, "opt/a", buf, sizeof(buf)), 4);
	CHECK_STR(buf, "0123");
	CHECK_EQ(read_file(&rig, "opt/b", buf, sizeof(buf)), 4);
	CHECK_STR(buf, "text");
	CHECK(!has_file(&rig, "etc/e820") && !has_file(&rig, "etc/table-loader"));
	CHECK_EQ(number(&rig, 0x05, 2), 0);
	rig_finish(&rig);
}

TEST(names_the_line_of_an_item_whose_file_is_gone)
{
	static char name[] = "opt/a";
	static char path[] = "/nonexistent/item";
	struct config_fw_cfg item = {.name = name, .path = path, .pos = {"vm.xml", 7}};
	struct rig rig;

	rig_init(&rig);
	rig.fixture.config.fw_cfgs = &item;
	rig.fixture.config.fw_cfg_count = 1;
	CHECK_EQ(fill(&rig), (uint64_t)-ENOENT);
	CHECK_EQ(err.pos.line, 7);
	CHECK_STR(err.text, "fw_cfg file '/nonexistent/item' cannot be used: No such "
			    "file or directory");
	rig_finish(&rig);
}

TEST(describes_the_machine)
{
	static const struct x86_e820 want[] = {
		{0, 3ull << 30, 1},
		{4ull << 30, 1ull << 30, 1},
		{0xfeffc000, 0x4000, 2},
	};
	uint8_t map[8 * 20];
	struct board_plan *plan;
	struct rig rig;

	rig_init(&rig);
	plan = &rig.fixture.plan;
	x86_fixture_cpus(&rig.fixture, 3);
	plan->ram_count = 2;
	plan->ram[0].bytes = 3ull << 30;
	plan->ram[1] = (struct plan_range){4ull << 30, 1ull << 30};
	plan->x86.e820_count = 4;
	plan->x86.e820[0] = (struct x86_e820){0, 0x9fc00, 1};
	plan->x86.e820[1] = (struct x86_e820){0xe0000, 0x20000, 2};
	plan->x86.e820[2] = want[2];
	plan->x86.e820[3] = (struct x86_e820){0x100000, 1 << 20, 1};
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x03, 8), 4ull << 30);
	CHECK_EQ(number(&rig, 0x05, 2), 3);
	CHECK_EQ(number(&rig, 0x0f, 2), 3);
	CHECK_EQ(number(&rig, 0x8002, 4), 1);
	CHECK_EQ(number(&rig, 0x04, 2), 1);
	CHECK_EQ(read_file(&rig, "etc/e820", map, sizeof(map)), 3 * 20);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(x86_read(map + 20 * i, 8), want[i].gpa);
		CHECK_EQ(x86_read(map + 20 * i + 8, 8), want[i].bytes);
		CHECK_EQ(x86_read(map + 20 * i + 16, 4), want[i].type);
	}
	/* No kernel: nothing of one. */
	CHECK_EQ(number(&rig, 0x08, 4) + number(&rig, 0x17, 4), 0);
	CHECK(!has_file(&rig, "bootorder"));
	plan->x86.serial.count = 0;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x04, 2), 0);
	rig_finish(&rig);
}

static void check_bzimage(bool packed)
{
	static uint8_t got[sizeof(image)];
	struct rig rig;

	rig_init(&rig);
	make_bzimage(&rig, packed);
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x16, 4), 0x10000);
	CHECK_EQ(number(&rig, 0x17, 4), SETUP_BYTES);
	CHECK_EQ(number(&rig, 0x07, 4), 0x100000);
	CHECK_EQ(number(&rig, 0x08, 4), KERNEL_BYTES);
	read_key(&rig, 0x11, got, KERNEL_BYTES + 4);
	CHECK_EQ(memcmp(got, image + SETUP_BYTES, KERNEL_BYTES), 0);
	CHECK_EQ(x86_read(got + KERNEL_BYTES, 4), 0);
	/* What a loader says, and nothing else of the setup part. */
	read_key(&rig, 0x18, got, SETUP_BYTES);
	CHECK_EQ(got[0x210], 0xb0);
	CHECK_EQ(got[0x211], 0x81);
	CHECK_EQ(x86_read(got + 0x224, 2), 0xfe00);
	CHECK_EQ(x86_read(got + 0x228, 4), 0x20000);
	memcpy(got + 0x210, image + 0x210, 2);
	memcpy(got + 0x224, image + 0x224, 2);
	memcpy(got + 0x228, image + 0x228, 4);
	CHECK_EQ(memcmp(got, image, SETUP_BYTES), 0);
	CHECK_EQ(number(&rig, 0x13, 4), 0x20000);
	CHECK_EQ(number(&rig, 0x14, 4), sizeof("console=ttyS0"));
	read_key(&rig, 0x15, got, 32);
	CHECK_STR((char *)got, "console=ttyS0");
	CHECK_EQ(number(&rig, 0x0b, 4), 0);
	rig_finish(&rig);
}

TEST(splits_a_bzimage_and_fills_in_its_header)
{
	check_bzimage(false);
	check_bzimage(true);
}

TEST(joins_initrds_each_on_a_multiple_of_four)
{
	struct config_rom initrds[2] = {{NULL}};
	static uint8_t setup[SETUP_BYTES];
	char got[16];
	struct rig rig;

	rig_init(&rig);
	make_bzimage(&rig, false);
	initrds[0].path = write_file(&rig, "one", "11111", 5);
	initrds[1].path = write_file(&rig, "two", "222", 3);
	rig.fixture.config.initrds = initrds;
	rig.fixture.config.initrd_count = 2;
	rig.fixture.plan.files.initrd_bytes = 12;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x0b, 4), 12);
	read_key(&rig, 0x12, got, sizeof(got));
	CHECK_EQ(memcmp(got, "11111\0\0\000222\0\0\0\0\0", 16), 0);
	/* At the end of 512 MiB; the header has the same. */
	CHECK_EQ(number(&rig, 0x0a, 4), 0x1ffff000);
	read_key(&rig, 0x18, setup, sizeof(setup));
	CHECK_EQ(x86_read(setup + 0x218, 4), 0x1ffff000);
	CHECK_EQ(x86_read(setup + 0x21c, 4), 12);
	/* Not above what the header allows. */
	rig.fixture.plan.ram[0].bytes = 3ull << 30;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x0a, 4), 0x7ffff000);
	rig_finish(&rig);
}

TEST(leaves_an_elf_kernel_in_ram_and_says_where_it_begins)
{
	static const uint8_t elf[] = {0x7f, 'E', 'L', 'F', 2, 1};
	struct config_rom initrd = {NULL};
	uint8_t setup[8] = {0};
	struct kernel_image *kernel;
	struct rig rig;

	rig_init(&rig);
	kernel = &rig.fixture.plan.files.kernel;
	rig.fixture.config.kernel.path = write_file(&rig, "vmlinux", elf, sizeof(elf));
	kernel->memory_bytes = 0x300000;
	kernel->x86.entry = X86_ENTRY_PVH;
	kernel->x86.entry_offset = 0x40;
	rig.fixture.plan.kernel = (struct plan_range){16 << 20, 0x300000};
	initrd.path = write_file(&rig, "initrd", "i", 1);
	rig.fixture.config.initrds = &initrd;
	rig.fixture.config.initrd_count = 1;
	rig.fixture.plan.files.initrd_bytes = 4;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(number(&rig, 0x07, 4), 16 << 20);
	CHECK_EQ(number(&rig, 0x08, 4), 0x300000);
	CHECK_EQ(number(&rig, 0x10, 4), (16 << 20) + 0x40);
	CHECK_EQ(number(&rig, 0x17, 4), 8192);
	read_key(&rig, 0x18, setup, sizeof(setup));
	CHECK_EQ(memcmp(setup, elf, sizeof(elf)), 0);
	CHECK_EQ(number(&rig, 0x11, 4), 0);
	/* Below the end of RAM, where a firmware has its own. */
	CHECK_EQ(number(&rig, 0x0a, 4), (510 << 20) - 0x1000);
	rig_finish(&rig);
}

TEST(puts_the_kernels_option_rom_first_in_the_boot_order)
{
	char buf[64];
	struct rig rig;

	rig_init(&rig);
	make_bzimage(&rig, false);
	rig.fixture.config.linuxboot.path = write_file(&rig, "rom", "\x55\xaa\3", 3);
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(read_file(&rig, "genroms/linuxboot_dma.bin", buf, sizeof(buf)), 3);
	CHECK_EQ(memcmp(buf, "\x55\xaa\3", 3), 0);
	CHECK_EQ(read_file(&rig, "bootorder", buf, sizeof(buf)), 32);
	CHECK_STR(buf, "/rom@genroms/linuxboot_dma.bin\n");
	/* One for ELF files is no use here. */
	rig.fixture.config.pvh.path = rig.fixture.config.linuxboot.path;
	rig.fixture.config.linuxboot.path = NULL;
	CHECK_EQ(fill(&rig), 0);
	CHECK(!has_file(&rig, "bootorder") && !has_file(&rig, "genroms/pvh.bin"));
	rig_finish(&rig);
}

static int write_tree(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *error)
{
	CHECK(!seed && !overlay);
	memcpy(buf, "tree", 4);
	*ret_bytes = 4;
	return 0;
}

TEST(offers_the_device_tree)
{
	static const struct board board = {.write_tables = write_tree};
	char buf[8] = "";
	struct rig rig;

	rig_init(&rig);
	rig.fixture.plan.board = &board;
	rig.fixture.plan.tables.bytes = 4096;
	CHECK_EQ(fill(&rig), 0);
	CHECK_EQ(read_file(&rig, "etc/fdt", buf, sizeof(buf)), 4);
	CHECK_STR(buf, "tree");
	rig_finish(&rig);
}

/* Memory that the loader of a firmware has its files in. */
static uint8_t memory[0x20000];
static const uint32_t rsdp_at = 0x20;

static uint8_t *placed(const char *name)
{
	if (strcmp(name, "etc/acpi/rsdp") == 0)
		return memory + rsdp_at;
	CHECK_STR(name, "etc/acpi/tables");
	return memory + TABLES_AT;
}

static void carry_out(struct rig *rig, const uint8_t *command)
{
	const char *file = (const char *)command + 4;
	const uint8_t *fields = command + 4 + 56;
	uint8_t *at;

	switch (x86_read(command, 4)) {
	case 1:
		CHECK_EQ(fields[4], strstr(file, "rsdp") ? 2 : 1);
		CHECK(x86_read(fields, 4) >= 16);
		read_file(rig, file, placed(file), sizeof(memory) - TABLES_AT);
		break;
	case 2:
		CHECK_STR((const char *)fields, "etc/acpi/tables");
		at = placed(file) + x86_read(fields + 56, 4);
		for (uint64_t i = 0, value = x86_read(at, fields[60]) + TABLES_AT;
			i < fields[60]; i++, value >>= 8)
			at[i] = (uint8_t)value;
		break;
	case 3:
		at = placed(file) + x86_read(fields, 4);
		*at = (uint8_t)(*at - x86_sum(placed(file) + x86_read(fields + 4, 4),
					      (size_t)x86_read(fields + 8, 4)));
		break;
	default:
		test_fail(__FILE__, __LINE__, "an unknown command");
	}
}

static const uint8_t *check_table(uint64_t at, const char *signature)
{
	CHECK(at >= TABLES_AT && at < sizeof(memory) - 64);
	CHECK_EQ(memcmp(memory + at, signature, 4), 0);
	CHECK_EQ(x86_sum(memory + at, (size_t)x86_read(memory + at + 4, 4)), 0);
	return memory + at;
}

TEST(gives_acpi_tables_that_a_firmware_can_place)
{
	uint8_t script[128 * (2 + X86_ACPI_FIXUPS_MAX)];
	const uint8_t *xsdt;
	struct rig rig;
	size_t bytes;

	rig_init(&rig);
	x86_fixture_devices(&rig.fixture, 3);
	memset(memory, 0, sizeof(memory));
	CHECK_EQ(fill(&rig), 0);
	bytes = read_file(&rig, "etc/table-loader", script, sizeof(script));
	CHECK(bytes && bytes % 128 == 0);
	for (size_t at = 0; at < bytes; at += 128)
		carry_out(&rig, script + at);
	CHECK_EQ(memcmp(memory + rsdp_at, "RSD PTR ", 8), 0);
	CHECK_EQ(x86_sum(memory + rsdp_at, 20), 0);
	CHECK_EQ(x86_sum(memory + rsdp_at, 36), 0);
	xsdt = check_table(x86_read(memory + rsdp_at + 24, 8), "XSDT");
	check_table(
		x86_read(check_table(x86_read(xsdt + 36, 8), "FACP") + 140, 8), "DSDT");
	check_table(x86_read(xsdt + 44, 8), "APIC");
	rig.fixture.plan.x86.acpi = false;
	CHECK_EQ(fill(&rig), 0);
	CHECK(!has_file(&rig, "etc/table-loader") && !has_file(&rig, "etc/acpi/rsdp"));
	rig_finish(&rig);
}

/* What of a firmware whose image holds text is wrong; NULL: nothing. */
static const char *checked(struct rig *rig, const char *text)
{
	struct config_rom config = {firmware_path, {"vm.xml", 3}};
	struct rom rom;
	int rc;

	config.path = write_file(rig, "bios", text, strlen(text));
	CHECK_EQ(rom_open(&rom, "firmware_rom", &config, false, NULL), 0);
	rc = x86_firmware_check(
		&rom, &rig->fixture.config, &rig->fixture.plan.files.kernel, &err);
	rom_close(&rom);
	rig->path_count--;
	CHECK_EQ(unlink(config.path), 0);
	if (rc)
		CHECK_EQ(err.pos.line, 3);
	return rc ? err.text : NULL;
}

TEST(says_which_option_rom_seabios_lacks)
{
	static const char seabios[] = "junk SeaBIOS (version)";
	static char path[] = "rom";
	struct kernel_image *kernel;
	struct vm_config *config;
	struct rig rig;

	rig_init(&rig);
	config = &rig.fixture.config;
	kernel = &rig.fixture.plan.files.kernel;
	CHECK(!checked(&rig, seabios)); /* no kernel: it boots a disk */
	make_bzimage(&rig, false);
	CHECK_HAS(checked(&rig, seabios), "boots this kernel_rom with QEMU's "
					  "linuxboot_dma.bin only");
	CHECK(!checked(&rig, "another"));
	config->linuxboot.path = path;
	CHECK(!checked(&rig, seabios));
	kernel->x86.header_bytes = 0;
	CHECK_HAS(checked(&rig, "another"), "boots a bzImage, or an ELF file with a PVH "
					    "note, which kernel_rom");
	kernel->x86.entry = X86_ENTRY_PVH;
	CHECK(!checked(&rig, "another"));
	CHECK_HAS(checked(&rig, seabios), "pvh.bin only");
	config->isa.option_roms = false;
	CHECK(!checked(&rig, seabios));
	rig_finish(&rig);
}

TEST_MAIN(CASE(offers_the_users_items_alone_where_there_is_no_firmware),
	CASE(names_the_line_of_an_item_whose_file_is_gone), CASE(describes_the_machine),
	CASE(splits_a_bzimage_and_fills_in_its_header),
	CASE(joins_initrds_each_on_a_multiple_of_four),
	CASE(leaves_an_elf_kernel_in_ram_and_says_where_it_begins),
	CASE(puts_the_kernels_option_rom_first_in_the_boot_order),
	CASE(offers_the_device_tree), CASE(gives_acpi_tables_that_a_firmware_can_place),
	CASE(says_which_option_rom_seabios_lacks))
