/* SPDX-License-Identifier: Apache-2.0 */
/* A vsock's configuration. Part of config/config.h. */
#ifndef CONFIG_CONFIG_VSOCK_H
#define CONFIG_CONFIG_VSOCK_H

#include <stdint.h>

#include "src/error.h"

enum config_vsock_kind { CONFIG_VSOCK_UNIX, CONFIG_VSOCK_VHOST };

#define CONFIG_VSOCK_CID 3u /* the first that a guest may have; of unix sockets */

struct config_vsock {
	uint32_t cid; /* of the guest; 0 while it is not said */
	enum config_vsock_kind kind;
	struct source_pos backend_pos;
	char *path; /* unix */
};

#endif
