/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of an encrypted disk share; no one else includes this. disk_crypt.c
 * opens it, disk_crypt_io.c has its requests.
 */
#ifndef HOST_DISK_CRYPT_IMPL_H
#define HOST_DISK_CRYPT_IMPL_H

#include <pthread.h>
#include <stdint.h>

#include "host/disk_layer.h"

struct aes_xts;
struct disk_integrity;
struct sector_seal;

/* Tweaks count these, whatever a sector has. */
#define TWEAK_BYTES 512u
/* A request is read and written in pieces of so much, aligned for O_DIRECT. */
#define PIECE_BYTES (256u << 10)

/* As many as a disk has workers. */
#define DESKS 4u
#define SECTORS_MAX (PIECE_BYTES / TWEAK_BYTES)

/* What one worker needs for a piece. */
struct desk {
	struct desk *next;
	uint8_t *bytes;           /* PIECE_BYTES, and behind them the tags */
	struct sector_seal *seal; /* NULL where nothing is authenticated */
};

struct disk_crypt {
	struct disk_layer layer;
	int fd;
	struct aes_xts *xts;              /* NULL: sealed instead, in blocks with tags */
	struct disk_integrity *integrity; /* NULL: no tags */
	size_t tag_bytes;
	uint64_t first_tweak;

	struct desk desks[DESKS];
	pthread_mutex_t lock; /* guards idle; innermost */
	pthread_cond_t given;
	struct desk *idle;
};

/* disk_crypt_io.c; memory that is not touched costs nothing. */
int crypt_desks_create(struct disk_crypt *crypt);
void crypt_desks_destroy(struct disk_crypt *crypt); /* also half-created ones */
/* Waits where all are taken. */
struct desk *crypt_desk_take(struct disk_crypt *crypt);
void crypt_desk_give(struct disk_crypt *crypt, struct desk *desk);
ssize_t crypt_read(struct disk_layer *layer, const struct iovec *iov, unsigned int count,
	uint64_t offset_bytes, uint64_t bytes);
void crypt_open(struct disk_layer *layer, uint8_t *from, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes);
void crypt_close(struct disk_layer *layer, uint8_t *to, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes);
ssize_t crypt_write(struct disk_layer *layer, const struct iovec *iov, unsigned int count,
	uint64_t offset_bytes, uint64_t bytes);

#endif
