/* SPDX-License-Identifier: Apache-2.0 */
/* A network card's configuration. Part of config/config.h. */
#ifndef CONFIG_CONFIG_NET_H
#define CONFIG_CONFIG_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "src/error.h"

enum config_nic_kind {
	CONFIG_NIC_USER,
	CONFIG_NIC_TAP,
	CONFIG_NIC_UNIX,
	CONFIG_NIC_NULL
};

struct config_forward {
	struct source_pos pos;
	bool udp;
	char *address; /* host address to listen on, or NULL for any */
	uint16_t host_port;
	uint16_t guest_port;
};

struct config_net {
	uint8_t mac[6];
	uint16_t mtu; /* 0: not said */
	uint16_t queues;
	enum config_nic_kind kind;
	struct source_pos backend_pos;
	char *ifname; /* tap, or NULL */
	int fd;       /* tap: an open descriptor, or -1 */
	bool vhost;   /* tap: the host's kernel moves the frames */
	char *path;   /* unix: socket to connect to */
	unsigned int forward_count;
	struct config_forward *forwards; /* user */
};

#endif
