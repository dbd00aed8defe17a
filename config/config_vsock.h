/* SPDX-License-Identifier: Apache-2.0 */
/* A vsock's configuration. Part of config/config.h. */
#ifndef CONFIG_CONFIG_VSOCK_H
#define CONFIG_CONFIG_VSOCK_H

#include <stdint.h>

#include "src/error.h"

enum config_vsock_kind { CONFIG_VSOCK_UNIX };

#define CONFIG_VSOCK_CID 3u /* the first that a guest may have */

struct config_vsock {
	uint32_t cid; /* of the guest */
	enum config_vsock_kind kind;
	struct source_pos backend_pos;
	char *path; /* unix */
};

#endif
