/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/layout.h"
#include "src/container_of.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/test.h"
#include "test/unit/tree_probe.h"

static struct arm_fixture f;
/* libfdt reads a tree at multiples of eight bytes only. */
static _Alignas(8) uint8_t tree[ARM_DTB_BYTES_MAX];

/* The fixture's tree in the room that its plan sets aside. */
static bool write_tree(const struct boot_seed *seed, const void *overlay, size_t bytes,
	struct error *err)
{
	struct board_plan *plan;
	size_t tree_bytes;
	int rc = -EINVAL;

	f.files.overlay_bytes = bytes;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (plan)
		rc = arm_board.write_tables(plan, seed, overlay, bytes, tree,
			(size_t)plan->tables.bytes, &tree_bytes, err);
	if (!rc) {
		CHECK_EQ(tree_bytes, fdt_totalsize(tree));
		CHECK(tree_bytes <= plan->tables.bytes);
		CHECK_EQ(fdt_check_full(tree, tree_bytes), 0);
	}
	board_plan_destroy(plan);
	return !rc;
}

TEST(a_gicv2_board_says_what_exists_and_nothing_else)
{
	arm_fixture_init(&f);
	f.caps.pmu = false;
	f.config.cpu_count = 2;
	arm_fixture_add_devices(&f, 1);
	CHECK(write_tree(NULL, NULL, 0, NULL));
	CHECK_STR(tree_text(tree, "/", "compatible"), "linux,dummy-virt");
	CHECK_STR(tree_text(tree, "/cpus/cpu@0", "enable-method"), "psci");
	CHECK_STR(tree_text(tree, "/psci", "method"), "hvc");
	CHECK_STR(tree_text(tree, "/interrupt-controller@8000000", "compatible"),
		"arm,cortex-a15-gic");
	CHECK_EQ(tree_cell(tree, "/interrupt-controller@8000000", "reg", 1), 0x08000000);
	CHECK_EQ(tree_cell(tree, "/interrupt-controller@8000000", "reg", 5), 0x08010000);
	CHECK_EQ(tree_cell(tree, "/timer", "interrupts", 7),
		11); /* virtual timer, PPI 11 */
	CHECK_EQ(tree_cell(tree, "/timer", "interrupts", 8),
		0x304); /* level, CPUs 0 and 1 */
	CHECK_STR(tree_text(tree, "/serial@9000000", "compatible"), "arm,pl011");
	CHECK_EQ(tree_cell(tree, "/serial@9000000", "interrupts", 1), 1);
	CHECK_EQ(tree_cell(tree, "/serial@9000000", "interrupts", 2), 4);
	CHECK_EQ(tree_cell(tree, "/serial@9000000", "clocks", 0),
		tree_cell(tree, "/apb-pclk", "phandle", 0));
	CHECK_STR(tree_text(tree, "/rtc@9010000", "compatible"), "arm,pl031");
	CHECK_EQ(tree_cell(tree, "/rtc@9010000", "interrupts", 1), 2);
	CHECK_EQ(tree_cell(tree, "/rtc@9010000", "interrupts", 2), 4);
	CHECK_STR(tree_text(tree, "/gpio@9030000", "compatible"), "arm,pl061");
	CHECK_EQ(tree_cell(tree, "/gpio@9030000", "interrupts", 1), 7);
	CHECK_STR(tree_text(tree, "/gpio-keys", "compatible"), "gpio-keys");
	CHECK_EQ(tree_cell(tree, "/gpio-keys/key-poweroff", "linux,code", 0), 116);
	CHECK_EQ(tree_cell(tree, "/gpio-keys/key-poweroff", "gpios", 0),
		tree_cell(tree, "/gpio@9030000", "phandle", 0));
	CHECK_EQ(tree_cell(tree, "/gpio-keys/key-poweroff", "gpios", 1), 3);
	CHECK_STR(tree_text(tree, "/pvpanic@90e0000", "compatible"), "qemu,pvpanic-mmio");
	CHECK_EQ(tree_cell(tree, "/pvpanic@90e0000", "reg", 3), 2);
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@a000000", "interrupts", 1), 8);
	CHECK_EQ(tree_cell(tree, "/virtio_mmio@a000000", "interrupts", 2), 1);
	CHECK(tree_has_property(tree, "/virtio_mmio@a000000", "dma-coherent"));
	CHECK(!tree_has_node(tree, "/virtio_mmio@a000200"));
	CHECK(!tree_has_node(tree, "/cpus/cpu@2"));
	CHECK(!tree_has_node(tree, "/pmu"));
	CHECK(!tree_has_node(tree, "/__symbols__"));
	CHECK_STR(tree_text(tree, "/aliases", "serial0"), "/serial@9000000");
}

