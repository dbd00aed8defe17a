/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pmem device under a driver made of the input: chains of any layout, kicks, resets
 * and rewritten rings, on a real file. Besides what the sanitizers see: a healthy queue
 * gets an answer for every chain.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk.h"
#include "src/guest_mem.h"
#include "src/loop.h"
#include "virtio/pmem.h"
#include "virtio/virtio.h"

#define RAM_GPA 0x40000000ull
#define RAM_BYTES (2u << 20)
#define QUEUE_SIZE 16u
#define FILE_BYTES (2u << 20)

/* Offsets into RAM. */
#define DESC 0u
#define AVAIL 1024u
#define USED 2048u
#define RINGS_BYTES 4096u
#define BUFFERS 65536u

struct desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

struct input {
	const uint8_t *at;
	size_t left;
};

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct disk *disk;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static uint8_t take(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static void ignore(struct virtio_device *dev)
{
}

static const struct virtio_transport_ops transport = {
	.queue_interrupt = ignore,
	.config_interrupt = ignore,
};

static struct world *make_world(void)
{
	static struct world world;
	struct disk_file_options options = {.depth = VIRTIO_PMEM_DEPTH};
	char path[64];
	int fd;

	if (world.loop)
		return &world;
	fd = memfd_create("pmem", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.path = path;
	if (ftruncate(fd, FILE_BYTES) || loop_create(&world.loop, NULL) ||
		guest_mem_add(&world.mem, RAM_GPA, RAM_BYTES, NULL) ||
		disk_file_open(world.loop, &options, &world.disk, NULL))
		abort();
	close(fd);
	return &world;
}

static uint8_t *ram(struct world *world, uint32_t offset)
{
	return world->mem.regions[0].hva + offset;
}

static void start(struct world *world, struct virtio_device *dev)
{
	memset(ram(world, 0), 0, RINGS_BYTES);
	virtio_device_set_status(dev, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_device_accept(dev, 0, (uint32_t)virtio_device_offered(dev));
	virtio_device_accept(dev, 1, 1);
	virtio_device_set_status(dev, VIRTIO_STATUS_FEATURES_OK);
	*virtio_device_setup(dev, 0) = (struct virtq_setup){.size = QUEUE_SIZE,
		.desc_gpa = RAM_GPA + DESC,
		.avail_gpa = RAM_GPA + AVAIL,
		.used_gpa = RAM_GPA + USED};
	virtio_device_set_queue_ready(dev, 0, true);
	virtio_device_set_status(dev, VIRTIO_STATUS_DRIVER_OK);
}

/* A readable and a writable part, each of any number of pieces. */
static void put_chain(struct world *world, struct input *input)
{
	uint16_t head = take(input) % QUEUE_SIZE;
	uint32_t readable = take(input) % 3;
	uint32_t count = readable + take(input) % 6;
	struct desc *table = (void *)ram(world, DESC);
	uint16_t *avail = (void *)ram(world, AVAIL);

	*ram(world, BUFFERS) = take(input) & 1;
	for (uint32_t i = 0; i < count; i++)
		table[(head + i) % QUEUE_SIZE] = (struct desc){
			.gpa = htole64(RAM_GPA + BUFFERS + (i < readable ? 0 : 64) +
				       take(input)),
			.bytes = htole32(take(input) % 6),
			.flags = htole16((uint16_t)((i < readable ? 0 : 2) |
						    (i + 1 < count ? 1 : 0))),
			.next = htole16((uint16_t)((head + i + 1) % QUEUE_SIZE)),
		};
	if (!count)
		return;
	avail[2 + le16toh(avail[1]) % QUEUE_SIZE] = htole16(head);
	avail[1] = htole16((uint16_t)(le16toh(avail[1]) + 1));
}

static void check(struct world *world, const struct virtio_device *dev)
{
	const struct virtq *q = &dev->queues[0];

	disk_drain(world->disk);
	while (dev->kicks_due) {
		loop_turn(world->loop, 0);
		disk_drain(world->disk);
	}
	if (q->live && !q->broken && q->in_flight)
		abort();
}

static void step(struct world *world, struct virtio_device *dev, struct input *input)
{
	uint32_t at;

	switch (take(input) % 8) {
	case 0:
	case 1:
	case 2:
		put_chain(world, input);
		break;
	case 3:
	case 4:
		virtio_device_kick(dev, take(input) % 2);
		break;
	case 5:
		loop_turn(world->loop, 0);
		break;
	case 6:
		at = take(input) * 16u + take(input) % 16u;
		*ram(world, at) = take(input);
		break;
	default:
		if (take(input) & 1)
			check(world, dev);
		virtio_device_reset(dev);
		start(world, dev);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct world *world = make_world();
	struct input input = {bytes, count};
	struct virtio_pmem_options options = {
		.gpa = 1ull << 32, .bytes = FILE_BYTES, .flush = take(&input) & 1};
	struct virtio_device *dev;

	if (virtio_pmem_create(world->loop, "fuzz", world->disk, &options, &dev, NULL))
		abort();
	virtio_device_attach(dev, &world->mem, &transport, NULL);
	start(world, dev);
	while (input.left)
		step(world, dev, &input);
	check(world, dev);
	virtio_device_destroy(dev);
	return 0;
}
