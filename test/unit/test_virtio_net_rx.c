/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net_bench.h"

#include <string.h>

#include "src/container_of.h"

static uint16_t num_buffers(struct net_bench *bench, uint64_t gpa)
{
	const uint8_t *at = driver_hva(&bench->driver, gpa, NIC_HEADER_BYTES);

	return (uint16_t)(at[10] | at[11] << 8);
}

/* ---- receive ---------------------------------------------------------------------- */

/* Checks a received frame's bytes from offset on, in one buffer. */
static bool holds(struct net_bench *bench, uint64_t gpa, uint32_t bytes, uint8_t seed,
	size_t offset)
{
	const uint8_t *at = driver_hva(&bench->driver, gpa, bytes);

	for (size_t i = offset ? 0 : NIC_HEADER_BYTES; i < bytes; i++) {
		if (at[i] != (uint8_t)(seed + i + offset - NIC_HEADER_BYTES))
			return false;
	}
	return true;
}

TEST(receives_into_one_chain_without_merged_buffers)
{
	struct driver_used used;
	struct net_bench bench;
	uint64_t gpa;

	net_bench_start(&bench, 0);
	gpa = net_bench_add_rx(&bench, 3, 1526);
	fake_nic_arrive(&bench.nic, 0, 1526, 9);
	fake_nic_arrive(&bench.nic, 0, 1527, 10); /* has no room, is lost */
	fake_nic_arrive(&bench.nic, 0, 60, 11);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(used.bytes, 1526);
	CHECK_EQ(num_buffers(&bench, gpa), 1);
	CHECK(holds(&bench, gpa, 1526, 9, 0));
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(used.bytes, 60);
	CHECK_EQ(num_buffers(&bench, gpa + 1526), 1);
	CHECK(!driver_used(&bench.driver, RX, &used));
	CHECK_EQ(bench.nic.lost, 1);
	net_bench_finish(&bench);
}

TEST(receives_a_long_frame_into_as_many_chains_as_it_needs)
{
	struct driver_used used;
	struct net_bench bench;
	uint64_t gpa;
	unsigned int count = 0;
	uint64_t bytes = 0;

	net_bench_start(&bench, MERGE | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |
					VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4));
	gpa = net_bench_add_rx(&bench, 50, 1536);
	fake_nic_arrive(&bench.nic, 0, 60000, 3);
	fake_nic_arrive(&bench.nic, 0, 1536, 4);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK_EQ(num_buffers(&bench, gpa), 40);
	while (count < 40 && driver_used(&bench.driver, RX, &used)) {
		CHECK(holds(
			&bench, gpa + count * 1536ull, used.bytes, 3, count * 1536ull));
		bytes += used.bytes;
		count++;
	}
	CHECK_EQ(bytes, 60000);
	/* Little is left for a long frame: the next one waits until there is more. */
	CHECK(!driver_used(&bench.driver, RX, &used));
	CHECK(!bench.nic.wanted[0]);
	gpa = net_bench_add_rx(&bench, 40, 1536);
	CHECK(driver_kick(&bench.driver, RX));
	CHECK(fake_nic_wake(&bench.nic));
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(used.bytes, 1536);
	CHECK_EQ(bench.nic.lost, 0);
	net_bench_finish(&bench);
}

TEST(needs_less_room_where_no_segments_come)
{
	struct driver_used used;
	struct net_bench bench;

	net_bench_start(&bench, MERGE);
	net_bench_add_rx(&bench, 8, 1536);
	fake_nic_arrive(&bench.nic, 0, 9000, 3);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(bench.nic.lost, 0);
	net_bench_finish(&bench);
}

TEST(does_not_wait_for_ever_for_room_that_a_small_ring_never_has)
{
	struct driver_used used;
	struct net_bench bench;
	uint64_t gpa;

	net_bench_start(&bench, MERGE);
	gpa = net_bench_add_rx(&bench, 4, 1526);
	fake_nic_arrive(&bench.nic, 0, 2000, 1);
	fake_nic_wake(&bench.nic);
	CHECK(!driver_used(&bench.driver, RX, &used));
	while (!bench.nic.wanted[0])
		loop_turn(bench.loop, 1000);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(num_buffers(&bench, gpa), 2);
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(used.bytes, 2000 - 1526);
	fake_nic_arrive(&bench.nic, 0, 5000, 1);
	fake_nic_arrive(&bench.nic, 0, 500, 1);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK_EQ(bench.nic.lost, 1);
	CHECK(driver_used(&bench.driver, RX, &used));
	CHECK_EQ(used.bytes, 500);
	net_bench_finish(&bench);
}

TEST(wants_no_frames_while_the_guest_has_no_buffers)
{
	static const uint64_t features[] = {0, MERGE, MERGE | 1ull << 29};

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		struct driver_used used;
		struct net_bench bench;

		net_bench_start(&bench, features[i]);
		fake_nic_arrive(&bench.nic, 0, 100, 0);
		fake_nic_wake(&bench.nic);
		CHECK(!bench.nic.wanted[0]);
		net_bench_add_rx(&bench, 50, 1526);
		CHECK(driver_kick(&bench.driver, RX));
		CHECK(bench.nic.wanted[0]);
		CHECK(fake_nic_wake(&bench.nic));
		CHECK(driver_used(&bench.driver, RX, &used));
		CHECK_EQ(bench.nic.lost, 0);
		net_bench_finish(&bench);
	}
}

