/* SPDX-License-Identifier: Apache-2.0 */
#include "src/boot.h"

#include <errno.h>
#include <stdlib.h>

#include "src/board.h"
#include "src/error.h"
#include "src/file_kind.h"
#include "src/rom.h"

/* --- whose guest -------------------------------------------------------------------- */

/* Damage and truncation are for the one who knows the format to report. */
static bool reads_kernel(const struct board *board, const struct rom *rom,
	const uint8_t *head, size_t head_bytes, struct kernel_image *ret)
{
	struct error err;
	int rc = board->read_kernel(
		head, head_bytes, 0, NULL, &rom->config->pos, ret, &err);

	return !rc || rc == -EBADMSG;
}

/* Of a board that knows the format of an image it could not read to its end. */
static enum config_arch first_arch(const struct board *board)
{
	enum config_arch arch = CONFIG_ARCH_ARM64;

	while (!board->runs(arch))
		arch++;
	return arch;
}

static enum config_arch arch_of_head(const struct rom *rom, const uint8_t *head,
	size_t head_bytes, enum config_arch host)
{
	const struct board *first = board_for(host);
	struct kernel_image image = {.arch = CONFIG_ARCH_AUTO};

	if (first && reads_kernel(first, rom, head, head_bytes, &image))
		return image.arch == CONFIG_ARCH_AUTO ? host : image.arch;
	for (unsigned int i = 0; boards[i]; i++)
		if (boards[i] != first &&
			reads_kernel(boards[i], rom, head, head_bytes, &image))
			return image.arch == CONFIG_ARCH_AUTO ? first_arch(boards[i])
							      : image.arch;
	return CONFIG_ARCH_AUTO;
}

int boot_arch(
	const struct vm_config *config, enum config_arch host, enum config_arch *ret)
{
	enum config_arch arch = config->arch;
	uint8_t head[FILE_KIND_HEAD_BYTES];
	struct error err;
	struct rom rom;
	size_t got;

	if (arch == CONFIG_ARCH_AUTO && config->kernel.path &&
		rom_open(&rom, "kernel_rom", &config->kernel, true, &err) == 0) {
		if (rom_head(&rom, head, sizeof(head), &got, &err) == 0)
			arch = arch_of_head(&rom, head, got, host);
		rom_close(&rom);
	}
	if (arch == CONFIG_ARCH_AUTO)
		return -ENOEXEC;
	*ret = arch;
	return 0;
}

/* --- planning ----------------------------------------------------------------------- */

/* What only applying it shows. */
static int try_overlay(const struct board_plan *plan, struct problems *problems)
{
	struct error err = {0};
	size_t room = (size_t)plan->tables.bytes;
	void *buf = malloc(room);
	size_t bytes;
	int rc;

	if (!buf)
		return problems_add(problems, &plan->config->dtb_overlay.pos,
			"no memory left to try the overlay");
	rc = boot_tables(plan, NULL, buf, room, &bytes, &err);
	if (rc)
		problems_add_error(problems, &err);
	free(buf);
	return rc;
}

int boot_plan(const struct vm_config *config, const struct host_caps *caps,
	struct board_plan **ret, struct problems *problems)
{
	enum config_arch arch = caps->arch;
	struct board_plan *plan = NULL;
	const struct board *board;
	struct boot_files files;
	int measured;
	int rc;

	boot_arch(config, caps->arch, &arch);
	board = board_for(arch);
	if (!board)
		return problems_add(problems, &config->pos,
			"this build has no board for the guest's arch: see "
			"bonsai --version");
	/* Files that are wrong hide no other problem: the rest is planned without them.
	 */
	measured = boot_measure(board, config, &files, problems);
	rc = board_plan_create(board, config, caps, &files, &plan, problems);
	if (!rc)
		rc = measured;
	if (!rc && config->dtb_overlay.path)
		rc = try_overlay(plan, problems);
	if (rc) {
		board_plan_destroy(plan);
		return rc;
	}
	*ret = plan;
	return 0;
}
