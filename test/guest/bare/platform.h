/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bare guests in C have on each architecture: output, registers, where devices are,
 * and where memory is that nothing else uses, if there are 128 MiB.
 */
#ifndef TEST_GUEST_BARE_PLATFORM_H
#define TEST_GUEST_BARE_PLATFORM_H

#ifdef __x86_64__

#include "test/guest/bare/x86_64/bare.h"

#define VIRTIO_SLOTS 0xfeb00000u
#define VIRTIO_SLOT_COUNT 24u
#define FREE_RAM 0x06000000u

#else

#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"

#define VIRTIO_SLOTS 0x0a000000u
#define VIRTIO_SLOT_COUNT 32u /* QEMU begins with the last */
#define FREE_RAM 0x46000000u

#endif

/* Until a device may have something to say. */
void wait_for_device(void);

#endif
