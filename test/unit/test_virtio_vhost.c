/* SPDX-License-Identifier: Apache-2.0 */
/* What a device gives away whose rings the host's kernel serves. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/vhost_kernel.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"
#include "virtio/vhost.h"

#define QUEUES 3u

struct external {
	struct virtio_device dev;
	struct vhost_rings rings;
	unsigned int asked; /* queues that are somebody else's */
	int code;
};

static struct loop *loop;
static struct external device;
static struct virtio_driver driver;

static void external_start(struct virtio_device *dev)
{
	device.code = vhost_rings_collect(&device.rings, device.asked, false);
}

static void external_kick(struct virtio_device *dev, unsigned int queue)
{
	vhost_rings_kick(&device.rings, queue);
}

static void external_stop(struct virtio_device *dev)
{
}

static void external_destroy(struct virtio_device *dev)
{
	vhost_rings_finish(&device.rings);
}

static const struct virtio_ops external_ops = {
	.device_id = 19,
	.kick = external_kick,
	.start = external_start,
	.stop = external_stop,
	.destroy = external_destroy,
};

static void set_up(unsigned int asked)
{
	device = (struct external){.asked = asked};
	CHECK_EQ(loop_create(&loop, NULL), 0);
	device.dev.ops = &external_ops;
	device.dev.name = "external";
	device.dev.loop = loop;
	device.dev.queue_count = QUEUES;
	device.dev.external_queues = QUEUES;
	vhost_rings_init(&device.rings, &device.dev);
	driver_init(&driver, &device.dev);
}

static void tear_down(void)
{
	driver_finish(&driver);
	loop_destroy(loop);
}

TEST(gives_away_ram_and_rings_as_the_driver_set_them_up)
{
	const struct vhost_ring *ring = &device.rings.list[1];

	set_up(2);
	CHECK(driver_start(&driver, 0));
	CHECK_EQ(device.code, 0);
	CHECK_EQ(device.rings.region_count, 1);
	CHECK_EQ(device.rings.regions[0].gpa, DRIVER_RAM_GPA);
	CHECK_EQ(device.rings.regions[0].bytes, DRIVER_RAM_BYTES);
	CHECK(device.rings.regions[0].hva ==
		driver_hva(&driver, DRIVER_RAM_GPA, DRIVER_RAM_BYTES));
	CHECK_EQ(device.rings.count, 2);
	CHECK_EQ(ring->index, 1);
	CHECK_EQ(ring->size, DRIVER_QUEUE_SIZE);
	CHECK(ring->desc == (void *)driver_desc(&driver, 1, 0));
	CHECK(ring->avail == (void *)driver_avail(&driver, 1));
	CHECK(ring->used == (void *)driver_used_ring(&driver, 1));
	CHECK_EQ(ring->kick_fd, virtio_mmio_kick_fd(&driver.transport, 1));
	tear_down();
}

TEST(queue_that_is_not_set_up_is_not_given_away)
{
	set_up(2);
	CHECK(driver_negotiate(&driver, 0));
	driver_queue_setup(&driver, 1, 16);
	driver_write(&driver, 0x70, driver_status(&driver) | VIRTIO_STATUS_DRIVER_OK);
	CHECK_EQ(device.rings.count, 1);
	CHECK_EQ(device.rings.list[0].index, 1);
	tear_down();
}

TEST(kick_by_register_reaches_the_eventfd)
{
	eventfd_t count;

	set_up(2);
	CHECK(driver_start(&driver, 0));
	CHECK_EQ(eventfd_read(device.rings.list[1].kick_fd, &count), 0);
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	CHECK_EQ(eventfd_read(device.rings.list[1].kick_fd, &count), 0);
	CHECK_EQ(count, 2);
	tear_down();
}

TEST(call_becomes_an_interrupt_where_the_line_has_no_eventfd)
{
	set_up(2);
	CHECK(driver_start(&driver, 0));
	CHECK_EQ(driver.interrupts, 0);
	CHECK_EQ(eventfd_write(device.rings.list[0].call_fd, 1), 0);
	loop_turn(loop, 1000);
	CHECK_EQ(driver.interrupts, 1);
	CHECK_EQ(driver_take_interrupt(&driver), 1);
	driver_reset(&driver);
	CHECK_EQ(eventfd_write(device.rings.list[0].call_fd, 1), 0);
	loop_turn(loop, 1000);
	CHECK_EQ(driver.interrupts, 1);
	tear_down();
}

TEST(missing_device_names_its_module)
{
	struct source_pos pos = {"vm.xml", 7};
	struct error err = {0};

	CHECK_EQ(vhost_kernel_open("/dev/none-such", "none_such", &pos, &err), -ENOENT);
	CHECK_HAS(err.text, "load the kernel's module none_such");
	CHECK_EQ(err.pos.line, 7);
}

TEST(device_that_is_none_is_refused)
{
	struct error err = {0};

	CHECK(vhost_kernel_open("/dev/null", "null", NULL, &err) < 0);
	CHECK_HAS(err.text, "/dev/null");
}

TEST_MAIN(CASE(gives_away_ram_and_rings_as_the_driver_set_them_up),
	CASE(queue_that_is_not_set_up_is_not_given_away),
	CASE(kick_by_register_reaches_the_eventfd),
	CASE(call_becomes_an_interrupt_where_the_line_has_no_eventfd),
	CASE(missing_device_names_its_module), CASE(device_that_is_none_is_refused))
