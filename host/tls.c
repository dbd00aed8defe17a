/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/oid.h>
#include <mbedtls/version.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "host/key_source.h"
#include "host/tls_impl.h"
#include "src/error.h"
#include "src/log.h"
#include "src/random.h"
#include "src/read_full.h"
#include "src/x509_profile.h"

#ifdef MBEDTLS_SSL_PROTO_TLS1_3
#include <psa/crypto.h>
#endif

#define FILE_BYTES_MAX (1u << 20)
#define RSA_BITS_MIN 2048u

/* Of a subjectAltName: which of its kinds a name is (RFC 5280, 4.2.1.6). */
#define SAN_EMAIL 1u
#define SAN_DNS 2u
#define SAN_ADDRESS 7u

/* Each has forward secrecy and authenticated encryption; ChaCha20 is for CPUs without
 * instructions for AES. */
static const int suites[] = {
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	0,
};

#if MBEDTLS_VERSION_MAJOR < 3
static const int hashes[] = {
	MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
#endif

/* ---- files ------------------------------------------------------------------------ */

static int read_certificates(const char *what, const char *path,
	const struct tls_files *files, mbedtls_x509_crt *ret, struct error *err)
{
	size_t bytes = 0;
	char *pem = NULL;
	int code = read_text(path, FILE_BYTES_MAX, &pem, &bytes);

	if (code)
		return error_set(err, code, files->pos, "%s \"%s\" cannot be read: %s",
			what, path, strerror(-code));
	/* It wants the NUL that ends PEM; a positive value counts those it did not take.
	 */
	if (mbedtls_x509_crt_parse(ret, (const unsigned char *)pem, bytes + 1))
		code = error_set(err, -EINVAL, files->pos,
			"%s \"%s\" is no file of certificates in PEM", what, path);
	free(pem);
	return code;
}

static int parse_key(mbedtls_pk_context *ret, const unsigned char *pem, size_t bytes)
{
#if MBEDTLS_VERSION_MAJOR < 3
	return mbedtls_pk_parse_key(ret, pem, bytes, NULL, 0);
#else
	return mbedtls_pk_parse_key(ret, pem, bytes, NULL, 0, random_bytes, NULL);
#endif
}

static bool is_pair(const mbedtls_pk_context *public, const mbedtls_pk_context *private)
{
#if MBEDTLS_VERSION_MAJOR < 3
	return !mbedtls_pk_check_pair(public, private);
#else
	return !mbedtls_pk_check_pair(public, private, random_bytes, NULL);
#endif
}

static int read_key(
	const struct tls_files *files, mbedtls_pk_context *ret, struct error *err)
{
	const struct key_source source = {.fd = -1, .path = files->key};
	struct stat stat_of;
	struct key key;
	int code;

	if (!stat(files->key, &stat_of) && stat_of.st_mode & (S_IROTH | S_IWOTH))
		return error_set(err, -EPERM, files->pos,
			"key \"%s\" is everybody's to read: chmod 600", files->key);
	code = key_read(&source, files->pos, &key, err);
	if (code)
		return code;
	/* Memory for keys is zero behind them, and PEM ends with that. */
	if (key.count == key.room)
		code = -EFBIG;
	else
		code = parse_key(ret, key.bytes, key.count + 1);
	key_finish(&key);
	return code ? error_set(err, -EINVAL, files->pos,
			      "key \"%s\" is no private key in PEM without a passphrase",
			      files->key)
		    : 0;
}

static bool is_for(const mbedtls_x509_crt *crt, enum tls_end end)
{
	return end == TLS_SERVER ? !mbedtls_x509_crt_check_extended_key_usage(crt,
					   MBEDTLS_OID_SERVER_AUTH,
					   MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH))
				 : !mbedtls_x509_crt_check_extended_key_usage(crt,
					   MBEDTLS_OID_CLIENT_AUTH,
					   MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
}

static int read_files(struct tls *tls, const struct tls_files *files, struct error *err)
{
	int code = read_certificates(
		"certificate", files->certificate, files, &tls->certificate, err);

	if (!code)
		code = read_certificates("ca", files->ca, files, &tls->ca, err);
	if (!code)
		code = read_key(files, &tls->key, err);
	if (!code && !is_pair(&tls->certificate.pk, &tls->key))
		code = error_set(err, -EINVAL, files->pos,
			"key \"%s\" is not that of certificate \"%s\"", files->key,
			files->certificate);
	if (!code && !is_for(&tls->certificate, tls->end))
		code = error_set(err, -EINVAL, files->pos,
			"certificate \"%s\" is not for a %s, by its extendedKeyUsage",
			files->certificate, tls->end == TLS_SERVER ? "server" : "client");
	if (code)
		return code;
	/* It is the peers who refuse that, and their clock may be the better one. */
	if (mbedtls_x509_time_is_past(&tls->certificate.valid_to))
		log_host("certificate %s has expired by this host's clock",
			files->certificate);
	else if (mbedtls_x509_time_is_future(&tls->certificate.valid_from))
		log_host("certificate %s is not valid yet by this host's clock",
			files->certificate);
	return 0;
}

/* ---- names ------------------------------------------------------------------------ */

static bool has_san(
	const mbedtls_x509_crt *crt, unsigned int kind, const void *name, size_t bytes)
{
	for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at && at->buf.p;
		at = at->next)
		if ((at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == (int)kind &&
			at->buf.len == bytes &&
			(kind == SAN_ADDRESS ? !memcmp(at->buf.p, name, bytes)
					     : !strncasecmp((const char *)at->buf.p, name,
						       bytes)))
			return true;
	return false;
}

static bool has_common_name(const mbedtls_x509_crt *crt, const char *name, size_t bytes)
{
	for (const mbedtls_x509_name *at = &crt->subject; at; at = at->next)
		if (!MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &at->oid) &&
			at->val.len == bytes && !memcmp(at->val.p, name, bytes))
			return true;
	return false;
}

