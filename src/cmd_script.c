/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that are programs of their own: "bonsai X" runs bonsai-X, which lies beside
 * this program or in ../libexec/bonsai.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/container_of.h"

/* A name that cannot lead out of these folders. */
static bool is_name(const char *word)
{
	return word[0] && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789")];
}

int cmd_script(char **argv)
{
	static const char *const folders[] = {"", "../libexec/bonsai/"};
	char program[PATH_MAX];
	char script[PATH_MAX + 64];
	ssize_t chars = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (chars < 0 || !is_name(argv[0]) || strlen(argv[0]) > 32)
		return -1;
	program[chars] = '\0';
	slash = strrchr(program, '/');
	if (!slash)
		return -1;
	slash[1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(script, sizeof(script), "%s%sbonsai-%s", program, folders[i],
			argv[0]);
		if (access(script, F_OK) < 0)
			continue;
		argv[0] = script;
		execv(script, argv);
		fprintf(stderr, "bonsai: %s: %s\n", script, strerror(errno));
		return EXIT_HOST_FAILED;
	}
	return -1;
}
