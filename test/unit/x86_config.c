/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/x86_config.h"

void x86_config_init(struct arm_fixture *fixture)
{
	arm_fixture_init(fixture);
	fixture->board = &x86_board;
	fixture->config.isa = (struct config_isa){.rtc = true,
		.serial = true,
		.pit = true,
		.pic = true,
		.option_roms = true,
		.kernel_cmdline = true,
		.acpi = true,
		.pos = {"vm.xml", 5}};
	fixture->files.kernel = (struct kernel_image){.arch = CONFIG_ARCH_X86_64,
		.format = "x86 bzImage",
		.file_bytes = 8ull << 20,
		.memory_bytes = 32ull << 20,
		.load_offset = 16ull << 20,
		.load_align_bytes = 2ull << 20,
		.anywhere = true,
		.segment_count = 1,
		.segments = {{0x4000, (8ull << 20) - 0x4000, 0}},
		.x86 = {.entry = X86_ENTRY_LONG,
			.entry_offset = 0x200,
			.setup_bytes = 0x4000,
			.header_bytes = 123,
			.bootargs_max = 2047,
			.initrd_end_max = 0x7fffffff}};
	host_caps_assume(&fixture->caps, CONFIG_ARCH_X86_64);
}
