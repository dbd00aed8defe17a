/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree: level 0 has the digests of the data's blocks, the next the digests of level
 * 0's blocks, and so on until one block has them all; its digest is the root. In the file
 * the top comes first. Blocks of the tree that were checked are kept, so that a block of
 * data mostly costs one digest.
 */
#include "host/disk_verity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/disk_layer.h"
#include "src/align.h"
#include "src/container_of.h"
#include "src/digest.h"
#include "src/error.h"
#include "src/iov.h"
#include "src/le.h"
#include "src/read_full.h"

#define BLOCK_BYTES_MIN 512u
#define BLOCK_BYTES_MAX 65536u
#define LEVELS_MAX 63u
#define SALT_BYTES_MAX 256u
/* Data is read in pieces of so much, or one block where that is larger. */
#define PIECE_BYTES 65536u
/* Of the tree: level 0, and all above, of which there are far fewer. */
#define CACHE_LOW 96u
#define CACHE_HIGH 32u

/* The superblock: offsets of its fields, all little-endian. */
#define SB_BYTES 512u
#define SB_VERSION 8
#define SB_TYPE 12
#define SB_ALGORITHM 32
#define SB_ALGORITHM_BYTES 32
#define SB_DATA_BLOCK_BYTES 64
#define SB_HASH_BLOCK_BYTES 68
#define SB_DATA_BLOCKS 72
#define SB_SALT_BYTES 80
#define SB_SALT 88

struct cached {
	uint8_t *block; /* NULL: nothing here yet */
	unsigned int level;
	uint64_t index;
};

struct disk_verity {
	struct disk_layer layer;
	int data_fd;
	int hash_fd; /* ours, or data_fd */
	enum digest_kind kind;
	bool salt_first;
	uint8_t salt[SALT_BYTES_MAX];
	size_t salt_bytes;
	uint32_t data_block_bytes;
	uint32_t hash_block_bytes;
	uint64_t data_blocks;
	size_t slot_bytes; /* of a digest in the tree: a power of two */
	unsigned int slots_log2;
	unsigned int levels;
	uint64_t level_bytes[LEVELS_MAX]; /* where each begins, in the hash file */
	uint8_t root[DIGEST_BYTES_MAX];

	pthread_mutex_t lock; /* guards the cache; innermost */
	struct cached cache[CACHE_LOW + CACHE_HIGH];
};

/* ---- reading ----------------------------------------------------------------------- */

static bool block_is(const struct disk_verity *verity, struct digest *digest,
	const void *block, size_t bytes, const uint8_t *expected)
{
	uint8_t found[DIGEST_BYTES_MAX];

	digest_start(digest);
	if (verity->salt_first)
		digest_add(digest, verity->salt, verity->salt_bytes);
	digest_add(digest, block, bytes);
	if (!verity->salt_first)
		digest_add(digest, verity->salt, verity->salt_bytes);
	digest_end(digest, found);
	return !memcmp(found, expected, digest_bytes(verity->kind));
}

static struct cached *cache_place(
	struct disk_verity *verity, unsigned int level, uint64_t index)
{
	if (!level)
		return &verity->cache[index % CACHE_LOW];
	return &verity->cache[CACHE_LOW + (index + level) % CACHE_HIGH];
}

/* The digest in a slot of a block of the tree that was checked before. */
static bool cache_find(struct disk_verity *verity, unsigned int level, uint64_t index,
	size_t slot, uint8_t *ret)
{
	const struct cached *cached;
	bool found;

	pthread_mutex_lock(&verity->lock);
	cached = cache_place(verity, level, index);
	found = cached->block && cached->level == level && cached->index == index;
	if (found)
		memcpy(ret, cached->block + slot * verity->slot_bytes,
			digest_bytes(verity->kind));
	pthread_mutex_unlock(&verity->lock);
	return found;
}

/* Takes the block over. */
static void cache_keep(
	struct disk_verity *verity, unsigned int level, uint64_t index, uint8_t *block)
{
	struct cached *cached;
	uint8_t *old;

