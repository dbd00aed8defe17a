/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures as files: PNG (ISO/IEC 15948) or PPM (netpbm's P6), without alpha. Any thread;
 * may take a while.
 */
#ifndef HOST_PICTURE_H
#define HOST_PICTURE_H

#include <stdint.h>

struct error;

enum picture_format { PICTURE_PNG, PICTURE_PPM };

/*
 * Writes width * height pixels of the host's (host/pixels.h) into the file at path. It
 * is there whole or not at all: one that was there is replaced at the end, unless it is
 * no regular file, which is -EINVAL. Else what the host says of the file, or -ENOMEM.
 */
int picture_save(const char *path, enum picture_format format, const uint32_t *pixels,
	uint32_t width, uint32_t height, struct error *err);

#endif
