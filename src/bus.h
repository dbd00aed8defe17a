/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest-physical address, or I/O port, -> device register. Built before the first vCPU
 * runs, read-only after that. A device sees offsets into its own region, never addresses.
 */
#ifndef SRC_BUS_H
#define SRC_BUS_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct mmio_region;

struct mmio_ops {
	/*
	 * Both mandatory, called with the region's loop locked. bytes is 1, 2, 4 or 8 and
	 * offset + bytes lies within the region; nothing is said of alignment. A stray
	 * register reads as zero and ignores writes.
	 */
	uint64_t (*read)(struct mmio_region *region, uint64_t offset, unsigned int bytes);
	void (*write)(struct mmio_region *region, uint64_t offset, unsigned int bytes,
		uint64_t value);
	/*
	 * Whether such a write may have the device do more than the thread of a vCPU may
	 * (src/sandbox_policy.h). NULL: none. Without a lock.
	 */
	bool (*is_deep)(
		const struct mmio_region *region, uint64_t offset, uint64_t value);
};

/* Embedded in its device. */
struct mmio_region {
	const struct mmio_ops *ops;
	uint64_t gpa;
	uint64_t bytes;
	struct loop *loop; /* whose lock is taken; NULL where the device locks itself */
	const char *name;
};

#define BUS_REGIONS_MAX 144

struct bus {
	struct mmio_region *regions[BUS_REGIONS_MAX]; /* by rising gpa */
	unsigned int count;
	bool stray_ones; /* what no region holds reads as ones */
};

/* -EEXIST where it overlaps another region, -ENOSPC, -EINVAL for an empty or wrapping
 * one. */
int bus_add(struct bus *bus, struct mmio_region *region, struct error *err);

/*
 * One access of a vCPU. False where no region holds it whole: reads give zeroes, or ones,
 * and writes vanish, the caller logs. *value is little-endian by value, not by memory.
 */
bool bus_read(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t *ret);
bool bus_write(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t value);

/* Whether that write is for the thread that runs the devices. */
bool bus_is_deep(const struct bus *bus, uint64_t gpa, unsigned int bytes, uint64_t value);

#endif
