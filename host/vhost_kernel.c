/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vhost_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vhost.h>

#include "host/vhost.h"
#include "src/error.h"

static int checked(int result)
{
	return result < 0 ? -errno : 0;
}

int vhost_kernel_open(const char *device, const char *module,
	const struct source_pos *pos, struct error *err)
{
	int fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int code = checked(fd);

	/* A node that is there for its module to be loaded, and no module. */
	if (code == -ENOENT || code == -ENODEV || code == -ENXIO)
		return error_set(err, code, pos,
			"there is no %s: load the kernel's module %s", device, module);
	if (code)
		return error_set(err, code, pos, "%s cannot be opened by this user: %s",
			device, strerror(-code));
	code = checked(ioctl(fd, VHOST_SET_OWNER));
	if (!code)
		return fd;
	close(fd);
	return error_set(err, code, pos, "%s: %s", device, strerror(-code));
}

int vhost_kernel_features(int fd, uint64_t *ret)
{
	return checked(ioctl(fd, VHOST_GET_FEATURES, ret));
}

static uint64_t address_of(const void *hva)
{
	return (uintptr_t)hva;
}

static int set_memory(int fd, const struct vhost_region *regions, unsigned int count)
{
	struct vhost_memory *memory =
		calloc(1, sizeof(*memory) + count * sizeof(memory->regions[0]));
	int code;

	if (!memory)
		return -ENOMEM;
	memory->nregions = count;
	for (unsigned int i = 0; i < count; i++)
		memory->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = regions[i].gpa,
			.memory_size = regions[i].bytes,
			.userspace_addr = address_of(regions[i].hva),
		};
	code = checked(ioctl(fd, VHOST_SET_MEM_TABLE, memory));
	free(memory);
	return code;
}

static int set_ring(int fd, const struct vhost_ring *ring)
{
	struct vhost_vring_state size = {.index = ring->index, .num = ring->size};
	struct vhost_vring_state base = {.index = ring->index};
	struct vhost_vring_addr areas = {
		.index = ring->index,
		.desc_user_addr = address_of(ring->desc),
		.used_user_addr = address_of(ring->used),
		.avail_user_addr = address_of(ring->avail),
	};
	struct vhost_vring_file kick = {.index = ring->index, .fd = ring->kick_fd};
	struct vhost_vring_file call = {.index = ring->index, .fd = ring->call_fd};
	int code = checked(ioctl(fd, VHOST_SET_VRING_NUM, &size));

	if (!code)
		code = checked(ioctl(fd, VHOST_SET_VRING_BASE, &base));
	if (!code)
		code = checked(ioctl(fd, VHOST_SET_VRING_ADDR, &areas));
	if (!code)
		code = checked(ioctl(fd, VHOST_SET_VRING_CALL, &call));
	if (!code)
		code = checked(ioctl(fd, VHOST_SET_VRING_KICK, &kick));
	return code;
}

int vhost_kernel_set_up(int fd, uint64_t features, const struct vhost_region *regions,
	unsigned int region_count, const struct vhost_ring *rings,
	unsigned int ring_count)
{
	int code = checked(ioctl(fd, VHOST_SET_FEATURES, &features));

	if (!code)
		code = set_memory(fd, regions, region_count);
	for (unsigned int i = 0; i < ring_count && !code; i++)
		code = set_ring(fd, &rings[i]);
	return code;
}

int vhost_kernel_net_set_backend(int fd, unsigned int ring, int tap_fd)
{
	struct vhost_vring_file backend = {.index = ring, .fd = tap_fd};

	return checked(ioctl(fd, VHOST_NET_SET_BACKEND, &backend));
}

int vhost_kernel_vsock_set_cid(int fd, uint32_t cid)
{
	uint64_t wide = cid;

	return checked(ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &wide));
}

int vhost_kernel_vsock_run(int fd, bool run)
{
	int value = run;

	return checked(ioctl(fd, VHOST_VSOCK_SET_RUNNING, &value));
}
