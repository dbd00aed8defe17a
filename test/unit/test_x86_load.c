/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where in RAM, by the offsets of the specifications. */
#include "arch/x86/load.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "arch/x86/layout.h"
#include "src/board.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "test/unit/test.h"

#define RAM_BYTES (4ull << 20)
#define TREE_GPA 0x300000ull
#define INITRD_GPA 0x380000ull
#define INITRD_BYTES 12345

static char bootargs[] = "console=ttyS0 panic=-1";
static struct vm_config config;
static struct board_plan plan;
static struct guest_mem mem;
static struct boot_seed seed;
static struct error err;

static uint64_t get(uint64_t gpa, size_t bytes)
{
	uint64_t value = 0;
	const void *at = guest_mem_range(&mem, gpa, bytes);

	CHECK(at);
	if (at)
		memcpy(&value, at, bytes);
	return le64toh(value);
}

static bool is_zero(uint64_t gpa, uint64_t bytes)
{
	const uint8_t *at = guest_mem_range(&mem, gpa, bytes);

	for (uint64_t i = 0; i < bytes; i++)
		if (at[i])
			return false;
	return true;
}

/* A plan and RAM for it. */
static void begin(enum x86_entry entry)
{
	plan = (struct board_plan){
		.config = &config,
		.bootargs = bootargs,
		.initrd = {INITRD_GPA, INITRD_BYTES},
		.files.kernel.x86 = {.entry = entry, .bootargs_max = 2047},
		.x86.e820_count = 2,
		.x86.e820 = {{0, 0x9fc00, 1}, {0x100000, 0x300000, 2}},
	};
	mem = (struct guest_mem){0};
	CHECK_EQ(guest_mem_add(&mem, 0, RAM_BYTES, NULL), 0);
	memset(seed.rng, 0xab, sizeof(seed.rng));
}

static void end(void)
{
	guest_mem_finish(&mem);
}

TEST(a_64_bit_entry_finds_the_first_4_gib_mapped_one_to_one)
{
	begin(X86_ENTRY_LONG);
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(get(0x9000, 8), 0xa003);
	CHECK(is_zero(0x9008, 4096 - 8));
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(get(0xa000 + 8 * i, 8), 0xb003 + 0x1000 * i);
	CHECK(is_zero(0xa020, 4096 - 32));
	for (uint64_t i = 0; i < 2048; i++)
		CHECK_EQ(get(0xb000 + 8 * i, 8), i << 21 | 0x83);
	CHECK(is_zero(0xf000, 4096));
	/* 64-bit code, 32-bit data, a TSS of 104 bytes. */
	CHECK_EQ(get(0x500 + 0x10, 8), 0x00af9b000000ffff);
	CHECK_EQ(get(0x500 + 0x18, 8), 0x00cf93000000ffff);
	CHECK_EQ(get(0x500 + 0x20, 8), 0x00008b0000000067);
	end();
}

TEST(a_32_bit_entry_has_no_page_tables)
{
	begin(X86_ENTRY_PROTECTED);
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK(is_zero(0x9000, 0x6000));
	CHECK(is_zero(0x6000, 0x1000));
	CHECK_EQ(get(0x510, 8), 0x00cf9b000000ffff);
	CHECK_EQ(get(0x7202, 4), 0x53726448);
	end();
}

TEST(the_zero_page_says_what_is_where)
{
	begin(X86_ENTRY_LONG);
	plan.x86.acpi = true;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(get(0x7070, 8), 0xe0000);      /* acpi_rsdp_addr */
	CHECK_EQ(get(0x71e8, 1), 2);            /* e820_entries */
	CHECK_EQ(get(0x71ef, 1), 0);            /* sentinel */
	CHECK_EQ(get(0x71fe, 2), 0xaa55);       /* boot_flag */
	CHECK_EQ(get(0x7206, 2), 0x20c);        /* version */
	CHECK_EQ(get(0x7210, 1), 0xff);         /* type_of_loader */
	CHECK_EQ(get(0x7211, 1), 1);            /* loadflags */
	CHECK_EQ(get(0x7218, 4), INITRD_GPA);   /* ramdisk_image */
	CHECK_EQ(get(0x721c, 4), INITRD_BYTES); /* ramdisk_size */
	CHECK_EQ(get(0x7228, 4), 0x20000);      /* cmd_line_ptr */
	CHECK_EQ(get(0x7238, 4), 2047);         /* cmdline_size */
	CHECK_EQ(get(0x7250, 8), 0);            /* setup_data */
	CHECK_EQ(get(0x72d0, 8), 0);            /* e820_table */
	CHECK_EQ(get(0x72d8, 8), 0x9fc00);
	CHECK_EQ(get(0x72e0, 4), 1);
	CHECK_EQ(get(0x72e4, 8), 0x100000);
	CHECK_EQ(get(0x72ec, 8), 0x300000);
	CHECK_EQ(get(0x72f4, 4), 2);
	CHECK(is_zero(0x72f8, 0x700));
	CHECK_STR(
		(const char *)guest_mem_range(&mem, 0x20000, sizeof(bootargs)), bootargs);
	end();
}

