/* SPDX-License-Identifier: Apache-2.0 */
#include "config/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/value.h"

#define SECTOR_BYTES 512

void build_finish(struct build *build)
{
	for (unsigned int i = 0; i < build->claim_count; i++)
		free(build->claims[i].what);
	free(build->claims);
}

struct source_pos build_pos(const struct build *build, int line)
{
	return (struct source_pos){.file = build->path, .line = line};
}

void build_problem(struct build *build, int line, const char *fmt, ...)
{
	struct source_pos pos = build_pos(build, line);
	char text[ERROR_TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* Line 0 is the command line: --set. */
	problems_add(
		build->problems, line ? &pos : NULL, "%s%s", line ? "" : "--set: ", text);
}

void *build_alloc(struct build *build, size_t count, size_t bytes)
{
	void *ret = calloc(count ? count : 1, bytes);

	if (!ret)
		build->no_memory = true;
	return ret;
}

char *build_copy(struct build *build, const char *text)
{
	char *ret = strdup(text);

	if (!ret)
		build->no_memory = true;
	return ret;
}

void build_claim(struct build *build, int line, bool shared, const char *fmt, ...)
{
	struct claim *claims;
	va_list args;
	char *what;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	claims = realloc(build->claims, (build->claim_count + 1) * sizeof(*claims));
	if (claims)
		build->claims = claims;
	if (!claims || !what) {
		build->no_memory = true;
		free(what);
		return;
	}
	for (unsigned int i = 0; i < build->claim_count; i++) {
		char quoted[VALUE_QUOTE_BYTES];

		if (strcmp(claims[i].what, what) || (claims[i].shared && shared))
			continue;
		build_problem(build, line, "%s is used already, on line %d",
			value_quote(quoted, what), claims[i].line);
		free(what);
		return;
	}
	claims[build->claim_count].what = what;
	claims[build->claim_count].line = line;
	claims[build->claim_count].shared = shared;
	build->claim_count++;
}

static char *in_folder(
	struct build *build, const char *folder, size_t folder_bytes, const char *name)
{
	size_t bytes = folder_bytes + strlen(name) + 2;
	char *ret = build_alloc(build, bytes, 1);

	if (!ret)
		return NULL;
	if (name[0] == '/')
		folder_bytes = 0;
	memcpy(ret, folder, folder_bytes);
	snprintf(ret + folder_bytes, bytes - folder_bytes, "%s%s",
		folder_bytes && folder[folder_bytes - 1] != '/' ? "/" : "", name);
	return ret;
}

static char *beside(struct build *build, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return in_folder(build, path, slash ? (size_t)(slash - path) + 1 : 0, name);
}

char *build_path(struct build *build, const char *name)
{
	return beside(build, build->path, name);
}

char *build_credential(struct build *build, const char *name, int line)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char quoted[VALUE_QUOTE_BYTES];
	char *path;

	if (!folder && !build->options->skip_files) {
		build_problem(build, line,
			"credential is '%s', but $CREDENTIALS_DIRECTORY is not set: run "
			"bonsai in a systemd service with LoadCredential=, or say "
			"where else it is",
			value_quote(quoted, name));
		return NULL;
	}
	if (asprintf(&path, "%s/%s", folder ? folder : ".", name) < 0) {
		build->no_memory = true;
		return NULL;
	}
	return path;
}

static bool is_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void build_rom(struct build *build, const char *attribute, const char *name, int line,
	struct config_rom *ret)
{
	const char *rom_dir = build->options->rom_dir;
	char *by_xml = build_path(build, name);
	char *chosen = by_xml;
	char quoted[VALUE_QUOTE_BYTES];

	ret->pos = build_pos(build, line ? line : build->config->pos.line);
	if (rom_dir && name[0] != '/') {
		chosen = in_folder(build, rom_dir, strlen(rom_dir), name);
		if (chosen && by_xml && !build->options->skip_files &&
			!is_there(chosen)) {
			free(chosen);
			chosen = by_xml;
		}
	}
	if (chosen != by_xml)
		free(by_xml);
	ret->path = chosen;
	if (!chosen || build->options->skip_files)
		return;
	value_quote(quoted, chosen);
	if (!is_there(chosen))
		build_problem(build, line, "%s: there is no file '%s'%s%s", attribute,
			quoted,
			rom_dir && name[0] != '/' ? ", nor in the --rom-dir " : "",
			rom_dir && name[0] != '/' ? rom_dir : "");
	else if (is_folder(chosen))
		build_problem(build, line, "%s: '%s' is a folder, a file is needed",
			attribute, quoted);
}

