/* SPDX-License-Identifier: Apache-2.0 */
#include "src/plan_handover.h"

#include <inttypes.h>

#include "src/plan.h"

/* What is in an item is nobody's business here: it may be a secret. */
static void print_item(const struct config_fw_cfg *item, FILE *out)
{
	fprintf(out, "  %s: ", item->name);
	if (item->fd >= 0)
		fprintf(out, "from descriptor %d", item->fd);
	else
		fprintf(out, "%" PRIu64 " bytes", item->bytes);
	if (item->host_credential)
		fprintf(out, " of credential %s", item->host_credential);
	else if (item->path)
		fprintf(out, " of %s", item->path);
	fprintf(out, " (%s:%d)\n", item->pos.file, item->pos.line);
}

static void print_shared(const struct board_plan *plan, FILE *out)
{
	if (plan->shared_count)
		fprintf(out, "\nshared memory\n");
	for (unsigned int i = 0; i < plan->shared_count; i++) {
		const struct config_shared_memory *config =
			&plan->config->shared_memories[i];

		fprintf(out, "  %s: %s at 0x%010" PRIx64 "%s (%s:%d)\n", config->name,
			config->path, plan->shared[i].gpa,
			config->readonly ? ", to read" : "", config->pos.file,
			config->pos.line);
	}
}

static void print_items(const struct vm_config *config, FILE *out)
{
	if (config->fw_cfg_count)
		fprintf(out, "\nitems of fw_cfg\n");
	for (unsigned int i = 0; i < config->fw_cfg_count; i++)
		print_item(&config->fw_cfgs[i], out);
}

void plan_print_handover(const struct board_plan *plan, FILE *out)
{
	print_items(plan->config, out);
	print_shared(plan, out);
}
