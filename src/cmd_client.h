/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands for VMs that run have in common: finding a VM, asking it. */
#ifndef SRC_CMD_CLIENT_H
#define SRC_CMD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/cmd_options.h"
#include "src/control_place.h"

struct vm_client;

/* Which VM: its name, or where its socket is. Strings are argv's. */
struct cmd_target {
	const char *name;
	const char *socket;      /* NULL unless --socket says; a path or tls:// */
	const char *certificate; /* of whom calls by TLS; NULL: this user's own */
	const char *key;
	const char *ca;
};

/* The options that all of these commands have. */
#define CMD_OPTIONS_TARGET(target)                                                       \
	{"--socket", "PATH", &(target)->socket},                                         \
		{"--certificate", "FILE", &(target)->certificate},                       \
		{"--key", "FILE", &(target)->key},                                       \
	{                                                                                \
		"--ca", "FILE", &(target)->ca                                            \
	}

/* Whom a message is about: the name, else the socket. */
const char *cmd_target_name(const struct cmd_target *target);

/* Connects. Returns an exit status, having said why not: no such VM, and which run. */
int cmd_client_open(const struct cmd_target *target, struct vm_client **ret);

/* vm_client_call(); where it fails says so. An exit status. */
int cmd_client_ask(const struct cmd_target *target, struct vm_client *client,
	const char *command, json_t *arguments, json_t **ret);

/* ---- all of them ------------------------------------------------------------------- */

struct cmd_vm_socket {
	char name[CONTROL_PLACE_BYTES];
	char path[CONTROL_PLACE_BYTES];
};

/*
 * The sockets in the folders for them, by name; those of VMs that have ended are among
 * them. *ret is the caller's to free.
 */
int cmd_vm_sockets(struct cmd_vm_socket **ret, unsigned int *ret_count);

/* ---- people ------------------------------------------------------------------------ */

/* "512M" where it is a whole number of them, else "1.5G" and the like. */
#define CMD_SIZE_BYTES 24
const char *cmd_size(char buf[CMD_SIZE_BYTES], uint64_t bytes);

#endif
