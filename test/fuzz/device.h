/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of a board's devices share: register accesses of any kind made of
 * the input, and interrupt lines that a device may not storm. Its logs are silent.
 */
#ifndef TEST_FUZZ_DEVICE_H
#define TEST_FUZZ_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "test/unit/fake_line.h"

struct mmio_region;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* One operation of the input. */
#define FUZZ_STEP_BYTES 4u

/*
 * A read or a write of 1 to 8 bytes at an offset, as far as it lies within the region.
 * data[0] & 0x20 makes it a write, its upper two bits the size; data[2] and up the value.
 */
void fuzz_access(struct mmio_region *region, uint64_t offset, const uint8_t *data);

/* Aborts where a level line was told of the level that it had, or was pulsed. */
void fuzz_check_line(const struct fake_line *line);

#endif
