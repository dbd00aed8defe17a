/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What drives a virtio device in a fuzz target: the input is a program of steps, of a
 * guest that writes registers, fills its rings with chains or anything else, kicks,
 * starts and resets, and of the loop that turns. What the device's host does are steps of
 * the target's own.
 */
#ifndef TEST_FUZZ_STEPS_H
#define TEST_FUZZ_STEPS_H

#include "test/fuzz/rings.h"

struct loop;

/* Where chains of the steps have their buffers: the target may put something there. */
#define STEPS_BUFFERS (1u << 20) /* from the start of RAM */
#define STEPS_BUFFERS_BYTES (1u << 16)

struct steps_host {
	/* What the device's host does, by some bytes of the input. */
	void (*act)(void *user, struct rings_input *input);
	/* Optional. After each step. */
	void (*check)(void *user);
	void *user;
};

/*
 * Takes the device over, runs the input to its end, and destroys it. Aborts where a reset
 * does not bring its status to 0.
 */
void steps_run(struct loop *loop, struct virtio_device *dev, struct rings_input *input,
	const struct steps_host *host);

#endif
