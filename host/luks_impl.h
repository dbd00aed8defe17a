/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of LUKS share; no one else includes this but their tests. */
#ifndef HOST_LUKS_IMPL_H
#define HOST_LUKS_IMPL_H

#include "host/luks.h"

/*
 * What the metadata of a header says: JSON, text of so many bytes. offset_min is where
 * the headers end. -EBADMSG where it is not even metadata, so that another copy may be
 * better; -EINVAL where it is and cannot be used.
 */
int luks_metadata_read(const char *text, size_t bytes, uint64_t offset_min,
	uint64_t file_bytes, const char *path, const struct source_pos *pos,
	struct luks_header *ret, struct error *err);

#endif
