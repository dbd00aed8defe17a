/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a passphrase to a volume's key: the key of a slot's area comes of the passphrase,
 * the volume's key of the area's stripes, of which none may be missing (LUKS1 On-Disk
 * Format Specification, section 2.4: the anti-forensic splitter), and its digest says
 * whether it is the right one.
 */
#include <argon2.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "host/luks.h"
#include "src/aes_xts.h"
#include "src/align.h"
#include "src/digest.h"
#include "src/pbkdf2.h"
#include "src/read_full.h"
#include "src/secret.h"

#define AREA_SECTOR_BYTES 512u
/* Stripes that are read at a time: whole sectors, since keys are multiples of 16 bytes.
 */
#define PIECE_STRIPES 32u
#define PIECE_BYTES (PIECE_STRIPES * LUKS_KEY_BYTES_MAX)

/* All that is secret on the way, in memory for that. */
struct workshop {
	uint8_t area_key[LUKS_KEY_BYTES_MAX];
	uint8_t candidate[LUKS_KEY_BYTES_MAX];
	uint8_t diffused[DIGEST_BYTES_MAX];
	uint8_t value[DIGEST_BYTES_MAX];
	uint8_t piece[PIECE_BYTES];
};

/* ---- from a passphrase to the area's key ------------------------------------------- */