	pthread_mutex_lock(&verity->lock);
	cached = cache_place(verity, level, index);
	old = cached->block;
	*cached = (struct cached){block, level, index};
	pthread_mutex_unlock(&verity->lock);
	free(old);
}

/* What block number `index` of the level below (of the data, for level 0) must be. */
static int expect(struct disk_verity *verity, struct digest *digest, unsigned int level,
	uint64_t index, uint8_t *ret)
{
	uint64_t block_index = index >> verity->slots_log2;
	size_t slot = (size_t)(index - (block_index << verity->slots_log2));
	uint8_t above[DIGEST_BYTES_MAX];
	uint8_t *block;
	size_t got;
	int code;

	if (level == verity->levels) {
		memcpy(ret, verity->root, sizeof(verity->root));
		return 0;
	}
	if (cache_find(verity, level, block_index, slot, ret))
		return 0;
	code = expect(verity, digest, level + 1, block_index, above);
	if (code)
		return code;
	block = malloc(verity->hash_block_bytes);
	if (!block)
		return -ENOMEM;
	code = pread_full(verity->hash_fd, block, verity->hash_block_bytes,
		verity->level_bytes[level] + block_index * verity->hash_block_bytes,
		&got);
	if (!code && got == verity->hash_block_bytes &&
		block_is(verity, digest, block, got, above)) {
		memcpy(ret, block + slot * verity->slot_bytes,
			digest_bytes(verity->kind));
		cache_keep(verity, level, block_index, block);
		return 0;
	}
	free(block);
	return code ? code : -EILSEQ;
}

/*
 * Checks whole blocks, the first of them number `index`; returns how many of them, from
 * the front, are what they should be, or -errno where none is.
 */
static ssize_t check(struct disk_verity *verity, struct digest *digest,
	const uint8_t *piece, size_t count, uint64_t index)
{
	uint8_t expected[DIGEST_BYTES_MAX];

	for (size_t i = 0; i < count; i++) {
		int code = expect(verity, digest, 0, index + i, expected);

		if (!code &&
			!block_is(verity, digest, piece + i * verity->data_block_bytes,
				verity->data_block_bytes, expected))
			code = -EILSEQ;
		if (code)
			return i ? (ssize_t)i : code;
	}
	return (ssize_t)count;
}

/* Reads and checks the blocks around one piece of the request; bytes of it, or -errno. */
static ssize_t read_piece(struct disk_verity *verity, struct digest *digest,
	uint8_t *piece, size_t piece_bytes, const struct iovec *iov, unsigned int count,
	size_t done, uint64_t offset, uint64_t bytes)
{
	uint32_t block_bytes = verity->data_block_bytes;
	uint64_t index = offset / block_bytes;
	size_t skip = (size_t)(offset - index * block_bytes);
	uint64_t want = (skip + bytes + block_bytes - 1) / block_bytes * block_bytes;
	size_t bytes_read;
	size_t good;
	ssize_t got;

	if (want > piece_bytes)
		want = piece_bytes;
	got = pread_full(
		verity->data_fd, piece, (size_t)want, index * block_bytes, &bytes_read);
	if (got)
		return got;
	got = check(verity, digest, piece, bytes_read / block_bytes, index);
	if (got <= 0)
		return got;
	good = (size_t)got * block_bytes - skip;
	return (ssize_t)iov_copy_in(
		iov, count, done, piece + skip, good < bytes ? good : (size_t)bytes);
}

