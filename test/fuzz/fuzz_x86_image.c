/* SPDX-License-Identifier: Apache-2.0 */
/* An x86 kernel's first bytes, and a machine that starts with what they say. */
#include <assert.h>
#include <string.h>

#include "arch/x86/image.h"
#include "arch/x86/layout.h"
#include "arch/x86/load.h"
#include "src/board.h"
#include "src/error.h"
#include "src/guest_mem.h"

/* As image.h and the loader of segments promise each other. */
static void check_image(const struct kernel_image *image)
{
	uint64_t file_end = 0;

	assert(image->load_offset >= X86_HIGH_RAM_GPA);
	assert(image->memory_bytes <= X86_LOW_RAM_END);
	assert(image->load_offset + image->memory_bytes <= X86_LOW_RAM_END);
	assert(image->segment_count && image->segment_count <= KERNEL_SEGMENTS_MAX);
	assert(image->x86.header_bytes <= sizeof(image->x86.header));
	assert(image->x86.bootargs_max < X86_CMDLINE_BYTES);
	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *segment = &image->segments[i];

		assert(segment->file_offset >= file_end);
		assert(segment->file_bytes <= UINT64_MAX - segment->file_offset);
		file_end = segment->file_offset + segment->file_bytes;
		assert(!image->memory_bytes ||
			(segment->offset <= image->memory_bytes &&
				segment->file_bytes <=
					image->memory_bytes - segment->offset));
	}
	assert(!image->file_bytes || file_end <= image->file_bytes);
	assert(!image->x86.setup_bytes || image->x86.header_bytes);
	assert(image->x86.header_bytes || image->x86.entry_offset < image->memory_bytes);
}

static void load(const struct kernel_image *image)
{
	static const struct boot_seed seed;
	static struct guest_mem mem;
	static char bootargs[] = "quiet";
	struct board_plan plan = {
		.files.kernel = *image,
		.bootargs = bootargs,
		.x86 = {.acpi = false, .tree = true, .e820_count = X86_E820_MAX},
		.tables = {X86_HIGH_RAM_GPA + 4096, 4096},
	};
	struct error err;

	if (!mem.count)
		assert(!guest_mem_add(&mem, 0, GUEST_MEM_ALIGN_BYTES, &err));
	assert(!x86_load(&plan, &mem, 100, &seed, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	struct kernel_image image;
	uint64_t file_bytes;
	struct error err;
	int rc;

	if (bytes < sizeof(file_bytes))
		return 0;
	memcpy(&file_bytes, input, sizeof(file_bytes));
	/* Files end long before 2^63. */
	file_bytes >>= 8;
	rc = x86_image_read(input + sizeof(file_bytes), bytes - sizeof(file_bytes),
		file_bytes, NULL, NULL, &image, &err);
	if (rc) {
		assert(err.code == rc && strlen(err.text) < sizeof(err.text));
		return 0;
	}
	check_image(&image);
	load(&image);
	return 0;
}