/* Too much of it to be locked where the host limits that; wiped by who asks for it. */
static int argon2_alloc(uint8_t **ret, size_t bytes)
{
	void *at = mmap(
		NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	madvise(at, bytes, MADV_DONTDUMP);
	*ret = at;
	return ARGON2_OK;
}

static void argon2_free(uint8_t *at, size_t bytes)
{
	munmap(at, bytes);
}

static int derive_argon2(const struct luks_kdf_options *options, const uint8_t *secret,
	size_t secret_bytes, uint8_t *ret, size_t bytes)
{
	argon2_context context = {
		.out = ret,
		.outlen = (uint32_t)bytes,
		.pwd = (uint8_t *)secret,
		.pwdlen = (uint32_t)secret_bytes,
		.salt = (uint8_t *)options->salt,
		.saltlen = (uint32_t)options->salt_bytes,
		.t_cost = options->iterations,
		.m_cost = options->memory_kib,
		.lanes = options->lanes,
		.threads = options->lanes,
		.version = ARGON2_VERSION_13,
		.allocate_cbk = argon2_alloc,
		.free_cbk = argon2_free,
	};
	int code = argon2_ctx(
		&context, options->kdf == LUKS_ARGON2ID ? Argon2_id : Argon2_i);

	if (code == ARGON2_THREAD_FAIL)
		return -EAGAIN;
	return code == ARGON2_OK ? 0 : -ENOMEM;
}

static int derive(const struct luks_kdf_options *options, const uint8_t *secret,
	size_t secret_bytes, uint8_t *ret, size_t bytes)
{
	const struct pbkdf2_options pbkdf2_options = {
		.kind = options->hash,
		.password = secret,
		.password_bytes = secret_bytes,
		.salt = options->salt,
		.salt_bytes = options->salt_bytes,
		.iterations = options->iterations,
	};

	if (options->kdf == LUKS_PBKDF2)
		return pbkdf2(&pbkdf2_options, ret, bytes);
	return derive_argon2(options, secret, secret_bytes, ret, bytes);
}

/* ---- from the area to the volume's key --------------------------------------------- */

/* Each part of it becomes its own digest. */
static void diffuse(struct digest *digest, size_t digest_size, struct workshop *shop,
	size_t key_bytes)
{
	for (uint32_t i = 0; i * digest_size < key_bytes; i++) {
		uint8_t *part = shop->candidate + i * digest_size;
		size_t left = key_bytes - i * digest_size;
		size_t bytes = left < digest_size ? left : digest_size;
		uint32_t number = htobe32(i);

		digest_start(digest);
		digest_add(digest, &number, sizeof(number));
		digest_add(digest, part, bytes);
		digest_end(digest, shop->diffused);
		memcpy(part, shop->diffused, bytes);
	}
}

/* The sectors of a piece; of the last one those that stripes are in. */
static int read_piece(int fd, const struct luks_slot *slot, const struct aes_xts *xts,
	uint32_t stripe, struct workshop *shop)
{
	uint32_t left = slot->stripes - stripe;
	size_t bytes = (left < PIECE_STRIPES ? left : PIECE_STRIPES) * slot->key_bytes;
	uint64_t offset = (uint64_t)stripe * slot->key_bytes;
	size_t got;
	int code;

	bytes = (size_t)align_up(bytes, AREA_SECTOR_BYTES);
	code = pread_full(fd, shop->piece, bytes, slot->area_bytes + offset, &got);
	if (code || got < bytes)
		return code ? code : -EIO;
	for (size_t at = 0; at < bytes; at += AREA_SECTOR_BYTES)
		aes_xts_decrypt(xts, (offset + at) / AREA_SECTOR_BYTES, shop->piece + at,
			shop->piece + at, AREA_SECTOR_BYTES);
	return 0;
}

static int merge(int fd, const struct luks_slot *slot, const struct aes_xts *xts,
	struct digest *digest, struct workshop *shop)
{
	size_t digest_size = digest_bytes(slot->split_hash);

	memset(shop->candidate, 0, sizeof(shop->candidate));
	for (uint32_t i = 0; i < slot->stripes; i++) {
		const uint8_t *stripe = shop->piece + i % PIECE_STRIPES * slot->key_bytes;

		if (i % PIECE_STRIPES == 0) {
			int code = read_piece(fd, slot, xts, i, shop);

			if (code)
				return code;
		}
		for (size_t j = 0; j < slot->key_bytes; j++)
			shop->candidate[j] ^= stripe[j];
		if (i + 1 < slot->stripes)
			diffuse(digest, digest_size, shop, slot->key_bytes);
	}
	return 0;
}

static int open_area(int fd, const struct luks_slot *slot, struct workshop *shop)
{
	struct digest *digest = digest_create(slot->split_hash);
	struct aes_xts *xts = NULL;
	int code = digest ? aes_xts_create(shop->area_key, slot->area_key_bytes, &xts)
			  : -ENOMEM;

	if (!code)
		code = merge(fd, slot, xts, digest, shop);
	aes_xts_destroy(xts);
	digest_destroy(digest);
	return code;
}

static int try_slot(int fd, const struct luks_header *header,
	const struct luks_slot *slot, const uint8_t *secret, size_t secret_bytes,
	struct workshop *shop)
{
	int code = derive(
		&slot->kdf, secret, secret_bytes, shop->area_key, slot->area_key_bytes);

	if (!code)
		code = open_area(fd, slot, shop);
	if (!code)
		code = derive(&header->digest, shop->candidate, header->key_bytes,
			shop->value, header->digest_bytes);
	if (!code && memcmp(shop->value, header->digest_value, header->digest_bytes))
		code = -EKEYREJECTED;
	return code;
}

int luks_unlock(int fd, const struct luks_header *header, const uint8_t *secret,
	size_t secret_bytes, uint8_t *ret_key)
{
	struct workshop *shop = secret_alloc(sizeof(*shop));
	int code = shop ? -EKEYREJECTED : -errno;
	int tried;

	/* A slot that wants more than the host has must not keep the others closed. */
	for (unsigned int i = 0; shop && code && i < header->slot_count; i++) {
		tried = try_slot(
			fd, header, &header->slots[i], secret, secret_bytes, shop);
		if (tried != -EKEYREJECTED)
			code = tried;
	}
	if (!code)
		memcpy(ret_key, shop->candidate, header->key_bytes);
	secret_free(shop, sizeof(*shop));
	return code;
}
