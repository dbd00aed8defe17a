/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures as files: PNG (ISO/IEC 15948) or PPM (netpbm's P6), without alpha. May take a
 * while. One at a time, since the files are made outside of the sandbox.
 */
#ifndef HOST_PICTURE_H
#define HOST_PICTURE_H

#include <stdint.h>

#include "src/outside.h"

struct error;

enum picture_format { PICTURE_PNG, PICTURE_PPM };

/* Embedded by its owner, zeroed before. */
struct picture_saver {
	struct outside_job job;
	char *path; /* of the file that is being made, where the job runs */
	char *part; /* what it is until it is whole */
};

int picture_saver_init(struct picture_saver *saver); /* -ENOMEM */
void picture_saver_finish(struct picture_saver *saver);

/*
 * Writes width * height pixels of the host's (host/pixels.h) into the file at path. It
 * is there whole or not at all: one that was there is replaced at the end, unless it is
 * no regular file, which is -EINVAL, as is a name that does not end in .png or
 * .ppm: whoever has got hold of the process shall not write to other files. Else what the
 * host says of the file, or -ENOMEM.
 */
int picture_save(struct picture_saver *saver, const char *path,
	enum picture_format format, const uint32_t *pixels, uint32_t width,
	uint32_t height, struct error *err);

#endif
