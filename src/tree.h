/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boards' device trees have in common (Devicetree Specification 0.4): the frame
 * around a board's own nodes, the nodes that are the same everywhere, labels and the
 * overlay. Over libfdt's sequential writer; the writers of single things return libfdt's
 * codes, tree_write() turns them into ours.
 */
#ifndef SRC_TREE_H
#define SRC_TREE_H

#include <libfdt.h>
#include <stddef.h>
#include <stdint.h>

struct board_plan;
struct boot_seed;
struct error;
struct plan_range;
struct tree_symbol;

/* Being written. */
struct tree {
	void *fdt;
	const struct board_plan *plan;
	const char *parent; /* path of the node around; "" for the root */
	uint32_t next_phandle;
	unsigned int symbol_count;
	struct tree_symbol *symbols; /* NULL: no labels */
};

/* What a board has of its own. */
struct tree_board {
	const char *compatible;
	const char *model;
	const char *serial; /* path of the UART's node; NULL: none */
	/* The board's nodes have the phandles from 1 on; 1 is the interrupt parent's. */
	uint32_t first_free_phandle;
	int (*write_nodes)(struct tree *tree); /* after chosen, aliases, memory */
};

/* Leaves a writer with libfdt's code where the call did not succeed. */
#define TREE_TRY(call)                                                                   \
	do {                                                                             \
		int tree_try_rc = (call);                                                \
		if (tree_try_rc < 0)                                                     \
			return tree_try_rc;                                              \
	} while (0)

/*
 * Opens a node that an overlay can refer to by label (at most 19 characters; path and
 * name 39). phandle 0: one of its own where needed. fdt_end_node() closes it.
 */
int tree_begin(struct tree *tree, const char *label, uint32_t phandle,
	const char *name_fmt, ...) __attribute__((format(printf, 4, 5)));

int tree_cells(void *fdt, const char *name, const uint32_t *cells, size_t count);

/* reg in the root, where addresses and sizes have two cells each; at most 3 ranges. */
int tree_reg(void *fdt, const struct plan_range *ranges, unsigned int count);

/* A list of strings: a NUL after each but the last, as a C string ends anyway. */
#define tree_strings(fdt, name, list) fdt_property(fdt, name, list, sizeof(list))

/* /cpus. enable_method NULL: the CPUs themselves tell what they are. */
int tree_cpus(struct tree *tree, const char *enable_method);

/* Opens the node of the plan's device and says what it is and where. */
int tree_begin_virtio(struct tree *tree, unsigned int index);

/*
 * A node for each piece of shared memory. pmem-region gives Linux a block device of it;
 * a driver of one's own finds it by the first compatible, and its name by the label.
 */
int tree_shared_memories(struct tree *tree);

/* Room enough for the plan's tree: CPUs, devices, bootargs and overlay. */
uint64_t tree_room(const struct board_plan *plan);

/* As struct board's write_tables() (src/board.h). */
int tree_write(const struct tree_board *board, const struct board_plan *plan,
	const struct boot_seed *seed, const void *overlay, size_t overlay_bytes,
	void *buf, size_t room, size_t *ret_bytes, struct error *err);

#endif
