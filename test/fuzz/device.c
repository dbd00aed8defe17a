/* SPDX-License-Identifier: Apache-2.0 */
#include "test/fuzz/device.h"

#include <stdlib.h>

#include "src/bus.h"
#include "src/log.h"

void guest_log(struct guest_log *log, const char *fmt, ...)
{
}

void log_host(const char *fmt, ...)
{
}

void fuzz_access(struct mmio_region *region, uint64_t offset, const uint8_t *data)
{
	unsigned int bytes = 1u << (data[0] >> 6);
	uint64_t value = (data[2] | (uint64_t)data[3] << 8) * 0x0001000100010001ull;

	if (offset >= region->bytes || region->bytes - offset < bytes)
		return;
	if (data[0] & 0x20)
		region->ops->write(
			region, offset, bytes, value & ~0ull >> (64 - 8 * bytes));
	else
		region->ops->read(region, offset, bytes);
}

void fuzz_check_line(const struct fake_line *line)
{
	if (line->idle || line->pulses)
		abort();
}
