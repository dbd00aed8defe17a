/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device behind its transport: the first byte chooses an entropy device, a console or a
 * console with two more ports; then come operations of eight bytes, any register write
 * and memory write among them, and legal set-ups and offers so that inputs get far. Guest
 * RAM begins at 0.
 */
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/guest_mem.h"
#include "src/loop.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_terminal.h"
#include "virtio/console.h"
#include "virtio/mmio.h"
#include "virtio/rng.h"

#define QUEUE_SIZE 8u
#define QUEUE_BYTES 0x400u /* desc at 0, avail at 0x100, used at 0x200 */
#define OPS_MAX 300

static struct terminal terminals[3];
static struct guest_mem mem;
static struct loop *loop;

static void reg(struct virtio_mmio *transport, uint64_t offset, uint32_t value)
{
	transport->region.ops->write(&transport->region, offset, 4, value);
}

/* What a well-behaved driver does, with any features. */
static void start(struct virtio_mmio *transport, uint32_t features)
{
	reg(transport, 0x70, 0);
	memset(mem.regions[0].hva, 0, transport->dev->queue_count * QUEUE_BYTES);
	reg(transport, 0x24, 0);
	reg(transport, 0x20, features & (uint32_t)virtio_device_offered(transport->dev));
	reg(transport, 0x24, 1);
	reg(transport, 0x20, 1);
	reg(transport, 0x70, 11);
	for (unsigned int i = 0; i < transport->dev->queue_count; i++) {
		reg(transport, 0x30, i);
		reg(transport, 0x38, QUEUE_SIZE);
		reg(transport, 0x80, i * QUEUE_BYTES);
		reg(transport, 0x90, i * QUEUE_BYTES + 0x100);
		reg(transport, 0xa0, i * QUEUE_BYTES + 0x200);
		reg(transport, 0x44, 1);
	}
	reg(transport, 0x70, 15);
}

/* Offers a descriptor of a queue, rewritten. */
static void offer(struct virtio_mmio *transport, unsigned int queue, const uint8_t *op,
	uint16_t length, uint32_t gpa)
{
	uint8_t *area = mem.regions[0].hva + queue * QUEUE_BYTES;
	uint16_t *avail = (uint16_t *)(area + 0x100);
	uint8_t *desc = area + op[1] % QUEUE_SIZE * 16;
	uint64_t wide = gpa & 0x3fffff;

	memcpy(desc, &wide, 8);
	memset(desc + 8, 0, 8);
	memcpy(desc + 8, &length, 2);
	desc[10] = op[1] == 255; /* now and then a long one */
	desc[12] = op[1] >> 4 & 7;
	desc[14] = (uint8_t)(op[1] + 1) % QUEUE_SIZE;
	avail[2 + avail[1] % QUEUE_SIZE] = op[1] % QUEUE_SIZE;
	avail[1]++;
	reg(transport, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

/* A control message as a console's driver sends it, any event with any port. */
static void control(struct virtio_mmio *transport, const uint8_t *op, uint32_t value)
{
	const uint8_t message[8] = {op[1] % 4, 0, 0, 0, op[2] % 8, 0, value & 1, 0};
	const uint8_t readable[2] = {0, op[1] % QUEUE_SIZE};

	if (transport->dev->queue_count < 4)
		return;
	memcpy(mem.regions[0].hva + 0x3ff0, message, sizeof(message));
	offer(transport, 3, readable, sizeof(message), 0x3ff0);
}

static void terminal_event(const uint8_t *op, uint16_t amount)
{
	struct terminal *terminal = &terminals[op[1] % ARRAY_SIZE(terminals)];

	if (!terminal->user)
		return;
	switch (op[1] >> 6) {
	case 0:
		terminal->input_bytes += amount;
		terminal->user->events->readable(terminal->user);
		break;
	case 1:
		fake_terminal_make_room(terminal, amount);
		break;
	case 2:
		terminal->columns = amount;
		terminal->user->events->resized(terminal->user);
		break;
	case 3:
		terminal->attached = amount & 1;
		terminal->user->events->attached(terminal->user);
		break;
	}
}

static void operate(struct virtio_mmio *transport, const uint8_t *op)
{
	struct mmio_region *region = &transport->region;
	uint32_t value;
	uint16_t at;

	memcpy(&at, op + 2, 2);
	memcpy(&value, op + 4, 4);
	switch (op[0] % 8) {
	case 0:
		reg(transport, at & 0x1fc, value);
		break;
	case 1:
		memcpy(mem.regions[0].hva + at % 0x4000, &value, 4);
		break;
	case 2:
		start(transport, value);
		break;
	case 3:
		control(transport, op, value);
		break;
	case 4:
		loop_turn(loop, 0);
		break;
	case 5:
		terminal_event(op, at);
		break;
	case 6:
		offer(transport, (op[0] >> 3) % transport->dev->queue_count, op, at,
			value);
		break;
	case 7:
		region->ops->write(region, at & 0x1f8, 1u << op[1] % 4, value);
		region->ops->read(region, at & 0x1f8, 1u << op[1] % 4);
		break;
	}
}

static struct virtio_device *create(uint8_t kind)
{
	const struct virtio_console_port ports[] = {
		{"one", &terminals[1]}, {"two", &terminals[2]}};
	struct virtio_device *dev = NULL;
	int code;

	if (kind % 3 == 0)
		code = virtio_rng_create(loop, "rng", &dev, NULL);
	else
		code = virtio_console_create(loop, "hvc", &terminals[0], ports,
			kind % 3 == 1 ? 0 : 2, &dev, NULL);
	if (code)
		abort();
	return dev;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_line irq;
	struct virtio_mmio transport;
	struct virtio_device *dev;
	unsigned int ops = 0;

	if (size < 9)
		return 0;
	if (!mem.count && (guest_mem_add(&mem, 0, GUEST_MEM_ALIGN_BYTES, NULL) ||
				  loop_create(&loop, NULL)))
		abort();
	memset(terminals, 0, sizeof(terminals));
	memset(mem.regions[0].hva, 0, 0x4000);
	dev = create(data[0]);
	fake_line_init(&irq);
	if (virtio_mmio_init(&transport, dev, &mem, 0, &irq.line, NULL))
		abort();
	for (size_t i = 1; i + 8 <= size && ops < OPS_MAX; i += 8, ops++)
		operate(&transport, data + i);
	/* Whatever it did, a reset brings a working device back. */
	start(&transport, 0);
	if (dev->status != 15)
		abort();
	if (irq.edges || irq.idle)
		abort(); /* its line is pulsed alone */
	virtio_device_destroy(dev);
	virtio_mmio_finish(&transport);
	return 0;
}
