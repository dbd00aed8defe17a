/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, failing routes and resets. Beyond the sanitizers: what
 * the IOAPIC routes is a message to local APICs, and it takes back only what it routed.
 */
#include "arch/x86/ioapic.h"

#include <errno.h>
#include <stdlib.h>

#include "src/bus.h"
#include "test/fuzz/device.h"

struct run {
	struct ioapic *ioapic;
	bool routed[IOAPIC_PINS];
	int code;
};

static int route(void *user, unsigned int pin, uint64_t address, uint32_t data)
{
	struct run *run = user;

	if (pin >= IOAPIC_PINS || address >> 20 != 0xfee || (data & ~0x7ffu))
		abort();
	if (!run->code)
		run->routed[pin] = true;
	return run->code;
}

static void unroute(void *user, unsigned int pin)
{
	struct run *run = user;

	if (pin >= IOAPIC_PINS || !run->routed[pin])
		abort();
	run->routed[pin] = false;
}

static const struct ioapic_ops ops = {.route = route, .unroute = unroute};

static void step(struct run *run, const uint8_t *data)
{
	struct mmio_region *region = ioapic_region(run->ioapic);

	switch (data[0] & 7) {
	case 0: /* anywhere */
		fuzz_access(region, data[1] | (data[2] & 0xfu) << 8, data);
		break;
	case 1:
		region->ops->write(region, IOAPIC_SELECT, 4, data[1]);
		break;
	case 2: /* resets and failures are rare */
		if (data[1] == 0xff) {
			for (unsigned int i = 0; i < IOAPIC_PINS; i++)
				run->routed[i] = false;
			ioapic_reset(run->ioapic);
		}
		run->code = data[1] == 0xfe ? -ENOSPC : 0;
		break;
	case 3: /* an entry that may well be a message */
		region->ops->write(
			region, IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW + 2 * (data[1] % 24));
		region->ops->write(region, IOAPIC_WINDOW, 4,
			data[2] | (data[3] & 0x1fu) << 8 | (data[3] & 0x80u) << 9);
		break;
	default:
		fuzz_access(region, IOAPIC_WINDOW, data);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};

	if (ioapic_create(NULL, 0, &ops, &run, &run.ioapic, NULL))
		return 0;
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	ioapic_destroy(run.ioapic);
	return 0;
}
