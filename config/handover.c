/* SPDX-License-Identifier: Apache-2.0 */
#include "config/handover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/value.h"
#include "config/xml.h"

/* ---- items of fw_cfg --------------------------------------------------------------- */

/* what names the element in messages. */
static void check_file(struct build *build, const char *what, uint64_t bytes_max,
	struct config_fw_cfg *item)
{
	char quoted[VALUE_QUOTE_BYTES];
	int line = item->pos.line;
	struct stat status;

	if (build->options->skip_files)
		return;
	value_quote(quoted, item->path);
	if (stat(item->path, &status) < 0)
		build_problem(build, line, "%s file '%s' cannot be used: %s", what,
			quoted, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		build_problem(
			build, line, "%s file '%s' is no regular file", what, quoted);
	else if (access(item->path, R_OK) < 0)
		build_problem(build, line,
			"%s file '%s' may not be read by this user: %s", what, quoted,
			strerror(errno));
	else if ((uint64_t)status.st_size > bytes_max)
		build_problem(build, line,
			"%s file '%s' has %" PRIu64
			" bytes, an item has at most %" PRIu64,
			what, quoted, (uint64_t)status.st_size, bytes_max);
	else
		item->bytes = (uint64_t)status.st_size;
}

static void claim_item(struct build *build, const struct config_fw_cfg *item)
{
	if (item->name)
		build_claim(build, item->pos.line, false, "fw_cfg name '%s'", item->name);
}

static void read_fw_cfg(struct build *build, const struct xml_element *element,
	struct config_fw_cfg *item)
{
	attributes_apply(build, &language_fw_cfg, element, ~0u, item);
	claim_item(build, item);
	/* One that is there and wrong has its problem already. */
	if (!xml_attribute_value(element, "file") &&
		!xml_attribute_value(element, "string"))
		build_problem(build, element->line,
			"<fw_cfg> has neither a file nor a string, allowed: one of them");
	if (item->path && item->string)
		build_problem(build, element->line,
			"<fw_cfg> has both a file and a string, allowed: one of them");
	if (item->string)
		item->bytes = strlen(item->string);
	/* The size of an item has 32 bits. */
	if (item->path)
		check_file(build, "fw_cfg", UINT32_MAX, item);
}

/* ---- credentials ------------------------------------------------------------------- */

static void read_credential(struct build *build, const struct xml_element *element,
	struct config_fw_cfg *item)
{
	unsigned int sources = !!xml_attribute_value(element, "file") +
			       !!xml_attribute_value(element, "fd") +
			       !!xml_attribute_value(element, "credential");

	item->credential = true;
	attributes_apply(build, &language_credential, element, ~0u, item);
	claim_item(build, item);
	if (sources != 1)
		build_problem(build, element->line,
			"<credential> has %s of file, fd and credential, allowed: one of "
			"them",
			sources ? "several" : "none");
	if (sources == 1 && item->host_credential)
		item->path =
			build_credential(build, item->host_credential, element->line);
	if (item->fd >= 0)
		build_claim(build, element->line, false, "fd %d", item->fd);
	if (item->path)
		check_file(build, "credential", CONFIG_CREDENTIAL_BYTES_MAX, item);
}

/* ---- shared memory ----------------------------------------------------------------- */

/* Whether this user may make a file there. */
static int check_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int code = -ENOMEM;

	if (folder)
		code = access(folder, W_OK | X_OK) < 0 ? -errno : 0;
	free(folder);
	return code;
}

