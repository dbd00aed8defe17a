/* SPDX-License-Identifier: Apache-2.0 */
#include "config/x86.h"

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/xml.h"

void x86_read_isa(struct build *build, const struct xml_element *element)
{
	struct config_isa *isa = &build->config->isa;

	isa->said = true;
	isa->pos = build_pos(build, element->line);
	attributes_apply(build, &language_isa, element, ~0u, isa);
	element_no_children(build, element);
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
