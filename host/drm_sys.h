/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to the kernel's mode setting (drm.h, drm_mode.h; Linux,
 * Documentation/gpu/drm-uapi.rst) and to its virtual terminals. The tests have one of
 * their own (test/unit/fake_kms.c).
 */
#ifndef HOST_DRM_SYS_H
#define HOST_DRM_SYS_H

#include <stddef.h>
#include <stdint.h>

/* Of memory, as requests have it. */
static inline uint64_t drm_sys_address(const void *memory)
{
	return (uint64_t)(uintptr_t)memory;
}

/* A descriptor, close-on-exec and non-blocking, or -errno. */
int drm_sys_open(const char *path);
/* What the ioctl returns, or -errno; tried again while the kernel asks for that. */
int drm_sys_ioctl(int fd, unsigned long request, void *argument);
/* Writable memory of a card, or NULL. */
void *drm_sys_map(int fd, uint64_t offset, size_t bytes);
void drm_sys_unmap(void *at, size_t bytes);

#endif
