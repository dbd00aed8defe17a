/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of an encrypted disk, in pieces. In its workers, but for crypt_open() and
 * crypt_close(). */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "host/disk_crypt_impl.h"
#include "host/disk_integrity.h"
#include "src/aes_xts.h"
#include "src/container_of.h"
#include "src/iov.h"
#include "src/read_full.h"
#include "src/sector_seal.h"
#include "src/write_full.h"

/* ---- desks ------------------------------------------------------------------------- */

struct desk *crypt_desk_take(struct disk_crypt *crypt)
{
	struct desk *desk;

	pthread_mutex_lock(&crypt->lock);
	while (!crypt->idle)
		pthread_cond_wait(&crypt->given, &crypt->lock);
	desk = crypt->idle;
	crypt->idle = desk->next;
	pthread_mutex_unlock(&crypt->lock);
	return desk;
}

void crypt_desk_give(struct disk_crypt *crypt, struct desk *desk)
{
	pthread_mutex_lock(&crypt->lock);
	desk->next = crypt->idle;
	crypt->idle = desk;
	pthread_cond_signal(&crypt->given);
	pthread_mutex_unlock(&crypt->lock);
}

static size_t desk_bytes(const struct disk_crypt *crypt)
{
	return PIECE_BYTES + SECTORS_MAX * crypt->tag_bytes;
}

static uint8_t *tags_of(const struct desk *desk)
{
	return desk->bytes + PIECE_BYTES;
}

