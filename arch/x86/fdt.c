/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of this board, after the bindings of the CE4100, the one x86 machine that
 * Linux knows from a tree (Documentation/devicetree/bindings: intel,ce4100-ioapic,
 * intel,ce4100-lapic), and the ISA bus binding to IEEE 1275. Pure data in and out.
 */
#include "arch/x86/fdt.h"

#include <stdio.h>

#include "arch/x86/layout.h"
#include "src/board.h"
#include "src/tree.h"

/* Interrupt specifiers of the IOAPIC: its pin, and 3 for a rising edge. */
#define IOAPIC_EDGE_RISING 3

#define ISA_PORTS 0x10000u
#define ISA_IO 1 /* address space: ports */

#define UART_CLOCK_HZ 1843200u
#define PIC_PORT 0x20u
#define PIC_SECOND_PORT 0xa0u
#define PIT_PORT 0x40u
#define PIT_PORTS 4u
#define PIT_GSI 2u

enum {
	PHANDLE_IOAPIC = 1,
	PHANDLE_IOAPIC2,
	PHANDLE_FIRST_FREE,
};

/* The only place where GSIs become the bindings' numbers. */
static int put_irq(const struct tree *tree, unsigned int gsi)
{
	const uint32_t cells[] = {gsi % X86_IOAPIC_PINS, IOAPIC_EDGE_RISING};
	unsigned int ioapic = gsi / X86_IOAPIC_PINS;

	if (ioapic)
		TREE_TRY(fdt_property_u32(
			tree->fdt, "interrupt-parent", PHANDLE_IOAPIC + ioapic));
	return tree_cells(tree->fdt, "interrupts", cells, 2);
}

static int put_controller(struct tree *tree)
{
	TREE_TRY(fdt_property(tree->fdt, "interrupt-controller", NULL, 0));
	TREE_TRY(fdt_property_u32(tree->fdt, "#interrupt-cells", 2));
	return fdt_property_u32(tree->fdt, "#address-cells", 0);
}

static int write_lapic(struct tree *tree)
{
	const struct plan_range *lapic = &tree->plan->x86.lapic;

	TREE_TRY(tree_begin(tree, "lapic", 0, "interrupt-controller@%llx",
		(unsigned long long)lapic->gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "intel,ce4100-lapic"));
	TREE_TRY(tree_reg(tree->fdt, lapic, 1));
	TREE_TRY(put_controller(tree));
	TREE_TRY(fdt_property(tree->fdt, "intel,virtual-wire-mode", NULL, 0));
	return fdt_end_node(tree->fdt);
}

static int write_ioapic(struct tree *tree, unsigned int index)
{
	const struct plan_range *ioapic = &tree->plan->x86.ioapics[index];
	char label[20];

	snprintf(label, sizeof(label), "ioapic%u", index);
	TREE_TRY(tree_begin(tree, label, PHANDLE_IOAPIC + index,
		"interrupt-controller@%llx", (unsigned long long)ioapic->gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "intel,ce4100-ioapic"));
	TREE_TRY(tree_reg(tree->fdt, ioapic, 1));
	TREE_TRY(put_controller(tree));
	return fdt_end_node(tree->fdt);
}

/* The pair is wired to the CPU and to nothing that a tree could name. */
static int write_pic(struct tree *tree)
{
	static const uint32_t ports[] = {ISA_IO, PIC_PORT, 2, ISA_IO, PIC_SECOND_PORT, 2};

	if (!tree->plan->x86.pic)
		return 0;
	TREE_TRY(tree_begin(tree, "pic", 0, "interrupt-controller@%x", PIC_PORT));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "intel,i8259"));
	TREE_TRY(tree_cells(tree->fdt, "reg", ports, 6));
	TREE_TRY(put_controller(tree));
	return fdt_end_node(tree->fdt);
}

/* Opens the node of a part with ports and an interrupt. */
static int begin_part(struct tree *tree, const char *label, const char *name,
	const char *compatible, const struct x86_port *part)
{
	const uint32_t reg[] = {ISA_IO, part->port, part->count};

	TREE_TRY(tree_begin(tree, label, 0, "%s@%x", name, part->port));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", compatible));
	TREE_TRY(tree_cells(tree->fdt, "reg", reg, 3));
	return put_irq(tree, part->irq);
}

