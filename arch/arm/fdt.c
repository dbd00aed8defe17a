/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the tree (Devicetree Specification 0.4; Linux's Documentation/devicetree/
 * bindings) from the plan, front to back, with libfdt's sequential writer. Pure data in
 * and out. The writers below return libfdt's codes; arm_fdt_write() turns them into
 * ours.
 */
#include "arch/arm/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/layout.h"
#include "src/board.h"
#include "src/error.h"

#define TRY(call)                                                                        \
	do {                                                                             \
		int try_rc = (call);                                                     \
		if (try_rc < 0)                                                          \
			return try_rc;                                                   \
	} while (0)

/* Interrupt specifiers of the GIC bindings. */
#define GIC_SPI 0
#define GIC_PPI 1
#define GIC_EDGE_RISING 1
#define GIC_LEVEL_HIGH 4
#define GIC_PPI_CPUS_SHIFT 8

enum {
	PHANDLE_GIC = 1,
	PHANDLE_CLOCK,
	PHANDLE_FIRST_FREE,
};

struct symbol {
	char label[20];
	char path[40];
};

struct tree {
	void *fdt;
	const struct board_plan *plan;
	const char *parent; /* path of the node around; "" for the root */
	uint32_t next_phandle;
	unsigned int symbol_count;
	struct symbol *symbols; /* NULL: no labels */
};

/* What of a plan has a label, at most; see arm_fdt_write(). */
#define SYMBOLS_FIXED 8

/* Opens a node that an overlay can refer to. phandle 0: one of its own where needed. */
static int begin_labelled(struct tree *tree, const char *label, uint32_t phandle,
	const char *name_fmt, ...) __attribute__((format(printf, 4, 5)));

static int begin_labelled(
	struct tree *tree, const char *label, uint32_t phandle, const char *name_fmt, ...)
{
	struct symbol *symbol;
	char name[32];
	va_list args;

	va_start(args, name_fmt);
	vsnprintf(name, sizeof(name), name_fmt, args);
	va_end(args);
	TRY(fdt_begin_node(tree->fdt, name));
	if (tree->symbols) {
		symbol = &tree->symbols[tree->symbol_count++];
		snprintf(symbol->label, sizeof(symbol->label), "%s", label);
		snprintf(symbol->path, sizeof(symbol->path), "%s/%s", tree->parent, name);
		if (!phandle)
			phandle = tree->next_phandle++;
	}
	return phandle ? fdt_property_u32(tree->fdt, "phandle", phandle) : 0;
}

static int put_cells(void *fdt, const char *name, const uint32_t *cells, size_t count)
{
	void *place;
	uint8_t *at;

	TRY(fdt_property_placeholder(fdt, name, (int)(count * sizeof(*cells)), &place));
	at = place;
	for (size_t i = 0; i < count; i++)
		fdt32_st(at + i * sizeof(*cells), cells[i]);
	return 0;
}

/* Addresses and sizes have two cells each in the root. */
static int put_reg(void *fdt, const struct plan_range *ranges, unsigned int count)
{
	uint32_t cells[4 * (1 + PLAN_GIC_REGIONS_MAX)];

	for (unsigned int i = 0; i < count; i++) {
		cells[4 * i] = (uint32_t)(ranges[i].gpa >> 32);
		cells[4 * i + 1] = (uint32_t)ranges[i].gpa;
		cells[4 * i + 2] = (uint32_t)(ranges[i].bytes >> 32);
		cells[4 * i + 3] = (uint32_t)ranges[i].bytes;
	}
	return put_cells(fdt, "reg", cells, 4 * count);
}

/* The only place where INTIDs become the bindings' numbers. */
static int put_irqs(const struct tree *tree, const unsigned int *intids,
	unsigned int count, uint32_t flags)
{
	uint32_t cells[3 * 4];

	for (unsigned int i = 0; i < count; i++) {
		bool ppi = intids[i] < ARM_SPI_BASE;

		cells[3 * i] = ppi ? GIC_PPI : GIC_SPI;
		cells[3 * i + 1] = intids[i] - (ppi ? ARM_PPI_BASE : ARM_SPI_BASE);
		cells[3 * i + 2] = flags;
		/* A GICv2 wants to hear which CPUs a PPI is for. */
		if (ppi && tree->plan->gic.version == 2)
			cells[3 * i + 2] |= ((1u << tree->plan->cpu_count) - 1)
					    << GIC_PPI_CPUS_SHIFT;
	}
	return put_cells(tree->fdt, "interrupts", cells, 3 * count);
}

