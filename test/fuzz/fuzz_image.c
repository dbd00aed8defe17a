/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's first bytes, and what the planner makes of what they say. */
#include <assert.h>
#include <string.h>

#include "src/board.h"
#include "src/error.h"

static void plan(const struct kernel_image *image, uint64_t ram_size_bytes)
{
	static char name[] = "vm";
	static struct problems problems;
	struct vm_config config = {
		.pos = {"vm.xml", 1},
		.name = name,
		.ram_size_bytes = ram_size_bytes,
		.cpu_count = 1,
		.gic = CONFIG_GIC_HOST,
	};
	struct boot_files files = {.kernel = *image};
	struct board_plan *ret;
	struct host_caps caps;

	problems.count = 0;
	host_caps_assume(&caps, CONFIG_ARCH_ARM64);
	if (board_plan_create(&arm_board, &config, &caps, &files, &ret, &problems)) {
		assert(problems.count > 0);
		return;
	}
	assert(ret->kernel.gpa >= ret->ram[0].gpa + ret->unpacked.bytes);
	assert(ret->kernel.gpa + ret->kernel.bytes <= ret->tables.gpa);
	assert(ret->tables.gpa + ret->tables.bytes <=
		ret->ram[0].gpa + ret->ram[0].bytes);
	board_plan_destroy(ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	struct kernel_image image;
	uint64_t numbers[2];
	struct error err;
	int rc;

	if (bytes < sizeof(numbers))
		return 0;
	memcpy(numbers, input, sizeof(numbers));
	/* Files end long before 2^63. */
	numbers[0] >>= 8;
	rc = arm_board.read_kernel(input + sizeof(numbers), bytes - sizeof(numbers),
		numbers[0], NULL, NULL, &image, &err);
	if (rc) {
		assert(err.code == rc && strlen(err.text) < sizeof(err.text));
		return 0;
	}
	assert(image.memory_bytes >= image.file_bytes || !image.memory_bytes);
	plan(&image, numbers[1]);
	return 0;
}
