/* SPDX-License-Identifier: Apache-2.0 */
#include "config/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/attribute.h"
#include "config/backend.h"
#include "config/build.h"
#include "config/language.h"
#include "config/value.h"
#include "config/xml.h"

/* The disk that another is around. */
static const struct xml_element *find_file(struct build *build,
	const struct xml_element *element, const struct element_def **ret_def)
{
	const struct xml_element *child =
		backend_find(build, element, &language_disk_files, NULL, ret_def);

	if (!child && !element->children)
		build_problem(build, element->line,
			"<%s> without a disk, <file path=\"...\"/> in it is needed",
			element->name);
	return child;
}

static const struct xml_element *read_verity(struct build *build,
	const struct xml_element *device, const struct xml_element *element,
	const struct element_def **def, struct config_block *block)
{
	const char *readonly = xml_attribute_value(device, "readonly");

	attributes_apply(build, *def, element, ~0u, block);
	if (readonly && !block->readonly)
		build_problem(build, element->line,
			"a disk with <verity> is read-only, readonly is 'no', allowed: "
			"yes");
	block->readonly = true;
	if (block->verity.hash_path)
		build_check_disk(build, block->verity.hash_path, true, element->line);
	return find_file(build, element, def);
}

/* Where the key is: said once, and there. */
static void read_key(struct build *build, const struct xml_element *element,
	struct config_crypt *crypt)
{
	char quoted[VALUE_QUOTE_BYTES];
	unsigned int sources = !!xml_attribute_value(element, "fd") +
			       !!xml_attribute_value(element, "credential") +
			       !!xml_attribute_value(element, "keyring");

	if (sources != 1)
		build_problem(build, element->line,
			"<crypt> has %s of fd, credential and keyring, allowed: one of "
			"them",
			sources ? "several" : "none");
	if (crypt->fd >= 0)
		build_claim(build, element->line, false, "fd %d", crypt->fd);
	if (sources == 1 && crypt->credential)
		crypt->path = build_credential(build, crypt->credential, element->line);
	if (crypt->path && !build->options->skip_files && access(crypt->path, R_OK) < 0)
		build_problem(build, element->line, "credential '%s' cannot be used: %s",
			value_quote(quoted, crypt->credential), strerror(errno));
}

static const struct xml_element *read_crypt(struct build *build,
	const struct xml_element *element, const struct element_def **def,
	struct config_block *block)
{
	attributes_apply(build, *def, element, ~0u, block);
	block->crypt.wanted = true;
	read_key(build, element, &block->crypt);
	return find_file(build, element, def);
}

void disk_read(struct build *build, const struct xml_element *element,
	struct config_block *block)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_disks, NULL, &def);

	block->backend_pos = build_pos(build, child ? child->line : element->line);
	if (!child && !element->children)
		build_problem(build, element->line,
			"a block device without a backend, <file path=\"...\"/> is "
			"needed");
	if (child && def->kind == CONFIG_DISK_VERITY)
		child = read_verity(build, element, child, &def, block);
	else if (child && def->kind == CONFIG_DISK_CRYPT)
		child = read_crypt(build, child, &def, block);
	if (!child)
		return;
	attributes_apply(build, def, child, ~0u, block);
	element_no_children(build, child);
	if (!block->path)
		return;
	build_check_disk(build, block->path, block->readonly, child->line);
	build_claim(build, child->line, block->readonly, "path '%s'", block->path);
}

void disk_finish(struct config_block *block)
{
	free(block->path);
	free(block->verity.root_hash);
	free(block->verity.hash_path);
	free(block->crypt.credential);
	free(block->crypt.path);
	free(block->crypt.keyring);
}
