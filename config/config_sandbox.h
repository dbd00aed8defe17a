/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM's process keeps when it shuts itself in. Part of config/config.h. */
#ifndef CONFIG_CONFIG_SANDBOX_H
#define CONFIG_CONFIG_SANDBOX_H

#include <stdbool.h>

#include "src/error.h"

struct config_sandbox {
	struct source_pos pos; /* file is NULL: there is no <sandbox>, so nothing is */
	bool seccomp;          /* system calls are filtered; true unless it says no */
	bool landlock;         /* no path is within reach; likewise */
	bool namespaces;       /* those of its own that it may have; likewise */
	bool capabilities;     /* kept */
	bool core_dumps;
	/* Whom the process becomes: a name, UID or UID:GID; NULL: nobody said. */
	char *user;
};

#endif
