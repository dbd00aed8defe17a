/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with Ctrl-Alt-Del and resets. Beyond the
 * sanitizers: a driver that flushes the controller comes to an end, and the interrupt is
 * up exactly while there is a byte and it is enabled.
 */
#include "arch/x86/i8042.h"

#include <stdlib.h>

#include "src/board.h"
#include "src/bus.h"
#include "test/fuzz/device.h"

#define FLUSH_MAX 34 /* what fits, and the controller's own reply */

static void request(void *user, enum board_request request)
{
	if (request != BOARD_RESET)
		abort();
}

static bool full(struct mmio_region *region)
{
	return region->ops->read(region, I8042_STATUS, 1) & I8042_STATUS_FULL;
}

static void flush(struct mmio_region *region)
{
	unsigned int bytes = 0;

	while (full(region)) {
		region->ops->read(region, I8042_DATA, 1);
		if (++bytes > FLUSH_MAX)
			abort();
	}
}

static void step(struct i8042 *i8042, const uint8_t *data)
{
	struct mmio_region *region = i8042_region(i8042);

	switch (data[0] & 7) {
	case 0:
		fuzz_access(region, data[1] % I8042_PORTS, data);
		break;
	case 1:
		region->ops->write(region, I8042_COMMAND, 1, data[1]);
		break;
	case 2:
		region->ops->write(region, I8042_DATA, 1, data[1]);
		break;
	case 3:
		region->ops->read(region, I8042_DATA, 1);
		break;
	case 4:
		i8042_press_ctrl_alt_del(i8042);
		break;
	case 5:
		flush(region);
		break;
	case 6:
		if (data[1] == 0xff)
			i8042_reset(i8042);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct board_host host = {.request = request};
	struct mmio_region *region;
	struct i8042 *i8042;
	struct fake_line irq;

	fake_line_init(&irq);
	if (i8042_create(&host, 0x60, &i8042, NULL))
		return 0;
	region = i8042_region(i8042);
	i8042_set_irq(i8042, &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES) {
		step(i8042, data);
		if (irq.level && !full(region))
			abort();
	}
	region->ops->write(region, I8042_COMMAND, 1, 0x60);
	region->ops->write(region, I8042_DATA, 1, I8042_INTERRUPT);
	if (irq.level != full(region))
		abort();
	flush(region);
	if (irq.level)
		abort();
	fuzz_check_line(&irq);
	i8042_destroy(i8042);
	return 0;
}
