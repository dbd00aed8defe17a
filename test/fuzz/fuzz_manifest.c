/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a signed manifest. What is taken apart goes together to the same bytes,
 * and a text that is read is the one that would be written: there are no two forms of one
 * thing.
 */
#include <stdlib.h>
#include <string.h>

#include "src/error.h"
#include "src/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void compare_parts(
	const struct signed_manifest *file, const char *from, size_t bytes)
{
	char *again = malloc(2 * SIGNED_BYTES_MAX);
	char *end = again + 2 * SIGNED_BYTES_MAX;
	char *at = again + file->text_bytes;

	memcpy(again, file->text, file->text_bytes);
	if (!manifest_put_pem(&at, end, SIGNED_LABEL_SIGNATURE, file->signature,
		    file->signature_bytes))
		abort();
	for (unsigned int i = 0; i < file->certificate_count; i++)
		if (!manifest_put_pem(&at, end, SIGNED_LABEL_CERTIFICATE,
			    file->certificates[i].der, file->certificates[i].bytes))
			abort();
	if ((size_t)(at - again) != bytes || memcmp(again, from, bytes))
		abort();
	free(again);
}

static void try_text(const char *text, size_t bytes)
{
	char again[MANIFEST_TEXT_BYTES_MAX];
	struct manifest manifest;
	struct error err;

	if (!manifest_parse(text, bytes, &manifest, &err) &&
		(manifest_print(&manifest, again) != bytes || memcmp(again, text, bytes)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct signed_manifest file;
	/* Of its own, so that a read beyond its end is seen. */
	char *copy = malloc(bytes ? bytes : 1);
	struct error err;

	memcpy(copy, data, bytes);
	try_text(copy, bytes);
	if (!signed_manifest_split(copy, bytes, &file, &err)) {
		compare_parts(&file, copy, bytes);
		try_text(file.text, file.text_bytes);
	}
	free(copy);
	return 0;
}
