/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/rng.h"

#include <string.h>

#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"

static struct virtio_driver driver;
static struct loop *loop;

static void begin(void)
{
	struct virtio_device *dev = NULL;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(virtio_rng_create(loop, "rng0", &dev, NULL), 0);
	driver_init(&driver, dev);
	CHECK(driver_start(&driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
}

static void finish(void)
{
	driver_finish(&driver);
	loop_destroy(loop);
}

static unsigned int zeroes(uint64_t gpa, uint64_t bytes)
{
	const uint8_t *at = driver_hva(&driver, gpa, bytes);
	unsigned int count = 0;

	for (uint64_t i = 0; i < bytes; i++)
		count += at[i] == 0;
	return count;
}

TEST(fills_what_the_guest_offers)
{
	struct driver_used used;
	uint64_t gpa;

	begin();
	CHECK_EQ(driver_read(&driver, 8), 4);
	gpa = driver_alloc(&driver, 3000, 16);
	driver_add(&driver, 0,
		(struct driver_buffer[]){{gpa, 5, false}, {gpa + 100, 1000, true},
			{gpa + 2000, 500, true}},
		3, false);
	CHECK(driver_kick(&driver, 0));
	CHECK(driver_used(&driver, 0, &used));
	CHECK_EQ(used.bytes, 1500);
	CHECK_EQ(driver_take_interrupt(&driver), 1);
	CHECK_EQ(zeroes(gpa, 100), 100);
	CHECK(zeroes(gpa + 100, 1000) < 100);
	CHECK_EQ(zeroes(gpa + 1100, 900), 900);
	CHECK(zeroes(gpa + 2000, 500) < 100);
	CHECK_EQ(zeroes(gpa + 2500, 500), 500);
	finish();
}

TEST(gives_a_greedy_guest_a_bounded_answer)
{
	struct driver_used used;

	begin();
	/* The same 32 MiB again and again, a gigabyte in all. */
	for (unsigned int i = 0; i < 8; i++) {
		struct driver_buffer all[4];

		for (unsigned int j = 0; j < 4; j++)
			all[j] = (struct driver_buffer){
				DRIVER_RAM_GPA + (32u << 20), 32u << 20, true};
		driver_add(&driver, 0, all, 4, true);
	}
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(driver_used(&driver, 0, &used));
		CHECK_EQ(used.bytes, VIRTIO_RNG_CHAIN_BYTES);
	}
	/* The loop gets its turn in between. */
	CHECK(!driver_used(&driver, 0, &used));
	loop_turn(loop, 0);
	for (unsigned int i = 0; i < 4; i++)
		CHECK(driver_used(&driver, 0, &used));
	CHECK_EQ(zeroes(DRIVER_RAM_GPA + (32u << 20) + VIRTIO_RNG_CHAIN_BYTES, 1 << 20),
		1 << 20);
	finish();
}

TEST(answers_requests_without_room_with_nothing)
{
	struct driver_used used;

	begin();
	driver_add(&driver, 0, &(struct driver_buffer){DRIVER_RAM_GPA, 100, false}, 1,
		false);
	driver_add(&driver, 0, &(struct driver_buffer){0, 0, true}, 1, false);
	CHECK(driver_kick(&driver, 0));
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(driver_used(&driver, 0, &used));
		CHECK_EQ(used.bytes, 0);
	}
	finish();
}

TEST_MAIN(CASE(fills_what_the_guest_offers), CASE(gives_a_greedy_guest_a_bounded_answer),
	CASE(answers_requests_without_room_with_nothing))
