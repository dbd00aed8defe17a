/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a VM boots from: kernel, initrds, overlay. Measured for the plan without
 * being loaded, then read straight into guest RAM. Set-up thread.
 *
 * Every message begins with what the file is and its path: kernel_rom "Image.gz" is empty
 */
#ifndef SRC_ROM_H
#define SRC_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/unpack.h"

struct config_rom;
struct error;

struct rom {
	const char *what; /* the attribute that names it: "kernel_rom" */
	const struct config_rom *config;
	int fd;
	enum unpack_kind packing; /* what rom_read() undoes */
	uint64_t file_bytes;
};

/*
 * Opens it; config and what must outlive the rom. unpack: a gzip or zstd file stands for
 * its contents. Refuses what is missing, empty, or neither a file nor a block device.
 */
int rom_open(struct rom *rom, const char *what, const struct config_rom *config,
	bool unpack, struct error *err);

/* Also for a rom that is zeroed with fd -1, or that did not open. */
void rom_close(struct rom *rom);

/* Reports about the file: fmt is a predicate. Returns code. */
int rom_error(const struct rom *rom, int code, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The first bytes of the contents; fewer than room only where there are no more. */
int rom_head(const struct rom *rom, void *buf, size_t room, size_t *ret_bytes,
	struct error *err);

/*
 * How large the contents are. Exact for a plain file; for a packed one what it says of
 * itself, to be checked with rom_count() where that contradicts the contents, and 0 where
 * it says nothing. rom_read() has its own limit in any case.
 */
int rom_claim(const struct rom *rom, uint64_t *ret_bytes, struct error *err);

/* The same by unpacking all of it, up to limit_bytes (-EFBIG). */
int rom_count(const struct rom *rom, uint64_t limit_bytes, uint64_t *ret_bytes,
	struct error *err);

/* Reads all of it into buf; -EFBIG where that is more than room. */
int rom_read(const struct rom *rom, void *buf, size_t room, size_t *ret_bytes,
	struct error *err);

/* Bytes of the contents, and where they go. */
struct rom_part {
	uint64_t offset;
	size_t bytes;
	void *buf;
};

/*
 * Reads parts by rising offset that do not overlap; a packed file is unpacked once, as
 * far as the last one reaches. -EBADMSG where the contents end before a part does.
 */
int rom_read_parts(const struct rom *rom, const struct rom_part *parts,
	unsigned int count, struct error *err);

/*
 * Reads one part for a struct board's read_kernel(), whose messages are predicates: so
 * are these, without the file's name. Unpacks a packed file up to there each time.
 */
int rom_bytes_at(const struct rom *rom, uint64_t offset, void *buf, size_t bytes,
	struct error *err);

/*
 * Maps the whole pages of a part of a plain file privately: page cache that VMs share
 * until they write. What is left at its ends is read, so nothing beyond it is touched.
 * -EINVAL for a packed file, or where the pages of file and buf do not match. A file that
 * shrinks while the VM runs takes its pages along (SIGBUS), so this is for files that
 * nobody rewrites.
 */
int rom_map_part(const struct rom *rom, const struct rom_part *part, struct error *err);

/* The same for all of the file, -EFBIG where that is more than room. */
int rom_map_into(const struct rom *rom, void *hva, size_t room, struct error *err);

#endif
