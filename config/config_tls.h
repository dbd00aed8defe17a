/* SPDX-License-Identifier: Apache-2.0 */
/* <tls>: who may connect from elsewhere, and how they know us. Part of config/config.h.
 */
#ifndef CONFIG_CONFIG_TLS_H
#define CONFIG_CONFIG_TLS_H

#include "src/error.h"

/* Files are resolved, and not looked at. */
struct config_tls {
	struct source_pos pos; /* file is NULL where there is no <tls> */
	char *certificate;
	char *key;
	char *ca;
	char *clients; /* names with spaces between them; NULL: all whom ca has issued
			  one */
};

#endif
