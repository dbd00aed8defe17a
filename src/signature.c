/* SPDX-License-Identifier: Apache-2.0 */
#include "src/signature.h"

#include <errno.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_verify.h"
#include "src/error.h"
#include "src/manifest.h"
#include "src/mbedtls_private.h"
#include "src/read_full.h"
#include "src/x509_profile.h"

#define KEY_BYTES_MAX 65536u
#define RSA_BITS_MIN 3072u

/* --- the key's file ----------------------------------------------------------------- */

/* All of it, ended by NUL, as the library wants PEM; the caller's to free. */
static int read_key(const struct config_trust *trust, char **ret, size_t *ret_bytes,
	struct error *err)
{
	int rc = read_text(trust->key, KEY_BYTES_MAX, ret, ret_bytes);

	if (rc)
		return error_set(err, rc, &trust->pos, "key \"%s\" cannot be read: %s",
			trust->key, strerror(-rc));
	return 0;
}

static int rejected(const struct config_trust *trust, const char *what, struct error *err)
{
	return error_set(
		err, -EKEYREJECTED, &trust->pos, "key \"%s\" %s", trust->key, what);
}

/* --- which keys and certificates do ------------------------------------------------- */

/* The digest that goes with the key; MBEDTLS_MD_NONE: the key does not do. */
static mbedtls_md_type_t digest_for(const mbedtls_pk_context *key)
{
	mbedtls_ecp_group_id curve;

	if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
		return mbedtls_pk_get_bitlen(key) >= RSA_BITS_MIN ? MBEDTLS_MD_SHA256
								  : MBEDTLS_MD_NONE;
	if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA))
		return MBEDTLS_MD_NONE;
	curve = mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(grp).id;
	return curve == MBEDTLS_ECP_DP_SECP256R1   ? MBEDTLS_MD_SHA256
	       : curve == MBEDTLS_ECP_DP_SECP384R1 ? MBEDTLS_MD_SHA384
						   : MBEDTLS_MD_NONE;
}

/* A host without a clock looks at everything but the dates. */
static int ignore_dates(void *data, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
	return 0;
}

/* What is wrong with a chain, as a predicate of the key; the worst first. */
static const char *chain_fault(uint32_t flags)
{
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return "is of none of those that issued the signer's certificate";
	if (flags & (MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK |
			    MBEDTLS_X509_BADCERT_BAD_MD))
		return "leads to a certificate whose key or digest is too weak";
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return "leads to a certificate that has expired by this host's clock: "
		       "set "
		       "that, or say expiry=\"ignore\" where there is none";
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return "leads to a certificate that is not valid yet by this host's "
		       "clock: set that, or say expiry=\"ignore\" where there is none";
	return "leads to a certificate that must not be used so";
}

/*
 * Only who may sign code: the same authority may well have signed a web server's
 * certificate, too.
 */
static bool may_sign(const mbedtls_x509_crt *crt)
{
	return crt->ext_key_usage.buf.p &&
	       !mbedtls_x509_crt_check_key_usage(
		       crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) &&
	       !mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_CODE_SIGNING,
		       MBEDTLS_OID_SIZE(MBEDTLS_OID_CODE_SIGNING));
}

/* --- the signature ------------------------------------------------------------------ */

static int check_signature(const struct config_trust *trust, mbedtls_pk_context *key,
	const struct signed_manifest *file, struct error *err)
{
	mbedtls_md_type_t type = digest_for(key);
	unsigned char hash[MBEDTLS_MD_MAX_SIZE];

	if (type == MBEDTLS_MD_NONE)
		return rejected(trust,
			"does not do, allowed: ECDSA on P-256 or P-384, RSA from 3072 "
			"bits on",
			err);
	if (mbedtls_md(mbedtls_md_info_from_type(type), (const unsigned char *)file->text,
		    file->text_bytes, hash) ||
		mbedtls_pk_verify(
			key, type, hash, 0, file->signature, file->signature_bytes))
		return rejected(trust, "has not signed this manifest", err);
	return 0;
}

static int add_certificates(const struct config_trust *trust,
	const struct signed_manifest *file, mbedtls_x509_crt *chain, struct error *err)
{
	for (unsigned int i = 0; i < file->certificate_count; i++)
		if (mbedtls_x509_crt_parse_der(chain, file->certificates[i].der,
			    file->certificates[i].bytes))
			return rejected(trust,
				"cannot be tried: a certificate of the manifest cannot "
				"be read",
				err);
	return 0;
}

static int check_chain(const struct config_trust *trust, mbedtls_x509_crt *anchors,
	mbedtls_x509_crt *chain, const struct signed_manifest *file, struct error *err)
{
	const mbedtls_x509_crt_profile profile = x509_profile(RSA_BITS_MIN);
	uint32_t flags = 0;
	int rc = mbedtls_x509_crt_verify_with_profile(chain, anchors, NULL, &profile,
		NULL, &flags, trust->expiry == CONFIG_EXPIRY_IGNORE ? ignore_dates : NULL,
		NULL);

	if (rc)
		return rejected(trust, chain_fault(flags), err);
	if (!may_sign(chain))
		return rejected(trust,
			"leads to a certificate that is not for code signing: it needs "
			"extendedKeyUsage=codeSigning and, if it has a keyUsage, "
			"digitalSignature",
			err);
	return check_signature(trust, &chain->pk, file, err);
}

/* A manifest without certificates can still be by who is trusted in person. */
static int check_certificates(const struct config_trust *trust, const char *pem,
	size_t bytes, const struct signed_manifest *file, struct error *err)
{
	mbedtls_x509_crt anchors;
	mbedtls_x509_crt chain;
	int rc;

	mbedtls_x509_crt_init(&anchors);
	mbedtls_x509_crt_init(&chain);
	if (mbedtls_x509_crt_parse(&anchors, (const unsigned char *)pem, bytes + 1)) {
		rc = error_set(err, -EINVAL, &trust->pos,
			"key \"%s\" has a certificate that cannot be read", trust->key);
	} else if (file->certificate_count) {
		rc = add_certificates(trust, file, &chain, err);
		if (!rc)
			rc = check_chain(trust, &anchors, &chain, file, err);
	} else {
		rc = mbedtls_x509_crt_parse_der(&chain, anchors.raw.p, anchors.raw.len)
			     ? -ENOMEM
			     : check_chain(trust, &anchors, &chain, file, err);
	}
	mbedtls_x509_crt_free(&chain);
	mbedtls_x509_crt_free(&anchors);
	return rc;
}

static int check_key(const struct config_trust *trust, const char *pem, size_t bytes,
	const struct signed_manifest *file, struct error *err)
{
	mbedtls_pk_context key;
	int rc;

	mbedtls_pk_init(&key);
	if (mbedtls_pk_parse_public_key(&key, (const unsigned char *)pem, bytes + 1))
		rc = error_set(err, -EINVAL, &trust->pos,
			"key \"%s\" is neither a public key nor a certificate in PEM",
			trust->key);
	else
		rc = check_signature(trust, &key, file, err);
	mbedtls_pk_free(&key);
	return rc;
}

int signature_check(const struct config_trust *trust,
	const struct signed_manifest *signed_manifest, struct error *err)
{
	size_t bytes = 0;
	char *pem = NULL;
	int rc = read_key(trust, &pem, &bytes, err);

	if (rc)
		return rc;
	if (strstr(pem, "-----BEGIN CERTIFICATE-----"))
		rc = check_certificates(trust, pem, bytes, signed_manifest, err);
	else
		rc = check_key(trust, pem, bytes, signed_manifest, err);
	free(pem);
	return rc;
}
