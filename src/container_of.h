/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SRC_CONTAINER_OF_H
#define SRC_CONTAINER_OF_H

#include <stddef.h>

/* The object of which *ptr is the named member. */
#define container_of(ptr, type, member)                                                  \
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
