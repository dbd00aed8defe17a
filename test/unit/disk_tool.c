/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk with something around its file, as a guest would use it:
 *
 *	disk_tool verity DATA ROOT_HASH HASH_OFFSET [HASH_FILE]
 *	disk_tool crypt VOLUME KEY ACTION...
 *
 * The first reads all of it to standard output. KEY is "file" or "passphrase", on
 * descriptor 3, or the description of a key of the kernel's. The actions are done one
 *after the other, with numbers in bytes: "read OFFSET BYTES" to standard output, "write
 *OFFSET BYTES" from standard input, "zero OFFSET BYTES", "discard OFFSET BYTES", "resize
 *BYTES", "info". With "direct" or "readonly" in front of the volume it is opened so.
 *
 * Exit status 1 where the disk cannot be opened, 2 where a request fails.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/disk.h"
#include "host/disk_crypt.h"
#include "host/disk_verity.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/disk_run.h"

#define PIECE_BYTES 32768u
/* Reads or writes in pieces, to or from the program's own ends. */
static int move(struct disk *disk, enum disk_op op, uint64_t offset, uint64_t left)
{
	static uint8_t piece[PIECE_BYTES];

	while (left) {
		size_t bytes = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		if (op == DISK_WRITE && fread(piece, 1, bytes, stdin) != bytes)
			return 2;
		if (disk_run(disk, op, offset, piece, bytes))
			return 2;
		if (op == DISK_READ && fwrite(piece, 1, bytes, stdout) != bytes)
			return 2;
		offset += bytes;
		left -= bytes;
	}
	return 0;
}

static int act(struct disk *disk, char ***words)
{
	static const char *const names[] = {[DISK_READ] = "read",
		[DISK_WRITE] = "write",
		[DISK_DISCARD] = "discard",
		[DISK_WRITE_ZEROES] = "zero"};
	static uint8_t no_data[PIECE_BYTES];
	const char *name = *(*words)++;
	uint64_t numbers[2] = {0, 0};
	struct error err;

	if (!strcmp(name, "info")) {
		printf("%" PRIu64 " bytes, blocks of %" PRIu32 "%s\n",
			disk_info(disk)->capacity_bytes, disk_info(disk)->block_bytes,
			disk_info(disk)->discard ? ", discard" : "");
		return 0;
	}
	for (unsigned int i = 0; i < 2 && **words && !(i && !strcmp(name, "resize")); i++)
		numbers[i] = strtoull(*(*words)++, NULL, 10);
	if (!strcmp(name, "resize") && disk_resize(disk, numbers[0], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	if (!strcmp(name, "read") || !strcmp(name, "write"))
		return move(disk, *name == 'r' ? DISK_READ : DISK_WRITE, numbers[0],
			numbers[1]);
	for (enum disk_op op = DISK_DISCARD; op <= DISK_WRITE_ZEROES; op++)
		if (!strcmp(name, names[op]))
			return disk_run(disk, op, numbers[0], no_data, numbers[1]) ? 2
										   : 0;
	return 0;
}

static int use(struct loop *loop, const struct disk_file_options *options, char **words)
{
	struct error err = {0};
	struct disk *disk = NULL;
	int status = 0;

	if (disk_file_open(loop, options, &disk, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (!words)
		status = move(disk, DISK_READ, 0, disk_info(disk)->capacity_bytes);
	while (words && *words && !status)
		status = act(disk, &words);
	disk_destroy(disk);
	return status;
}

static int use_verity(struct loop *loop, char **words)
{
	const struct disk_verity_options verity = {
		.root_hash = words[1],
		.hash_offset_bytes = strtoull(words[2], NULL, 10),
		.hash_path = words[3],
	};
	const struct disk_file_options options = {
		.path = words[0], .readonly = true, .depth = 8, .verity = &verity};

	return use(loop, &options, NULL);
}

static int use_crypt(struct loop *loop, char **words)
{
	struct disk_crypt_options crypt = {.key = {.fd = 3}};
	struct disk_file_options options = {.depth = 8, .crypt = &crypt};

	for (; !strcmp(*words, "direct") || !strcmp(*words, "readonly"); words++) {
		if (**words == 'd')
			options.direct = true;
		else
			options.readonly = true;
	}
	options.path = *words++;
	crypt.key.line = !strcmp(*words, "passphrase");
	if (!crypt.key.line && strcmp(*words, "file")) {
		crypt.key.fd = -1;
		crypt.key.keyring = *words;
	}
	return use(loop, &options, words + 1);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	struct loop *loop;
	int status;

	if (argc < 5 || loop_create(&loop, &err))
		return 1;
	if (!strcmp(argv[1], "verity"))
		status = use_verity(loop, argv + 2);
	else
		status = use_crypt(loop, argv + 2);
	loop_destroy(loop);
	return status;
}
