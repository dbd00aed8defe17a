/* SPDX-License-Identifier: Apache-2.0 */
#include "src/json_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 512u

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static int put(struct json_frame *frame, char byte)
{
	if (frame->count == JSON_FRAME_BYTES_MAX)
		return -EMSGSIZE;
	if (frame->count == frame->room) {
		size_t room = frame->room ? 2 * frame->room : ROOM_FIRST;
		char *bytes = realloc(frame->bytes, room);

		if (!bytes)
			return -ENOMEM;
		frame->bytes = bytes;
		frame->room = room;
	}
	frame->bytes[frame->count++] = byte;
	return 0;
}

/* Within a string; no line ends in one, so there a lost quote does no further harm. */
static bool ends_string_value(struct json_frame *frame, char byte)
{
	if (byte == '\n')
		return true;
	if (frame->escaped) {
		frame->escaped = false;
	} else if (byte == '\\') {
		frame->escaped = true;
	} else if (byte == '"') {
		frame->in_string = false;
		return !frame->depth;
	}
	return false;
}

/* 1 where the value ends with this byte, which has been put. */
static int look_at(struct json_frame *frame, char byte)
{
	if (frame->in_string)
		return ends_string_value(frame, byte);
	switch (byte) {
	case '"':
		frame->in_string = true;
		return 0;
	case '{':
	case '[':
		return ++frame->depth > JSON_FRAME_DEPTH_MAX ? -EMSGSIZE : 0;
	case '}':
	case ']':
		if (frame->depth)
			frame->depth--;
		return !frame->depth;
	default:
		/* A bare word at the top: none that we take, but it ends somewhere. */
		return !frame->depth && is_blank(byte);
	}
}

static void begin(struct json_frame *frame)
{
	frame->count = 0;
	frame->depth = 0;
	frame->in_string = false;
	frame->escaped = false;
	frame->whole = false;
}

int json_frame_feed(struct json_frame *frame, const char **at, const char *end)
{
	if (frame->whole)
		begin(frame);
	while (*at < end) {
		char byte = *(*at)++;
		int code;

		if (!frame->count && is_blank(byte))
			continue;
		code = put(frame, byte);
		if (!code)
			code = look_at(frame, byte);
		if (code) {
			frame->whole = true;
			return code;
		}
	}
	return 0;
}

void json_frame_finish(struct json_frame *frame)
{
	free(frame->bytes);
	*frame = (struct json_frame){0};
}
