/* SPDX-License-Identifier: Apache-2.0 */
#include "src/signature.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_verify.h"
#include "src/error.h"
#include "src/manifest.h"
#include "test/unit/signed_fixture.h"
#include "test/unit/test.h"

/* key is PEM, which the check wants in a file; certificate may be NULL. */
static int check(const char *key, const char *signature, const char *certificate,
	enum config_expiry expiry, struct error *err)
{
	static struct signed_manifest file;
	static char text[SIGNED_BYTES_MAX];
	char path[] = "/tmp/test_signature.XXXXXX";
	const struct config_trust trust = {.key = path, .expiry = expiry};
	int bytes = snprintf(text, sizeof(text), "%s%s%s", fixture_text, signature,
		certificate ? certificate : "");
	int fd = mkstemp(path);
	int rc;

	*err = (struct error){0};
	CHECK(fd >= 0 && write(fd, key, strlen(key)) == (ssize_t)strlen(key));
	close(fd);
	rc = signed_manifest_split(text, (size_t)bytes, &file, err);
	if (!rc)
		rc = signature_check(&trust, &file, err);
	unlink(path);
	return rc;
}

TEST(takes_what_openssl_signed)
{
	static const char *const rows[][2] = {
		{fixture_key_p256, fixture_signature_p256},
		{fixture_key_p384, fixture_signature_p384},
		{fixture_key_rsa, fixture_signature_rsa},
	};
	struct error err;

	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 3; j++)
			CHECK_EQ(check(rows[i][0], rows[j][1], NULL, CONFIG_EXPIRY_CHECK,
					 &err),
				i == j ? 0 : -EKEYREJECTED);
}

TEST(follows_certificates_and_looks_at_their_dates_and_uses)
{
	static const struct {
		const char *certificate;
		enum config_expiry expiry;
		const char *refusal; /* NULL: it is good */
	} rows[] = {
		{fixture_certificate_good, CONFIG_EXPIRY_CHECK, NULL},
		{fixture_certificate_past, CONFIG_EXPIRY_CHECK, "has expired"},
		{fixture_certificate_past, CONFIG_EXPIRY_IGNORE, NULL},
		{fixture_certificate_future, CONFIG_EXPIRY_CHECK, "is not valid yet"},
		{fixture_certificate_future, CONFIG_EXPIRY_IGNORE, NULL},
		{fixture_certificate_server, CONFIG_EXPIRY_IGNORE,
			"is not for code signing"},
		{NULL, CONFIG_EXPIRY_CHECK, "is not for code signing"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err;
		int rc = check(fixture_certificate_ca, fixture_signature_p256,
			rows[i].certificate, rows[i].expiry, &err);

		CHECK_EQ(rc, rows[i].refusal ? -EKEYREJECTED : 0);
		CHECK_HAS(err.text, rows[i].refusal ? rows[i].refusal : "");
	}
}

/* The anchor is one of them, and not the signer's own certificate. */
TEST(trusts_no_certificate_for_being_there)
{
	struct error err;

	CHECK_EQ(check(fixture_certificate_good, fixture_signature_p256,
			 fixture_certificate_past, CONFIG_EXPIRY_IGNORE, &err),
		-EKEYREJECTED);
	CHECK_HAS(err.text, "is of none of those");
	/* A public key is trusted in person, whatever certificates go along. */
	CHECK_EQ(check(fixture_key_p256, fixture_signature_p256, fixture_certificate_past,
			 CONFIG_EXPIRY_CHECK, &err),
		0);
}

TEST_MAIN(CASE(takes_what_openssl_signed),
	CASE(follows_certificates_and_looks_at_their_dates_and_uses),
	CASE(trusts_no_certificate_for_being_there))
