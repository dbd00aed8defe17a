/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where a JSON value of a byte stream ends, however the bytes come in pieces:
 * several values on one line, one on several. Whether it is right inside is the parser's
 * to say. Bounded in length and depth.
 */
#ifndef SRC_JSON_FRAME_H
#define SRC_JSON_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_FRAME_BYTES_MAX 65536u
#define JSON_FRAME_DEPTH_MAX 64u

/* Zeroed at first; json_frame_finish() frees it. */
struct json_frame {
	char *bytes; /* of the value, the frame's */
	size_t count;
	size_t room;
	unsigned int depth;
	bool in_string;
	bool escaped;
	bool whole; /* the value has been given; the next byte begins another */
};

/*
 * Takes bytes from *at, which moves on. 1: a value is whole, in frame->bytes until the
 * next call; there may be more at *at. 0: all bytes are taken and more are needed.
 * -EMSGSIZE: longer than JSON_FRAME_BYTES_MAX, or deeper than JSON_FRAME_DEPTH_MAX;
 * -ENOMEM. After an error there is no telling where the next value begins.
 */
int json_frame_feed(struct json_frame *frame, const char **at, const char *end);

void json_frame_finish(struct json_frame *frame);

#endif
