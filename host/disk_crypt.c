/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_crypt.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_integrity.h"
#include "host/disk_layer.h"
#include "host/luks.h"
#include "src/aes_xts.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/iov.h"
#include "src/read_full.h"
#include "src/secret.h"
#include "src/sector_seal.h"
#include "src/write_full.h"

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

/* ---- desks ------------------------------------------------------------------------- */

static struct desk *take_desk(struct disk_crypt *crypt)
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

static void give_desk(struct disk_crypt *crypt, struct desk *desk)
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

/* Memory that is not touched costs nothing. */
static int set_up_desks(struct disk_crypt *crypt)
{
	for (unsigned int i = 0; i < DESKS; i++) {
		void *at = mmap(NULL, desk_bytes(crypt), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			return -ENOMEM;
		madvise(at, desk_bytes(crypt), MADV_DONTDUMP);
		crypt->desks[i].bytes = at;
		give_desk(crypt, &crypt->desks[i]);
	}
	return 0;
}

static void finish_desks(struct disk_crypt *crypt)
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
	struct desk *desk = take_desk(crypt);
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
	give_desk(crypt, desk);
	return result ? result : (ssize_t)done;
}

static ssize_t crypt_read(struct disk_layer *layer, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return in_pieces(crypt, iov, count, offset_bytes, bytes, read_piece);
}

static ssize_t crypt_write(struct disk_layer *layer, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return in_pieces(crypt, iov, count, offset_bytes, bytes, write_piece);
}

static int crypt_sync(struct disk_layer *layer)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return disk_integrity_sync(crypt->integrity);
}

static void crypt_destroy(struct disk_layer *layer)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	disk_integrity_close(crypt->integrity);
	finish_desks(crypt);
	aes_xts_destroy(crypt->xts);
	pthread_cond_destroy(&crypt->given);
	pthread_mutex_destroy(&crypt->lock);
	free(crypt);
}

static const struct disk_layer_ops crypt_ops = {
	.read = crypt_read,
	.write = crypt_write,
	.destroy = crypt_destroy,
};

static const struct disk_layer_ops sealed_ops = {
	.read = crypt_read,
	.write = crypt_write,
	.sync = crypt_sync,
	.destroy = crypt_destroy,
};

/* ---- opening ----------------------------------------------------------------------- */

/*
 * How O_DIRECT wants things aligned is the file system's business. Where the second
 * sector cannot be read by itself, all goes through the page cache: never some of it.
 */
static bool can_be_direct(struct disk_crypt *crypt, int direct_fd)
{
	uint32_t bytes = crypt->layer.block_bytes;
	struct desk *desk;
	ssize_t got;

	/* Tags have no size that O_DIRECT would like. */
	if (direct_fd < 0 || crypt->integrity)
		return false;
	desk = take_desk(crypt);
	got = pread(direct_fd, desk->bytes, bytes,
		(off_t)(crypt->layer.offset_bytes + bytes));
	give_desk(crypt, desk);
	return got == (ssize_t)bytes;
}

static int refuse(const struct luks_header *header, const char *path, int code,
	const struct source_pos *pos, struct error *err)
{
	uint32_t memory_kib = 0;

	for (unsigned int i = 0; i < header->slot_count; i++)
		if (header->slots[i].kdf.memory_kib > memory_kib)
			memory_kib = header->slots[i].kdf.memory_kib;
	if (code == -EKEYREJECTED)
		return error_set(err, code, pos,
			"the key opens none of the %u key slots of %s; \"cryptsetup open "
			"--test-passphrase %s\" tries one",
			header->slot_count, path, path);
	if (code == -ENOMEM && memory_kib)
		return error_set(err, code, pos,
			"no memory to open %s, whose key slots want up to %u MiB; "
			"\"cryptsetup luksConvertKey --pbkdf-memory\" makes that less",
			path, (memory_kib + 1023) >> 10);
	return error_set(err, code, pos, "cannot open the volume %s: %s", path,
		secret_reason(code));
}

