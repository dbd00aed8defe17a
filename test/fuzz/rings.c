/* SPDX-License-Identifier: Apache-2.0 */
#include "test/fuzz/rings.h"

#include <endian.h>
#include <string.h>

/* Offsets into a queue's page. */
#define DESC 0u
#define AVAIL 1024u
#define USED 2048u

#define DESC_NEXT 1u
#define DESC_WRITE 2u

struct desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

uint32_t rings_take(struct rings_input *input, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes && input->left; i++) {
		value |= (uint32_t)*input->at++ << 8 * i;
		input->left--;
	}
	return value;
}

static void ignore(struct virtio_device *dev)
{
}

void rings_attach(struct virtio_device *dev, const struct guest_mem *mem)
{
	static const struct virtio_transport_ops transport = {
		.queue_interrupt = ignore,
		.config_interrupt = ignore,
	};

	virtio_device_attach(dev, mem, &transport, NULL);
}

uint8_t *rings_ram(const struct virtio_device *dev, uint32_t offset)
{
	return dev->mem->regions[0].hva + offset;
}

void rings_start(struct virtio_device *dev, uint32_t refused)
{
	memset(rings_ram(dev, 0), 0, (size_t)dev->queue_count * RINGS_QUEUE_BYTES);
	virtio_device_set_status(dev, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_device_accept(dev, 0, (uint32_t)virtio_device_offered(dev) & ~refused);
	virtio_device_accept(dev, 1, 1);
	virtio_device_set_status(dev, VIRTIO_STATUS_FEATURES_OK);
	for (unsigned int i = 0; i < dev->queue_count; i++) {
		uint64_t gpa = RINGS_RAM_GPA + i * RINGS_QUEUE_BYTES;

		*virtio_device_setup(dev, i) = (struct virtq_setup){.size = RINGS_SIZE,
			.desc_gpa = gpa + DESC,
			.avail_gpa = gpa + AVAIL,
			.used_gpa = gpa + USED};
		virtio_device_set_queue_ready(dev, i, true);
	}
	virtio_device_set_status(dev, VIRTIO_STATUS_DRIVER_OK);
}

void rings_offer(struct virtio_device *dev, unsigned int queue, uint16_t head,
	const struct rings_buffer *buffers, unsigned int count)
{
	struct desc *table = (void *)rings_ram(dev, queue * RINGS_QUEUE_BYTES + DESC);
	uint16_t *avail = (void *)rings_ram(dev, queue * RINGS_QUEUE_BYTES + AVAIL);

	for (unsigned int i = 0; i < count; i++)
		table[(head + i) % RINGS_SIZE] = (struct desc){
			.gpa = htole64(RINGS_RAM_GPA + buffers[i].offset),
			.bytes = htole32(buffers[i].bytes),
			.flags = htole16(
				(uint16_t)((buffers[i].writable ? DESC_WRITE : 0) |
					   (i + 1 < count ? DESC_NEXT : 0))),
			.next = htole16((uint16_t)((head + i + 1) % RINGS_SIZE)),
		};
	if (!count)
		return;
	avail[2 + le16toh(avail[1]) % RINGS_SIZE] = htole16(head);
	avail[1] = htole16((uint16_t)(le16toh(avail[1]) + 1));
}
