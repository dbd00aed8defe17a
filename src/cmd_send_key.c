/* SPDX-License-Identifier: Apache-2.0 */
/* The command that types on a VM's keyboard. */
#include <stdio.h>
#include <string.h>

#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/vm_client.h"

#define CHORDS_MAX 128u

/* "ctrl-alt-delete" as the keys that send-key has; no name of a key has a dash. */
static json_t *keys_of(const char *chord)
{
	json_t *keys = json_array();

	for (size_t chars; *chord; chord += chars + (chord[chars] == '-')) {
		chars = strcspn(chord, "-");
		json_array_append_new(keys,
			json_pack("{s:s, s:s%}", "type", "qcode", "data", chord, chars));
	}
	return keys;
}

int cmd_send_key(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target), {NULL}};
	const char *words[1 + CHORDS_MAX] = {NULL};
	struct vm_client *client = NULL;
	int status =
		cmd_options_parse(argv, options, "NAME KEY...", words, 1 + CHORDS_MAX);
	const char **key = words;

	if (status)
		return status;
	if (!target.socket)
		target.name = *key++;
	if (!*key) {
		fprintf(stderr, "bonsai: which key? Write bonsai send-key NAME KEY...\n");
		return EXIT_USAGE;
	}
	status = cmd_client_open(&target, &client);
	for (; key < words + 1 + CHORDS_MAX && *key && !status; key++)
		status = cmd_client_ask(&target, client, "send-key",
			json_pack("{s:o}", "keys", keys_of(*key)), NULL);
	vm_client_close(client);
	return status;
}