TEST(a_gicv3_board_with_many_cpus_has_two_redistributor_regions)
{
	arm_fixture_init(&f);
	f.config.gic = CONFIG_GIC_V3;
	f.config.cpu_count = 130;
	CHECK(write_tree(NULL, NULL, 0, NULL));
	CHECK_STR(tree_text(tree, "/interrupt-controller@8000000", "compatible"),
		"arm,gic-v3");
	CHECK_EQ(tree_cell(tree, "/interrupt-controller@8000000",
			 "#redistributor-regions", 0),
		2);
	CHECK_EQ(tree_cell(tree, "/interrupt-controller@8000000", "reg", 5), 0x080a0000);
	CHECK_EQ(tree_cell(tree, "/interrupt-controller@8000000", "reg", 7),
		123 * 0x20000);
	CHECK_EQ(
		tree_cell(tree, "/interrupt-controller@8000000", "reg", 11), 7 * 0x20000);
	CHECK_EQ(tree_cell(tree, "/cpus/cpu@801", "reg", 0), 0x801);
	CHECK_EQ(tree_cell(tree, "/timer", "interrupts", 2),
		4); /* no CPU mask on a GICv3 */
	CHECK_STR(tree_text(tree, "/pmu", "compatible"), "arm,armv8-pmuv3");
	CHECK_EQ(tree_cell(tree, "/pmu", "interrupts", 0), 1);
	CHECK_EQ(tree_cell(tree, "/pmu", "interrupts", 1), 7);
}

TEST(memory_beyond_four_gibibytes_takes_both_cells)
{
	arm_fixture_init(&f);
	f.config.ram_size_bytes = 5ull << 30;
	CHECK(write_tree(NULL, NULL, 0, NULL));
	CHECK_EQ(tree_cell(tree, "/memory@40000000", "reg", 0), 0);
	CHECK_EQ(tree_cell(tree, "/memory@40000000", "reg", 1), 0x40000000);
	CHECK_EQ(tree_cell(tree, "/memory@40000000", "reg", 2), 1);
	CHECK_EQ(tree_cell(tree, "/memory@40000000", "reg", 3), 0x40000000);
}

TEST(chosen_carries_bootargs_initrd_and_seeds)
{
	static char bootargs[] = "console=hvc0 root=/dev/vda";
	struct boot_seed seed = {.kaslr = 0x1122334455667788};
	const uint8_t *rng;
	int bytes;

	memset(seed.rng, 0xa5, sizeof(seed.rng));
	arm_fixture_init(&f);
	f.config.bootargs = bootargs;
	f.config.initrd_count = 1;
	f.files.initrd_bytes = 0x1234;
	CHECK(write_tree(&seed, NULL, 0, NULL));
	CHECK_STR(tree_text(tree, "/chosen", "bootargs"), bootargs);
	CHECK_STR(tree_text(tree, "/chosen", "stdout-path"), "serial0:115200n8");
	tree_property(tree, "/chosen", "linux,initrd-start", &bytes);
	CHECK_EQ(bytes, 4);
	CHECK_EQ(tree_cell(tree, "/chosen", "linux,initrd-end", 0) -
			 tree_cell(tree, "/chosen", "linux,initrd-start", 0),
		0x1234);
	rng = tree_property(tree, "/chosen", "rng-seed", &bytes);
	CHECK_EQ(bytes, 64);
	CHECK(rng && memcmp(rng, seed.rng, 64) == 0);
	CHECK_EQ(tree_cell(tree, "/chosen", "kaslr-seed", 0), 0x11223344);
	CHECK_EQ(tree_cell(tree, "/chosen", "kaslr-seed", 1), 0x55667788);
	f.files.initrd_bytes = 0;
	CHECK(write_tree(NULL, NULL, 0, NULL));
	CHECK(!tree_has_property(tree, "/chosen", "linux,initrd-start"));
	CHECK(!tree_has_property(tree, "/chosen", "rng-seed"));
	CHECK(!tree_has_property(tree, "/chosen", "kaslr-seed"));
}

