/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of TLS 1.2 (RFC 5246), and of 1.3 (RFC 8446) where the library has it, between
 * two who both show a certificate (RFC 5280): who this end is, and whom it trusts. Over
 * mbedtls, with the kernel's random numbers.
 *
 * Made on the main thread while files may still be opened; then used by one thread, for
 * any number of connections (host/tls_tunnel.h).
 */
#ifndef HOST_TLS_H
#define HOST_TLS_H

struct error;
struct source_pos;
struct tls;

enum tls_end { TLS_CLIENT, TLS_SERVER };

/* Paths of files in PEM. Strings are borrowed until the end is made. */
struct tls_files {
	const char *certificate; /* its own, and any between that and what peers trust */
	const char *key;         /* that certificate's, without a passphrase */
	const char *ca;          /* whom it trusts to have issued its peers' */
	/* A server's: names with spaces between them, one of which a client's certificate
	 * must have; NULL: any. Copied. */
	const char *clients;
	const struct source_pos *pos; /* what messages blame; NULL: nothing */
};

/* -errno, with a sentence on what is wrong with which file. */
int tls_create(enum tls_end end, const struct tls_files *files, struct tls **ret,
	struct error *err);
void tls_destroy(struct tls *tls); /* wipes the key; NULL is fine */

#endif
