/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gzip (RFC 1952) or zstd (RFC 8878) file as a stream of its contents, several members
 * or frames one after the other as their tools write them. Any thread, one at a time.
 */
#ifndef SRC_UNPACK_H
#define SRC_UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct unpack;

enum unpack_kind { UNPACK_NONE, UNPACK_GZIP, UNPACK_ZSTD };

/* By the first bytes. */
enum unpack_kind unpack_kind(const uint8_t *head, size_t head_bytes);

/* "gzip", "zstd" */
const char *unpack_name(enum unpack_kind kind);

/* Reads fd from offset 0 with pread(); fd stays the caller's. */
int unpack_create(enum unpack_kind kind, int fd, struct unpack **ret, struct error *err);
void unpack_destroy(struct unpack *unpack);

/*
 * Fills buf; *ret_bytes is less than room only at the end of the contents. The messages
 * are predicates, for the caller to put the file's name before: "is truncated: …".
 * -EBADMSG where the file is truncated or damaged.
 */
int unpack_read(struct unpack *unpack, void *buf, size_t room, size_t *ret_bytes,
	struct error *err);

#endif