TEST(a_kernels_own_setup_header_is_kept)
{
	struct x86_kernel *kernel = &plan.files.kernel.x86;

	begin(X86_ENTRY_LONG);
	kernel->header_bytes = 0x7b;
	memset(kernel->header, 0x11, sizeof(kernel->header));
	CHECK_EQ(x86_load(&plan, &mem, 0, &seed, &err), 0);
	CHECK_EQ(get(0x71f0, 2), 0x1100);
	CHECK_EQ(get(0x7202, 4), 0x11111111);
	CHECK_EQ(get(0x7210, 2), 0x11ff);
	CHECK_EQ(get(0x7228, 8), 0x1111111100020000);
	CHECK_EQ(get(0x7250, 8), 0x8000);
	CHECK_EQ(get(0x726b, 2), 0x11);
	end();
}

TEST(tree_and_seed_are_a_list_of_setup_data)
{
	begin(X86_ENTRY_LONG);
	plan.x86.tree = true;
	plan.tables = (struct plan_range){TREE_GPA, 0x10000};
	CHECK_EQ(x86_load(&plan, &mem, 5000, &seed, &err), 0);
	CHECK_EQ(get(0x7250, 8), TREE_GPA - 16);
	CHECK_EQ(get(TREE_GPA - 16, 8), 0x8000);
	CHECK_EQ(get(TREE_GPA - 8, 4), 2); /* SETUP_DTB */
	CHECK_EQ(get(TREE_GPA - 4, 4), 5000);
	CHECK(is_zero(TREE_GPA, 64));
	CHECK_EQ(get(0x8000, 8), 0);
	CHECK_EQ(get(0x8008, 4), 9); /* SETUP_RNG_SEED */
	CHECK_EQ(get(0x800c, 4), 64);
	CHECK_EQ(get(0x8010, 8), 0xabababababababab);
	CHECK_EQ(get(0x8048, 8), 0xabababababababab);
	CHECK(is_zero(0x8050, 64));
	end();
}

TEST(setup_data_are_not_for_kernels_that_know_none)
{
	struct x86_kernel *kernel = &plan.files.kernel.x86;

	begin(X86_ENTRY_PROTECTED);
	kernel->header_bytes = 0x23c - 0x1f1;
	kernel->header[0x206 - 0x1f1] = 8;
	kernel->header[0x207 - 0x1f1] = 2;
	CHECK_EQ(x86_load(&plan, &mem, 0, &seed, &err), 0);
	CHECK_EQ(get(0x7250, 8), 0);
	CHECK(is_zero(0x8000, 0x1000));
	end();
}

TEST(a_pvh_entry_finds_its_start_info)
{
	begin(X86_ENTRY_PVH);
	plan.x86.acpi = true;
	CHECK_EQ(x86_load(&plan, &mem, 0, &seed, &err), 0);
	CHECK_EQ(get(0x6000, 4), 0x336ec578); /* magic */
	CHECK_EQ(get(0x6004, 4), 1);          /* version */
	CHECK_EQ(get(0x600c, 4), 1);          /* nr_modules */
	CHECK_EQ(get(0x6010, 8), 0x6040);     /* modlist_paddr */
	CHECK_EQ(get(0x6018, 8), 0x20000);    /* cmdline_paddr */
	CHECK_EQ(get(0x6020, 8), 0xe0000);    /* rsdp_paddr */
	CHECK_EQ(get(0x6028, 8), 0x6080);     /* memmap_paddr */
	CHECK_EQ(get(0x6030, 4), 2);          /* memmap_entries */
	CHECK_EQ(get(0x6040, 8), INITRD_GPA);
	CHECK_EQ(get(0x6048, 8), INITRD_BYTES);
	CHECK(is_zero(0x6050, 0x30));
	CHECK_EQ(get(0x6088, 8), 0x9fc00);
	CHECK_EQ(get(0x6090, 8), 1);
	CHECK_EQ(get(0x6098, 8), 0x100000);
	CHECK_EQ(get(0x60a0, 8), 0x300000);
	CHECK_EQ(get(0x60a8, 8), 2);
	CHECK(is_zero(0x60b0, 0x3000 - 0xb0));
	CHECK_STR(
		(const char *)guest_mem_range(&mem, 0x20000, sizeof(bootargs)), bootargs);
	end();
	begin(X86_ENTRY_PVH);
	plan.initrd.bytes = 0;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(get(0x600c, 4), 0);
	CHECK_EQ(get(0x6010, 8), 0);
	CHECK_EQ(get(0x6020, 8), 0);
	end();
}

