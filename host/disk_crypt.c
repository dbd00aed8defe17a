/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_crypt.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_layer.h"
#include "host/luks.h"
#include "src/aes_xts.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/iov.h"
#include "src/read_full.h"
#include "src/secret.h"
#include "src/write_full.h"

/* Tweaks count these, whatever a sector has. */
#define TWEAK_BYTES 512u
/* A request is read and written in pieces of so much, aligned for O_DIRECT. */
#define PIECE_BYTES (256u << 10)

/* A buffer that nobody uses. */
struct idle_buffer {
	struct idle_buffer *next;
};

struct disk_crypt {
	struct disk_layer layer;
	int fd;
	struct aes_xts *xts;
	uint64_t first_tweak;

	pthread_mutex_t lock; /* guards idle; innermost */
	struct idle_buffer *idle;
};

/* ---- buffers ----------------------------------------------------------------------- */

static uint8_t *take_buffer(struct disk_crypt *crypt)
{
	struct idle_buffer *idle;
	void *at;

	pthread_mutex_lock(&crypt->lock);
	idle = crypt->idle;
	if (idle)
		crypt->idle = idle->next;
	pthread_mutex_unlock(&crypt->lock);
	if (idle)
		return (uint8_t *)idle;
	at = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	if (at == MAP_FAILED)
		return NULL;
	madvise(at, PIECE_BYTES, MADV_DONTDUMP);
	return at;
}

static void give_buffer(struct disk_crypt *crypt, uint8_t *buffer)
{
	struct idle_buffer *idle = (struct idle_buffer *)buffer;

	pthread_mutex_lock(&crypt->lock);
	idle->next = crypt->idle;
	crypt->idle = idle;
	pthread_mutex_unlock(&crypt->lock);
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

/* ---- requests ---------------------------------------------------------------------- */

/* One piece at a place of the disk; bytes of whole sectors, or -errno. */
typedef ssize_t do_piece(struct disk_crypt *crypt, uint8_t *buffer, struct place place,
	uint64_t offset, size_t bytes);

static ssize_t read_piece(struct disk_crypt *crypt, uint8_t *buffer, struct place place,
	uint64_t offset, size_t bytes)
{
	size_t got;
	int code = pread_full(
		crypt->fd, buffer, bytes, crypt->layer.offset_bytes + offset, &got);

	if (code)
		return code;
	got -= got % crypt->layer.block_bytes;
	decrypt_to(crypt, buffer, got, offset, place);
	return (ssize_t)got;
}

static ssize_t write_piece(struct disk_crypt *crypt, uint8_t *buffer, struct place place,
	uint64_t offset, size_t bytes)
{
	int code;

	encrypt_from(crypt, place, offset, buffer, bytes);
	code = pwrite_full(crypt->fd, buffer, bytes, crypt->layer.offset_bytes + offset);
	return code ? code : (ssize_t)bytes;
}

static ssize_t in_pieces(struct disk_crypt *crypt, const struct iovec *iov,
	unsigned int count, uint64_t offset, uint64_t bytes, do_piece *do_one)
{
	uint8_t *buffer = take_buffer(crypt);
	uint64_t done = 0;
	ssize_t result = buffer ? 0 : -ENOMEM;

	while (!result && done < bytes) {
		struct place place = {iov, count, (size_t)done};
		size_t part =
			bytes - done < PIECE_BYTES ? (size_t)(bytes - done) : PIECE_BYTES;
		ssize_t moved = do_one(crypt, buffer, place, offset + done, part);

		if (moved < 0 && !done)
			result = moved;
		if (moved > 0)
			done += (uint64_t)moved;
		if (moved < (ssize_t)part)
			break;
	}
	if (buffer)
		give_buffer(crypt, buffer);
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

static void crypt_destroy(struct disk_layer *layer)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	while (crypt->idle) {
		struct idle_buffer *idle = crypt->idle;

		crypt->idle = idle->next;
		munmap(idle, PIECE_BYTES);
	}
	aes_xts_destroy(crypt->xts);
	pthread_mutex_destroy(&crypt->lock);
	free(crypt);
}

static const struct disk_layer_ops crypt_ops = {
	.read = crypt_read,
	.write = crypt_write,
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
	uint8_t *buffer = direct_fd < 0 ? NULL : take_buffer(crypt);
	ssize_t got;

	if (!buffer)
		return false;
	got = pread(direct_fd, buffer, bytes, (off_t)(crypt->layer.offset_bytes + bytes));
	give_buffer(crypt, buffer);
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

static int unlock(
	struct disk_crypt *crypt, const struct luks_header *header, const struct key *key)
{
	uint8_t *volume_key = secret_alloc(LUKS_KEY_BYTES_MAX);
	int code = volume_key ? luks_unlock(crypt->fd, header, key->bytes, key->count,
					volume_key)
			      : -errno;

	if (!code)
		code = aes_xts_create(volume_key, header->key_bytes, &crypt->xts);
	secret_free(volume_key, LUKS_KEY_BYTES_MAX);
	return code;
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
	if (code)
		return refuse(&header, path, code, pos, err);
	crypt->first_tweak = header.first_tweak;
	crypt->layer.capacity_bytes = header.data_bytes;
	crypt->layer.offset_bytes = header.data_offset_bytes;
	crypt->layer.block_bytes = header.sector_bytes;
	crypt->layer.discards = header.discards;
	crypt->layer.fixed = !header.grows;
	return 0;
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
	crypt->fd = fd;
	pthread_mutex_init(&crypt->lock, NULL);
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
