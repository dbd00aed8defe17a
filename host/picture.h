/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures in files: PNG (ISO/IEC 15948) or PPM (netpbm's P6), without alpha. */
#ifndef HOST_PICTURE_H
#define HOST_PICTURE_H

#include <stdatomic.h>
#include <stdint.h>

enum picture_format { PICTURE_PNG, PICTURE_PPM };

struct picture {
	uint32_t *pixels; /* width * height of the host's (host/pixels.h) */
	uint32_t width;
	uint32_t height;
};

/*
 * Writes to fd from where it is, and closes it. It takes a while (20 ms for 1280 x 800)
 * and may be on any thread; -ECANCELED soon after another has set stop. -ENOMEM, or what
 * the host says of the file.
 */
int picture_write(int fd, enum picture_format format, const struct picture *picture,
	const atomic_bool *stop);

#endif