static ssize_t verity_read(struct disk_layer *layer, const struct iovec *iov,
	unsigned int count, uint64_t offset_bytes, uint64_t bytes)
{
	struct disk_verity *verity = container_of(layer, struct disk_verity, layer);
	size_t piece_bytes = PIECE_BYTES > verity->data_block_bytes
				     ? PIECE_BYTES
				     : verity->data_block_bytes;
	struct digest *digest = digest_create(verity->kind);
	uint8_t *piece = malloc(piece_bytes);
	ssize_t result = digest && piece ? 0 : -ENOMEM;
	size_t done = 0;

	while (!result && done < bytes) {
		ssize_t got = read_piece(verity, digest, piece, piece_bytes, iov, count,
			done, offset_bytes + done, bytes - done);

		if (got <= 0 && !done)
			result = got;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	free(piece);
	digest_destroy(digest);
	return result ? result : (ssize_t)done;
}

static void verity_destroy(struct disk_layer *layer)
{
	struct disk_verity *verity = container_of(layer, struct disk_verity, layer);

	for (size_t i = 0; i < CACHE_LOW + CACHE_HIGH; i++)
		free(verity->cache[i].block);
	if (verity->hash_fd >= 0 && verity->hash_fd != verity->data_fd)
		close(verity->hash_fd);
	pthread_mutex_destroy(&verity->lock);
	free(verity);
}

static const struct disk_layer_ops verity_ops = {
	.read = verity_read,
	.destroy = verity_destroy,
};

/* ---- opening ----------------------------------------------------------------------- */

static bool is_block_size(uint32_t bytes)
{
	return bytes >= BLOCK_BYTES_MIN && bytes <= BLOCK_BYTES_MAX &&
	       !(bytes & (bytes - 1));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int read_root(struct disk_verity *verity,
	const struct disk_verity_options *options, const struct source_pos *pos,
	struct error *err)
{
	const char *hex = options->root_hash;
	size_t bytes = digest_bytes(verity->kind);

	if (strlen(hex) != 2 * bytes)
		return error_set(err, -EINVAL, pos,
			"root_hash has %zu digits, the superblock says %s, which has %zu",
			strlen(hex), digest_name(verity->kind), 2 * bytes);
	for (size_t i = 0; i < bytes; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return error_set(err, -EINVAL, pos,
				"root_hash is '%s', hexadecimal digits are needed", hex);
		verity->root[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

/* sb is the file's: nothing in it is trusted before the root has vouched for the tree. */
static int read_superblock(struct disk_verity *verity, const uint8_t *sb,
	const char *path, const struct source_pos *pos, struct error *err)
{
	static const uint8_t signature[8] = "verity";
	char algorithm[SB_ALGORITHM_BYTES + 1] = "";
	uint32_t type = le32_at(sb + SB_TYPE);
	int kind;

	memcpy(algorithm, sb + SB_ALGORITHM, SB_ALGORITHM_BYTES);
	if (memcmp(sb, signature, sizeof(signature)) || le32_at(sb + SB_VERSION) != 1)
		return error_set(err, -EINVAL, pos,
			"%s has no verity superblock there; make one with "
			"\"veritysetup format\", and say hash_offset",
			path);
	kind = digest_kind_of(algorithm);
	if (kind < 0 || type > 1)
		return error_set(err, -EINVAL, pos,
			"%s has digests of another kind than sha256 or sha512; make it "
			"with \"veritysetup format --hash=sha256\"",
			path);
	verity->kind = (enum digest_kind)kind;
	verity->salt_first = type == 1;
	verity->data_block_bytes = le32_at(sb + SB_DATA_BLOCK_BYTES);
	verity->hash_block_bytes = le32_at(sb + SB_HASH_BLOCK_BYTES);
	verity->data_blocks = le64_at(sb + SB_DATA_BLOCKS);
	verity->salt_bytes = le16_at(sb + SB_SALT_BYTES);
	if (!is_block_size(verity->data_block_bytes) ||
		!is_block_size(verity->hash_block_bytes) ||
		verity->salt_bytes > SALT_BYTES_MAX || !verity->data_blocks ||
		verity->data_blocks > INT64_MAX / verity->data_block_bytes)
		return error_set(err, -EINVAL, pos,
			"%s has a verity superblock with sizes that cannot be", path);
	memcpy(verity->salt, sb + SB_SALT, verity->salt_bytes);
	return 0;
}

/* Where the levels lie, from the top on; false where that is beyond all files. */
static bool lay_out(struct disk_verity *verity, uint64_t start_bytes)
{
	uint64_t at = start_bytes;

	verity->slot_bytes = digest_bytes(verity->kind);
	verity->slots_log2 = 0;
	while (verity->slot_bytes << (verity->slots_log2 + 1) <= verity->hash_block_bytes)
		verity->slots_log2++;
	while (verity->slots_log2 * verity->levels < 64 &&
		(verity->data_blocks - 1) >> verity->slots_log2 * verity->levels)
		verity->levels++;
	for (unsigned int level = verity->levels; level-- > 0;) {
		unsigned int shift = verity->slots_log2 * (level + 1);
		uint64_t blocks = shift < 64 ? (verity->data_blocks - 1) >> shift : 0;

		verity->level_bytes[level] = at;
		if (at > INT64_MAX / 2 ||
			blocks >= INT64_MAX / 2 / verity->hash_block_bytes)
			return false;
		at += (blocks + 1) * verity->hash_block_bytes;
	}
	return true;
}

static int open_hash_file(struct disk_verity *verity, const char *path,
	const struct source_pos *pos, struct error *err)
{
	verity->hash_fd =
		path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : verity->data_fd;
	if (verity->hash_fd < 0)
		return error_set(err, -errno, pos, "cannot open the hash file %s: %s",
			path, strerror(errno));
	return 0;
}

/* A wrong root, or another disk's tree, is found now and not when the guest runs. */
static int check_first_block(struct disk_verity *verity, const char *path,
	const struct source_pos *pos, struct error *err)
{
	uint8_t byte;
	struct iovec iov = {&byte, 1};
	ssize_t got = verity_read(&verity->layer, &iov, 1, 0, 1);

	if (got == 1)
		return 0;
	if (got == -EILSEQ || !got)
		return error_set(err, -EILSEQ, pos,
			"%s does not belong to this root_hash: its first block differs",
			path);
	return error_set(
		err, (int)got, pos, "cannot check %s: %s", path, strerror((int)-got));
}

static int set_up(struct disk_verity *verity, uint64_t data_bytes,
	const struct disk_verity_options *options, const struct source_pos *pos,
	struct error *err)
{
	const char *path = options->hash_path ? options->hash_path : "the disk";
	uint8_t sb[SB_BYTES];
	size_t got;
	int code = open_hash_file(verity, options->hash_path, pos, err);

	if (code)
		return code;
	code = pread_full(
		verity->hash_fd, sb, sizeof(sb), options->hash_offset_bytes, &got);
	if (code)
		return error_set(
			err, code, pos, "cannot read %s: %s", path, strerror(-code));
	if (got < sizeof(sb))
		memset(sb, 0, sizeof(sb));
	code = read_superblock(verity, sb, path, pos, err);
	if (!code)
		code = read_root(verity, options, pos, err);
	if (code)
		return code;
	verity->layer.capacity_bytes = verity->data_blocks * verity->data_block_bytes;
	if (verity->layer.capacity_bytes > data_bytes)
		return error_set(err, -EINVAL, pos,
			"the disk has %" PRIu64
			" bytes, its verity superblock says %" PRIu64,
			data_bytes, verity->layer.capacity_bytes);
	if (!lay_out(verity, align_up(options->hash_offset_bytes + SB_BYTES,
				     verity->hash_block_bytes)))
		return error_set(err, -EINVAL, pos,
			"%s has a verity superblock with sizes that cannot be", path);
	return check_first_block(verity, path, pos, err);
}

int disk_verity_open(int data_fd, uint64_t data_bytes,
	const struct disk_verity_options *options, const struct source_pos *pos,
	struct disk_layer **ret, struct error *err)
{
	struct disk_verity *verity = calloc(1, sizeof(*verity));
	int code;

	if (!verity)
		return error_set(err, -ENOMEM, pos, "no memory for a verity disk");
	verity->layer.ops = &verity_ops;
	verity->layer.proof = "digest";
	verity->data_fd = data_fd;
	verity->hash_fd = -1;
	pthread_mutex_init(&verity->lock, NULL);
	code = set_up(verity, data_bytes, options, pos, err);
	if (code) {
		verity_destroy(&verity->layer);
		return code;
	}
	*ret = &verity->layer;
	return 0;
}