TEST(acpi_and_the_mp_table_are_where_guests_look)
{
	static uint64_t cpu_ids[1];

	begin(X86_ENTRY_LONG);
	plan.cpu_count = 1;
	plan.cpu_ids = cpu_ids;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK(is_zero(0xe0000, 0x1fff0));
	plan.x86.acpi = true;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(memcmp(guest_mem_range(&mem, 0xe0000, 8), "RSD PTR ", 8), 0);
	CHECK(is_zero(0xf0000, 0xfff0));
	plan.x86.mp_table = true;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(memcmp(guest_mem_range(&mem, 0xf0000, 4), "_MP_", 4), 0);
	end();
}

TEST(who_jumps_to_a_bios_asks_for_a_reset)
{
	static const uint8_t code[] = {
		0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xf4, 0xeb, 0xfd};

	begin(X86_ENTRY_LONG);
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(memcmp(guest_mem_range(&mem, 0xffff0, sizeof(code)), code, sizeof(code)),
		0);
	end();
}

/* A firmware of so many bytes, the last so many of which are to be seen below 1 MiB. */
static void check_firmware(uint64_t bytes, uint64_t copied)
{
	uint8_t *at;

	begin(X86_ENTRY_RESET);
	plan.x86.acpi = true;
	plan.files.firmware_bytes = bytes;
	plan.firmware = (struct plan_range){X86_FIRMWARE_GPA, X86_FIRMWARE_BYTES};
	CHECK_EQ(guest_mem_add(&mem, X86_FIRMWARE_GPA, X86_FIRMWARE_BYTES, NULL), 0);
	at = guest_mem_range(&mem, 0x100000000 - bytes, bytes);
	for (uint64_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(i * 7 + 1);
	CHECK_EQ(x86_load(&plan, &mem, 0, &seed, &err), 0);
	CHECK_EQ(memcmp(guest_mem_range(&mem, 0x100000 - copied, copied),
			 at + bytes - copied, copied),
		0);
	CHECK(is_zero(0, 0x100000 - copied));
	CHECK(is_zero(0x100000, RAM_BYTES - 0x100000));
	end();
}

TEST(a_firmware_finds_nothing_but_its_own_end_below_1_mib)
{
	check_firmware(64 << 10, 64 << 10);
	check_firmware(128 << 10, 128 << 10);
	check_firmware(256 << 10, 128 << 10);
	check_firmware(2 << 20, 128 << 10);
}

TEST(the_command_line_stays_in_its_room)
{
	static char text[0x10001];

	begin(X86_ENTRY_LONG);
	plan.bootargs = text;
	memset(text, 'a', sizeof(text) - 1);
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), -E2BIG);
	CHECK_HAS(err.text, "bootargs has 65536 characters, there is room for 65535");
	text[0xffff] = 0;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	CHECK_EQ(get(0x2fffe, 2), 'a');
	CHECK_EQ(get(0x30000, 8), 0);
	plan.bootargs = NULL;
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), 0);
	end();
}

TEST(ram_that_is_not_there_is_an_error)
{
	begin(X86_ENTRY_LONG);
	end();
	mem = (struct guest_mem){0};
	CHECK_EQ(x86_load(&plan, &mem, 0, NULL, &err), -EFAULT);
	CHECK_HAS(err.text, "are not in its RAM");
}

TEST_MAIN(CASE(a_64_bit_entry_finds_the_first_4_gib_mapped_one_to_one),
	CASE(a_32_bit_entry_has_no_page_tables), CASE(the_zero_page_says_what_is_where),
	CASE(a_kernels_own_setup_header_is_kept),
	CASE(tree_and_seed_are_a_list_of_setup_data),
	CASE(setup_data_are_not_for_kernels_that_know_none),
	CASE(a_pvh_entry_finds_its_start_info),
	CASE(acpi_and_the_mp_table_are_where_guests_look),
	CASE(who_jumps_to_a_bios_asks_for_a_reset),
	CASE(a_firmware_finds_nothing_but_its_own_end_below_1_mib),
	CASE(the_command_line_stays_in_its_room), CASE(ram_that_is_not_there_is_an_error))
