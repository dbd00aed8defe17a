/* SPDX-License-Identifier: Apache-2.0 */
#include "src/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on every CPU. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define ASK_VERSION 1u
#define RULE_PATH_BENEATH 1

#define EXECUTE (1ull << 0)
#define READ_FILE (1ull << 2)
#define READ_FOLDER (1ull << 3)
#define REMOVE_FOLDER (1ull << 4)
#define REMOVE_FILE (1ull << 5)

/* What is handled is forbidden, unless a rule allows it. */
struct ruleset {
	uint64_t files;
	uint64_t ports;
};

struct rule {
	uint64_t files;
	int32_t folder;
} __attribute__((packed));

unsigned int landlock_version(void)
{
	long version = syscall(CALL_CREATE_RULESET, NULL, 0, ASK_VERSION);

	return version > 0 ? (unsigned int)version : 0;
}

/* A kernel refuses bits that it does not know, and a longer ruleset with any. */
static struct ruleset all_of(unsigned int version)
{
	struct ruleset all = {.files = (1ull << 13) - 1};

	if (version >= 2)
		all.files |= 1ull << 13; /* to another folder */
	if (version >= 3)
		all.files |= 1ull << 14; /* truncate */
	if (version >= 4)
		all.ports = 3; /* bind, connect */
	if (version >= 5)
		all.files |= 1ull << 15; /* ioctl of a device */
	return all;
}

static void allow(long ruleset, uint64_t handled, const struct landlock_place *place)
{
	static const uint64_t rights[] = {
		[LANDLOCK_REMOVE_FILES] = REMOVE_FILE,
		[LANDLOCK_REMOVE_FOLDERS] = REMOVE_FOLDER,
		[LANDLOCK_WRITE] = ~(EXECUTE | READ_FILE | READ_FOLDER),
	};
	const struct rule rule = {
		.files = handled & rights[place->act],
		.folder = open(place->folder, O_PATH | O_CLOEXEC),
	};

	if (rule.folder < 0)
		return;
	syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
	close(rule.folder);
}

int landlock_enter(bool may_read, const struct landlock_place *places, unsigned int count)
{
	unsigned int version = landlock_version();
	struct ruleset ruleset = all_of(version);
	int code = 0;
	long fd;

	if (!version)
		return 0;
	if (may_read)
		ruleset.files &= ~(READ_FILE | READ_FOLDER);
	fd = syscall(CALL_CREATE_RULESET, &ruleset,
		ruleset.ports ? sizeof(ruleset) : sizeof(ruleset.files), 0);
	if (fd < 0)
		return -errno;
	for (unsigned int i = 0; i < count; i++)
		allow(fd, ruleset.files, &places[i]);
	/* The filter of a container may know the one call and not the other. */
	if (syscall(CALL_RESTRICT_SELF, fd, 0) < 0 && errno != EPERM)
		code = -errno;
	close((int)fd);
	return code;
}