int crypt_desks_create(struct disk_crypt *crypt)
{
	for (unsigned int i = 0; i < DESKS; i++) {
		void *at = mmap(NULL, desk_bytes(crypt), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			return -ENOMEM;
		madvise(at, desk_bytes(crypt), MADV_DONTDUMP);
		crypt->desks[i].bytes = at;
		crypt_desk_give(crypt, &crypt->desks[i]);
	}
	return 0;
}

void crypt_desks_destroy(struct disk_crypt *crypt)
{
	for (unsigned int i = 0; i < DESKS; i++) {
		if (crypt->desks[i].bytes)
			munmap(crypt->desks[i].bytes, desk_bytes(crypt));
		sector_seal_destroy(crypt->desks[i].seal);
	}
}

/* ---- sectors ----------------------------------------------------------------------- */

/* A place in the guest's buffers. */
struct place {
	const struct iovec *iov;
	unsigned int count;
	size_t offset; /* from the first of them */
};

/* The sector there if it lies in one buffer, else NULL. */
static uint8_t *whole(struct place *place, size_t bytes)
{
	while (place->count && place->offset >= place->iov->iov_len) {
		place->offset -= place->iov->iov_len;
		place->iov++;
		place->count--;
	}
	if (!place->count || place->iov->iov_len - place->offset < bytes)
		return NULL;
	return (uint8_t *)place->iov->iov_base + place->offset;
}

static uint64_t tweak_at(const struct disk_crypt *crypt, uint64_t offset)
{
	return crypt->first_tweak + offset / TWEAK_BYTES;
}

static void decrypt_to(const struct disk_crypt *crypt, uint8_t *from, size_t bytes,
	uint64_t offset, struct place place)
{
	size_t sector_bytes = crypt->layer.block_bytes;

	for (size_t at = 0; at < bytes; at += sector_bytes) {
		uint8_t *to = whole(&place, sector_bytes);

		aes_xts_decrypt(crypt->xts, tweak_at(crypt, offset + at), from + at,
			to ? to : from + at, sector_bytes);
		if (!to)
			iov_copy_in(place.iov, place.count, place.offset, from + at,
				sector_bytes);
		place.offset += sector_bytes;
	}
}

static void encrypt_from(const struct disk_crypt *crypt, struct place place,
	uint64_t offset, uint8_t *to, size_t bytes)
{
	size_t sector_bytes = crypt->layer.block_bytes;

	for (size_t at = 0; at < bytes; at += sector_bytes) {
		const uint8_t *from = whole(&place, sector_bytes);

		if (!from)
			iov_copy_out(place.iov, place.count, place.offset, to + at,
				sector_bytes);
		aes_xts_encrypt(crypt->xts, tweak_at(crypt, offset + at),
			from ? from : to + at, to + at, sector_bytes);
		place.offset += sector_bytes;
	}
}

/* ---- sectors with tags --------------------------------------------------------------
 */

static struct seal_place seal_place(const struct disk_crypt *crypt, uint64_t offset)
{
	return (struct seal_place){offset / TWEAK_BYTES, tweak_at(crypt, offset)};
}

/*
 * A block that was being written while it was read may be an old one with a new tag. Read
 * by itself it is one or the other, or wrong.
 */
static int open_sector(
	struct disk_crypt *crypt, const struct desk *desk, uint64_t offset, size_t at)
{
	uint32_t bytes = crypt->layer.block_bytes;
	struct seal_place place = seal_place(crypt, offset + at);
	uint8_t *sector = desk->bytes + at;
	uint8_t *tag = tags_of(desk) + at / bytes * crypt->tag_bytes;
	int64_t got;

	if (!sector_seal_open(desk->seal, &place, sector, bytes, tag))
		return 0;
	got = disk_integrity_read(
		crypt->integrity, (offset + at) / bytes, 1, sector, tag, true);
	if (got < 1)
		return got < 0 ? (int)got : -EIO;
	return sector_seal_open(desk->seal, &place, sector, bytes, tag);
}

static ssize_t read_sealed(struct disk_crypt *crypt, const struct desk *desk,
	struct place place, uint64_t offset, size_t bytes)
{
	uint32_t block_bytes = crypt->layer.block_bytes;
	int64_t got = disk_integrity_read(crypt->integrity, offset / block_bytes,
		(uint32_t)(bytes / block_bytes), desk->bytes, tags_of(desk), false);
	size_t done = 0;
	int code = got < 0 ? (int)got : 0;

	while (!code && done < (uint64_t)got * block_bytes) {
		code = open_sector(crypt, desk, offset, done);
		if (!code)
			done += block_bytes;
	}
	iov_copy_in(place.iov, place.count, place.offset, desk->bytes, done);
	return done ? (ssize_t)done : code;
}

static ssize_t write_sealed(struct disk_crypt *crypt, const struct desk *desk,
	struct place place, uint64_t offset, size_t bytes)
{
	uint32_t block_bytes = crypt->layer.block_bytes;
	int code = 0;

	iov_copy_out(place.iov, place.count, place.offset, desk->bytes, bytes);
	for (size_t at = 0; !code && at < bytes; at += block_bytes) {
		struct seal_place seal = seal_place(crypt, offset + at);

		code = sector_seal_close(desk->seal, &seal, desk->bytes + at, block_bytes,
			tags_of(desk) + at / block_bytes * crypt->tag_bytes);
	}
	if (!code)
		code = disk_integrity_write(crypt->integrity, offset / block_bytes,
			(uint32_t)(bytes / block_bytes), desk->bytes, tags_of(desk));
	return code ? code : (ssize_t)bytes;
}

/* ---- requests ---------------------------------------------------------------------- */

/* One piece at a place of the disk; bytes of whole sectors, or -errno. */
typedef ssize_t do_piece(struct disk_crypt *crypt, const struct desk *desk,
	struct place place, uint64_t offset, size_t bytes);

static ssize_t read_piece(struct disk_crypt *crypt, const struct desk *desk,
	struct place place, uint64_t offset, size_t bytes)
{
	size_t got;
	int code;

	if (crypt->integrity)
		return read_sealed(crypt, desk, place, offset, bytes);
	code = pread_full(
		crypt->fd, desk->bytes, bytes, crypt->layer.offset_bytes + offset, &got);
	if (code)
		return code;
	got -= got % crypt->layer.block_bytes;
	decrypt_to(crypt, desk->bytes, got, offset, place);
	return (ssize_t)got;
}

static ssize_t write_piece(struct disk_crypt *crypt, const struct desk *desk,
	struct place place, uint64_t offset, size_t bytes)
{
	int code;

	if (crypt->integrity)
		return write_sealed(crypt, desk, place, offset, bytes);
	encrypt_from(crypt, place, offset, desk->bytes, bytes);
	code = pwrite_full(
		crypt->fd, desk->bytes, bytes, crypt->layer.offset_bytes + offset);
	return code ? code : (ssize_t)bytes;
}

static ssize_t in_pieces(struct disk_crypt *crypt, const struct iovec *iov,
	unsigned int count, uint64_t offset, uint64_t bytes, do_piece *do_one)
{
	struct desk *desk = crypt_desk_take(crypt);
	uint64_t done = 0;
	ssize_t result = 0;

	while (!result && done < bytes) {
		struct place place = {iov, count, (size_t)done};
		size_t part =
			bytes - done < PIECE_BYTES ? (size_t)(bytes - done) : PIECE_BYTES;
		ssize_t moved = do_one(crypt, desk, place, offset + done, part);

		if (moved < 0 && !done)
			result = moved;
		if (moved > 0)
			done += (uint64_t)moved;
		if (moved < (ssize_t)part)
			break;
	}
	crypt_desk_give(crypt, desk);
	return result ? result : (ssize_t)done;
}

ssize_t crypt_read(struct disk_layer *layer, const struct iovec *iov, unsigned int count,
	uint64_t offset_bytes, uint64_t bytes)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return in_pieces(crypt, iov, count, offset_bytes, bytes, read_piece);
}

void crypt_open(struct disk_layer *layer, uint8_t *from, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes)
{
	const struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	decrypt_to(
		crypt, from, (size_t)bytes, offset_bytes, (struct place){iov, count, 0});
}

void crypt_close(struct disk_layer *layer, uint8_t *to, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes)
{
	const struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	encrypt_from(
		crypt, (struct place){iov, count, 0}, offset_bytes, to, (size_t)bytes);
}

ssize_t crypt_write(struct disk_layer *layer, const struct iovec *iov, unsigned int count,
	uint64_t offset_bytes, uint64_t bytes)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return in_pieces(crypt, iov, count, offset_bytes, bytes, write_piece);
}
