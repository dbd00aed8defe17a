/* SPDX-License-Identifier: Apache-2.0 */
#include "src/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/error.h"
#include "test/unit/test.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "bonsai manifest 1\nname router\nversion 7\n"
#define XML "config 812 sha256 " DIGEST "\n"
#define KERNEL "kernel_rom 33554432 sha256 " DIGEST "\n"
#define INITRD "initrd_rom 1 sha256 " DIGEST "\n"
#define SIGNATURE "-----BEGIN SIGNATURE-----\nAAEC\n-----END SIGNATURE-----\n"
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAE=\n-----END CERTIFICATE-----\n"

static int parse(const char *text, struct manifest *ret)
{
	struct error err;

	return manifest_parse(text, strlen(text), ret, &err);
}

TEST(reads_a_manifest)
{
	struct manifest manifest;

	CHECK_EQ(parse(HEAD XML KERNEL INITRD INITRD, &manifest), 0);
	CHECK_STR(manifest.name, "router");
	CHECK_EQ(manifest.version, 7);
	CHECK_EQ(manifest.file_count, 4);
	CHECK_EQ(manifest.files[0].role, MANIFEST_CONFIG);
	CHECK_EQ(manifest.files[1].bytes, 33554432);
	CHECK_EQ(manifest.files[1].digest[1], 0x11);
	CHECK_EQ(manifest.files[3].role, MANIFEST_INITRD);
}

TEST(refuses_all_other_texts)
{
	static const char *const rows[] = {
		"",
		"bonsai manifest 2\nname router\nversion 7\n" XML,
		HEAD,
		HEAD KERNEL,
		HEAD XML XML,
		HEAD XML INITRD KERNEL,
		HEAD XML "bios_rom 1 sha256 " DIGEST "\n",
		HEAD XML "\n",
		HEAD XML " ",
		HEAD "config 0812 sha256 " DIGEST "\n",
		HEAD "config +812 sha256 " DIGEST "\n",
		HEAD "config  sha256 " DIGEST "\n",
		HEAD "config 18446744073709551616 sha256 " DIGEST "\n",
		HEAD "config 812 sha512 " DIGEST "\n",
		HEAD "config 812 sha256 " DIGEST "0\n",
		HEAD "config 812 sha256 " DIGEST "\r\n",
		HEAD "config 812 sha256 " DIGEST,
		HEAD "config 812 sha256 0" DIGEST "\n",
		HEAD "config 812 sha256 0A112233445566778899aabbccddeeff00112233445566778"
		     "899aabbccddeeff\n",
		"bonsai manifest 1\nname \nversion 7\n" XML,
		"bonsai manifest 1\nname abcdefghijabcdefghijabcdefghijabc\nversion "
		"7\n" XML,
		"bonsai manifest 1\nname router\nversion 4294967296\n" XML,
		"bonsai manifest 1\nname router\nversion -1\n" XML,
		"bonsai manifest 1\nname router\nversion 07\n" XML,
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manifest manifest;

		if (parse(rows[i], &manifest) != -EBADMSG)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

static void append(char *text, const char *more)
{
	memcpy(text + strlen(text), more, strlen(more) + 1);
}

TEST(refuses_more_files_than_a_vm_has)
{
	static char text[MANIFEST_FILES_MAX * sizeof(INITRD) + sizeof(HEAD XML)] =
		HEAD XML;
	struct manifest manifest;

	for (unsigned int i = 1; i < MANIFEST_FILES_MAX; i++)
		append(text, INITRD);
	CHECK_EQ(parse(text, &manifest), 0);
	CHECK_EQ(manifest.file_count, MANIFEST_FILES_MAX);
	append(text, INITRD);
	CHECK_EQ(parse(text, &manifest), -EBADMSG);
}

static int split(const char *text, struct signed_manifest *ret)
{
	struct error err;

	return signed_manifest_split(text, strlen(text), ret, &err);
}

TEST(takes_a_signed_manifest_apart)
{
	static struct signed_manifest file;

	CHECK_EQ(split("text\n" SIGNATURE CERTIFICATE CERTIFICATE, &file), 0);
	CHECK_EQ(file.text_bytes, 5);
	CHECK_EQ(file.signature_bytes, 3);
	CHECK(!memcmp(file.signature, "\0\1\2", 3));
	CHECK_EQ(file.certificate_count, 2);
	CHECK_EQ(file.certificates[1].bytes, 2);
}

TEST(refuses_what_could_be_written_otherwise)
{
	static const char *const rows[] = {
		"",
		"text\n",
		SIGNATURE,
		"text\n" CERTIFICATE,
		"text\n" SIGNATURE SIGNATURE,
		"text\n" SIGNATURE "\n",
		"text\n" SIGNATURE "more",
		"text\n" SIGNATURE CERTIFICATE "x",
		"text\n-----BEGIN SIGNATURE-----\nAAEC\n",
		"text\n-----BEGIN SIGNATURE-----\nAA EC\n-----END SIGNATURE-----\n",
		"text\n-----BEGIN SIGNATURE-----\r\nAAEC\r\n-----END SIGNATURE-----\r\n",
		"text\n-----BEGIN SIGNATURE-----\nAA\nEC\n-----END SIGNATURE-----\n",
		"text\n-----BEGIN SIGNATURE-----\nAAEC\n\n-----END SIGNATURE-----\n",
		"text\n-----BEGIN SIGNATURE-----\nAAF=\n-----END SIGNATURE-----\n",
		"text\n-----BEGIN SIGNATURE-----\nAAE\n-----END SIGNATURE-----\n",
		"text\n-----BEGIN SIGNATURE-----\nAA==\n-----END SIGNATURE-----",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct signed_manifest file;

		if (split(rows[i], &file) != -EBADMSG)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

TEST(refuses_what_is_too_large)
{
	static struct signed_manifest file;
	char *text = calloc(SIGNED_BYTES_MAX + 2, 1);
	struct error err;

	memset(text, 'a', SIGNED_BYTES_MAX + 1);
	CHECK_EQ(
		signed_manifest_split(text, SIGNED_BYTES_MAX + 1, &file, &err), -EBADMSG);
	CHECK_HAS(err.text, "has more than 65536 bytes");
	free(text);
}

TEST(writes_pem_with_lines_of_64_characters)
{
	uint8_t der[50] = {0};
	char text[256];
	char *at = text;

	CHECK(manifest_put_pem(&at, text + sizeof(text), "X", der, sizeof(der)));
	*at = '\0';
	CHECK_STR(text,
		"-----BEGIN X-----\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"AAA=\n"
		"-----END X-----\n");
	at = text;
	CHECK(!manifest_put_pem(&at, text + 100, "X", der, sizeof(der)));
	CHECK(at == text);
}

TEST_MAIN(CASE(reads_a_manifest), CASE(refuses_all_other_texts),
	CASE(refuses_more_files_than_a_vm_has), CASE(takes_a_signed_manifest_apart),
	CASE(refuses_what_could_be_written_otherwise), CASE(refuses_what_is_too_large),
	CASE(writes_pem_with_lines_of_64_characters))
