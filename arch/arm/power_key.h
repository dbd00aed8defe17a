/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's power key, on a line of its GPIO: what gpio-keys in the tree tells the
 * guest of. Runs on the loop's thread, under its lock.
 */
#ifndef ARCH_ARM_POWER_KEY_H
#define ARCH_ARM_POWER_KEY_H

#include "src/loop.h"

struct pl061;

/* Longer than any guest debounces, shorter than what means more than a press. */
#define POWER_KEY_HELD_NS 100000000u

/* Embedded in its board; zeroed before the first use. */
struct power_key {
	struct pl061 *gpio;
	struct loop *loop;
	struct loop_timer timer; /* armed while the key is held */
};

/* Both outlive the key. */
void power_key_init(struct power_key *key, struct loop *loop, struct pl061 *gpio);
void power_key_finish(struct power_key *key); /* never initialized is fine */

/*
 * Somebody presses the key and lets it go: a guest that listens shuts down, others ignore
 * it. While it is held already, it is held for longer.
 */
void power_key_press(struct power_key *key);

/* It is up; no edge of it is left in the GPIO once that is reset too. */
void power_key_reset(struct power_key *key);

#endif
