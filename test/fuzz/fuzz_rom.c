/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel file, plain or packed: what is measured, counted and read agrees. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "src/error.h"
#include "src/rom.h"

#define ROOM_BYTES (1u << 20)

/* Parts of what was read as a whole, as the file's own bytes choose them. */
static void read_parts(const struct rom *rom, const uint8_t *whole, size_t bytes)
{
	static uint8_t buf[64];
	const struct rom_part parts[] = {
		{whole[0], 10, buf},
		{whole[0] + 10, 0, NULL},
		{whole[0] + 10 + whole[bytes - 1], 30, buf + 10},
	};
	bool inside = parts[2].offset + parts[2].bytes <= bytes;
	struct error err;
	int rc = rom_read_parts(rom, parts, 3, &err);

	assert(inside ? rc == 0 : rc == -EBADMSG);
	if (inside) {
		assert(memcmp(buf, whole + parts[0].offset, 10) == 0);
		assert(memcmp(buf + 10, whole + parts[2].offset, 30) == 0);
		assert(rom_bytes_at(rom, parts[2].offset, buf, 30, &err) == 0);
		assert(memcmp(buf, whole + parts[2].offset, 30) == 0);
	}
}

static void read_all(const struct rom *rom, uint8_t *room)
{
	uint8_t head[256];
	struct error err;
	uint64_t claim;
	uint64_t counted;
	size_t head_bytes;
	size_t bytes;
	int rc;

	rom_claim(rom, &claim, &err);
	rc = rom_count(rom, ROOM_BYTES, &counted, &err);
	room[ROOM_BYTES] = 0x5a;
	if (rom_read(rom, room, ROOM_BYTES, &bytes, &err) == 0) {
		assert(rc == 0 && counted == bytes && bytes <= ROOM_BYTES);
		assert(rom_head(rom, head, sizeof(head), &head_bytes, &err) == 0);
		assert(memcmp(head, room, head_bytes) == 0);
		if (bytes)
			read_parts(rom, room, bytes);
	} else {
		/* A plain file has no limit but when it is read. */
		assert(rc != 0 || rom->packing == UNPACK_NONE);
	}
	assert(room[ROOM_BYTES] == 0x5a);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	char path[32];
	struct config_rom config = {path, {"vm.xml", 1}};
	struct error err;
	struct rom rom;
	int fd = memfd_create("rom", MFD_CLOEXEC);
	uint8_t *room = malloc(ROOM_BYTES + 1);

	if (fd < 0 || !room || write(fd, input, bytes) != (ssize_t)bytes)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (rom_open(&rom, "kernel_rom", &config, true, &err) == 0)
		read_all(&rom, room);
	else
		assert(bytes == 0);
	rom_close(&rom);
	free(room);
	close(fd);
	return 0;
}
