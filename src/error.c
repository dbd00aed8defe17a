/* SPDX-License-Identifier: Apache-2.0 */
#include "src/error.h"

#include <errno.h>
#include <stdio.h>

static void fill(struct error *err, int code, const struct source_pos *pos,
	const char *fmt, va_list args)
{
	err->code = code;
	err->pos.file = pos ? pos->file : NULL;
	err->pos.line = pos ? pos->line : 0;
	vsnprintf(err->text, sizeof(err->text), fmt, args);
}

int error_set(
	struct error *err, int code, const struct source_pos *pos, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	fill(err, code, pos, fmt, args);
	va_end(args);
	return code;
}

int problems_add(
	struct problems *problems, const struct source_pos *pos, const char *fmt, ...)
{
	va_list args;

	if (problems->count < PROBLEMS_MAX) {
		va_start(args, fmt);
		fill(&problems->list[problems->count], -EINVAL, pos, fmt, args);
		va_end(args);
	}
	problems->count++;
	return -EINVAL;
}

int problems_add_error(struct problems *problems, const struct error *err)
{
	if (problems->count < PROBLEMS_MAX)
		problems->list[problems->count] = *err;
	problems->count++;
	return err->code;
}
