/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_vhost_kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "host/vhost_kernel.h"
#include "src/error.h"
#include "test/unit/test.h"

struct fake_vhost_kernel fake_vhost_kernel;

void fake_vhost_kernel_reset(uint64_t features)
{
	fake_vhost_kernel = (struct fake_vhost_kernel){
		.features = features, .devices_max = FAKE_VHOST_KERNEL_DEVICES};
}

/* The latest that has this number: a descriptor that was closed comes again. */
static struct fake_vhost_device *device_of(int fd)
{
	for (unsigned int i = fake_vhost_kernel.opened; i--;) {
		if (fake_vhost_kernel.devices[i].fd == fd)
			return &fake_vhost_kernel.devices[i];
	}
	test_fail(__FILE__, __LINE__, "a descriptor that was never opened");
	return &fake_vhost_kernel.devices[0];
}

int vhost_kernel_open(const char *device, const char *module,
	const struct source_pos *pos, struct error *err)
{
	struct fake_vhost_device *fresh =
		&fake_vhost_kernel.devices[fake_vhost_kernel.opened];

	if (fake_vhost_kernel.opened == fake_vhost_kernel.devices_max)
		return error_set(err, -ENOENT, pos, "no %s without %s", device, module);
	fake_vhost_kernel.opened++;
	fresh->fd = eventfd(0, EFD_CLOEXEC);
	fresh->backends[0] = fresh->backends[1] = -1;
	return fresh->fd;
}

int vhost_kernel_features(int fd, uint64_t *ret)
{
	device_of(fd);
	*ret = fake_vhost_kernel.features;
	return 0;
}

int vhost_kernel_set_up(int fd, uint64_t features, const struct vhost_region *regions,
	unsigned int region_count, const struct vhost_ring *rings,
	unsigned int ring_count)
{
	struct fake_vhost_device *device = device_of(fd);

	if (features & ~fake_vhost_kernel.features)
		return -EOPNOTSUPP;
	if (device->backends[0] >= 0 || device->backends[1] >= 0)
		return -EBUSY;
	if (fake_vhost_kernel.refuse_set_up)
		return fake_vhost_kernel.refuse_set_up;
	CHECK(region_count <= 4 && ring_count <= 2);
	device->set_ups++;
	device->features = features;
	device->region_count = region_count;
	memcpy(device->regions, regions, region_count * sizeof(regions[0]));
	device->ring_count = ring_count;
	memcpy(device->rings, rings, ring_count * sizeof(rings[0]));
	return 0;
}

int vhost_kernel_net_set_backend(int fd, unsigned int ring, int tap_fd)
{
	struct fake_vhost_device *device = device_of(fd);

	CHECK(ring < 2);
	if (tap_fd >= 0 && fake_vhost_kernel.refuse_backend)
		return fake_vhost_kernel.refuse_backend;
	device->backends[ring] = tap_fd;
	return 0;
}

int vhost_kernel_vsock_set_cid(int fd, uint32_t cid)
{
	device_of(fd);
	return 0;
}

int vhost_kernel_vsock_run(int fd, bool run)
{
	device_of(fd);
	return 0;
}
