/* SPDX-License-Identifier: Apache-2.0 */
#include "src/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "src/error.h"
#include "src/loop.h"

int bus_add(struct bus *bus, struct mmio_region *region, struct error *err)
{
	unsigned int at = 0;

	if (!region->bytes || region->gpa + region->bytes - 1 < region->gpa)
		return error_set(err, -EINVAL, NULL, "%s: no registers at 0x%" PRIx64,
			region->name, region->gpa);
	if (bus->count == BUS_REGIONS_MAX)
		return error_set(err, -ENOSPC, NULL, "%s: the bus holds %u devices",
			region->name, BUS_REGIONS_MAX);
	while (at < bus->count && bus->regions[at]->gpa < region->gpa)
		at++;
	for (unsigned int i = at ? at - 1 : 0; i < bus->count && i <= at; i++) {
		const struct mmio_region *other = bus->regions[i];

		if (region->gpa < other->gpa + other->bytes &&
			other->gpa < region->gpa + region->bytes)
			return error_set(err, -EEXIST, NULL, "%s and %s share 0x%" PRIx64,
				region->name, other->name, region->gpa);
	}
	memmove(&bus->regions[at + 1], &bus->regions[at],
		(bus->count - at) * sizeof(bus->regions[0]));
	bus->regions[at] = region;
	bus->count++;
	return 0;
}

static struct mmio_region *find(const struct bus *bus, uint64_t gpa, unsigned int bytes)
{
	unsigned int low = 0;
	unsigned int high = bus->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		struct mmio_region *region = bus->regions[middle];

		if (gpa < region->gpa)
			high = middle;
		else if (gpa - region->gpa >= region->bytes)
			low = middle + 1;
		else
			return region->bytes - (gpa - region->gpa) >= bytes ? region
									    : NULL;
	}
	return NULL;
}

bool bus_read(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t *ret)
{
	struct mmio_region *region = find(bus, gpa, bytes);

	*ret = bus->stray_ones ? ~0ull >> (64 - 8 * bytes) : 0;
	if (!region)
		return false;
	if (region->loop)
		loop_lock(region->loop);
	*ret = region->ops->read(region, gpa - region->gpa, bytes);
	if (region->loop)
		loop_unlock(region->loop);
	return true;
}

bool bus_write(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t value)
{
	struct mmio_region *region = find(bus, gpa, bytes);

	if (!region)
		return false;
	if (region->loop)
		loop_lock(region->loop);
	region->ops->write(region, gpa - region->gpa, bytes, value);
	if (region->loop)
		loop_unlock(region->loop);
	return true;
}

bool bus_is_deep(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t value)
{
	const struct mmio_region *region = find(bus, gpa, bytes);

	return region && region->ops->is_deep &&
	       region->ops->is_deep(region, gpa - region->gpa, value);
}
