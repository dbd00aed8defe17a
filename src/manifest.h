/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What decides what a VM runs, as a text that can be signed (docs/security.md):
 *
 *	bonsai manifest 1
 *	name router
 *	version 7
 *	config 812 sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *	kernel_rom 33554432 sha256 …
 *
 * config is the XML; then come the files in the order of enum manifest_role, those of a
 * role in the order of the XML. There is one way to write each manifest and no other is
 * read. Behind the text comes the signature over its bytes, and the certificates of who
 * signed. Any thread.
 */
#ifndef SRC_MANIFEST_H
#define SRC_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_handover.h"

struct error;

#define MANIFEST_DIGEST_BYTES 32u
#define MANIFEST_FILES_MAX 96u
#define MANIFEST_TEXT_BYTES_MAX 16384u

enum manifest_role {
	MANIFEST_CONFIG,
	MANIFEST_KERNEL,
	MANIFEST_INITRD,
	MANIFEST_OVERLAY,
	MANIFEST_FIRMWARE,
	MANIFEST_LINUXBOOT,
	MANIFEST_PVH,
	MANIFEST_FW_CFG,
};

/* As in the text: "kernel_rom". */
const char *manifest_role_name(enum manifest_role role);

struct manifest_file {
	enum manifest_role role;
	uint64_t bytes;
	uint8_t digest[MANIFEST_DIGEST_BYTES]; /* SHA-256 */
};

struct manifest {
	char name[CONFIG_NAME_CHARS + 1]; /* of the VM */
	unsigned int version;
	unsigned int file_count;
	struct manifest_file files[MANIFEST_FILES_MAX]; /* the first is the XML */
};

/* The text, ended by NUL; returns its length. */
size_t manifest_print(const struct manifest *manifest, char ret[MANIFEST_TEXT_BYTES_MAX]);

/* ---- signed ------------------------------------------------------------------------ */

#define SIGNED_BYTES_MAX 65536u
#define SIGNED_SIGNATURE_BYTES_MAX 1024u
#define SIGNED_CERTIFICATES_MAX 8u
#define SIGNED_CERTIFICATE_BYTES_MAX 4096u

/* A signed manifest's parts. text points into the file's bytes. */
struct signed_manifest {
	const char *text;
	size_t text_bytes;
	size_t signature_bytes;
	uint8_t signature[SIGNED_SIGNATURE_BYTES_MAX];
	unsigned int certificate_count; /* the signer's own is the first */
	struct {
		size_t bytes;
		uint8_t der[SIGNED_CERTIFICATE_BYTES_MAX];
	} certificates[SIGNED_CERTIFICATES_MAX];
};

/*
 * Takes a file's bytes apart. The messages are predicates ("is damaged: …"). -EBADMSG
 * where they are not, to the last bit, what manifest_print() and PEM's ordinary form with
 * lines of 64 characters give.
 */
int signed_manifest_split(
	const char *from, size_t bytes, struct signed_manifest *ret, struct error *err);

/* Its text, to be read once the signature holds; likewise. */
int manifest_parse(
	const char *text, size_t bytes, struct manifest *ret, struct error *err);

/*
 * Appends a section of PEM with that label to the text at at: *at moves on. False where
 * it does not fit before end.
 */
bool manifest_put_pem(
	char **at, const char *end, const char *label, const uint8_t *der, size_t bytes);

#define SIGNED_LABEL_SIGNATURE "SIGNATURE"
#define SIGNED_LABEL_CERTIFICATE "CERTIFICATE"

#endif
