/* SPDX-License-Identifier: Apache-2.0 */
/* A block device and what lies between it and its file. Part of config/config.h. */
#ifndef CONFIG_CONFIG_DISK_H
#define CONFIG_CONFIG_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/error.h"

enum config_disk_kind { CONFIG_DISK_FILE, CONFIG_DISK_VERITY, CONFIG_DISK_CRYPT };

enum config_disk_cache { CONFIG_DISK_WRITEBACK, CONFIG_DISK_NONE };

/* <verity>: the disk is what this digest says. */
struct config_verity {
	char *root_hash; /* hexadecimal digits; NULL: there is no <verity> */
	char *hash_path; /* NULL: behind the data, in the same file */
	uint64_t hash_offset_bytes;
};

enum config_key { CONFIG_KEY_FILE, CONFIG_KEY_PASSPHRASE };

/* <crypt>: the disk is an encrypted volume, and this is where its key is. */
struct config_crypt {
	bool wanted;      /* there is a <crypt> */
	int fd;           /* open for reading, or -1 */
	char *credential; /* name of the one that is at path, or NULL */
	char *path;
	char *keyring; /* description of a key of the kernel's, or NULL */
	enum config_key key;
};

struct config_block {
	bool readonly;
	char serial[21]; /* at most 20 characters, as VIRTIO_BLK_T_GET_ID carries */
	uint16_t queues;
	bool iothread;
	struct source_pos backend_pos;
	char *path; /* as written, relative to the XML's folder resolved */
	enum config_disk_cache cache;
	bool discard;
	struct config_verity verity;
	struct config_crypt crypt;
};

#endif
