/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd_client.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/cmd_progress.h"
#include "src/cmd_tls.h"
#include "src/error.h"
#include "src/loop.h"
#include "src/vm_client.h"

#define SUFFIX ".sock"
#define FOLDERS 2u

/* ---- all of them ------------------------------------------------------------------- */

/* NAME of NAME.sock; false for anything else. */
static bool take_name(const char *file, char ret[CONTROL_PLACE_BYTES])
{
	size_t chars = strlen(file);
	size_t suffix = strlen(SUFFIX);

	if (chars <= suffix || chars >= CONTROL_PLACE_BYTES ||
		strcmp(file + chars - suffix, SUFFIX))
		return false;
	snprintf(ret, CONTROL_PLACE_BYTES, "%.*s", (int)(chars - suffix), file);
	return true;
}

static int add_folder(
	unsigned int index, struct cmd_vm_socket **sockets, unsigned int *count)
{
	char path[CONTROL_PLACE_BYTES];
	struct dirent *entry;
	DIR *folder;
	int code = 0;

	if (control_place("", index, path))
		return 0;
	*strrchr(path, '/') = '\0';
	folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	while (!code && (entry = readdir(folder))) {
		struct cmd_vm_socket *more;
		struct cmd_vm_socket found;

		if (!take_name(entry->d_name, found.name) ||
			control_place(found.name, index, found.path))
			continue;
		more = realloc(*sockets, (*count + 1) * sizeof(*more));
		if (more) {
			*sockets = more;
			more[(*count)++] = found;
		} else {
			code = -ENOMEM;
		}
	}
	closedir(folder);
	return code;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cmd_vm_socket *)a)->name,
		((const struct cmd_vm_socket *)b)->name);
}

int cmd_vm_sockets(struct cmd_vm_socket **ret, unsigned int *ret_count)
{
	struct cmd_vm_socket *sockets = NULL;
	unsigned int count = 0;
	int code = 0;

	/* What one folder keeps to itself, another may tell. */
	for (unsigned int i = 0; i < FOLDERS; i++) {
		int folder_code = add_folder(i, &sockets, &count);

		code = code ? code : folder_code;
	}
	if (count)
		qsort(sockets, count, sizeof(*sockets), by_name);
	*ret = sockets;
	*ret_count = count;
	return count ? 0 : code;
}

/* ---- one of them ------------------------------------------------------------------- */

const char *cmd_target_name(const struct cmd_target *target)
{
	return target->name ? target->name : target->socket;
}

static bool is_alive(const char *path)
{
	struct vm_client *client = NULL;

	if (vm_client_open(path, VM_CLIENT_ANSWER_MS, &client, NULL))
		return false;
	vm_client_close(client);
	return true;
}

static int no_such_vm(const struct cmd_target *target)
{
	struct cmd_vm_socket *sockets = NULL;
	unsigned int count = 0;
	unsigned int alive = 0;
	int code = cmd_vm_sockets(&sockets, &count);

	fprintf(stderr, "bonsai: no VM %s runs", target->name);
	for (unsigned int i = 0; i < count; i++)
		if (is_alive(sockets[i].path))
			fprintf(stderr, "%s %s",
				alive++ ? "," : "; there are:", sockets[i].name);
	if (code)
		fprintf(stderr, "; which do cannot be seen: %s", strerror(-code));
	else if (!alive)
		fprintf(stderr, ", nor does any other");
	fprintf(stderr, "\n");
	free(sockets);
	return EXIT_HOST_FAILED;
}

/* In one folder after the other; the first failure that says more than "not here". */
static int open_by_name(const char *name, struct vm_client **ret, struct error *err)
{
	int code = error_set(err, -ENOENT, NULL, "there is no such VM");

	for (unsigned int i = 0; i < FOLDERS && code == -ENOENT; i++) {
		char path[CONTROL_PLACE_BYTES];
		int place = control_place(name, i, path);

		if (!place)
			code = vm_client_open(path, VM_CLIENT_ANSWER_MS, ret, err);
		else if (place == -ENAMETOOLONG)
			code = error_set(err, place, NULL,
				"%s is too long for the name of a VM", name);
	}
	return code;
}

static int open_by_tls(
	const struct cmd_target *target, struct vm_client **ret, struct error *err)
{
	struct cmd_tls_place place;
	struct tls_call *call;
	int code = cmd_tls_read_place(target->socket, &place, err);
	int fd;

	if (!code)
		code = cmd_tls_call(target, &place, &call, &fd, err);
	return code ? code
		    : vm_client_open_call(
			      call, fd, target->socket, VM_CLIENT_ANSWER_MS, ret, err);
}

static int say(const struct cmd_target *target, const struct error *err)
{
	fprintf(stderr, "bonsai: %s%s%s\n", target->name ? target->name : "",
		target->name ? ": " : "", err->text);
	return EXIT_HOST_FAILED;
}

static const char waiting[] = "waiting for an answer of";

int cmd_client_open(const struct cmd_target *target, struct vm_client **ret)
{
	struct error err = {.text = ""};
	struct cmd_progress progress;
	int code;

	if (!target->socket && (!target->name || !*target->name)) {
		fprintf(stderr, "bonsai: which VM? Write its name, see bonsai list\n");
		return EXIT_USAGE;
	}
	if (!target->socket && strchr(target->name, '/')) {
		fprintf(stderr,
			"bonsai: %s is no name of a VM; a socket is --socket PATH\n",
			target->name);
		return EXIT_USAGE;
	}
	cmd_progress_begin(&progress, waiting, cmd_target_name(target));
	if (!target->socket)
		code = open_by_name(target->name, ret, &err);
	else if (cmd_tls_is_place(target->socket))
		code = open_by_tls(target, ret, &err);
	else
		code = vm_client_open(target->socket, VM_CLIENT_ANSWER_MS, ret, &err);
	cmd_progress_end(&progress);
	if (!code)
		return 0;
	return code == -ENOENT && !target->socket ? no_such_vm(target)
						  : say(target, &err);
}

int cmd_client_ask(const struct cmd_target *target, struct vm_client *client,
	const char *command, json_t *arguments, json_t **ret)
{
	struct error err = {.text = ""};
	struct cmd_progress progress;
	int code;

	cmd_progress_begin(&progress, waiting, cmd_target_name(target));
	code = vm_client_call(client, command, arguments, ret, &err);
	cmd_progress_end(&progress);
	return code ? say(target, &err) : 0;
}

/* ---- people ------------------------------------------------------------------------ */

const char *cmd_size(char buf[CMD_SIZE_BYTES], uint64_t bytes)
{
	static const char suffixes[] = "BKMGT";
	unsigned int unit = 0;
	uint64_t rest = 0;

	while (unit < sizeof(suffixes) - 2 && bytes >= 1024) {
		rest = bytes % 1024;
		bytes /= 1024;
		unit++;
	}
	if (rest && bytes < 100)
		snprintf(buf, CMD_SIZE_BYTES, "%" PRIu64 ".%" PRIu64 "%c", bytes,
			rest * 10 / 1024, suffixes[unit]);
	else
		snprintf(buf, CMD_SIZE_BYTES, "%" PRIu64 "%c", bytes, suffixes[unit]);
	return buf;
}
