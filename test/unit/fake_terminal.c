/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_terminal.h"

#include <string.h>

void terminal_set_user(struct terminal *terminal, struct terminal_user *user)
{
	terminal->user = user;
}

size_t terminal_read(struct terminal *terminal, void *buf, size_t room)
{
	size_t bytes = terminal->input_bytes < room ? terminal->input_bytes : room;

	terminal->input_bytes -= bytes;
	if (terminal->input) {
		memcpy(buf, terminal->input, bytes);
		terminal->input += bytes;
	} else {
		memset(buf, 'x', bytes);
	}
	return bytes;
}

size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	const uint8_t *from = buf;

	if (bytes > terminal->room)
		bytes = terminal->room;
	for (size_t i = 0; i < bytes; i++) {
		if (terminal->output_bytes < sizeof(terminal->output))
			terminal->output[terminal->output_bytes] = (char)from[i];
		if (from[i] != (uint8_t)terminal->output_bytes++)
			terminal->out_of_order = true;
	}
	terminal->room -= bytes;
	return bytes;
}

bool terminal_is_attached(const struct terminal *terminal)
{
	return terminal->attached;
}

bool terminal_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows)
{
	*ret_columns = terminal->columns;
	*ret_rows = terminal->columns;
	return terminal->columns;
}

void fake_terminal_type(struct terminal *terminal, const char *text)
{
	terminal->input = text;
	terminal->input_bytes = strlen(text);
	terminal->user->events->readable(terminal->user);
}

void fake_terminal_make_room(struct terminal *terminal, size_t room)
{
	terminal->room = room;
	terminal->user->events->writable(terminal->user);
}
