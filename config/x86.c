/* SPDX-License-Identifier: Apache-2.0 */
#include "config/x86.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/value.h"
#include "config/xml.h"

void x86_read_isa(struct build *build, const struct xml_element *element)
{
	struct config_isa *isa = &build->config->isa;

	isa->said = true;
	isa->pos = build_pos(build, element->line);
	attributes_apply(build, &language_isa, element, ~0u, isa);
	element_no_children(build, element);
}

/* The size of an item has 32 bits. */
static void check_file(struct build *build, const char *path, int line)
{
	char quoted[VALUE_QUOTE_BYTES];
	struct stat status;

	if (build->options->skip_files)
		return;
	value_quote(quoted, path);
	if (stat(path, &status) < 0)
		build_problem(build, line, "fw_cfg file '%s' cannot be used: %s", quoted,
			strerror(errno));
	else if (!S_ISREG(status.st_mode))
		build_problem(build, line, "fw_cfg file '%s' is no regular file", quoted);
	else if (access(path, R_OK) < 0)
		build_problem(build, line,
			"fw_cfg file '%s' may not be read by this user: %s", quoted,
			strerror(errno));
	else if (status.st_size > UINT32_MAX)
		build_problem(build, line,
			"fw_cfg file '%s' has %" PRIu64
			" bytes, an item has at most %" PRIu32,
			quoted, (uint64_t)status.st_size, UINT32_MAX);
}

void x86_read_fw_cfg(struct build *build, const struct xml_element *element,
	struct config_fw_cfg *item)
{
	item->pos = build_pos(build, element->line);
	attributes_apply(build, &language_fw_cfg, element, ~0u, item);
	element_no_children(build, element);
	if (item->name)
		build_claim(build, element->line, false, "fw_cfg name '%s'", item->name);
	/* One that is there and wrong has its problem already. */
	if (!xml_attribute_value(element, "file") &&
		!xml_attribute_value(element, "string"))
		build_problem(build, element->line,
			"<fw_cfg> has neither a file nor a string, allowed: one of them");
	if (item->path && item->string)
		build_problem(build, element->line,
			"<fw_cfg> has both a file and a string, allowed: one of them");
	if (item->path)
		check_file(build, item->path, element->line);
}

void x86_check_isa(struct build *build)
{
	const struct vm_config *config = build->config;
	const struct config_isa *isa = &config->isa;

	/* Its one interrupt comes in by the PIC or, in its place, by pin 0 or 2. */
	if (isa->pit && !isa->pic)
		build_problem(build, isa->pos.line,
			"pic is 'no' and pit is 'yes', but the PIT interrupts through "
			"the PIC: write pit=\"no\" too");
	if (!isa->serial && config->uart.pos.file)
		build_problem(build, config->uart.pos.line,
			"<uart> has a backend, but <isa serial=\"no\"> on line %d leaves "
			"the UART out: drop one of them",
			isa->pos.line);
}

static void find_rom(struct build *build, const char *name, struct config_rom *ret)
{
	const struct config_rom *firmware = &build->config->firmware;

	ret->pos = firmware->pos;
	ret->path = build_find(build, name, firmware->path);
}

void x86_find_option_roms(struct build *build)
{
	struct vm_config *config = build->config;

	if (!config->firmware.path || !config->isa.option_roms)
		return;
	find_rom(build, "linuxboot_dma.bin", &config->linuxboot);
	find_rom(build, "pvh.bin", &config->pvh);
}

void x86_finish_fw_cfg(struct config_fw_cfg *item)
{
	free(item->name);
	free(item->path);
	free(item->string);
}