/* Whether the certificate is that of one of these words. */
static bool has_name_of(const mbedtls_x509_crt *crt, const char *words)
{
	while (*words) {
		size_t bytes = strcspn(words, " ");

		if (bytes && (has_common_name(crt, words, bytes) ||
				     has_san(crt, SAN_DNS, words, bytes) ||
				     has_san(crt, SAN_EMAIL, words, bytes)))
			return true;
		words += bytes + (words[bytes] == ' ');
	}
	return false;
}

/* The bytes of a numeric address as certificates have it; 0: it is a name. */
static size_t read_address(const char *host, struct in6_addr *ret)
{
	if (inet_pton(AF_INET, host, ret) == 1)
		return sizeof(struct in_addr);
	return inet_pton(AF_INET6, host, ret) == 1 ? sizeof(*ret) : 0;
}

/* What the library does not look at: who clients are, and whose a number is. */
static int check_name(void *data, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	const struct tls_peer *peer = data;
	const char *clients = peer->tls->clients;
	struct in6_addr address;
	size_t bytes;

	if (!depth && clients && !has_name_of(crt, clients))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	bytes = !depth && peer->host ? read_address(peer->host, &address) : 0;
	if (bytes && !has_san(crt, SAN_ADDRESS, &address, bytes))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return 0;
}

/* ---- connections ------------------------------------------------------------------ */

int tls_prepare(const struct tls *tls, struct tls_peer *peer, mbedtls_ssl_context *ssl)
{
	struct in6_addr address;
	const char *name = peer->host;

	peer->tls = tls;
	if (name && read_address(name, &address))
		name = NULL;
	if (mbedtls_ssl_setup(ssl, &tls->config))
		return -ENOMEM;
	mbedtls_ssl_set_verify(ssl, check_name, peer);
	return mbedtls_ssl_set_hostname(ssl, name) ? -ENOMEM : 0;
}

static const char *certificate_fault(uint32_t flags)
{
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return "has a certificate of none of those that are trusted";
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return "has a certificate that has expired by this host's clock";
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return "has a certificate that is not valid yet by this host's clock";
	if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
		return "has a certificate for another name";
	if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
			    MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
		return "has a certificate that is not for this end of TLS";
	return "has a certificate whose key or digest is too weak";
}

