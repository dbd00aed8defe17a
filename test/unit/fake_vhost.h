/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vhost-user back end on a thread of its own, at the other end of a socket pair. It
 * does what the protocol asks, writes down what it is told, and can be told to misbehave
 * at one request.
 */
#ifndef TEST_UNIT_FAKE_VHOST_H
#define TEST_UNIT_FAKE_VHOST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/vhost_user.h"
#include "host/vhost_user_wire.h"

#define FAKE_VHOST_RINGS 4
#define FAKE_VHOST_FEATURES (1ull << 32 | 1ull << 30 | 1ull << 29 | 1ull << 28)
#define FAKE_VHOST_PROTOCOL (1ull << 0 | 1ull << 3 | 1ull << 5 | 1ull << 9)

enum fake_vhost_fault {
	FAULT_NONE,
	FAULT_CLOSE,         /* instead of an answer */
	FAULT_HANG,          /* likewise */
	FAULT_HALF,          /* a part of the answer, and nothing more */
	FAULT_OTHER_REQUEST, /* answers another one */
	FAULT_NO_REPLY,      /* the answer is marked as a request */
	FAULT_VERSION,       /* of no version that there is */
	FAULT_LONG,          /* an answer longer than what is asked for */
	FAULT_HUGE,          /* one that claims 4 GiB */
	FAULT_SHORT,         /* one byte */
	FAULT_EMPTY,         /* none */
	FAULT_REFUSE,        /* says no, where it can */
	FAULT_COUNT
};

struct fake_vhost_ring {
	uint32_t size;
	uint32_t base;
	struct wire_addr addr;
	int kick_fd;
	int call_fd;
	bool enabled;
	bool running;
};

struct fake_vhost {
	/* The test's, before the connection. */
	uint64_t features;
	uint64_t protocol;
	uint64_t queues;
	uint8_t config[VHOST_USER_CONFIG_BYTES_MAX];
	uint32_t config_bytes;
	uint32_t fault_request;
	enum fake_vhost_fault fault;
	unsigned int refused_connects; /* so many come to nothing */

	/* What it was told. */
	uint64_t agreed_features;
	uint64_t agreed_protocol;
	unsigned int owners;
	uint32_t region_count;
	struct wire_region regions[VHOST_USER_REGIONS_MAX];
	uint8_t *maps[VHOST_USER_REGIONS_MAX];
	struct fake_vhost_ring rings[FAKE_VHOST_RINGS];
	uint32_t wrote_offset;
	uint32_t wrote_bytes;
	int channel_fd; /* on which it may ask */
	unsigned int messages;

	/* Its own. */
	struct vhost_source *source; /* NULL once the device has destroyed it */
	pthread_t thread;
	bool running;
	int fd;
	int hanging[2]; /* a pipe: closed to end a hang */
};

/* Plain answers, and *ret for the device to connect by. */
void fake_vhost_init(struct fake_vhost *fake, struct vhost_source **ret);
/* After the device is destroyed. */
void fake_vhost_finish(struct fake_vhost *fake);

/* Closes the connection from its side; returns when nothing is served any more. */
void fake_vhost_close(struct fake_vhost *fake);

/*
 * Serves what is in a running ring through its own mapping of guest RAM: each chain of
 * one readable and one writable buffer gets the bytes of the first in the second, in
 * upper case. Returns how many, and interrupts for them.
 */
unsigned int fake_vhost_serve(struct fake_vhost *fake, unsigned int ring);

#endif
