/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_crypt.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/disk_crypt_impl.h"
#include "host/disk_integrity.h"
#include "host/luks.h"
#include "src/aes_xts.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/secret.h"
#include "src/sector_seal.h"

static int crypt_sync(struct disk_layer *layer)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	return disk_integrity_sync(crypt->integrity);
}

static void crypt_destroy(struct disk_layer *layer)
{
	struct disk_crypt *crypt = container_of(layer, struct disk_crypt, layer);

	disk_integrity_close(crypt->integrity);
	crypt_desks_destroy(crypt);
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

/* Where the CPU helps, a small request takes less time than to wake a worker for it. */
static const struct disk_layer_ops quick_ops = {
	.read = crypt_read,
	.write = crypt_write,
	.open = crypt_open,
	.close = crypt_close,
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
	desk = crypt_desk_take(crypt);
	got = pread(direct_fd, desk->bytes, bytes,
		(off_t)(crypt->layer.offset_bytes + bytes));
	crypt_desk_give(crypt, desk);
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
		code = crypt_desks_create(crypt);
	if (code)
		return refuse(&header, path, code, pos, err);
	if (crypt->xts && aes_xts_is_quick(crypt->xts))
		crypt->layer.ops = &quick_ops;
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
	if (can_be_direct(crypt, direct_fd)) {
		crypt->fd = direct_fd;
		crypt->layer.direct = true;
	}
	*ret = &crypt->layer;
	return 0;
}
