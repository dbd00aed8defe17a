/* SPDX-License-Identifier: Apache-2.0 */
#include "src/x509_profile.h"

mbedtls_x509_crt_profile x509_profile(uint32_t rsa_bits_min)
{
	return (mbedtls_x509_crt_profile){
		.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
			       MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
			       MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
		.allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) |
			       MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) |
			       MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
		.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
				  MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
		.rsa_min_bitlen = rsa_bits_min,
	};
}
