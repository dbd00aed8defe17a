/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "src/board.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"
#include "test/unit/tree_probe.h"
#include "test/unit/x86_fixture.h"

#define IOAPIC "/interrupt-controller@fec00000"
#define IOAPIC2 "/interrupt-controller@fec10000"

static struct x86_fixture f;
/* libfdt reads a tree at multiples of eight bytes only. */
static _Alignas(8) uint8_t tree[0x40000];

/* The fixture's tree in the room that a plan sets aside. */
static bool write_tree(const struct boot_seed *seed, const void *overlay, size_t bytes)
{
	struct error err;
	size_t room, tree_bytes;

	f.plan.files.overlay_bytes = bytes;
	room = (size_t)x86_fdt_room(&f.plan);
	CHECK(room <= sizeof(tree));
	if (x86_fdt_write(&f.plan, seed, overlay, bytes, tree, room, &tree_bytes, &err))
		return false;
	CHECK_EQ(tree_bytes, fdt_totalsize(tree));
	CHECK_EQ(fdt_check_full(tree, tree_bytes), 0);
	return true;
}

TEST(the_board_says_what_exists)
{
	x86_fixture_init(&f);
	x86_fixture_cpus(&f, 2);
	CHECK(write_tree(NULL, NULL, 0));
	CHECK_STR(tree_text(tree, "/", "compatible"), "linux,microvm");
	CHECK_EQ(tree_cell(tree, "/memory@0", "reg", 3), 512 << 20);
	CHECK_STR(tree_text(tree, "/cpus/cpu@1", "device_type"), "cpu");
	CHECK_EQ(tree_cell(tree, "/cpus/cpu@1", "reg", 0), 1);
	CHECK(!tree_has_node(tree, "/cpus/cpu@2"));
	CHECK_STR(tree_text(tree, "/interrupt-controller@fee00000", "compatible"),
		"intel,ce4100-lapic");
	CHECK(tree_has_property(
		tree, "/interrupt-controller@fee00000", "intel,virtual-wire-mode"));
	CHECK_STR(tree_text(tree, IOAPIC, "compatible"), "intel,ce4100-ioapic");
	CHECK_EQ(tree_cell(tree, IOAPIC, "#interrupt-cells", 0), 2);
	CHECK_EQ(tree_cell(tree, IOAPIC, "phandle", 0),
		tree_cell(tree, "/", "interrupt-parent", 0));
	CHECK(!tree_has_node(tree, IOAPIC2));
}

TEST(isa_parts_have_ports_and_edge_interrupts)
{
	static const struct {
		const char *path;
		const char *compatible;
		uint32_t port;
		uint32_t count;
		uint32_t irq;
	} table[] = {
		{"/isa@20/serial@3f8", "ns16550a", 0x3f8, 8, 4},
		{"/isa@20/rtc@70", "motorola,mc146818", 0x70, 2, 8},
		{"/isa@20/timer@40", "intel,i8254", 0x40, 4, 2},
	};

	x86_fixture_init(&f);
	CHECK(write_tree(NULL, NULL, 0));
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		const char *path = table[i].path;

		CHECK_STR(tree_text(tree, path, "compatible"), table[i].compatible);
		CHECK_EQ(tree_cell(tree, path, "reg", 0), 1);
		CHECK_EQ(tree_cell(tree, path, "reg", 1), table[i].port);
		CHECK_EQ(tree_cell(tree, path, "reg", 2), table[i].count);
		CHECK_EQ(tree_cell(tree, path, "interrupts", 0), table[i].irq);
		CHECK_EQ(tree_cell(tree, path, "interrupts", 1), 3);
		CHECK(!tree_has_property(tree, path, "interrupt-parent"));
	}
	CHECK_EQ(tree_cell(tree, "/isa@20/interrupt-controller@20", "reg", 4), 0xa0);
	CHECK_STR(tree_text(tree, "/aliases", "serial0"), "/isa@20/serial@3f8");
}

TEST(a_part_that_is_not_there_has_no_node)
{
	x86_fixture_init(&f);
	x86_fixture_bare(&f);
	CHECK(write_tree(NULL, NULL, 0));
	CHECK(tree_has_node(tree, "/isa@20"));
	CHECK(!tree_has_node(tree, "/isa@20/serial@3f8"));
	CHECK(!tree_has_node(tree, "/isa@20/rtc@70"));
	CHECK(!tree_has_node(tree, "/isa@20/timer@40"));
	CHECK(!tree_has_node(tree, "/isa@20/interrupt-controller@20"));
	CHECK(!tree_has_node(tree, "/aliases"));
	CHECK(!tree_has_property(tree, "/chosen", "stdout-path"));
}

TEST(a_virtio_device_names_its_ioapic_and_its_pin)
{
	x86_fixture_init(&f);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	CHECK(write_tree(NULL, NULL, 0));
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@feb00000", "interrupts", 0), 16);
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@feb00000", "interrupts", 1), 3);
	CHECK(!tree_has_property(tree, "/virtio_mmio@feb00000", "interrupt-parent"));
	CHECK(tree_has_property(tree, "/virtio_mmio@feb00000", "dma-coherent"));
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@feb02e00", "interrupts", 0), 39 - 24);
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@feb02e00", "interrupt-parent", 0),
		tree_cell(tree, IOAPIC2, "phandle", 0));
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@feb02e00", "reg", 3), 0x200);
}

