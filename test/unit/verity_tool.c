/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verity_tool DATA ROOT_HASH HASH_OFFSET [HASH_FILE]: reads a checked disk as a guest
 * would and writes what it got to standard output. Exit status 1 where it cannot be
 * opened, 2 where a block is an error.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host/disk.h"
#include "host/disk_verity.h"
#include "src/error.h"
#include "src/loop.h"

static void ignore_done(struct disk_request *request)
{
	(void)request;
}

static int copy(struct disk *disk, FILE *to)
{
	static uint8_t piece[32768];
	uint64_t left = disk_info(disk)->capacity_bytes;

	for (uint64_t at = 0; left; at += sizeof(piece)) {
		size_t bytes = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		struct iovec iov = {piece, bytes};
		struct disk_request request = {.op = DISK_READ,
			.offset_bytes = at,
			.bytes = bytes,
			.iov = &iov,
			.iov_count = 1,
			.done = ignore_done};

		disk_submit(disk, &request);
		disk_drain(disk);
		if (request.result || fwrite(piece, 1, bytes, to) != bytes)
			return 2;
		left -= bytes;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct disk_verity_options verity = {0};
	struct disk_file_options options = {
		.readonly = true, .depth = 8, .verity = &verity};
	struct error err = {0};
	struct disk *disk = NULL;
	struct loop *loop;
	int status = 1;

	if (argc < 4 || loop_create(&loop, &err))
		return 1;
	options.path = argv[1];
	verity.root_hash = argv[2];
	verity.hash_offset_bytes = strtoull(argv[3], NULL, 10);
	verity.hash_path = argc > 4 ? argv[4] : NULL;
	if (disk_file_open(loop, &options, &disk, &err))
		fprintf(stderr, "%s\n", err.text);
	else
		status = copy(disk, stdout);
	disk_destroy(disk);
	loop_destroy(loop);
	return status;
}
