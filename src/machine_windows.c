/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/error.h"
#include "src/plan.h"
#include "src/window.h"

/* Also while the kernel's pool is new; since Linux 5.6. */
#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

static int create_generation(
	const struct board_plan *plan, struct windows *windows, struct error *err)
{
	if (!plan->generation.bytes)
		return 0;
	return windows_add(
		windows, plan->generation.gpa, plan->generation.bytes, -1, true, err);
}

/* ---- shared memory ----------------------------------------------------------------- */

static int refuse(const struct config_shared_memory *config, int code, struct error *err)
{
	return error_set(err, code, &config->pos, "shared memory %s: %s", config->path,
		strerror(-code));
}

/*
 * Gives an empty file its size. The memory is taken at once where the file system can:
 * a guest that touches what is not there to be had would not live on.
 */
static int fill(int fd, const struct config_shared_memory *config)
{
	if (fallocate(fd, 0, 0, (off_t)config->bytes) == 0)
		return 0;
	if (errno != EOPNOTSUPP)
		return -errno;
	return ftruncate(fd, (off_t)config->bytes) < 0 ? -errno : 0;
}

/* Another VM may be doing the same: an empty file is one that it has just made. */
static int size_file(int fd, const struct config_shared_memory *config, struct error *err)
{
	struct stat status;
	int code = 0;

	if (fstat(fd, &status) < 0)
		return refuse(config, -errno, err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, &config->pos,
			"shared memory %s is no regular file", config->path);
	if (!status.st_size && !config->readonly)
		code = fill(fd, config);
	else if ((uint64_t)status.st_size < config->bytes)
		return error_set(err, -EINVAL, &config->pos,
			"shared memory %s has %" PRIu64 " bytes, size is %" PRIu64,
			config->path, (uint64_t)status.st_size, config->bytes);
	return code ? refuse(config, code, err) : 0;
}

static int open_file(const struct config_shared_memory *config, bool *ret_made)
{
	int flags = (config->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY;
	int fd = open(config->path, flags);

	if (fd < 0 && errno == ENOENT && !config->readonly) {
		fd = open(config->path, flags | O_CREAT | O_EXCL, 0600);
		*ret_made = fd >= 0;
		if (fd < 0 && errno == EEXIST)
			fd = open(config->path, flags);
	}
	return fd < 0 ? -errno : fd;
}

static int create_shared(const struct config_shared_memory *config,
	const struct plan_range *range, struct windows *windows, bool *ret_made,
	struct error *err)
{
	int fd = open_file(config, ret_made);
	int code;

	if (fd < 0)
		return refuse(config, fd, err);
	code = size_file(fd, config, err);
	if (!code) {
		code = windows_add(
			windows, range->gpa, range->bytes, fd, config->readonly, err);
		if (code)
			err->pos = config->pos;
	}
	close(fd);
	return code;
}

int machine_windows_create(
	const struct board_plan *plan, struct windows *windows, struct error *err)
{
	const struct config_shared_memory *all = plan->config->shared_memories;
	bool made[CONFIG_SHARED_MEMORIES_MAX] = {false};
	int code = create_generation(plan, windows, err);

	for (unsigned int i = 0; i < plan->shared_count && !code; i++)
		code = create_shared(&all[i], &plan->shared[i], windows, &made[i], err);
	for (unsigned int i = 0; i < plan->shared_count && code; i++)
		if (made[i])
			unlink(all[i].path);
	return code;
}

/* ---- generation id ----------------------------------------------------------------- */

/*
 * KVM cleans the page from the CPU's caches when the guest first touches it: that is what
 * its uncached look sees on CPUs that do not overrule it.
 */
void machine_windows_renew(const struct board_plan *plan, const struct windows *windows)
{
	for (unsigned int i = 0; i < windows->count; i++) {
		if (windows->list[i].gpa != plan->generation.gpa)
			continue;
		/* A host without entropy must not hold up its guest. */
		if (getrandom(windows->list[i].hva, PLAN_GENERATION_BYTES,
			    GRND_NONBLOCK) != PLAN_GENERATION_BYTES)
			(void)!getrandom(windows->list[i].hva, PLAN_GENERATION_BYTES,
				GRND_INSECURE);
	}
}