TEST(a_device_is_disabled_only_where_the_command_line_names_it)
{
	static const struct {
		bool acpi, kernel_cmdline, disabled;
	} table[] = {
		{false, true, true},
		{false, false, false},
		{true, true, false},
		{true, false, false},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		x86_fixture_init(&f);
		x86_fixture_devices(&f, 1);
		f.plan.x86.acpi = table[i].acpi;
		f.config.isa.kernel_cmdline = table[i].kernel_cmdline;
		CHECK(write_tree(NULL, NULL, 0));
		CHECK_EQ(tree_has_property(tree, "/virtio_mmio@feb00000", "status"),
			table[i].disabled);
	}
}

TEST(memory_beyond_four_gibibytes_is_a_second_range)
{
	x86_fixture_init(&f);
	f.plan.ram_count = 2;
	f.plan.ram[1] = (struct plan_range){X86_RAM_ABOVE_GPA, 5ull << 30};
	CHECK(write_tree(NULL, NULL, 0));
	CHECK_EQ(tree_cell(tree, "/memory@0", "reg", 4), 1);
	CHECK_EQ(tree_cell(tree, "/memory@0", "reg", 5), 0);
	CHECK_EQ(tree_cell(tree, "/memory@0", "reg", 6), 1);
	CHECK_EQ(tree_cell(tree, "/memory@0", "reg", 7), 1 << 30);
}

TEST(chosen_carries_bootargs_initrd_and_seed)
{
	struct boot_seed seed = {.kaslr = 1};

	x86_fixture_init(&f);
	f.plan.initrd = (struct plan_range){0x1f000000, 0x1234};
	CHECK(write_tree(&seed, NULL, 0));
	CHECK_STR(tree_text(tree, "/chosen", "bootargs"), "console=ttyS0");
	CHECK_STR(tree_text(tree, "/chosen", "stdout-path"), "serial0:115200n8");
	CHECK_EQ(tree_cell(tree, "/chosen", "linux,initrd-start", 0), 0x1f000000);
	CHECK_EQ(tree_cell(tree, "/chosen", "linux,initrd-end", 0), 0x1f001234);
	CHECK(tree_has_property(tree, "/chosen", "rng-seed"));
}

TEST(an_overlay_refers_to_every_label)
{
	static const struct {
		const char *label;
		const char *path;
	} table[] = {
		{"lapic", "/interrupt-controller@fee00000"},
		{"ioapic0", IOAPIC},
		{"ioapic1", IOAPIC2},
		{"isa", "/isa@20"},
		{"pic", "/isa@20/interrupt-controller@20"},
		{"pit", "/isa@20/timer@40"},
		{"uart0", "/isa@20/serial@3f8"},
		{"rtc", "/isa@20/rtc@70"},
		{"memory", "/memory@0"},
		{"cpu0", "/cpus/cpu@0"},
		{"cpu254", "/cpus/cpu@fe"},
		{"virtio0", "/virtio_mmio@feb00000"},
		{"virtio23", "/virtio_mmio@feb02e00"},
	};
	_Alignas(8) uint8_t overlay[1024];

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		size_t bytes = tree_make_overlay(
			table[i].label, "ioapic1", overlay, sizeof(overlay));

		x86_fixture_init(&f);
		x86_fixture_cpus(&f, X86_CPUS_MAX);
		x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
		CHECK(write_tree(NULL, overlay, bytes));
		CHECK_STR(tree_text(tree, table[i].path, "status"), "okay");
		CHECK_EQ(tree_cell(tree, table[i].path, "bonsai,reference", 0),
			tree_cell(tree, IOAPIC2, "phandle", 0));
	}
}

TEST(the_room_is_enough_for_the_longest_command_line)
{
	static char bootargs[X86_CMDLINE_BYTES];
	struct boot_seed seed = {.kaslr = 1};

	memset(bootargs, 'x', sizeof(bootargs) - 1);
	for (unsigned int cpus = 1; cpus <= X86_CPUS_MAX; cpus += 127) {
		x86_fixture_init(&f);
		x86_fixture_cpus(&f, cpus);
		x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
		f.plan.bootargs = bootargs;
		f.plan.x86.acpi = false;
		CHECK(write_tree(&seed, NULL, 0));
	}
}

TEST(too_little_room_is_an_error)
{
	struct error err;
	size_t bytes = 0;

	x86_fixture_init(&f);
	CHECK_EQ(x86_fdt_write(&f.plan, NULL, NULL, 0, tree, 512, &bytes, &err), -ENOSPC);
	CHECK_EQ(bytes, 0);
}

TEST_MAIN(CASE(the_board_says_what_exists),
	CASE(isa_parts_have_ports_and_edge_interrupts),
	CASE(a_part_that_is_not_there_has_no_node),
	CASE(a_virtio_device_names_its_ioapic_and_its_pin),
	CASE(a_device_is_disabled_only_where_the_command_line_names_it),
	CASE(memory_beyond_four_gibibytes_is_a_second_range),
	CASE(chosen_carries_bootargs_initrd_and_seed),
	CASE(an_overlay_refers_to_every_label),
	CASE(the_room_is_enough_for_the_longest_command_line),
	CASE(too_little_room_is_an_error))
