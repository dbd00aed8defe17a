/* SPDX-License-Identifier: Apache-2.0 */
#include "src/tree.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/board.h"
#include "src/error.h"

struct tree_symbol {
	char label[20];
	char path[40];
};

/* What a board has a label for beside CPUs and devices, at most. */
#define SYMBOLS_FIXED 24

#define REG_RANGES_MAX 3

int tree_begin(
	struct tree *tree, const char *label, uint32_t phandle, const char *name_fmt, ...)
{
	struct tree_symbol *symbol;
	char name[32];
	va_list args;

	va_start(args, name_fmt);
	vsnprintf(name, sizeof(name), name_fmt, args);
	va_end(args);
	TREE_TRY(fdt_begin_node(tree->fdt, name));
	if (tree->symbols) {
		symbol = &tree->symbols[tree->symbol_count++];
		snprintf(symbol->label, sizeof(symbol->label), "%s", label);
		snprintf(symbol->path, sizeof(symbol->path), "%s/%s", tree->parent, name);
		if (!phandle)
			phandle = tree->next_phandle++;
	}
	return phandle ? fdt_property_u32(tree->fdt, "phandle", phandle) : 0;
}

int tree_cells(void *fdt, const char *name, const uint32_t *cells, size_t count)
{
	void *place;
	uint8_t *at;

	TREE_TRY(fdt_property_placeholder(
		fdt, name, (int)(count * sizeof(*cells)), &place));
	at = place;
	for (size_t i = 0; i < count; i++)
		fdt32_st(at + i * sizeof(*cells), cells[i]);
	return 0;
}

int tree_reg(void *fdt, const struct plan_range *ranges, unsigned int count)
{
	uint32_t cells[4 * REG_RANGES_MAX];

	for (unsigned int i = 0; i < count; i++) {
		cells[4 * i] = (uint32_t)(ranges[i].gpa >> 32);
		cells[4 * i + 1] = (uint32_t)ranges[i].gpa;
		cells[4 * i + 2] = (uint32_t)(ranges[i].bytes >> 32);
		cells[4 * i + 3] = (uint32_t)ranges[i].bytes;
	}
	return tree_cells(fdt, "reg", cells, 4 * count);
}

static int write_chosen(
	struct tree *tree, const struct tree_board *board, const struct boot_seed *seed)
{
	const struct board_plan *plan = tree->plan;
	void *fdt = tree->fdt;

	TREE_TRY(fdt_begin_node(fdt, "chosen"));
	TREE_TRY(fdt_property_string(fdt, "bootargs", plan->bootargs));
	if (board->serial)
		TREE_TRY(fdt_property_string(fdt, "stdout-path", "serial0:115200n8"));
	if (plan->initrd.bytes) {
		TREE_TRY(fdt_property_u32(
			fdt, "linux,initrd-start", (uint32_t)plan->initrd.gpa));
		TREE_TRY(fdt_property_u32(fdt, "linux,initrd-end",
			(uint32_t)(plan->initrd.gpa + plan->initrd.bytes)));
	}
	if (seed) {
		TREE_TRY(fdt_property(fdt, "rng-seed", seed->rng, sizeof(seed->rng)));
		TREE_TRY(fdt_property_u64(fdt, "kaslr-seed", seed->kaslr));
	}
	return fdt_end_node(fdt);
}

static int write_aliases(struct tree *tree, const struct tree_board *board)
{
	if (!board->serial)
		return 0;
	TREE_TRY(fdt_begin_node(tree->fdt, "aliases"));
	TREE_TRY(fdt_property_string(tree->fdt, "serial0", board->serial));
	return fdt_end_node(tree->fdt);
}

static int write_memory(struct tree *tree)
{
	const struct board_plan *plan = tree->plan;

	TREE_TRY(tree_begin(
		tree, "memory", 0, "memory@%llx", (unsigned long long)plan->ram[0].gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "device_type", "memory"));
	TREE_TRY(tree_reg(tree->fdt, plan->ram, plan->ram_count));
	return fdt_end_node(tree->fdt);
}

/* One cell is enough for an affinity without Aff3, and for an APIC id. */
static int write_cpu(struct tree *tree, unsigned int index, const char *enable_method)
{
	uint32_t id = (uint32_t)tree->plan->cpu_ids[index];
	char label[20];

	snprintf(label, sizeof(label), "cpu%u", index);
	TREE_TRY(tree_begin(tree, label, 0, "cpu@%x", (unsigned int)id));
	TREE_TRY(fdt_property_string(tree->fdt, "device_type", "cpu"));
	if (enable_method)
		TREE_TRY(fdt_property_string(
			tree->fdt, "compatible", tree->plan->cpu_type));
	TREE_TRY(fdt_property_u32(tree->fdt, "reg", id));
	if (enable_method)
		TREE_TRY(fdt_property_string(tree->fdt, "enable-method", enable_method));
	return fdt_end_node(tree->fdt);
}

