/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making keys and signed manifests: what src/signature.h and src/verified.h check. Not in
 * the static programs, which are for boards; nobody signs there.
 */
#ifndef SRC_SIGN_H
#define SRC_SIGN_H

#include <stddef.h>

struct error;
struct manifest;
struct vm_config;

/* Reads and hashes all that is signed. */
int sign_manifest(struct vm_config *config, unsigned int version, struct manifest *ret,
	struct error *err);

/*
 * Behind the text, which is in a buffer of room bytes: the signature with that private
 * key, in PEM and without a password, and the certificates of a PEM file, or none.
 * *bytes is the text's length and then that of all.
 */
int sign_text(const char *key_path, const char *certificates_path, char *text,
	size_t room, size_t *bytes, struct error *err);

#define SIGN_KEY_BYTES_MAX 8192u

/*
 * A new key in PEM, ended by NUL: of type "p256", "p384", "rsa3072" or "rsa4096". The
 * caller wipes the private one.
 */
int sign_make_key(const char *type, char private_key[SIGN_KEY_BYTES_MAX],
	char public_key[SIGN_KEY_BYTES_MAX], struct error *err);

#endif