/* compatible is a list with a NUL after each but the last, as a C string ends anyway. */
#define put_strings(fdt, name, list) fdt_property(fdt, name, list, sizeof(list))

static int write_chosen(struct tree *tree, const struct boot_seed *seed)
{
	const struct board_plan *plan = tree->plan;
	void *fdt = tree->fdt;

	TRY(fdt_begin_node(fdt, "chosen"));
	TRY(fdt_property_string(fdt, "bootargs", plan->bootargs));
	TRY(fdt_property_string(fdt, "stdout-path", "serial0:115200n8"));
	if (plan->initrd.bytes) {
		TRY(fdt_property_u32(
			fdt, "linux,initrd-start", (uint32_t)plan->initrd.gpa));
		TRY(fdt_property_u32(fdt, "linux,initrd-end",
			(uint32_t)(plan->initrd.gpa + plan->initrd.bytes)));
	}
	if (seed) {
		TRY(fdt_property(fdt, "rng-seed", seed->rng, sizeof(seed->rng)));
		TRY(fdt_property_u64(fdt, "kaslr-seed", seed->kaslr));
	}
	return fdt_end_node(fdt);
}

static int write_aliases(struct tree *tree)
{
	char path[32];

	snprintf(path, sizeof(path), "/serial@%llx",
		(unsigned long long)tree->plan->uart.gpa);
	TRY(fdt_begin_node(tree->fdt, "aliases"));
	TRY(fdt_property_string(tree->fdt, "serial0", path));
	return fdt_end_node(tree->fdt);
}

static int write_memory(struct tree *tree)
{
	const struct board_plan *plan = tree->plan;

	TRY(begin_labelled(
		tree, "memory", 0, "memory@%llx", (unsigned long long)plan->ram[0].gpa));
	TRY(fdt_property_string(tree->fdt, "device_type", "memory"));
	TRY(put_reg(tree->fdt, plan->ram, plan->ram_count));
	return fdt_end_node(tree->fdt);
}

/* One cell is enough for an affinity without Aff3. */
static int write_cpu(struct tree *tree, unsigned int index)
{
	uint32_t id = (uint32_t)tree->plan->cpu_ids[index];
	char label[20];

	snprintf(label, sizeof(label), "cpu%u", index);
	TRY(begin_labelled(tree, label, 0, "cpu@%x", (unsigned int)id));
	TRY(fdt_property_string(tree->fdt, "device_type", "cpu"));
	TRY(fdt_property_string(tree->fdt, "compatible", tree->plan->cpu_type));
	TRY(fdt_property_u32(tree->fdt, "reg", id));
	TRY(fdt_property_string(tree->fdt, "enable-method", "psci"));
	return fdt_end_node(tree->fdt);
}

static int write_cpus(struct tree *tree)
{
	TRY(fdt_begin_node(tree->fdt, "cpus"));
	TRY(fdt_property_u32(tree->fdt, "#address-cells", 1));
	TRY(fdt_property_u32(tree->fdt, "#size-cells", 0));
	tree->parent = "/cpus";
	for (unsigned int i = 0; i < tree->plan->cpu_count; i++)
		TRY(write_cpu(tree, i));
	tree->parent = "";
	return fdt_end_node(tree->fdt);
}

