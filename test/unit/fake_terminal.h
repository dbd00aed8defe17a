/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal whose wire is in the test's hand. A program that links it has no other: it
 * takes the place of host/terminal.c, the linker's seam.
 */
#ifndef TEST_UNIT_FAKE_TERMINAL_H
#define TEST_UNIT_FAKE_TERMINAL_H

#include "host/terminal.h"

/* Zeroed is one without input, room, size or anybody attached. */
struct terminal {
	struct terminal_user *user;
	const char *input; /* NULL: it is all 'x' */
	size_t input_bytes;
	size_t room; /* what it still takes */
	bool attached;
	uint16_t columns; /* as many rows; 0: it has no size */
	char output[256]; /* the first of it; a string while it is shorter */
	size_t output_bytes;
	bool out_of_order; /* some byte was not one more than that before it, from 0 */
};

/* Gives it more input, or more room, and tells its user. */
void fake_terminal_type(struct terminal *terminal, const char *text);
void fake_terminal_make_room(struct terminal *terminal, size_t room);

#endif
