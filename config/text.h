/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An XML text before the parser sees it: faults that the parser would describe less
 * clearly, or would take for another encoding.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

#define TEXT_BYTES_MAX (256u * 1024)

/* White space as XML knows it. */
bool text_is_space(char c);

/*
 * All of a file, or of a descriptor to its end, in memory of the caller's to free: at
 * most one byte more than is allowed, which text_check() refuses. file is for messages;
 * one that cannot be read is a problem. -errno.
 */
int text_load(const char *file, char **ret, size_t *ret_bytes, struct problems *problems);
int text_read(int fd, const char *file, char **ret, size_t *ret_bytes,
	struct problems *problems);

/* 0, or -EINVAL with one problem: size, emptiness, zero bytes, encoding. */
int text_check(
	const char *xml, size_t bytes, const char *file, struct problems *problems);

#endif