TEST(leaves_the_driver_alone_while_it_has_buffers)
{
	struct net_bench bench;

	net_bench_start(&bench, MERGE | VIRTIO_BIT(VIRTIO_F_EVENT_IDX));
	net_bench_add_rx(&bench, 60, 1526);
	driver_kick(&bench.driver, RX);
	fake_nic_arrive(&bench.nic, 0, 100, 0);
	CHECK(fake_nic_wake(&bench.nic));
	net_bench_add_rx(&bench, 1, 1526);
	CHECK(!driver_kick(&bench.driver, RX));
	net_bench_finish(&bench);
}

TEST(goes_through_many_buffers_of_many_shapes)
{
	struct net_bench bench;
	unsigned int got = 0;
	uint64_t gpa;

	net_bench_start(&bench, MERGE | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC));
	gpa = driver_alloc(&bench.driver, 1 << 20, 16);
	for (unsigned int round = 0; round < 400; round++) {
		struct driver_used used;

		while (bench.driver.queues[RX].free_count >= 8) {
			struct driver_buffer buffers[] = {
				{gpa, 13 + round % 7, true},
				{gpa + 100, 2000, true},
				{gpa + 3000, 1 + round % 900, true},
			};

			driver_add(&bench.driver, RX, buffers, 1 + round % 3, round % 2);
		}
		driver_kick(&bench.driver, RX);
		fake_nic_arrive(&bench.nic, 0, 12 + round * 5, (uint8_t)round);
		while (bench.nic.first < bench.nic.end) {
			if (!fake_nic_wake(&bench.nic))
				loop_turn(bench.loop, 1000);
		}
		while (driver_used(&bench.driver, RX, &used))
			got++;
	}
	CHECK(got >= 400);
	CHECK_EQ(bench.nic.lost, 0);
	CHECK(!net_bench_needs_reset(&bench));
	net_bench_finish(&bench);
}

TEST(drops_what_came_before_the_driver)
{
	struct driver_used used;
	struct net_bench bench;

	net_bench_init(&bench, 1, 0);
	fake_nic_arrive(&bench.nic, 0, 1000, 0);
	CHECK(!fake_nic_wake(&bench.nic));
	CHECK(driver_start(&bench.driver, 0));
	net_bench_add_rx(&bench, 1, 1526);
	driver_kick(&bench.driver, RX);
	CHECK(!fake_nic_wake(&bench.nic));
	CHECK(!driver_used(&bench.driver, RX, &used));
	net_bench_finish(&bench);
}

TEST(needs_a_reset_after_receive_buffers_that_cannot_be)
{
	static const struct driver_buffer buffers[] = {
		{DRIVER_RAM_GPA + 0x100000, 11, true},
		{DRIVER_RAM_GPA + 0x100000, 2000, false},
		{DRIVER_RAM_GPA - 1, 2000, true},
		{DRIVER_RAM_GPA + DRIVER_RAM_BYTES - 1, 2, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++) {
		struct net_bench bench;
		struct driver_used used;

		net_bench_start(&bench, i % 2 ? MERGE : 0);
		driver_add(&bench.driver, RX, &buffers[i], 1, false);
		driver_kick(&bench.driver, RX);
		fake_nic_arrive(&bench.nic, 0, 100, 0);
		fake_nic_wake(&bench.nic);
		CHECK(net_bench_needs_reset(&bench));
		CHECK(!driver_used(&bench.driver, RX, &used));
		fake_nic_wake(&bench.nic);
		CHECK(!fake_nic_wake(&bench.nic)); /* nothing is wanted now */
		CHECK(driver_start(&bench.driver, 0));
		net_bench_add_rx(&bench, 1, 1526);
		fake_nic_arrive(&bench.nic, 0, 100, 0);
		CHECK(fake_nic_wake(&bench.nic));
		CHECK(driver_used(&bench.driver, RX, &used));
		net_bench_finish(&bench);
	}
}

TEST(touches_no_buffer_of_a_queue_that_the_driver_stopped)
{
	struct net_bench bench;
	uint64_t gpa;

	net_bench_start(&bench, MERGE);
	gpa = net_bench_add_rx(&bench, 60, 1526);
	fake_nic_arrive(&bench.nic, 0, 100, 0);
	CHECK(fake_nic_wake(&bench.nic)); /* the window is full now */
	memset(driver_hva(&bench.driver, gpa, 60 * 1526), 0xee, 60 * 1526);
	driver_write(&bench.driver, 0x30, RX);
	driver_write(&bench.driver, 0x44, 0);
	fake_nic_arrive(&bench.nic, 0, 100, 0);
	fake_nic_wake(&bench.nic);
	for (int i = 0; i < 60 * 1526; i++) {
		if (*(uint8_t *)driver_hva(&bench.driver, gpa + (uint64_t)i, 1) != 0xee) {
			CHECK(!"untouched");
			break;
		}
	}
	net_bench_finish(&bench);
}

TEST_MAIN(CASE(receives_into_one_chain_without_merged_buffers),
	CASE(receives_a_long_frame_into_as_many_chains_as_it_needs),
	CASE(needs_less_room_where_no_segments_come),
	CASE(does_not_wait_for_ever_for_room_that_a_small_ring_never_has),
	CASE(wants_no_frames_while_the_guest_has_no_buffers),
	CASE(leaves_the_driver_alone_while_it_has_buffers),
	CASE(goes_through_many_buffers_of_many_shapes),
	CASE(drops_what_came_before_the_driver),
	CASE(needs_a_reset_after_receive_buffers_that_cannot_be),
	CASE(touches_no_buffer_of_a_queue_that_the_driver_stopped))
