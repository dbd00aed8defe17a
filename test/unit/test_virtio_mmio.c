/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/mmio.h"

#include <errno.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/virtio_probe.h"

static struct probe probe;
static struct virtio_driver *const driver = &probe.driver;

TEST(says_what_it_is)
{
	static const struct {
		uint64_t offset;
		uint32_t value;
	} table[] = {
		{0x00, 0x74726976},
		{0x04, 2},
		{0x08, PROBE_DEVICE_ID},
		{0x60, 0},
		{0x70, 0},
		{0xb0, UINT32_MAX}, /* shared memory: a length of -1 */
		{0xb4, UINT32_MAX},
		{0xb8, UINT32_MAX},
		{0xbc, UINT32_MAX},
		{0x0c0, 0},
		{0x100, 0xa3a2a1a0},
		{0x10c, 0},
		{0x1fc, 0},
	};

	probe_init(&probe, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		if (!CHECK_EQ(driver_read(driver, table[i].offset), table[i].value))
			test_fail(__FILE__, __LINE__, "in row %u", i);
	}
	CHECK(driver_read(driver, 0x0c) != 0);
	probe_finish(&probe);
}

TEST(registers_are_32_bits_wide_and_aligned)
{
	static const struct {
		uint64_t offset;
		unsigned int bytes;
	} table[] = {{0, 1}, {0, 2}, {0, 8}, {1, 4}, {2, 4}, {3, 4}, {0x70, 1}, {0x71, 4},
		{0x6e, 4}, {0xfe, 4}, {0xf8, 8}};

	probe_init(&probe, 1);
	driver_write(driver, 0x70, VIRTIO_STATUS_ACKNOWLEDGE);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		CHECK_EQ(driver_read_sized(driver, table[i].offset, table[i].bytes), 0);
		driver_write_sized(driver, table[i].offset, table[i].bytes, 0);
		driver_write_sized(driver, table[i].offset, table[i].bytes, UINT64_MAX);
	}
	CHECK_EQ(driver_status(driver), VIRTIO_STATUS_ACKNOWLEDGE);
	/* The config space takes what the device's fields need. */
	CHECK_EQ(driver_config(driver, 1, 1), 0xa1);
	CHECK_EQ(driver_config(driver, 2, 2), 0xa3a2);
	CHECK_EQ(driver_config(driver, 0, 8), 0xa7a6a5a4a3a2a1a0ull);
	driver_write_sized(driver, 0x104, 2, 0x1234);
	CHECK_EQ(probe.last_offset, 4);
	CHECK_EQ(probe.last_value, 0x1234);
	probe_finish(&probe);
}

TEST(selectors_out_of_range_are_harmless)
{
	static const uint32_t wild[] = {2, 31, 32, 33, 34, 64, 0x8000, UINT32_MAX};
	static const uint64_t setups[] = {0x38, 0x44, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4};

	probe_init(&probe, 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(wild); i++) {
		driver_write(driver, 0x14, wild[i]);
		CHECK_EQ(driver_read(driver, 0x10), 0);
		driver_write(driver, 0x24, wild[i]);
		driver_write(driver, 0x20, 0);
		driver_write(driver, 0x30, wild[i]);
		CHECK_EQ(driver_read(driver, 0x34), 0);
		for (unsigned int j = 0; j < ARRAY_SIZE(setups); j++)
			driver_write(driver, setups[j], UINT32_MAX);
		CHECK_EQ(driver_read(driver, 0x44), 0);
	}
	driver_write(driver, 0x30, 1);
	CHECK_EQ(driver_read(driver, 0x34), VIRTQ_SIZE_MAX);
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		CHECK_EQ(probe.dev.setups[i].size + probe.dev.setups[i].desc_gpa, 0);
	CHECK(driver_start(driver, 0));
	probe_finish(&probe);
}

TEST(a_live_queue_does_not_move)
{
	struct driver_used used;

	probe_init(&probe, 1);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_ECHO;
	driver_write(driver, 0x30, 0);
	driver_write(driver, 0x38, 1);
	for (uint64_t offset = 0x80; offset <= 0xa4; offset += 4)
		driver_write(driver, offset, 0xfff);
	driver_write(driver, 0x44, 1);
	driver_add(driver, 0, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1, false);
	CHECK(driver_kick(driver, 0));
	CHECK(driver_used(driver, 0, &used));
	CHECK_EQ(probe.dev.queues[0].size, DRIVER_QUEUE_SIZE);
	probe_finish(&probe);
}

TEST(a_queue_stops_when_ready_is_taken_back)
{
	struct driver_used used;

	probe_init(&probe, 2);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_KEEP;
	driver_add(driver, 0, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1, false);
	CHECK(driver_kick(driver, 0));
	CHECK_EQ(probe.chains, 1);
	driver_write(driver, 0x30, 0);
	driver_write(driver, 0x44, 0);
	CHECK_EQ(driver_read(driver, 0x44), 0);
	virtq_push(&probe.dev.queues[0], probe.chain.head, 4);
	CHECK(!driver_used(driver, 0, &used));
	driver_add(driver, 0, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1, false);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	/* Until a reset; the other queue lives on. */
	driver_write(driver, 0x44, 1);
	CHECK_EQ(driver_read(driver, 0x44), 0);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(probe.chains, 1);
	driver_add(driver, 1, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1, false);
	CHECK(driver_kick(driver, 1));
	CHECK_EQ(probe.chains, 2);
	CHECK(driver_start(driver, 0));
	probe_finish(&probe);
}

