/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys behind Ctrl-A in what a person types for a guest: takes them out of the
 * stream, however it is cut. Ctrl-A a and Ctrl-A Ctrl-A are one Ctrl-A; what is no key of
 * ours goes to the guest as it is. Any thread.
 */
#ifndef HOST_ESCAPE_KEYS_H
#define HOST_ESCAPE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for pressed. */
struct escape_keys {
	/* Whether the letter behind Ctrl-A is a key of the owner's, who has acted then.
	 */
	bool (*pressed)(struct escape_keys *keys, char letter);
	bool escape; /* Ctrl-A was the last */
};

/* Turns n bytes at from into those for the guest, at most n + 1; returns how many. */
size_t escape_keys_filter(
	struct escape_keys *keys, const uint8_t *from, size_t n, uint8_t *to);

#endif