static int write_pit(struct tree *tree)
{
	static const struct x86_port pit = {PIT_PORT, PIT_PORTS, PIT_GSI};

	if (!tree->plan->x86.pit)
		return 0;
	TREE_TRY(begin_part(tree, "pit", "timer", "intel,i8254", &pit));
	return fdt_end_node(tree->fdt);
}

static int write_serial(struct tree *tree)
{
	const struct x86_port *serial = &tree->plan->x86.serial;

	if (!serial->count)
		return 0;
	TREE_TRY(begin_part(tree, "uart0", "serial", "ns16550a", serial));
	TREE_TRY(fdt_property_u32(tree->fdt, "clock-frequency", UART_CLOCK_HZ));
	return fdt_end_node(tree->fdt);
}

static int write_rtc(struct tree *tree)
{
	const struct x86_port *rtc = &tree->plan->x86.rtc;

	if (!rtc->count)
		return 0;
	TREE_TRY(begin_part(tree, "rtc", "rtc", "motorola,mc146818", rtc));
	return fdt_end_node(tree->fdt);
}

/*
 * Its ports are those of the CPU, for which a tree has no address space: Linux wants the
 * parent's addresses to be theirs. They begin with the first port that is used, since at
 * address 0 the memory is, and no two nodes shall have one unit address.
 */
static int write_isa(struct tree *tree)
{
	static const uint32_t ranges[] = {
		ISA_IO, PIC_PORT, 0, PIC_PORT, ISA_PORTS - PIC_PORT};

	TREE_TRY(tree_begin(tree, "isa", 0, "isa@20"));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "isa"));
	TREE_TRY(fdt_property_u32(tree->fdt, "#address-cells", 2));
	TREE_TRY(fdt_property_u32(tree->fdt, "#size-cells", 1));
	TREE_TRY(tree_cells(tree->fdt, "ranges", ranges, 5));
	tree->parent = "/isa@20";
	TREE_TRY(write_pic(tree));
	TREE_TRY(write_pit(tree));
	TREE_TRY(write_serial(tree));
	TREE_TRY(write_rtc(tree));
	tree->parent = "";
	return fdt_end_node(tree->fdt);
}

static int write_virtio(struct tree *tree, unsigned int index, bool named_already)
{
	TREE_TRY(tree_begin_virtio(tree, index));
	TREE_TRY(put_irq(tree, tree->plan->devices[index].irq));
	TREE_TRY(fdt_property(tree->fdt, "dma-coherent", NULL, 0));
	if (named_already)
		TREE_TRY(fdt_property_string(tree->fdt, "status", "disabled"));
	return fdt_end_node(tree->fdt);
}

static int write_nodes(struct tree *tree)
{
	const struct plan_x86 *x86 = &tree->plan->x86;
	bool named_already = tree->plan->config->isa.kernel_cmdline && !x86->acpi;

	TREE_TRY(tree_cpus(tree, NULL));
	TREE_TRY(write_lapic(tree));
	for (unsigned int i = 0; i < x86->ioapic_count; i++)
		TREE_TRY(write_ioapic(tree, i));
	TREE_TRY(write_isa(tree));
	TREE_TRY(tree_shared_memories(tree));
	for (unsigned int i = 0; i < tree->plan->device_count; i++)
		TREE_TRY(write_virtio(tree, i, named_already));
	return 0;
}

uint64_t x86_fdt_room(const struct board_plan *plan)
{
	return tree_room(plan);
}

int x86_fdt_write(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	char serial[32];
	const struct tree_board board = {
		.compatible = "linux,microvm",
		.model = "Bonsai x86 board",
		.serial = plan->x86.serial.count ? serial : NULL,
		.first_free_phandle = PHANDLE_FIRST_FREE,
		.write_nodes = write_nodes,
	};

	snprintf(serial, sizeof(serial), "/isa@20/serial@%x", plan->x86.serial.port);
	return tree_write(
		&board, plan, seed, overlay, overlay_bytes, buf, room, ret_bytes, err);
}
