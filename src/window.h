/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that the guest sees beside its RAM: the host's word to it, or a file that other
 * VMs see too. It is on purpose no part of struct guest_mem's RAM: guest_mem_range() does
 * not look here, so no ring, buffer or DMA access of a device is ever in memory that
 * another VM writes to, or that goes away with its file. What is here stays over a reset
 * of the guest.
 *
 * Made by the set-up thread before the first vCPU runs.
 */
#ifndef SRC_WINDOW_H
#define SRC_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* 16 files, one of the host's, and one of each device. */
#define WINDOWS_MAX (17 + 128)

struct window {
	uint64_t gpa;
	uint64_t bytes;
	uint8_t *hva;
	bool readonly; /* to the guest, and mapped so */
	bool borrowed;
};

struct windows {
	unsigned int count;
	struct window list[WINDOWS_MAX];
};

/*
 * Adds one: zeroes of the host's own where fd is -1, else the first bytes of a file that
 * has as many, whose descriptor stays the caller's. gpa and bytes are multiples of the
 * host's page. -ENOMEM, -ENOSPC, or what mapping the file gave.
 */
int windows_add(struct windows *windows, uint64_t gpa, uint64_t bytes, int fd,
	bool readonly, struct error *err);

/*
 * The same of memory that the caller has mapped, and unmaps after the last vCPU has run.
 */
int windows_put(struct windows *windows, uint64_t gpa, uint64_t bytes, void *hva,
	bool readonly, struct error *err);

/* Unmaps everything that was not borrowed; a zeroed or finished struct is fine. */
void windows_finish(struct windows *windows);

#endif
