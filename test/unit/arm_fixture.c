/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/arm_fixture.h"

#include <stdio.h>

static char name[] = "vm";
static char kernel_path[] = "Image";
static char initrd_path[] = "initrd";

void arm_fixture_init(struct arm_fixture *fixture)
{
	*fixture = (struct arm_fixture){
#ifdef BONSAI_BOARD_ARM /* else the caller's, as in test/unit/x86_config.c */
		.board = &arm_board,
#endif
		.config =
			{
				.pos = {"vm.xml", 1},
				.name = name,
				.kernel = {kernel_path, {"vm.xml", 2}},
				.ram_size_bytes = 512ull << 20,
				.ram_size_pos = {"vm.xml", 3},
				.cpu_count = 1,
				.gic = CONFIG_GIC_V2,
			},
		.files =
			{
				.kernel =
					{
						.arch = CONFIG_ARCH_ARM64,
						.format = "arm64 Image",
						.file_bytes = 30ull << 20,
						.memory_bytes = 32ull << 20,
						.load_align_bytes = 2ull << 20,
					},
			},
		.initrd = {initrd_path, {"vm.xml", 4}},
	};
	fixture->config.initrds = &fixture->initrd;
	fixture->config.devices = fixture->devices;
	host_caps_assume(&fixture->caps, CONFIG_ARCH_ARM64);
}

void arm_fixture_add_devices(struct arm_fixture *fixture, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct config_device *device = &fixture->devices[i];

		device->type = CONFIG_DEVICE_RNG;
		device->pos = (struct source_pos){"vm.xml", 10 + (int)i};
		snprintf(device->name, sizeof(device->name), "rng%u", i);
	}
	fixture->config.device_count = count;
}

struct board_plan *arm_fixture_plan(struct arm_fixture *fixture)
{
	struct board_plan *plan = NULL;

	fixture->problems.count = 0;
	board_plan_create(fixture->board, &fixture->config, &fixture->caps,
		&fixture->files, &plan, &fixture->problems);
	return plan;
}
