/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least driver of a virtio disk (OASIS virtio 1.2, 5.2; test/guest/bare/virtio.h):
 * one request at a time.
 */
#ifndef TEST_GUEST_BARE_ARM_DISK_H
#define TEST_GUEST_BARE_ARM_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* The first disk that there is; false without one. */
bool disk_open(void);

/* Asks for the block of 4 KiB of that number. */
void disk_read(uint32_t number);

/* Fills that block with a value. */
void disk_write(uint32_t number, uint32_t value);

/* What was written before is to outlive whatever comes. */
void disk_flush(void);

/* Whether what was asked for last is done, and then, whether it went well. */
bool disk_is_done(void);
bool disk_is_well(void);

/* In the handler of its interrupt. */
void disk_acknowledge(void);

#endif