TEST(an_acknowledge_clears_only_what_it_names)
{
	probe_init(&probe, 1);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_ECHO;
	driver_add(driver, 0, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1, false);
	CHECK(driver_kick(driver, 0));
	virtio_device_config_changed(&probe.dev);
	CHECK_EQ(driver->interrupts, 2);
	CHECK_EQ(driver_read(driver, 0x60), 3);
	driver_write(driver, 0x64, 1);
	CHECK_EQ(driver_read(driver, 0x60), 2);
	driver_write(driver, 0x64, 0xfffffff0);
	CHECK_EQ(driver_read(driver, 0x60), 2);
	driver_write(driver, 0x64, 2);
	CHECK_EQ(driver_read(driver, 0x60), 0);
	virtio_device_config_changed(&probe.dev);
	driver_reset(driver);
	CHECK_EQ(driver_read(driver, 0x60), 0);
	probe_finish(&probe);
}

TEST(a_kick_descriptor_kicks_its_queue)
{
	uint64_t one = 1;
	int fd;

	probe_init(&probe, 2);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_ECHO;
	fd = virtio_mmio_kick_fd(&driver->transport, 1);
	CHECK(fd >= 0);
	CHECK_EQ(virtio_mmio_kick_fd(&driver->transport, 1), fd);
	CHECK(virtio_mmio_kick_fd(&driver->transport, 0) != fd);
	CHECK_EQ(virtio_mmio_kick_fd(&driver->transport, 2), -EINVAL);
	CHECK_EQ(virtio_mmio_kick_fd(&driver->transport, UINT32_MAX), -EINVAL);
	for (unsigned int i = 1; i <= 3; i++) {
		driver_add(driver, 1, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1,
			false);
		CHECK_EQ(write(fd, &one, sizeof(one)), sizeof(one));
		CHECK_EQ(write(fd, &one, sizeof(one)), sizeof(one));
		loop_turn(probe.loop, 0);
		CHECK_EQ(probe.chains, i);
		CHECK_EQ(probe.kicks[1], 1 + i); /* DRIVER_OK, and once each time */
	}
	/* Without another kick the loop sleeps. */
	loop_turn(probe.loop, 0);
	CHECK_EQ(probe.kicks[1], 4);
	CHECK_EQ(probe.kicks[0], 1);
	driver_reset(driver);
	CHECK_EQ(write(fd, &one, sizeof(one)), sizeof(one));
	loop_turn(probe.loop, 0);
	CHECK_EQ(probe.kicks[1], 4);
	probe_finish(&probe);
}

TEST(the_line_can_change_between_lives)
{
	struct irq_line *irq;

	probe_init(&probe, 1);
	irq = driver->transport.irq;
	CHECK(driver_start(driver, 0));
	virtio_mmio_set_irq(&driver->transport, NULL);
	virtio_device_config_changed(&probe.dev);
	CHECK_EQ(driver->interrupts, 0);
	CHECK_EQ(driver_read(driver, 0x60), 2);
	driver_write(driver, 0x30, 7);
	driver_write(driver, 0x14, 7);
	virtio_mmio_reset(&driver->transport);
	CHECK_EQ(driver_read(driver, 0x60), 0);
	CHECK_EQ(driver_read(driver, 0x34), VIRTQ_SIZE_MAX);
	CHECK(driver_read(driver, 0x10) != 0);
	virtio_mmio_set_irq(&driver->transport, irq);
	CHECK(driver_start(driver, 0));
	virtio_device_config_changed(&probe.dev);
	CHECK_EQ(driver->interrupts, 1);
	probe_finish(&probe);
}

TEST(refuses_a_device_with_too_many_queues)
{
	struct virtio_device dev = {.name = "many", .queue_count = VIRTIO_QUEUES_MAX + 1};
	struct virtio_mmio transport = {0};
	struct error err;

	CHECK_EQ(virtio_mmio_init(&transport, &dev, NULL, 0, NULL, &err), -EINVAL);
	CHECK_HAS(err.text, "many has 35 queues");
	virtio_mmio_finish(&transport);
	virtio_device_destroy(NULL);
}

/* Every register with every bit, in every state: nothing may break but the device. */
TEST(survives_wild_writes_at_any_time)
{
	uint32_t state = 1;

	probe_init(&probe, VIRTIO_QUEUES_MAX);
	for (unsigned int round = 0; round < 200; round++) {
		probe.mode = round % 2 ? PROBE_ECHO : PROBE_KEEP;
		if (round % 3 == 0) {
			driver->next_gpa = DRIVER_RAM_GPA;
			driver_start(driver, 0);
		}
		for (unsigned int i = 0; i < 500; i++) {
			state = state * 1664525u + 1013904223u;
			driver_write(driver, state >> 20 & 0x1fc,
				i % 3 ? state >> 8 & 0x3f : state);
			driver_read(driver, state >> 12 & 0x1fc);
		}
	}
	driver->next_gpa = DRIVER_RAM_GPA;
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_IDLE;
	probe_finish(&probe);
}

TEST_MAIN(CASE(says_what_it_is), CASE(registers_are_32_bits_wide_and_aligned),
	CASE(selectors_out_of_range_are_harmless), CASE(a_live_queue_does_not_move),
	CASE(a_queue_stops_when_ready_is_taken_back),
	CASE(an_acknowledge_clears_only_what_it_names),
	CASE(a_kick_descriptor_kicks_its_queue), CASE(the_line_can_change_between_lives),
	CASE(refuses_a_device_with_too_many_queues),
	CASE(survives_wild_writes_at_any_time))
