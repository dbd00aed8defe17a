/* SPDX-License-Identifier: Apache-2.0 */
/* A device tree overlay: applied whole or refused, and the tree stays sound. */
#include <assert.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "src/board.h"
#include "src/error.h"

static struct board_plan *plan_for(size_t overlay_bytes)
{
	static char name[] = "vm";
	static struct vm_config config;
	static struct problems problems;
	struct boot_files files = {
		.kernel = {.arch = CONFIG_ARCH_ARM64,
			.memory_bytes = 1 << 20,
			.load_align_bytes = 2 << 20},
		.overlay_bytes = overlay_bytes,
	};
	struct board_plan *plan = NULL;
	struct host_caps caps;

	config = (struct vm_config){
		.pos = {"vm.xml", 1},
		.name = name,
		.ram_size_bytes = 64 << 20,
		.cpu_count = 2,
		.gic = CONFIG_GIC_V3,
	};
	problems.count = 0;
	host_caps_assume(&caps, CONFIG_ARCH_ARM64);
	board_plan_create(&arm_board, &config, &caps, &files, &plan, &problems);
	return plan;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	struct board_plan *plan = plan_for(bytes);
	struct error err;
	size_t tree_bytes;
	void *tree;

	if (!plan)
		return 0;
	tree = malloc((size_t)plan->tables.bytes);
	if (!tree)
		abort();
	if (arm_board.write_tables(plan, NULL, input, bytes, tree,
		    (size_t)plan->tables.bytes, &tree_bytes, &err) == 0) {
		assert(tree_bytes <= plan->tables.bytes);
		assert(fdt_check_header(tree) == 0);
	} else {
		assert(err.code < 0);
	}
	free(tree);
	board_plan_destroy(plan);
	return 0;
}