/* What a key is for: one that anyone may use at a time, or one for each desk. */
static int use_key(struct disk_crypt *crypt, const struct luks_header *header,
	const uint8_t *volume_key)
{
	int code = 0;

	if (!header->sealed)
		return aes_xts_create(volume_key, header->key_bytes, &crypt->xts);
	for (unsigned int i = 0; !code && i < DESKS; i++)
		code = sector_seal_create(&header->seal, volume_key, header->key_bytes,
			&crypt->desks[i].seal);
	return code;
}

static int unlock(
	struct disk_crypt *crypt, const struct luks_header *header, const struct key *key)
{
	uint8_t *volume_key = secret_alloc(LUKS_KEY_BYTES_MAX);
	int code = volume_key ? luks_unlock(crypt->fd, header, key->bytes, key->count,
					volume_key)
			      : -errno;

	if (!code)
		code = use_key(crypt, header, volume_key);
	secret_free(volume_key, LUKS_KEY_BYTES_MAX);
	return code;
}

static int open_integrity(struct disk_crypt *crypt, const struct luks_header *header,
	const char *path, const struct source_pos *pos, struct error *err)
{
	const struct disk_integrity_options options = {
		.path = path,
		.fd = crypt->fd,
		.start_bytes = header->data_offset_bytes,
		.file_bytes = header->data_offset_bytes + header->data_bytes,
		.block_bytes = header->sector_bytes,
		.tag_bytes = (uint32_t)seal_tag_bytes(&header->seal),
		.no_journal = header->no_journal,
		.pos = pos,
	};
	int code = disk_integrity_open(&options, &crypt->integrity, err);

	if (code)
		return code;
	crypt->layer.ops = &sealed_ops;
	crypt->layer.capacity_bytes =
		disk_integrity_blocks(crypt->integrity) * header->sector_bytes;
	crypt->layer.fixed = true;
	crypt->layer.keeps_all = true;
	crypt->layer.discards = false;
	return 0;
}

static int set_up(struct disk_crypt *crypt, const char *path, uint64_t file_bytes,
	const struct disk_crypt_options *options, const struct source_pos *pos,
	struct error *err)
{
	struct luks_header header;
	struct key key;
	int code = luks_header_read(crypt->fd, file_bytes, path, pos, &header, err);

	if (code)
		return code;
	code = key_read(&options->key, pos, &key, err);
	if (code)
		return code;
	code = unlock(crypt, &header, &key);
	key_finish(&key);
	crypt->tag_bytes = header.sealed ? seal_tag_bytes(&header.seal) : 0;
	if (!code)
		code = set_up_desks(crypt);
	if (code)
		return refuse(&header, path, code, pos, err);
	crypt->first_tweak = header.first_tweak;
	crypt->layer.capacity_bytes = header.data_bytes;
	crypt->layer.offset_bytes = header.data_offset_bytes;
	crypt->layer.block_bytes = header.sector_bytes;
	crypt->layer.discards = header.discards;
	crypt->layer.fixed = !header.grows;
	return header.sealed ? open_integrity(crypt, &header, path, pos, err) : 0;
}

int disk_crypt_open(const char *path, int fd, int direct_fd, uint64_t file_bytes,
	const struct disk_crypt_options *options, const struct source_pos *pos,
	struct disk_layer **ret, struct error *err)
{
	struct disk_crypt *crypt = calloc(1, sizeof(*crypt));
	int code;

	if (!crypt)
		return error_set(err, -ENOMEM, pos, "no memory for an encrypted disk");
	crypt->layer.ops = &crypt_ops;
	crypt->layer.proof = "tag";
	crypt->fd = fd;
	pthread_mutex_init(&crypt->lock, NULL);
	pthread_cond_init(&crypt->given, NULL);
	code = set_up(crypt, path, file_bytes, options, pos, err);
	if (code) {
		crypt_destroy(&crypt->layer);
		return code;
	}
	if (can_be_direct(crypt, direct_fd))
		crypt->fd = direct_fd;
	*ret = &crypt->layer;
	return 0;
}
