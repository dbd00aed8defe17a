/* SPDX-License-Identifier: Apache-2.0 */
/* The command that saves what is on a VM's screen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/vm_client.h"

#define HEAD_MAX 15u

/* The VM has a folder of its own. The caller's to free, or NULL having said why not. */
static char *from_here(const char *file)
{
	char *folder = file[0] == '/' ? NULL : getcwd(NULL, 0);
	char *path = NULL;

	if (file[0] != '/' && !folder)
		fprintf(stderr, "bonsai: this folder has no name: %s\n", strerror(errno));
	else if (asprintf(&path, "%s%s%s", folder ? folder : "", folder ? "/" : "",
			 file) < 0)
		path = NULL;
	free(folder);
	return path;
}

static bool ends_with(const char *text, const char *end)
{
	size_t chars = strlen(text);

	return chars >= strlen(end) && !strcmp(text + chars - strlen(end), end);
}

static int ask(const struct cmd_target *target, const char *file, const char *device,
	unsigned int head)
{
	struct vm_client *client = NULL;
	char *path = from_here(file);
	json_t *arguments;
	int status;

	if (!path)
		return EXIT_HOST_FAILED;
	arguments = json_pack("{s:s, s:s, s:s*, s:i}", "filename", path, "format",
		ends_with(file, ".ppm") ? "ppm" : "png", "device", device, "head",
		(int)head);
	free(path);
	if (!arguments) {
		fprintf(stderr, "bonsai: the file's name is no text in UTF-8\n");
		return EXIT_USAGE;
	}
	status = cmd_client_open(target, &client);
	if (status)
		json_decref(arguments);
	else
		status = cmd_client_ask(target, client, "screendump", arguments, NULL);
	vm_client_close(client);
	return status;
}

int cmd_screendump(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const char *device = NULL;
	const char *head_text = NULL;
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target),
		{"--device", "NAME", &device}, {"--head", "NUMBER", &head_text}, {NULL}};
	const char *words[2] = {NULL, NULL};
	uint64_t head = 0;
	int status = cmd_options_parse(argv, options, "NAME FILE", words, 2);
	const char *file = target.socket && !words[1] ? words[0] : words[1];

	if (status)
		return status;
	target.name = target.socket && !words[1] ? NULL : words[0];
	if (head_text && (value_number(head_text, &head) || head > HEAD_MAX)) {
		fprintf(stderr, "bonsai: --head is '%s', allowed: 0 to %u\n", head_text,
			HEAD_MAX);
		return EXIT_USAGE;
	}
	if (!file || !*file) {
		fprintf(stderr, "bonsai: which file? Write bonsai screendump NAME "
				"FILE.png\n");
		return EXIT_USAGE;
	}
	return ask(&target, file, device, (unsigned int)head);
}
