/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network attachment in the test's hands: frames go in by fake_nic_arrive() and are
 * offered when the test says so; those that were sent are kept.
 */
#ifndef TEST_UNIT_FAKE_NIC_H
#define TEST_UNIT_FAKE_NIC_H

#include "host/nic_impl.h"

#define FAKE_NIC_QUEUES 4
#define FAKE_NIC_FRAMES 256
#define FAKE_NIC_VHOST_FD 5000 /* of the first queue; no descriptor at all */

struct fake_frame {
	unsigned int queue;
	size_t bytes; /* with the header */
	uint8_t head[64];
	uint32_t sum; /* of all bytes */
};

struct fake_nic {
	struct nic nic;
	bool wanted[FAKE_NIC_QUEUES];
	bool full; /* sends say -EAGAIN */
	uint32_t set_offloads;
	unsigned int active_queues;
	bool refuse_queues; /* nic_set_active_queues() fails */

	unsigned int sent_count;
	struct fake_frame sent[FAKE_NIC_FRAMES];

	/* A frame that waits: its bytes after the header are seed, seed + 1, … */
	unsigned int first, end;
	struct {
		unsigned int queue;
		size_t bytes;
		uint8_t seed;
	} waiting[FAKE_NIC_FRAMES];
	unsigned int lost; /* had no room */
	unsigned int reads;
};

void fake_nic_init(struct fake_nic *fake, unsigned int queues, uint32_t offloads);
/* A frame of that many bytes, header included. */
void fake_nic_arrive(
	struct fake_nic *fake, unsigned int queue, size_t bytes, uint8_t seed);
/* One wake-up for each queue that is wanted and has frames; true where there was one. */
bool fake_nic_wake(struct fake_nic *fake);
void fake_nic_set_link(struct fake_nic *fake, bool up);
uint32_t fake_nic_sum(const void *bytes, size_t count);

#endif