TEST(an_overlay_refers_to_every_label)
{
	static const struct {
		const char *label;
		const char *path;
	} table[] = {
		{"gic", "/interrupt-controller@8000000"},
		{"uart0", "/serial@9000000"},
		{"apb_pclk", "/apb-pclk"},
		{"timer", "/timer"},
		{"psci", "/psci"},
		{"pmu", "/pmu"},
		{"memory", "/memory@40000000"},
		{"cpu0", "/cpus/cpu@0"},
		{"cpu16", "/cpus/cpu@100"},
		{"virtio0", "/virtio_mmio@a000000"},
		{"virtio1", "/virtio_mmio@a000200"},
	};
	_Alignas(8) uint8_t overlay[1024];

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		size_t bytes = tree_make_overlay(
			table[i].label, "gic", overlay, sizeof(overlay));

		arm_fixture_init(&f);
		f.config.gic = CONFIG_GIC_V3;
		f.config.cpu_count = 17;
		arm_fixture_add_devices(&f, 2);
		CHECK(write_tree(NULL, overlay, bytes, NULL));
		CHECK_STR(tree_text(tree, table[i].path, "status"), "okay");
		CHECK_EQ(tree_cell(tree, table[i].path, "bonsai,reference", 0),
			tree_cell(tree, "/interrupt-controller@8000000", "phandle", 0));
	}
}

TEST(an_overlay_is_read_only_input)
{
	_Alignas(8) uint8_t overlay[1024];
	uint8_t before[1024];
	size_t bytes = tree_make_overlay("uart0", "gic", overlay, sizeof(overlay));

	memcpy(before, overlay, bytes);
	arm_fixture_init(&f);
	CHECK(write_tree(NULL, overlay, bytes, NULL));
	CHECK_EQ(memcmp(before, overlay, bytes), 0);
}

TEST(a_wrong_overlay_is_an_error_on_its_line)
{
	_Alignas(8) uint8_t overlay[1024];
	struct error err;
	size_t bytes =
		tree_make_overlay("no_such_label", "gic", overlay, sizeof(overlay));

	arm_fixture_init(&f);
	f.config.dtb_overlay.pos = (struct source_pos){"vm.xml", 9};
	CHECK(!write_tree(NULL, overlay, bytes, &err));
	CHECK_HAS(err.text, "refers to a node or label");
	CHECK_EQ(err.pos.line, 9);
	CHECK(!write_tree(NULL, overlay, bytes - 40, &err));
	CHECK_HAS(err.text, "no sound device tree overlay");
	CHECK(!write_tree(NULL, overlay, 3, &err));
	CHECK_HAS(err.text, "no sound device tree overlay");
	memset(overlay, 0, sizeof(overlay));
	CHECK(!write_tree(NULL, overlay, sizeof(overlay), &err));
	CHECK_EQ(err.pos.line, 9);
}

TEST(the_planned_room_is_enough_for_the_largest_machine)
{
	static char bootargs[ARM64_BOOTARGS_BYTES];
	struct boot_seed seed = {.kaslr = 1};
	_Alignas(8) uint8_t overlay[1024];
	size_t bytes = tree_make_overlay("uart0", "gic", overlay, sizeof(overlay));

	memset(bootargs, 'x', sizeof(bootargs) - 1);
	arm_fixture_init(&f);
	f.caps.vcpus_max = 4096;
	f.config.bootargs = bootargs;
	f.config.gic = CONFIG_GIC_V3;
	for (unsigned int cpus = 1; cpus <= 4096; cpus *= 2) {
		f.config.cpu_count = cpus;
		f.config.initrd_count = 1;
		f.files.initrd_bytes = 4096;
		arm_fixture_add_devices(&f, ARM_VIRTIO_COUNT_MAX);
		CHECK(write_tree(&seed, overlay, bytes, NULL));
	}
}

TEST(too_little_room_is_an_error_and_no_overrun)
{
	struct board_plan *plan;
	struct error err;
	size_t bytes = 0;
	size_t need;

	arm_fixture_init(&f);
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(arm_fdt_write(plan, NULL, NULL, 0, tree, sizeof(tree), &need, &err), 0);
	for (size_t room = 0; room < need; room += 64) {
		uint8_t *buf = malloc(room ? room : 1);

		CHECK_EQ(arm_fdt_write(plan, NULL, NULL, 0, buf, room, &bytes, &err),
			-ENOSPC);
		free(buf);
	}
	CHECK_EQ(bytes, 0);
	board_plan_destroy(plan);
}

TEST_MAIN(CASE(a_gicv2_board_says_what_exists_and_nothing_else),
	CASE(a_gicv3_board_with_many_cpus_has_two_redistributor_regions),
	CASE(memory_beyond_four_gibibytes_takes_both_cells),
	CASE(chosen_carries_bootargs_initrd_and_seeds),
	CASE(an_overlay_refers_to_every_label), CASE(an_overlay_is_read_only_input),
	CASE(a_wrong_overlay_is_an_error_on_its_line),
	CASE(the_planned_room_is_enough_for_the_largest_machine),
	CASE(too_little_room_is_an_error_and_no_overrun))
