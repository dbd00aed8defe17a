/* SPDX-License-Identifier: Apache-2.0 */
/* Devices whose rings another process serves. Part of config/config.h. */
#ifndef CONFIG_CONFIG_VHOST_H
#define CONFIG_CONFIG_VHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "src/error.h"

#define CONFIG_TAG_BYTES 36 /* of a file system; in the config space without a zero */
#define CONFIG_DEVICE_ID_FS 26

enum config_vhost_kind { CONFIG_VHOST_VIRTIOFSD, CONFIG_VHOST_UNIX };

/* A <virtio_device> of type fs or vhost_user. */
struct config_vhost {
	uint16_t device_id;
	uint16_t queues;       /* all of them; of fs those of requests */
	uint16_t queue_size;   /* of each at most; 0: not said */
	uint16_t config_bytes; /* of its class, at most; 0: it has no config space */
	char tag[CONFIG_TAG_BYTES + 1]; /* fs */
	enum config_vhost_kind kind;
	struct source_pos backend_pos;
	char *path;    /* unix: the socket; virtiofsd: the folder */
	char *binary;  /* virtiofsd: the program, or NULL */
	bool readonly; /* virtiofsd */
};

#endif
