/* SPDX-License-Identifier: Apache-2.0 */
/* Runs with the lock of the device's loop held. */
#include "virtio/vhost.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/thread.h"

static void call_ready(struct loop_fd *watch, uint32_t events)
{
	struct vhost_rings *rings = container_of(watch, struct vhost_rings, call_watch);
	struct virtio_device *dev = rings->dev;
	uint64_t count;

	if (read(watch->fd, &count, sizeof(count)) == sizeof(count) && dev->started)
		dev->transport->queue_interrupt(dev);
}

static int make_eventfd(void *argument)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* The line's own eventfd, or one that the loop passes on; -errno. */
static int call_fd(struct vhost_rings *rings)
{
	struct virtio_device *dev = rings->dev;
	struct loop_fd *watch = &rings->call_watch;
	int fd = dev->transport->interrupt_fd(dev);
	int code;

	if (fd >= 0 || watch->fd >= 0)
		return fd >= 0 ? fd : watch->fd;
	watch->fd = thread_ask(make_eventfd, NULL);
	if (watch->fd < 0)
		return watch->fd;
	code = loop_fd_add(dev->loop, watch);
	return code ? code : watch->fd;
}

static void list_regions(
	struct vhost_rings *rings, const struct guest_mem *mem, bool shared)
{
	rings->region_count = 0;
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct guest_mem_region *region = &mem->regions[i];

		if (region->fd >= 0 || !shared)
			rings->regions[rings->region_count++] = (struct vhost_region){
				region->gpa, region->bytes, region->hva, region->fd};
	}
}

int vhost_rings_collect(struct vhost_rings *rings, unsigned int queues, bool shared)
{
	struct virtio_device *dev = rings->dev;
	int call = call_fd(rings);

	list_regions(rings, dev->mem, shared);
	rings->count = 0;
	for (unsigned int i = 0; i < queues && call >= 0; i++) {
		const struct virtq *q = &dev->queues[i];
		int kick = q->live ? dev->transport->kick_fd(dev, i) : 0;

		if (kick < 0)
			return kick;
		if (q->live)
			rings->list[rings->count++] = (struct vhost_ring){
				.index = i,
				.size = q->size,
				.desc = q->desc,
				.avail = q->avail,
				.used = q->used,
				.kick_fd = kick,
				.call_fd = call,
			};
	}
	return call < 0 ? call : 0;
}

void vhost_rings_kick(struct vhost_rings *rings, unsigned int queue)
{
	struct virtio_device *dev = rings->dev;
	uint64_t one = 1;
	int fd = dev->transport->kick_fd(dev, queue);

	/* A full counter is a kick that nobody has seen yet. */
	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		virtio_device_failed(dev, "no kick gets through");
}

void vhost_rings_init(struct vhost_rings *rings, struct virtio_device *dev)
{
	rings->dev = dev;
	rings->call_watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = call_ready};
}

void vhost_rings_finish(struct vhost_rings *rings)
{
	loop_fd_remove(&rings->call_watch);
	if (rings->call_watch.fd >= 0)
		close(rings->call_watch.fd);
}