static int write_psci(struct tree *tree)
{
	TRY(begin_labelled(tree, "psci", 0, "psci"));
	TRY(put_strings(tree->fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2"));
	TRY(fdt_property_string(tree->fdt, "method", "hvc"));
	return fdt_end_node(tree->fdt);
}

static int write_timer(struct tree *tree)
{
	TRY(begin_labelled(tree, "timer", 0, "timer"));
	TRY(fdt_property_string(tree->fdt, "compatible", "arm,armv8-timer"));
	TRY(put_irqs(tree, tree->plan->timer_irqs, 4, GIC_LEVEL_HIGH));
	TRY(fdt_property(tree->fdt, "always-on", NULL, 0));
	return fdt_end_node(tree->fdt);
}

static int write_pmu(struct tree *tree)
{
	if (!tree->plan->pmu)
		return 0;
	TRY(begin_labelled(tree, "pmu", 0, "pmu"));
	TRY(fdt_property_string(tree->fdt, "compatible", "arm,armv8-pmuv3"));
	TRY(put_irqs(tree, &tree->plan->pmu_irq, 1, GIC_LEVEL_HIGH));
	return fdt_end_node(tree->fdt);
}

static int write_gic_frames(struct tree *tree)
{
	const struct plan_gic *gic = &tree->plan->gic;
	struct plan_range frames[1 + PLAN_GIC_REGIONS_MAX] = {gic->dist};

	if (gic->version == 2) {
		TRY(fdt_property_string(tree->fdt, "compatible", "arm,cortex-a15-gic"));
		frames[1] = gic->cpu_interface;
		return put_reg(tree->fdt, frames, 2);
	}
	TRY(fdt_property_string(tree->fdt, "compatible", "arm,gic-v3"));
	for (unsigned int i = 0; i < gic->redist_count; i++)
		frames[1 + i] = gic->redist[i];
	TRY(put_reg(tree->fdt, frames, 1 + gic->redist_count));
	if (gic->redist_count > 1)
		TRY(fdt_property_u32(
			tree->fdt, "#redistributor-regions", gic->redist_count));
	return 0;
}

static int write_gic(struct tree *tree)
{
	TRY(begin_labelled(tree, "gic", PHANDLE_GIC, "interrupt-controller@%llx",
		(unsigned long long)tree->plan->gic.dist.gpa));
	TRY(write_gic_frames(tree));
	TRY(fdt_property(tree->fdt, "interrupt-controller", NULL, 0));
	TRY(fdt_property_u32(tree->fdt, "#interrupt-cells", 3));
	TRY(fdt_property_u32(tree->fdt, "#address-cells", 0));
	return fdt_end_node(tree->fdt);
}

static int write_clock(struct tree *tree)
{
	TRY(begin_labelled(tree, "apb_pclk", PHANDLE_CLOCK, "apb-pclk"));
	TRY(fdt_property_string(tree->fdt, "compatible", "fixed-clock"));
	TRY(fdt_property_u32(tree->fdt, "#clock-cells", 0));
	TRY(fdt_property_u32(tree->fdt, "clock-frequency", ARM_UART_CLOCK_HZ));
	TRY(fdt_property_string(tree->fdt, "clock-output-names", "clk24mhz"));
	return fdt_end_node(tree->fdt);
}

static int write_uart(struct tree *tree)
{
	static const uint32_t clocks[] = {PHANDLE_CLOCK, PHANDLE_CLOCK};
	const struct board_plan *plan = tree->plan;

	TRY(begin_labelled(
		tree, "uart0", 0, "serial@%llx", (unsigned long long)plan->uart.gpa));
	TRY(put_strings(tree->fdt, "compatible", "arm,pl011\0arm,primecell"));
	TRY(put_reg(tree->fdt, &plan->uart, 1));
	TRY(put_irqs(tree, &plan->uart_irq, 1, GIC_LEVEL_HIGH));
	TRY(put_strings(tree->fdt, "clock-names", "uartclk\0apb_pclk"));
	TRY(put_cells(tree->fdt, "clocks", clocks, 2));
	return fdt_end_node(tree->fdt);
}

static int write_virtio(struct tree *tree, unsigned int index)
{
	const struct plan_device *device = &tree->plan->devices[index];
	char label[20];

	snprintf(label, sizeof(label), "virtio%u", index);
	TRY(begin_labelled(tree, label, 0, "virtio_mmio@%llx",
		(unsigned long long)device->mmio.gpa));
	TRY(fdt_property_string(tree->fdt, "compatible", "virtio,mmio"));
	TRY(put_reg(tree->fdt, &device->mmio, 1));
	TRY(put_irqs(tree, &device->irq, 1, GIC_EDGE_RISING));
	TRY(fdt_property(tree->fdt, "dma-coherent", NULL, 0));
	return fdt_end_node(tree->fdt);
}

static int write_symbols(struct tree *tree)
{
	if (!tree->symbols)
		return 0;
	TRY(fdt_begin_node(tree->fdt, "__symbols__"));
	for (unsigned int i = 0; i < tree->symbol_count; i++)
		TRY(fdt_property_string(
			tree->fdt, tree->symbols[i].label, tree->symbols[i].path));
	return fdt_end_node(tree->fdt);
}

static int write_root(struct tree *tree, const struct boot_seed *seed)
{
	void *fdt = tree->fdt;

	TRY(fdt_begin_node(fdt, ""));
	TRY(fdt_property_string(fdt, "compatible", "linux,dummy-virt"));
	TRY(fdt_property_string(fdt, "model", "Bonsai ARM board"));
	TRY(fdt_property_u32(fdt, "#address-cells", 2));
	TRY(fdt_property_u32(fdt, "#size-cells", 2));
	TRY(fdt_property_u32(fdt, "interrupt-parent", PHANDLE_GIC));
	TRY(write_chosen(tree, seed));
	TRY(write_aliases(tree));
	TRY(write_memory(tree));
	TRY(write_cpus(tree));
	TRY(write_psci(tree));
	TRY(write_timer(tree));
	TRY(write_pmu(tree));
	TRY(write_gic(tree));
	TRY(write_clock(tree));
	TRY(write_uart(tree));
	for (unsigned int i = 0; i < tree->plan->device_count; i++)
		TRY(write_virtio(tree, i));
	TRY(write_symbols(tree));
	return fdt_end_node(fdt);
}

static int write_tree(struct tree *tree, size_t room, const struct boot_seed *seed)
{
	TRY(fdt_create(tree->fdt, room > INT_MAX ? INT_MAX : (int)room));
	TRY(fdt_finish_reservemap(tree->fdt));
	TRY(write_root(tree, seed));
	return fdt_finish(tree->fdt);
}

#undef TRY

static int table_error(
	int fdt_rc, const struct source_pos *pos, const char *what, struct error *err)
{
	if (fdt_rc == -FDT_ERR_NOSPACE)
		return error_set(
			err, -ENOSPC, pos, "%s does not fit into its room", what);
	return error_set(err, -EINVAL, pos, "%s: %s", what, fdt_strerror(fdt_rc));
}

/* libfdt trusts an overlay and takes it apart, so it gets a checked copy. */
static int apply_overlay(const struct board_plan *plan, const void *overlay,
	size_t overlay_bytes, void *fdt, size_t room, struct error *err)
{
	const struct source_pos *pos = &plan->config->dtb_overlay.pos;
	void *copy;
	int rc;

	if (overlay_bytes < sizeof(struct fdt_header) ||
		fdt_check_full(overlay, overlay_bytes) < 0)
		return error_set(err, -EINVAL, pos,
			"dtb_overlay_rom is no sound device tree overlay: make it with "
			"dtc -@ -I dts -O dtb");
	copy = malloc(overlay_bytes);
	if (!copy)
		return error_set(err, -ENOMEM, pos, "no memory for the overlay");
	memcpy(copy, overlay, overlay_bytes);
	rc = fdt_open_into(fdt, fdt, room > INT_MAX ? INT_MAX : (int)room);
	if (!rc)
		rc = fdt_overlay_apply(fdt, copy);
	free(copy);
	if (!rc)
		rc = fdt_pack(fdt);
	if (rc == -FDT_ERR_NOTFOUND)
		return error_set(err, -EINVAL, pos,
			"dtb_overlay_rom refers to a node or label that the tree does "
			"not have: see bonsai dtb");
	return rc ? table_error(rc, pos, "dtb_overlay_rom", err) : 0;
}

int arm_fdt_write(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	struct tree tree = {
		.fdt = buf,
		.plan = plan,
		.parent = "",
		.next_phandle = PHANDLE_FIRST_FREE,
	};
	int rc;

	if (overlay) {
		tree.symbols =
			calloc(plan->cpu_count + plan->device_count + SYMBOLS_FIXED,
				sizeof(*tree.symbols));
		if (!tree.symbols)
			return error_set(err, -ENOMEM, NULL, "no memory for the labels");
	}
	rc = write_tree(&tree, room, seed);
	free(tree.symbols);
	if (rc)
		return table_error(rc, NULL, "device tree", err);
	if (overlay)
		rc = apply_overlay(plan, overlay, overlay_bytes, buf, room, err);
	if (!rc)
		*ret_bytes = fdt_totalsize(buf);
	return rc;
}

/* Generous: a node of each kind takes less, labels included. */
#define ROOM_FIXED_BYTES 8192u
#define ROOM_CPU_BYTES 256u
#define ROOM_DEVICE_BYTES 384u
#define ROOM_STEP_BYTES 0x10000u

uint64_t arm_fdt_room(const struct board_plan *plan)
{
	uint64_t bytes =
		ROOM_FIXED_BYTES + strlen(plan->bootargs) +
		(uint64_t)plan->cpu_count * (ROOM_CPU_BYTES + strlen(plan->cpu_type)) +
		(uint64_t)plan->device_count * ROOM_DEVICE_BYTES +
		2 * plan->files.overlay_bytes;

	return (bytes + ROOM_STEP_BYTES - 1) / ROOM_STEP_BYTES * ROOM_STEP_BYTES;
}
