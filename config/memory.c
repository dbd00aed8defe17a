/* SPDX-License-Identifier: Apache-2.0 */
#include "config/memory.h"

#include <inttypes.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/xml.h"

#define SHARED "shared=\"yes\", which an fs and a vhost_user need"

void memory_read(struct build *build, const struct xml_element *element)
{
	struct config_memory *memory = &build->config->memory;

	memory->pos = build_pos(build, element->line);
	attributes_apply(build, &language_memory, element, ~0u, memory);
	element_no_children(build, element);
}

/* The first device whose back end is another process, or NULL. */
static const struct config_device *find_sharer(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++) {
		enum config_device_type type = config->devices[i].type;

		if (type == CONFIG_DEVICE_FS || type == CONFIG_DEVICE_VHOST_USER)
			return &config->devices[i];
	}
	return NULL;
}

/* A back end that is another process has guest RAM shared, unless that was said. */
static void resolve_shared(struct build *build)
{
	struct config_memory *memory = &build->config->memory;
	const struct config_device *sharer = find_sharer(build->config);

	if (sharer && memory->shared == CONFIG_SHARED_NO)
		build_problem(build, memory->pos.line,
			"shared is 'no', but the back end of '%s', on line %d, needs the "
			"guest's memory: drop one of them",
			sharer->name, sharer->pos.line);
	else if (sharer)
		memory->shared = CONFIG_SHARED_YES;
}

/* A mapped kernel is private memory of small pages, which the host may drop. */
static void check_image(struct build *build, const struct config_memory *memory)
{
	const char *other = memory->shared == CONFIG_SHARED_YES ? SHARED
			    : memory->hugepages                 ? "hugepages"
			    : memory->lock                      ? "lock=\"yes\""
								: NULL;

	if (memory->image == CONFIG_IMAGE_MAP && other)
		build_problem(build, memory->pos.line,
			"image is 'map', which does not go with %s: drop one of them",
			other);
}

/* The host's kernel merges private pages of the small size only. */
static void check_merge(struct build *build, const struct config_memory *memory)
{
	const char *other = memory->shared == CONFIG_SHARED_YES ? SHARED
			    : memory->hugepages                 ? "hugepages"
								: NULL;

	if (memory->merge && other)
		build_problem(build, memory->pos.line,
			"merge is 'yes', which does not go with %s: drop one of them",
			other);
}

void memory_check(struct build *build)
{
	const struct vm_config *config = build->config;
	const struct config_memory *memory = &config->memory;
	uint64_t page = memory->hugepages == CONFIG_HUGEPAGES_2M   ? UINT64_C(2) << 20
			: memory->hugepages == CONFIG_HUGEPAGES_1G ? UINT64_C(1) << 30
								   : 1;

	resolve_shared(build);
	check_image(build, memory);
	check_merge(build, memory);
	if (config->ram_size_bytes % page)
		build_problem(build, memory->pos.line,
			"hugepages is '%s', but ram_size, on line %d, is no multiple of "
			"it",
			page >> 30 ? "1G" : "2M", config->ram_size_pos.line);
}
