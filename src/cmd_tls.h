/* SPDX-License-Identifier: Apache-2.0 */
/* tls://HOST:PORT[/DEVICE]: a VM of another machine, and with which files it is called.
 */
#ifndef SRC_CMD_TLS_H
#define SRC_CMD_TLS_H

#include <stdbool.h>

#include "src/cmd_client.h"

struct error;
struct tls_call;

struct cmd_tls_place {
	char host[256]; /* a name or a numeric address */
	char port[6];
	const char *device; /* behind the slash, of the text; NULL: there is no slash */
};

/* Whether the text is meant to be one of these. */
bool cmd_tls_is_place(const char *text);

/* -EINVAL with a sentence. */
int cmd_tls_read_place(const char *text, struct cmd_tls_place *ret, struct error *err);

/*
 * Calls, with the target's files or those of this user. *ret_fd is the caller's, and
 * closed before the call is. -errno with a sentence.
 */
int cmd_tls_call(const struct cmd_target *target, const struct cmd_tls_place *place,
	struct tls_call **ret, int *ret_fd, struct error *err);

#endif