char *build_find(struct build *build, const char *name, const char *other)
{
	const char *rom_dir = build->options->rom_dir;
	char *found = NULL;

	if (build->options->skip_files)
		return NULL;
	for (unsigned int i = 0; i < 3; i++) {
		if (i == 0)
			found = rom_dir ? in_folder(build, rom_dir, strlen(rom_dir), name)
					: NULL;
		else
			found = beside(build, i == 1 ? build->path : other, name);
		if (found && is_there(found) && !is_folder(found))
			return found;
		free(found);
	}
	return NULL;
}

/* What access() says is for the user who asks; that is who will run it. */
static void check_disk_file(struct build *build, const char *quoted, const char *path,
	bool readonly, int line)
{
	if (access(path, R_OK) < 0)
		build_problem(build, line, "disk '%s' may not be read by this user: %s",
			quoted, strerror(errno));
	else if (!readonly && access(path, W_OK) < 0)
		build_problem(build, line,
			"disk '%s' cannot be written (%s): allow it, or say "
			"readonly=\"yes\"",
			quoted, strerror(errno));
}

void build_check_disk(struct build *build, const char *path, bool readonly, int line)
{
	char quoted[VALUE_QUOTE_BYTES];
	struct stat status;

	if (build->options->skip_files)
		return;
	value_quote(quoted, path);
	if (stat(path, &status) < 0)
		build_problem(build, line, "disk '%s' cannot be used: %s%s%s", quoted,
			strerror(errno),
			errno == ENOENT ? "; make one with truncate -s 4G " : "",
			errno == ENOENT ? quoted : "");
	else if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		build_problem(build, line,
			"disk '%s' is neither a regular file nor a block device", quoted);
	else if (!S_ISREG(status.st_mode))
		return;
	else if (!status.st_size)
		build_problem(build, line,
			"disk '%s' is empty; give it a size with truncate -s 4G %s",
			quoted, quoted);
	else if (status.st_size % SECTOR_BYTES)
		build_problem(build, line,
			"disk '%s' has %lld bytes, a multiple of 512 is needed; if it is "
			"a raw image, truncate -s %lld %s fills it up",
			quoted, (long long)status.st_size,
			(long long)(status.st_size / SECTOR_BYTES + 1) * SECTOR_BYTES,
			quoted);
	else
		check_disk_file(build, quoted, path, readonly, line);
}

uint64_t build_check_pmem(struct build *build, const char *path, bool readonly, int line)
{
	const uint64_t step = BUILD_PMEM_STEP_BYTES;
	char quoted[VALUE_QUOTE_BYTES];
	struct stat status;
	uint64_t bytes;

	if (build->options->skip_files)
		return step;
	value_quote(quoted, path);
	if (stat(path, &status) < 0) {
		build_problem(build, line, "pmem file '%s' cannot be used: %s%s%s",
			quoted, strerror(errno),
			errno == ENOENT ? "; make one with truncate -s 1G " : "",
			errno == ENOENT ? quoted : "");
		return step;
	}
	if (!S_ISREG(status.st_mode)) {
		build_problem(build, line,
			"pmem file '%s' is no regular file; for a device of the host "
			"take "
			"type=\"block\"",
			quoted);
		return step;
	}
	bytes = (uint64_t)status.st_size;
	if (!bytes || bytes % step) {
		build_problem(build, line,
			"pmem file '%s' has %" PRIu64
			" bytes, a multiple of 2 MiB is needed; truncate -s %" PRIu64
			" %s fills it up",
			quoted, bytes, (bytes / step + 1) * step, quoted);
		return step;
	}
	check_disk_file(build, quoted, path, readonly, line);
	return bytes;
}

void build_check_folder(struct build *build, const char *path, int line)
{
	char quoted[VALUE_QUOTE_BYTES];

	value_quote(quoted, path);
	if (strchr(path, ','))
		build_problem(build, line,
			"folder '%s' has a comma in its name, which virtiofsd cannot "
			"take",
			quoted);
	if (build->options->skip_files)
		return;
	if (!is_there(path))
		build_problem(build, line, "folder '%s' cannot be used: %s", quoted,
			strerror(errno));
	else if (!is_folder(path))
		build_problem(build, line, "'%s' is no folder", quoted);
}
