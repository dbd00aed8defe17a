/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sign.h"

#include <errno.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "src/digest.h"
#include "src/manifest.h"
#include "src/random.h"
#include "src/sealed.h"
#include "src/verified.h"

#define RSA_EXPONENT 65537

/* --- what is signed ----------------------------------------------------------------- */

static int hash_config(
	const struct vm_config *config, struct manifest_file *ret, struct error *err)
{
	ret->role = MANIFEST_CONFIG;
	ret->bytes = config->text_bytes;
	if (digest_of(DIGEST_SHA256, config->text, config->text_bytes, ret->digest))
		return error_set(err, -ENOMEM, NULL, "no memory for a digest");
	return 0;
}

static int hash_file(
	const struct verified_file *file, struct manifest_file *ret, struct error *err)
{
	struct config_rom config;
	struct sealed sealed = {.fd = -1};
	struct rom rom;
	int rc = verified_file_open(file, &config, &rom, err);

	if (rc)
		return rc;
	ret->role = file->role;
	ret->bytes = rom.file_bytes;
	rc = sealed_copy(rom.fd, rom.file_bytes, &sealed);
	if (!rc)
		rc = sealed_digest(&sealed, ret->digest);
	if (rc)
		rom_error(&rom, rc, err, "cannot be read: %s", strerror(-rc));
	sealed_close(&sealed);
	rom_close(&rom);
	return rc;
}

int sign_manifest(struct vm_config *config, unsigned int version, struct manifest *ret,
	struct error *err)
{
	struct verified_file files[MANIFEST_FILES_MAX];
	unsigned int count = verified_files(config, files);
	int rc = hash_config(config, &ret->files[0], err);

	snprintf(ret->name, sizeof(ret->name), "%s", config->name);
	ret->version = version;
	ret->file_count = 1;
	for (unsigned int i = 0; i < count && !rc; i++)
		rc = hash_file(&files[i], &ret->files[ret->file_count++], err);
	return rc;
}

/* --- the signature ------------------------------------------------------------------ */

static int parse_key(mbedtls_pk_context *key, const char *path)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_keyfile(key, path, NULL, random_bytes, NULL);
#else
	return mbedtls_pk_parse_keyfile(key, path, NULL);
#endif
}

static int sign_hash(mbedtls_pk_context *key, mbedtls_md_type_t type,
	const unsigned char *hash, uint8_t *ret, size_t *ret_bytes)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_sign(key, type, hash, 0, ret, SIGNED_SIGNATURE_BYTES_MAX,
		ret_bytes, random_bytes, NULL);
#else
	return mbedtls_pk_sign(key, type, hash, 0, ret, ret_bytes, random_bytes, NULL);
#endif
}

static int is_pair(mbedtls_pk_context *certified, mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return !mbedtls_pk_check_pair(certified, key, random_bytes, NULL);
#else
	return !mbedtls_pk_check_pair(certified, key);
#endif
}

static int put_signature(mbedtls_pk_context *key, const char *path, const char *text,
	size_t bytes, char **at, const char *end, struct error *err)
{
	unsigned char hash[MBEDTLS_MD_MAX_SIZE];
	uint8_t signature[SIGNED_SIGNATURE_BYTES_MAX];
	size_t signature_bytes = 0;
	size_t bits = mbedtls_pk_get_bitlen(key);
	bool ecdsa = mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA);
	mbedtls_md_type_t type =
		ecdsa && bits == 384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256;

	if (mbedtls_md(mbedtls_md_info_from_type(type), (const unsigned char *)text,
		    bytes, hash) ||
		sign_hash(key, type, hash, signature, &signature_bytes) ||
		!manifest_put_pem(
			at, end, SIGNED_LABEL_SIGNATURE, signature, signature_bytes))
		return error_set(err, -EINVAL, NULL, "key \"%s\" cannot sign", path);
	return 0;
}

static int put_certificates(mbedtls_pk_context *key, const char *path, char **at,
	const char *end, struct error *err)
{
	mbedtls_x509_crt chain;
	int rc = 0;

	mbedtls_x509_crt_init(&chain);
	if (mbedtls_x509_crt_parse_file(&chain, path))
		rc = error_set(err, -EINVAL, NULL,
			"certificates \"%s\" cannot be read as PEM", path);
	else if (!is_pair(&chain.pk, key))
		rc = error_set(err, -EINVAL, NULL,
			"certificates \"%s\" do not begin with that of the key", path);
	for (const mbedtls_x509_crt *crt = &chain; crt && !rc; crt = crt->next)
		if (!manifest_put_pem(
			    at, end, SIGNED_LABEL_CERTIFICATE, crt->raw.p, crt->raw.len))
			rc = error_set(err, -EFBIG, NULL,
				"certificates \"%s\" are too many", path);
	mbedtls_x509_crt_free(&chain);
	return rc;
}

int sign_text(const char *key_path, const char *certificates_path, char *text,
	size_t room, size_t *bytes, struct error *err)
{
	char *at = text + *bytes;
	mbedtls_pk_context key;
	int rc = 0;

	mbedtls_pk_init(&key);
	if (parse_key(&key, key_path))
		rc = error_set(err, -EINVAL, NULL,
			"key \"%s\" cannot be read as a private key in PEM without a "
			"password",
			key_path);
	if (!rc)
		rc = put_signature(&key, key_path, text, *bytes, &at, text + room, err);
	if (!rc && certificates_path)
		rc = put_certificates(&key, certificates_path, &at, text + room, err);
	mbedtls_pk_free(&key);
	*bytes = (size_t)(at - text);
	return rc;
}

/* --- keys --------------------------------------------------------------------------- */

static int make_ec(mbedtls_pk_context *key, mbedtls_ecp_group_id curve)
{
	int rc = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

	return rc ? rc
		  : mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(*key), random_bytes, NULL);
}

static int make_rsa(mbedtls_pk_context *key, unsigned int bits)
{
	int rc = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));

	return rc ? rc
		  : mbedtls_rsa_gen_key(
			    mbedtls_pk_rsa(*key), random_bytes, NULL, bits, RSA_EXPONENT);
}

int sign_make_key(const char *type, char private_key[SIGN_KEY_BYTES_MAX],
	char public_key[SIGN_KEY_BYTES_MAX], struct error *err)
{
	mbedtls_pk_context key;
	int rc;

	mbedtls_pk_init(&key);
	if (!strcmp(type, "p256"))
		rc = make_ec(&key, MBEDTLS_ECP_DP_SECP256R1);
	else if (!strcmp(type, "p384"))
		rc = make_ec(&key, MBEDTLS_ECP_DP_SECP384R1);
	else if (!strcmp(type, "rsa3072"))
		rc = make_rsa(&key, 3072);
	else if (!strcmp(type, "rsa4096"))
		rc = make_rsa(&key, 4096);
	else
		return error_set(err, -EINVAL, NULL,
			"--type is '%s', allowed: p256, p384, rsa3072, rsa4096", type);
	if (!rc)
		rc = mbedtls_pk_write_key_pem(
			&key, (unsigned char *)private_key, SIGN_KEY_BYTES_MAX);
	if (!rc)
		rc = mbedtls_pk_write_pubkey_pem(
			&key, (unsigned char *)public_key, SIGN_KEY_BYTES_MAX);
	mbedtls_pk_free(&key);
	return rc ? error_set(err, -EIO, NULL, "the key could not be made (-0x%04x)", -rc)
		  : 0;
}
