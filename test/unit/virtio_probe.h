/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device that does next to nothing, to watch the core and the transport by, with
 * a driver and a loop around it.
 */
#ifndef TEST_UNIT_VIRTIO_PROBE_H
#define TEST_UNIT_VIRTIO_PROBE_H

#include "test/unit/virtio_driver.h"

#define PROBE_FEATURE 5
#define PROBE_DEVICE_ID 42
#define PROBE_CONFIG_BYTES 12

enum probe_mode {
	PROBE_IDLE,  /* leaves every chain where it is */
	PROBE_ECHO,  /* gives every chain back, its writable part "written" */
	PROBE_KEEP,  /* pops every chain and keeps it */
	PROBE_FEED,  /* echoes, and a hostile driver has added the next one already */
	PROBE_HOLD,  /* echoes, and holds kicks off */
	PROBE_BREAK, /* declares itself broken */
};

struct probe {
	struct virtio_device dev;
	struct loop *loop;
	struct virtio_driver driver;
	uint8_t config[PROBE_CONFIG_BYTES];
	struct virtq_chain chain; /* the last one popped */

	enum probe_mode mode;
	unsigned int kicks[VIRTIO_QUEUES_MAX];
	unsigned int chains;
	unsigned int starts;
	unsigned int stops;
	unsigned int destroys;
	unsigned int config_writes;
	uint32_t last_offset;
	uint64_t last_value;
};

/* The whole of it, the device not yet started. */
void probe_init(struct probe *probe, unsigned int queues);
void probe_finish(struct probe *probe);

/* Takes a chain of a queue into probe->chain, outside of a kick. */
bool probe_pop(struct probe *probe, unsigned int queue);

#endif
