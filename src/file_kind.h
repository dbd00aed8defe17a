/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is, by its first bytes, for the messages that refuse it. Names never count.
 */
#ifndef SRC_FILE_KIND_H
#define SRC_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many first bytes are enough for every kind. */
#define FILE_KIND_HEAD_BYTES 4096

/* A noun with its article, such as "an ELF file"; NULL where it is nothing known. */
const char *file_kind(const uint8_t *head, size_t head_bytes);

/* Only printable characters, white space and UTF-8. */
bool file_kind_is_text(const uint8_t *head, size_t head_bytes);

#endif