int tree_cpus(struct tree *tree, const char *enable_method)
{
	TREE_TRY(fdt_begin_node(tree->fdt, "cpus"));
	TREE_TRY(fdt_property_u32(tree->fdt, "#address-cells", 1));
	TREE_TRY(fdt_property_u32(tree->fdt, "#size-cells", 0));
	tree->parent = "/cpus";
	for (unsigned int i = 0; i < tree->plan->cpu_count; i++)
		TREE_TRY(write_cpu(tree, i, enable_method));
	tree->parent = "";
	return fdt_end_node(tree->fdt);
}

int tree_begin_virtio(struct tree *tree, unsigned int index)
{
	const struct plan_device *device = &tree->plan->devices[index];
	char label[20];

	snprintf(label, sizeof(label), "virtio%u", index);
	TREE_TRY(tree_begin(tree, label, 0, "virtio_mmio@%llx",
		(unsigned long long)device->mmio.gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "virtio,mmio"));
	return tree_reg(tree->fdt, &device->mmio, 1);
}

static int write_shared_memory(struct tree *tree, unsigned int index)
{
	const struct plan_range *range = &tree->plan->shared[index];
	const struct config_shared_memory *config =
		&tree->plan->config->shared_memories[index];
	char label[20];

	snprintf(label, sizeof(label), "shared%u", index);
	TREE_TRY(tree_begin(
		tree, label, 0, "shared-memory@%llx", (unsigned long long)range->gpa));
	TREE_TRY(tree_strings(
		tree->fdt, "compatible", "bonsai,shared-memory\0pmem-region"));
	TREE_TRY(tree_reg(tree->fdt, range, 1));
	TREE_TRY(fdt_property(tree->fdt, "volatile", NULL, 0));
	TREE_TRY(fdt_property_string(tree->fdt, "label", config->name));
	if (config->readonly)
		TREE_TRY(fdt_property(tree->fdt, "read-only", NULL, 0));
	return fdt_end_node(tree->fdt);
}

int tree_shared_memories(struct tree *tree)
{
	for (unsigned int i = 0; i < tree->plan->shared_count; i++)
		TREE_TRY(write_shared_memory(tree, i));
	return 0;
}

static int write_symbols(struct tree *tree)
{
	if (!tree->symbols)
		return 0;
	TREE_TRY(fdt_begin_node(tree->fdt, "__symbols__"));
	for (unsigned int i = 0; i < tree->symbol_count; i++)
		TREE_TRY(fdt_property_string(
			tree->fdt, tree->symbols[i].label, tree->symbols[i].path));
	return fdt_end_node(tree->fdt);
}

static int write_root(
	struct tree *tree, const struct tree_board *board, const struct boot_seed *seed)
{
	void *fdt = tree->fdt;

	TREE_TRY(fdt_begin_node(fdt, ""));
	TREE_TRY(fdt_property_string(fdt, "compatible", board->compatible));
	TREE_TRY(fdt_property_string(fdt, "model", board->model));
	TREE_TRY(fdt_property_u32(fdt, "#address-cells", 2));
	TREE_TRY(fdt_property_u32(fdt, "#size-cells", 2));
	TREE_TRY(fdt_property_u32(fdt, "interrupt-parent", 1));
	TREE_TRY(write_chosen(tree, board, seed));
	TREE_TRY(write_aliases(tree, board));
	TREE_TRY(write_memory(tree));
	TREE_TRY(board->write_nodes(tree));
	TREE_TRY(write_symbols(tree));
	return fdt_end_node(fdt);
}

/* fdt_create() and its kin take an int. */
static int int_room(size_t room)
{
	return room > INT_MAX ? INT_MAX : (int)room;
}

static int write_all(struct tree *tree, const struct tree_board *board,
	const struct boot_seed *seed, size_t room)
{
	TREE_TRY(fdt_create(tree->fdt, int_room(room)));
	TREE_TRY(fdt_finish_reservemap(tree->fdt));
	TREE_TRY(write_root(tree, board, seed));
	return fdt_finish(tree->fdt);
}

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
	rc = fdt_open_into(fdt, fdt, int_room(room));
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

int tree_write(const struct tree_board *board, const struct board_plan *plan,
	const struct boot_seed *seed, const void *overlay, size_t overlay_bytes,
	void *buf, size_t room, size_t *ret_bytes, struct error *err)
{
	struct tree tree = {
		.fdt = buf,
		.plan = plan,
		.parent = "",
		.next_phandle = board->first_free_phandle,
	};
	int rc;

	if (overlay) {
		tree.symbols = calloc(plan->cpu_count + plan->device_count +
					      plan->shared_count + SYMBOLS_FIXED,
			sizeof(*tree.symbols));
		if (!tree.symbols)
			return error_set(err, -ENOMEM, NULL, "no memory for the labels");
	}
	rc = write_all(&tree, board, seed, room);
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

uint64_t tree_room(const struct board_plan *plan)
{
	uint64_t bytes =
		ROOM_FIXED_BYTES + strlen(plan->bootargs) +
		(uint64_t)plan->cpu_count * (ROOM_CPU_BYTES + strlen(plan->cpu_type)) +
		(uint64_t)(plan->device_count + plan->shared_count) * ROOM_DEVICE_BYTES +
		2 * plan->files.overlay_bytes;

	return (bytes + ROOM_STEP_BYTES - 1) / ROOM_STEP_BYTES * ROOM_STEP_BYTES;
}
