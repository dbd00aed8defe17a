/* SPDX-License-Identifier: Apache-2.0 */
/* What the host hands to the guest. Part of config/config.h. */
#ifndef CONFIG_CONFIG_HANDOVER_H
#define CONFIG_CONFIG_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/error.h"

struct sealed;

#define CONFIG_NAME_CHARS 32

/* Where systemd looks for the credentials of a system among the items of fw_cfg. */
#define CONFIG_CREDENTIAL_PREFIX "opt/io.systemd.credentials/"
/* Of one credential, as systemd has it. */
#define CONFIG_CREDENTIAL_BYTES_MAX (1u << 20)

/*
 * <fw_cfg> and <credential>: an item that the guest reads by its name, which begins with
 * "opt/". One of path, string and fd says what is in it.
 */
#define CONFIG_FW_CFG_NAME_CHARS 55

struct config_fw_cfg {
	struct source_pos pos;
	char *name;            /* a credential's with its prefix */
	char *path;            /* resolved as a disk's is */
	char *string;          /* without its NUL */
	char *host_credential; /* name of the one that is at path, or NULL */
	int fd;                /* of a credential: open for reading, or -1 */
	bool credential;       /* a secret, read as a whole before the guest starts */
	uint64_t bytes;        /* when it was looked at; 0 where it could not be */
	const struct sealed *sealed; /* as of a config_rom */
};

/*
 * <shared_memory>: a file that this guest and others have in their physical address
 * space.
 */
#define CONFIG_SHARED_MEMORIES_MAX 16
#define CONFIG_SHARED_MEMORY_STEP_BYTES (2ull << 20)

struct config_shared_memory {
	struct source_pos pos;
	char name[CONFIG_NAME_CHARS + 1];
	char *path; /* made with that size where it is missing and not readonly */
	uint64_t bytes;
	uint64_t gpa; /* 0: wherever the planner likes */
	bool readonly;
};

#endif
