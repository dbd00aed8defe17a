/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A LUKS2 volume in memory, made as the specification says and by other code than what
 * opens it: for what cryptsetup does not make, and where there is no cryptsetup.
 */
#ifndef TEST_UNIT_LUKS_IMAGE_H
#define TEST_UNIT_LUKS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define LUKS_IMAGE_HEADER_BYTES (16u << 10)
#define LUKS_IMAGE_AREA (2 * LUKS_IMAGE_HEADER_BYTES)
#define LUKS_IMAGE_DATA (64u << 10)
#define LUKS_IMAGE_BYTES (LUKS_IMAGE_DATA + (64u << 10))
#define LUKS_IMAGE_JSON_BYTES (LUKS_IMAGE_HEADER_BYTES - 4096)

/* Of the key slot and the metadata; its volume's key is bytes that count up from 1. */
#define LUKS_IMAGE_PASSPHRASE "let me in"

/* The end of a pipe with such a text in it, as a service manager or a script hands a key
 * over. */
int luks_image_key(const char *text);

/* What is encrypted how, and whether it is authenticated. */
struct luks_shape {
	unsigned int sector_bytes;
	const char *cipher;
	const char *integrity; /* NULL: not at all */
	unsigned int key_bytes;
	const char *flags; /* of the volume, JSON; NULL: none */
};
#define LUKS_SHAPE_KEY_BYTES_MAX 128u

/* The metadata of such a volume, with sectors of so many bytes; NUL-terminated. */
void luks_image_json(char json[LUKS_IMAGE_JSON_BYTES], unsigned int sector_bytes);
void luks_shape_json(char json[LUKS_IMAGE_JSON_BYTES], const struct luks_shape *shape);
/* A header with these metadata at 0, or as the second one behind it; its checksum holds.
 */
void luks_image_header(uint8_t *image, unsigned int which, uint64_t sequence,
	const void *json, size_t json_bytes);
/* The checksum of either anew, whatever else is in it. */
void luks_image_sum(uint8_t *image, unsigned int which);
/* Both headers and the key slot's area; the rest is zero. */
void luks_image_make(uint8_t image[LUKS_IMAGE_BYTES], unsigned int sector_bytes);
void luks_shape_make(uint8_t image[LUKS_IMAGE_BYTES], const struct luks_shape *shape);

#endif
