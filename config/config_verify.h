/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signature a VM needs. Part of config/config.h, and of config/policy.h. */
#ifndef CONFIG_CONFIG_VERIFY_H
#define CONFIG_CONFIG_VERIFY_H

#include "src/error.h"

/* Whether the dates of certificates are held against the host's clock. */
enum config_expiry { CONFIG_EXPIRY_CHECK, CONFIG_EXPIRY_IGNORE };

struct config_trust {
	struct source_pos pos;
	char *key; /* file of a public key, or of certificates that are trusted; resolved
		    */
	unsigned int minimum_version;
	enum config_expiry expiry;
};

/* <verify> */
struct config_verify {
	struct config_trust trust; /* pos.file is NULL where there is no <verify>; key may
				      be NULL: it is for others to say whom to trust */
	char *manifest;            /* the signed manifest's file; resolved */
};

#endif
