/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a signed manifest is by somebody who is trusted: ECDSA on P-256 with SHA-256 or
 * on P-384 with SHA-384 (FIPS 186-4), RSA from 3072 bits on with SHA-256 (RFC 8017,
 * PKCS#1 v1.5), with a public key, or with certificates below one that is trusted (RFC
 * 5280). Set-up thread.
 */
#ifndef SRC_SIGNATURE_H
#define SRC_SIGNATURE_H

struct config_trust;
struct error;
struct signed_manifest;

/*
 * 0, or an error at the trust's line: -EKEYREJECTED where its key has not signed it, or
 * may not have; else what is wrong with the key's file. The manifest's version is not
 * looked at.
 */
int signature_check(const struct config_trust *trust,
	const struct signed_manifest *signed_manifest, struct error *err);

#endif
