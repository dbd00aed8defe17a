/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates are strong enough for whatever Bonsai trusts by them. */
#ifndef SRC_X509_PROFILE_H
#define SRC_X509_PROFILE_H

#include <mbedtls/x509_crt.h>

/*
 * SHA-2 of 256 bits and more, ECDSA with P-256 and P-384, RSA with at least so many bits.
 */
mbedtls_x509_crt_profile x509_profile(uint32_t rsa_bits_min);

#endif
