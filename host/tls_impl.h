/* SPDX-License-Identifier: Apache-2.0 */
/* For host/tls.c and host/tls_tunnel.c: the library's side of an end of TLS. */
#ifndef HOST_TLS_IMPL_H
#define HOST_TLS_IMPL_H

#include <mbedtls/ssl.h>

#include "host/tls.h"

struct tls {
	mbedtls_ssl_config config;
	mbedtls_x509_crt_profile profile; /* to which config points */
	mbedtls_x509_crt certificate;
	mbedtls_x509_crt ca;
	mbedtls_pk_context key;
	enum tls_end end;
	char *clients; /* NULL: any */
};

/* What a connection has to do with its peer. */
struct tls_peer {
	const struct tls *tls;
	const char *host; /* a client's: whom it called, a name or a numeric address */
};

/*
 * Makes ssl, which is initialized, a connection of this end. peer stays with it. -ENOMEM.
 */
int tls_prepare(const struct tls *tls, struct tls_peer *peer, mbedtls_ssl_context *ssl);

/* What became of a connection: a predicate of the peer, for an error of the library's. */
const char *tls_fault(
	const struct tls_peer *peer, const mbedtls_ssl_context *ssl, int code);

#endif