static void check_shared(struct build *build, const struct config_shared_memory *shared)
{
	char quoted[VALUE_QUOTE_BYTES];
	int line = shared->pos.line;
	struct stat status;
	int code;

	if (build->options->skip_files)
		return;
	value_quote(quoted, shared->path);
	if (stat(shared->path, &status) < 0) {
		if (errno != ENOENT)
			build_problem(build, line,
				"shared memory '%s' cannot be used: %s", quoted,
				strerror(errno));
		else if (shared->readonly)
			build_problem(build, line,
				"shared memory '%s' is not there: start the VM that "
				"writes to it first, or make it with truncate",
				quoted);
		else if ((code = check_folder(shared->path)))
			build_problem(build, line,
				"shared memory '%s' cannot be made in its folder: %s",
				quoted, strerror(-code));
	} else if (!S_ISREG(status.st_mode)) {
		build_problem(
			build, line, "shared memory '%s' is no regular file", quoted);
	} else if (access(shared->path, shared->readonly ? R_OK : R_OK | W_OK) < 0) {
		build_problem(build, line,
			"shared memory '%s' may not be %s by this user: %s", quoted,
			shared->readonly ? "read" : "written", strerror(errno));
	} else if ((uint64_t)status.st_size < shared->bytes &&
		   (status.st_size || shared->readonly)) {
		build_problem(build, line,
			"shared memory '%s' has %" PRIu64 " bytes, size is %" PRIu64,
			quoted, (uint64_t)status.st_size, shared->bytes);
	}
}

static void read_shared(struct build *build, const struct xml_element *element)
{
	struct vm_config *config = build->config;
	struct config_shared_memory *shared =
		&config->shared_memories[config->shared_memory_count];

	if (config->shared_memory_count == CONFIG_SHARED_MEMORIES_MAX)
		return;
	config->shared_memory_count++;
	shared->pos = build_pos(build, element->line);
	attributes_apply(build, &language_shared_memory, element, ~0u, shared);
	element_no_children(build, element);
	if (shared->name[0])
		build_claim(build, element->line, false, "shared memory name '%s'",
			shared->name);
	if (shared->path)
		build_claim(build, element->line, shared->readonly, "path '%s'",
			shared->path);
	if (shared->path && shared->bytes)
		check_shared(build, shared);
}

/* ---- all of them ------------------------------------------------------------------- */

bool handover_prepare(struct build *build, const struct xml_element *root)
{
	struct vm_config *config = build->config;
	unsigned int count = element_count_children(build, root, language_fw_cfg.name,
				     LANGUAGE_FW_CFGS_MAX) +
			     element_count_children(build, root, language_credential.name,
				     LANGUAGE_FW_CFGS_MAX);

	element_count_children(
		build, root, language_shared_memory.name, CONFIG_SHARED_MEMORIES_MAX);
	/* Whatever their order is, none is too many for its place. */
	config->fw_cfgs = build_alloc(
		build, count ? 2 * LANGUAGE_FW_CFGS_MAX : 0, sizeof(*config->fw_cfgs));
	return config->fw_cfgs;
}

static void read_item(struct build *build, const struct xml_element *element,
	void (*read)(struct build *build, const struct xml_element *element,
		struct config_fw_cfg *item))
{
	struct vm_config *config = build->config;
	struct config_fw_cfg *item = &config->fw_cfgs[config->fw_cfg_count];

	if (config->fw_cfg_count == 2 * LANGUAGE_FW_CFGS_MAX)
		return;
	config->fw_cfg_count++;
	item->pos = build_pos(build, element->line);
	item->fd = -1;
	read(build, element, item);
	element_no_children(build, element);
}

bool handover_read(struct build *build, const struct xml_element *element)
{
	if (!strcmp(element->name, language_fw_cfg.name))
		read_item(build, element, read_fw_cfg);
	else if (!strcmp(element->name, language_credential.name))
		read_item(build, element, read_credential);
	else if (!strcmp(element->name, language_shared_memory.name))
		read_shared(build, element);
	else
		return false;
	return true;
}

void handover_finish(struct vm_config *config)
{
	for (unsigned int i = 0; i < config->fw_cfg_count; i++) {
		free(config->fw_cfgs[i].name);
		free(config->fw_cfgs[i].path);
		free(config->fw_cfgs[i].string);
		free(config->fw_cfgs[i].host_credential);
	}
	free(config->fw_cfgs);
	for (unsigned int i = 0; i < config->shared_memory_count; i++)
		free(config->shared_memories[i].path);
}