const char *tls_fault(
	const struct tls_peer *peer, const mbedtls_ssl_context *ssl, int code)
{
	static const char refusal[] =
		"has refused this end: does it trust who issued its certificate?";
	static const struct {
		int code;
		const char *text;
	} faults[] = {
#if MBEDTLS_VERSION_MAJOR < 3
		{MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, "has shown no certificate"},
		{MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, "speaks no TLS from 1.2 on"},
		{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO, "speaks no TLS"},
		{MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN, "knows no cipher that is allowed"},
#else
		{MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, "has shown no certificate"},
		{MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, "speaks no TLS from 1.2 on"},
		{MBEDTLS_ERR_SSL_DECODE_ERROR, "speaks no TLS"},
#endif
		{MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, refusal},
		{MBEDTLS_ERR_SSL_INVALID_RECORD, "speaks no TLS"},
		{MBEDTLS_ERR_SSL_CONN_EOF, "has left"},
		{MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "has left"},
		{MBEDTLS_ERR_SSL_TIMEOUT, "was silent for too long"},
		{MBEDTLS_ERR_SSL_ALLOC_FAILED, "needs more memory than there is"},
	};
	uint32_t flags = mbedtls_ssl_get_verify_result(ssl);
	bool left = code == MBEDTLS_ERR_SSL_CONN_EOF ||
		    code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;

	if (flags && flags != UINT32_MAX && flags != MBEDTLS_X509_BADCERT_MISSING)
		return certificate_fault(flags);
	/* A server's reasons may have got lost on their way. */
	if (left && peer->tls->end == TLS_CLIENT)
		return refusal;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].code == code)
			return faults[i].text;
	return "has broken the rules of TLS";
}

/* ---- life ------------------------------------------------------------------------- */

static int configure(struct tls *tls)
{
	mbedtls_ssl_config *config = &tls->config;

	if (mbedtls_ssl_config_defaults(config,
		    tls->end == TLS_SERVER ? MBEDTLS_SSL_IS_SERVER
					   : MBEDTLS_SSL_IS_CLIENT,
		    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT))
		return -ENOMEM;
#if MBEDTLS_VERSION_MAJOR < 3
	mbedtls_ssl_conf_min_version(
		config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_sig_hashes(config, hashes);
#else
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
	mbedtls_ssl_conf_ciphersuites(config, suites);
	tls->profile = x509_profile(RSA_BITS_MIN);
	mbedtls_ssl_conf_cert_profile(config, &tls->profile);
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_rng(config, random_bytes, NULL);
	mbedtls_ssl_conf_ca_chain(config, &tls->ca, NULL);
	return mbedtls_ssl_conf_own_cert(config, &tls->certificate, &tls->key) ? -ENOMEM
									       : 0;
}

int tls_create(enum tls_end end, const struct tls_files *files, struct tls **ret,
	struct error *err)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int code = 0;

	if (!tls)
		return error_set(err, -ENOMEM, files->pos, "no memory for TLS");
	tls->end = end;
	mbedtls_ssl_config_init(&tls->config);
	mbedtls_x509_crt_init(&tls->certificate);
	mbedtls_x509_crt_init(&tls->ca);
	mbedtls_pk_init(&tls->key);
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
	code = psa_crypto_init() ? -ENOMEM : 0;
#endif
	if (!code && files->clients && !(tls->clients = strdup(files->clients)))
		code = -ENOMEM;
	if (!code)
		code = configure(tls);
	if (code)
		error_set(err, code, files->pos, "no memory for TLS");
	else
		code = read_files(tls, files, err);
	if (code) {
		tls_destroy(tls);
		return code;
	}
	*ret = tls;
	return 0;
}

void tls_destroy(struct tls *tls)
{
	if (!tls)
		return;
	mbedtls_ssl_config_free(&tls->config);
	mbedtls_x509_crt_free(&tls->certificate);
	mbedtls_x509_crt_free(&tls->ca);
	mbedtls_pk_free(&tls->key);
	free(tls->clients);
	free(tls);
}
