/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a disk, to its end. */
#ifndef TEST_UNIT_DISK_RUN_H
#define TEST_UNIT_DISK_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "host/disk.h"

static inline void disk_run_done(struct disk_request *request)
{
	(void)request;
}

/* In buffers that are cut at odd places; 0 or -errno. */
static inline int disk_run(
	struct disk *disk, enum disk_op op, uint64_t offset, uint8_t *at, uint64_t bytes)
{
	size_t cut = bytes > 700 ? 700 : 0, more = bytes > 5000 ? 300 : 0;
	struct iovec iov[] = {{at, cut}, {at + cut, more},
		{at + cut + more, (size_t)bytes - cut - more}};
	struct disk_request request = {.op = op,
		.offset_bytes = offset,
		.bytes = bytes,
		.may_unmap = true,
		.iov = iov,
		.iov_count = 3,
		.done = disk_run_done};

	disk_submit(disk, &request);
	disk_drain(disk);
	return request.result;
}

#endif
