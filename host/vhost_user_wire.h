/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of vhost-user on a stream socket, in the host's byte order. Every transfer has
 * a deadline; a peer that says something else than what is due gets -EPROTO.
 */
#ifndef HOST_VHOST_USER_WIRE_H
#define HOST_VHOST_USER_WIRE_H

#include <stdint.h>

#include "host/vhost_user.h"

/* Requests of the front end. */
enum wire_request {
	WIRE_GET_FEATURES = 1,
	WIRE_SET_FEATURES = 2,
	WIRE_SET_OWNER = 3,
	WIRE_SET_MEM_TABLE = 5,
	WIRE_SET_VRING_NUM = 8,
	WIRE_SET_VRING_ADDR = 9,
	WIRE_SET_VRING_BASE = 10,
	WIRE_GET_VRING_BASE = 11,
	WIRE_SET_VRING_KICK = 12,
	WIRE_SET_VRING_CALL = 13,
	WIRE_GET_PROTOCOL_FEATURES = 15,
	WIRE_SET_PROTOCOL_FEATURES = 16,
	WIRE_GET_QUEUE_NUM = 17,
	WIRE_SET_VRING_ENABLE = 18,
	WIRE_SET_BACKEND_FD = 21,
	WIRE_GET_CONFIG = 24,
	WIRE_SET_CONFIG = 25,
};

/* And of the back end, on the channel of its own. */
enum wire_backend_request { WIRE_CONFIG_CHANGED = 2 };

#define WIRE_VERSION 1u
#define WIRE_VERSION_MASK 3u
#define WIRE_REPLY 4u
#define WIRE_NEED_REPLY 8u

struct wire_header {
	uint32_t request;
	uint32_t flags;
	uint32_t bytes; /* of the payload */
};

struct wire_state {
	uint32_t index;
	uint32_t value;
};

struct wire_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc; /* addresses of this process */
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

struct wire_region {
	uint64_t gpa;
	uint64_t bytes;
	uint64_t hva;
	uint64_t file_offset;
};

struct wire_memory {
	uint32_t count;
	uint32_t padding;
	struct wire_region regions[VHOST_USER_REGIONS_MAX];
};

struct wire_config {
	uint32_t offset;
	uint32_t bytes;
	uint32_t flags;
	uint8_t data[VHOST_USER_CONFIG_BYTES_MAX];
};

#define WIRE_PAYLOAD_BYTES_MAX sizeof(struct wire_config)

/* "GET_FEATURES", for a person. */
const char *wire_name(enum wire_request request);

/* Sends one message and copies of the descriptors. deadline_ns as loop_now_ns(). */
int wire_send(int fd, const struct wire_header *header, const void *payload,
	const int *fds, unsigned int fd_count, uint64_t deadline_ns);

/*
 * Receives the answer to request: its payload, of most bytes at most; returns how many.
 * Descriptors with it are closed.
 */
int wire_receive_reply(
	int fd, uint32_t request, void *payload, uint32_t most, uint64_t deadline_ns);

/* Receives any message; the header's bytes are at most most. */
int wire_receive(int fd, struct wire_header *ret, void *payload, uint32_t most,
	uint64_t deadline_ns);

#endif
