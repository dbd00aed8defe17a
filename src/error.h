/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as data. Every function that can fail returns 0 or -errno; a set-up function
 * also fills a fixed-size struct error, so that reporting cannot fail. Only the
 * commands in src/ print, and only main exits.
 *
 * A message says what is wrong, the value, and what is allowed, with no trailing dot
 * or newline: "cpu_count is 9, a GICv2 allows 8".
 */
#ifndef SRC_ERROR_H
#define SRC_ERROR_H

#include <stdarg.h>

/*
 * A place in the user's XML. file is the path as given to config_load() or
 * config_parse(), borrowed: it outlives the configuration and its problems.
 */
struct source_pos {
	const char *file;
	int line; /* 0: the file as a whole, such as one that cannot be read */
};

#define ERROR_TEXT_BYTES 480

struct error {
	int code;              /* negative errno */
	struct source_pos pos; /* file is NULL where no line of the XML is to blame */
	char text[ERROR_TEXT_BYTES];
};

/*
 * Fills err (which may be NULL) and returns code, so that a failing function can say
 *	return error_set(err, -EINVAL, &cfg->pos, "…", …);
 * pos may be NULL. A longer text is cut.
 */
int error_set(struct error *err, int code, const struct source_pos *pos, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* Every problem of one run, in the order found; the user sees them all at once. */
#define PROBLEMS_MAX 64

struct problems {
	unsigned int count; /* of all; the list keeps the first PROBLEMS_MAX */
	struct error list[PROBLEMS_MAX];
};

/* Adds one; always returns -EINVAL, for the same use as error_set(). */
int problems_add(struct problems *problems, const struct source_pos *pos, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));

/* Adds a copy of an error that another function filled; returns its code. */
int problems_add_error(struct problems *problems, const struct error *err);

#endif
