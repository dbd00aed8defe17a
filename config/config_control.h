/* SPDX-License-Identifier: Apache-2.0 */
/* How a running VM is steered. Part of config/config.h. */
#ifndef CONFIG_CONFIG_CONTROL_H
#define CONFIG_CONFIG_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config_tls.h"
#include "src/error.h"

/* What a first SIGTERM does. */
enum config_stop { CONFIG_STOP_EXIT, CONFIG_STOP_POWERDOWN };

/*
 * The control socket: at a place of its own choice unless path or none says otherwise.
 * Another one by TLS, where port says so.
 */
struct config_control {
	struct source_pos pos; /* file is NULL where there is no <control> */
	bool none;
	char *path;
	char *address; /* numeric; NULL without a port */
	uint16_t port; /* 0: none */
	struct config_tls tls;
};

#endif
