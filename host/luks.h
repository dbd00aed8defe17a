/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A LUKS2 volume as its header describes it: LUKS2 On-Disk Format Specification 1.1. Read
 * once, before the guest runs; nothing in it is trusted to be right, and what is not
 * right or not known is refused by one error.
 */
#ifndef HOST_LUKS_H
#define HOST_LUKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/digest.h"
#include "src/sector_seal.h"

struct error;
struct source_pos;

#define LUKS_SLOTS_MAX 32u
#define LUKS_SALT_BYTES_MAX 64u
#define LUKS_KEY_BYTES_MAX SEAL_KEY_BYTES_MAX
#define LUKS_SECTOR_BYTES_MAX 4096u

enum luks_kdf { LUKS_PBKDF2, LUKS_ARGON2I, LUKS_ARGON2ID };

/* What makes a key of a passphrase. */
struct luks_kdf_options {
	enum luks_kdf kdf;
	enum digest_kind hash; /* PBKDF2 */
	uint32_t iterations;   /* Argon2: passes */
	uint32_t memory_kib;   /* Argon2 */
	uint32_t lanes;        /* Argon2 */
	uint8_t salt[LUKS_SALT_BYTES_MAX];
	size_t salt_bytes;
};

/* A place where the volume's key is, split into stripes and encrypted. */
struct luks_slot {
	bool preferred;
	struct luks_kdf_options kdf;
	enum digest_kind split_hash;
	uint32_t stripes;
	size_t key_bytes;      /* of the key that it has */
	uint64_t area_bytes;   /* where it begins in the file; all of it is in the file */
	size_t area_key_bytes; /* of the key that encrypts it: 32 or 64 */
};

struct luks_header {
	uint64_t data_offset_bytes;
	uint64_t data_bytes; /* as far as the file goes, where grows is set */
	bool grows;          /* with its file */
	bool sealed;         /* authenticated, with tags in the same place: */
	struct seal_kind seal;
	bool no_journal;                /* for the tags, by a flag of the volume */
	uint32_t sector_bytes;          /* 512 to 4096 */
	uint64_t first_tweak;           /* of the first sector; tweaks count 512 bytes */
	size_t key_bytes;               /* of the volume's key: 32 or 64, or the seal's */
	bool discards;                  /* allowed by a flag of the volume */
	struct luks_kdf_options digest; /* of the volume's key */
	uint8_t digest_value[DIGEST_BYTES_MAX];
	size_t digest_bytes;
	struct luks_slot slots[LUKS_SLOTS_MAX]; /* those that have the volume's key */
	unsigned int slot_count;
};

/*
 * The newer one of both headers whose checksum holds, of a file of so many bytes; path is
 * for messages. -EINVAL where there is none, or it is one that cannot be opened here;
 * or what the host says.
 */
int luks_header_read(int fd, uint64_t file_bytes, const char *path,
	const struct source_pos *pos, struct luks_header *ret, struct error *err);

/*
 * The volume's key, by the passphrase or key file that one of the slots was made with: so
 * many bytes as luks_header.key_bytes says, to memory for secrets. -EKEYREJECTED where it
 * fits none, or what the host says. Takes seconds, by the maker's choice, and a thread
 * for each lane meanwhile.
 */
int luks_unlock(int fd, const struct luks_header *header, const uint8_t *secret,
	size_t secret_bytes, uint8_t *ret_key);

#endif
