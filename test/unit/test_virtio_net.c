/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net_bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/container_of.h"

/* ---- what it offers --------------------------------------------------------------- */

TEST(offers_what_the_nic_can_do_and_no_more)
{
	static const struct {
		uint32_t offloads;
		unsigned int queues;
		uint64_t features;
	} cases[] = {
		{0, 1, 1 << 3 | 1 << 5 | 1 << 15 | 1 << 16},
		{NIC_OFFLOAD_CSUM, 1, 3 | 1 << 3 | 1 << 5 | 1 << 15 | 1 << 16},
		{ALL_OFFLOADS, 1, 3 | 1 << 3 | 1 << 5 | 0xff << 7 | 3 << 15},
		{0, 4, 1 << 3 | 1 << 5 | 7 << 15 | 1 << 22},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint64_t core = 3ull << 28 | 1ull << 32;
		struct net_bench bench;

		net_bench_init(&bench, cases[i].queues, cases[i].offloads);
		CHECK_EQ(driver_offered(&bench.driver) & ~core, cases[i].features);
		CHECK_EQ(driver_config(&bench.driver, 0, 4), 0x00000002);
		CHECK_EQ(driver_config(&bench.driver, 4, 2), 0x0100);
		CHECK_EQ(driver_config(&bench.driver, 6, 2), 1);
		CHECK_EQ(driver_config(&bench.driver, 8, 2), cases[i].queues);
		CHECK_EQ(driver_config(&bench.driver, 10, 2), 1400);
		net_bench_finish(&bench);
	}
}

TEST(sets_the_offloads_that_the_driver_takes_until_it_goes)
{
	struct net_bench bench;

	net_bench_start(&bench, VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |
					VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6) |
					VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4));
	CHECK_EQ(bench.nic.set_offloads, NIC_OFFLOAD_CSUM | NIC_OFFLOAD_TSO6);
	CHECK_EQ(bench.nic.active_queues, 1);
	CHECK(bench.nic.wanted[0]);
	driver_reset(&bench.driver);
	CHECK_EQ(bench.nic.set_offloads, 0);
	CHECK(!bench.nic.wanted[0]);
	net_bench_finish(&bench);
}

TEST(tells_the_driver_when_the_link_comes_and_goes)
{
	struct net_bench bench;
	unsigned int interrupts;

	net_bench_start(&bench, VIRTIO_BIT(VIRTIO_NET_F_STATUS));
	interrupts = bench.driver.interrupts;
	fake_nic_set_link(&bench.nic, false);
	CHECK_EQ(driver_config(&bench.driver, 6, 2), 0);
	CHECK_EQ(driver_take_interrupt(&bench.driver), 2);
	fake_nic_set_link(&bench.nic, false); /* no news */
	fake_nic_set_link(&bench.nic, true);
	CHECK_EQ(driver_config(&bench.driver, 6, 2), 1);
	CHECK_EQ(bench.driver.interrupts, interrupts + 2);
	net_bench_finish(&bench);
}

/* ---- transmit --------------------------------------------------------------------- */

TEST(sends_frames_however_they_are_cut)
{
	static const uint32_t pieces[] = {5, 12, 70, 2000};
	struct net_bench bench;
	struct driver_used used;

	net_bench_start(&bench, 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		uint32_t sum = net_bench_send(&bench, TX, 72, pieces[i]);

		driver_kick(&bench.driver, TX);
		CHECK_EQ(bench.nic.sent_count, i + 1);
		CHECK_EQ(bench.nic.sent[i].bytes, 72);
		CHECK_EQ(bench.nic.sent[i].sum, sum);
		CHECK(driver_used(&bench.driver, TX, &used));
		CHECK_EQ(used.bytes, 0);
	}
	net_bench_finish(&bench);
}

TEST(sends_the_longest_segment)
{
	struct net_bench bench;
	uint32_t sum;

	net_bench_start(&bench, VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4));
	sum = net_bench_send(&bench, TX, NIC_FRAME_BYTES_MAX, 4096);
	driver_kick(&bench.driver, TX);
	CHECK_EQ(bench.nic.sent_count, 1);
	CHECK_EQ(bench.nic.sent[0].sum, sum);
	net_bench_finish(&bench);
}

TEST(drops_what_is_no_frame_and_gives_it_back)
{
	static const uint32_t lengths[] = {1, 12, NIC_FRAME_BYTES_MAX + 1};
	struct driver_used used;
	struct net_bench bench;

	net_bench_start(&bench, 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		net_bench_send(&bench, TX, lengths[i], 60000);
		driver_kick(&bench.driver, TX);
		CHECK(driver_used(&bench.driver, TX, &used));
	}
	/* A chain that is all writable. */
	driver_add(&bench.driver, TX,
		&(struct driver_buffer){driver_alloc(&bench.driver, 100, 1), 100, true},
		1, false);
	driver_kick(&bench.driver, TX);
	CHECK(driver_used(&bench.driver, TX, &used));
	CHECK_EQ(bench.nic.sent_count, 0);
	CHECK(!net_bench_needs_reset(&bench));
	net_bench_finish(&bench);
}

TEST(keeps_frames_while_the_nic_is_full_and_loses_none)
{
	struct driver_used used;
	struct net_bench bench;
	uint32_t sums[3];

	net_bench_start(&bench, 0);
	bench.nic.full = true;
	for (int i = 0; i < 3; i++) {
		sums[i] = net_bench_send(&bench, TX, 100 + (uint32_t)i, 64);
		driver_write(&bench.driver, VIRTIO_MMIO_QUEUE_NOTIFY, TX);
	}
	net_bench_turn(&bench);
	CHECK_EQ(bench.nic.sent_count, 0);
	CHECK(!driver_used(&bench.driver, TX, &used));
	bench.nic.full = false;
	bench.nic.nic.user->events->writable(bench.nic.nic.user, 0);
	CHECK_EQ(bench.nic.sent_count, 3);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(bench.nic.sent[i].sum, sums[i]);
		CHECK(driver_used(&bench.driver, TX, &used));
	}
	net_bench_finish(&bench);
}

TEST(forgets_that_the_nic_was_full_when_the_driver_resets)
{
	struct net_bench bench;

	net_bench_start(&bench, 0);
	bench.nic.full = true;
	net_bench_send(&bench, TX, 100, 100);
	driver_kick(&bench.driver, TX);
	CHECK(driver_start(&bench.driver, 0));
	bench.nic.full = false;
	net_bench_send(&bench, TX, 100, 100);
	driver_kick(&bench.driver, TX);
	CHECK_EQ(bench.nic.sent_count, 1);
	net_bench_finish(&bench);
}

TEST(interrupts_once_for_a_burst_of_frames)
{
	struct net_bench bench;
	unsigned int interrupts;

	net_bench_start(&bench, MERGE);
	net_bench_add_rx(&bench, 60, 1600);
	interrupts = bench.driver.interrupts;
	for (int i = 0; i < 10; i++)
		fake_nic_arrive(&bench.nic, 0, 100, 0);
	CHECK(fake_nic_wake(&bench.nic));
	CHECK_EQ(bench.nic.reads, 12); /* one finds nothing, and one at the start */
	CHECK_EQ(bench.driver.interrupts, interrupts + 1);
	for (int i = 0; i < 10; i++)
		net_bench_send(&bench, TX, 100, 100);
	driver_kick(&bench.driver, TX);
	CHECK_EQ(bench.nic.sent_count, 10);
	CHECK_EQ(bench.driver.interrupts, interrupts + 2);
	net_bench_finish(&bench);
}

TEST(lets_others_in_between_long_bursts)
{
	struct net_bench bench;

	net_bench_start(&bench, 0);
	for (int i = 0; i < 8; i++)
		net_bench_send(&bench, TX, 60012, 60012);
	driver_kick(&bench.driver, TX);
	CHECK_EQ(bench.nic.sent_count, 5);
	net_bench_turn(&bench);
	CHECK_EQ(bench.nic.sent_count, 8);
	net_bench_finish(&bench);
}

/* Turns the loop, which then has nothing but its timers, until so many were sent. */
static void turn_until_sent(struct net_bench *bench, unsigned int count)
{
	for (int i = 0; i < 20 && bench->nic.sent_count < count; i++)
		loop_turn(bench->loop, 1000);
	CHECK_EQ(bench->nic.sent_count, count);
}

static const uint64_t notifications[] = {0, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)};

TEST(takes_a_stream_in_bursts_with_one_kick)
{
	struct driver_used used;
	struct net_bench bench;
	unsigned int interrupts;

	for (size_t i = 0; i < ARRAY_SIZE(notifications); i++) {
		net_bench_start(&bench, notifications[i]);
		interrupts = bench.driver.interrupts;
		/* The driver that waits for its first frame has it back at once. */
		net_bench_send(&bench, TX, 2000, 2000);
		CHECK(driver_kick(&bench.driver, TX));
		CHECK_EQ(bench.nic.sent_count, 1);
		CHECK(driver_used(&bench.driver, TX, &used));
		CHECK_EQ(bench.driver.interrupts, interrupts + 1);
		for (unsigned int sent = 1; sent < 31; sent += 10) {
			for (int j = 0; j < 10; j++) {
				net_bench_send(&bench, TX, 2000, 2000);
				CHECK(!driver_kick(&bench.driver, TX));
			}
			turn_until_sent(&bench, sent + 10);
			while (driver_used(&bench.driver, TX, &used))
				;
		}
		CHECK_EQ(bench.driver.interrupts, interrupts + 4);
		net_bench_finish(&bench);
	}
}

TEST(wants_kicks_again_when_a_stream_has_ended)
{
	struct net_bench bench;

	for (size_t i = 0; i < ARRAY_SIZE(notifications); i++) {
		net_bench_start(&bench, notifications[i]);
		net_bench_send(&bench, TX, 2000, 2000);
		driver_kick(&bench.driver, TX);
		net_bench_send(&bench, TX, 100, 100); /* the end of it, a short frame */
		CHECK(!driver_kick(&bench.driver, TX));
		turn_until_sent(&bench, 2);
		net_bench_send(&bench, TX, 2000, 2000); /* another, of one frame */
		CHECK(driver_kick(&bench.driver, TX));
		CHECK_EQ(bench.nic.sent_count, 3);
		loop_turn(bench.loop, 1000); /* finds nothing */
		net_bench_send(&bench, TX, 2000, 2000);
		CHECK(driver_kick(&bench.driver, TX));
		CHECK_EQ(bench.nic.sent_count, 4);
		net_bench_finish(&bench);
	}
}

TEST(wants_a_kick_for_each_frame_that_is_short_or_lost)
{
	static const uint32_t lengths[] = {12, 60, 1023, NIC_FRAME_BYTES_MAX + 1};
	struct net_bench bench;

	net_bench_start(&bench, VIRTIO_BIT(VIRTIO_F_EVENT_IDX));
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		net_bench_send(&bench, TX, lengths[i], 60000);
		CHECK(driver_kick(&bench.driver, TX));
	}
	net_bench_finish(&bench);
}

TEST(forgets_a_stream_when_the_driver_resets)
{
	struct net_bench bench;

	net_bench_start(&bench, 0);
	net_bench_send(&bench, TX, 2000, 2000);
	driver_kick(&bench.driver, TX);
	CHECK(driver_start(&bench.driver, 0));
	net_bench_send(&bench, TX, 2000, 2000);
	CHECK(driver_kick(&bench.driver, TX));
	CHECK_EQ(bench.nic.sent_count, 2);
	net_bench_finish(&bench);
}

/* ---- several queues --------------------------------------------------------------- */

TEST(uses_one_pair_until_told_otherwise)
{
	struct net_bench bench;

	net_bench_init(&bench, 4, 0);
	CHECK(driver_start(&bench.driver, NET_MULTI));
	CHECK_EQ(bench.nic.active_queues, 1);
	CHECK(bench.nic.wanted[0] && !bench.nic.wanted[1]);
	driver_write(&bench.driver, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	CHECK(!bench.nic.wanted[1]);
	CHECK_EQ(net_bench_command(&bench, 8, 4, 0, 3, 4), 0);
	CHECK_EQ(bench.nic.active_queues, 3);
	CHECK(bench.nic.wanted[2] && !bench.nic.wanted[3]);
	net_bench_send(&bench, 5, 100, 100);
	driver_kick(&bench.driver, 5);
	CHECK_EQ(bench.nic.sent[0].queue, 2);
	CHECK_EQ(net_bench_command(&bench, 8, 4, 0, 1, 4), 0);
	CHECK(!bench.nic.wanted[2]);
	driver_reset(&bench.driver);
	CHECK(driver_start(&bench.driver, NET_MULTI));
	CHECK_EQ(bench.nic.active_queues, 1);
	net_bench_finish(&bench);
}

TEST(refuses_control_commands_that_make_no_sense)
{
	static const struct {
		uint8_t class, verb;
		uint16_t pairs;
		unsigned int count;
	} cases[] = {
		{4, 0, 0, 4},
		{4, 0, 5, 4},
		{4, 0, 0x8000, 4},
		{4, 0, 2, 3},
		{4, 0, 2, 2},
		{4, 1, 2, 4},
		{0, 0, 1, 4},
		{255, 255, 2, 4},
	};
	struct net_bench bench;

	net_bench_init(&bench, 4, 0);
	CHECK(driver_start(&bench.driver, NET_MULTI));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_EQ(net_bench_command(&bench, 8, cases[i].class, cases[i].verb,
				 cases[i].pairs, cases[i].count),
			1);
	bench.nic.refuse_queues = true;
	CHECK_EQ(net_bench_command(&bench, 8, 4, 0, 2, 4), 1);
	CHECK_EQ(bench.nic.active_queues, 1);
	driver_add(&bench.driver, 8,
		&(struct driver_buffer){driver_alloc(&bench.driver, 4, 4), 4, false}, 1,
		false);
	driver_kick(&bench.driver, 8);
	CHECK(net_bench_needs_reset(&bench));
	net_bench_finish(&bench);
}

TEST(finds_the_control_queue_where_the_features_put_it)
{
	struct net_bench bench;

	net_bench_init(&bench, 4, 0);
	CHECK(driver_start(&bench.driver, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)));
	CHECK_EQ(net_bench_command(&bench, 2, 4, 0, 2, 4),
		1); /* without MQ there is no such */
	CHECK_EQ(bench.nic.active_queues, 1);
	net_bench_send(&bench, 3, 100, 100);
	driver_kick(&bench.driver, 3);
	CHECK_EQ(bench.nic.sent_count, 0);
	CHECK(!net_bench_needs_reset(&bench));
	net_bench_finish(&bench);
}

/* ---- over a socket ---------------------------------------------------------------- */

/* A unix socket with a listener, which is removed again once connected. */
static int connect_nic(struct loop *loop, struct nic **ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int peer;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/bonsai-net-%ld",
		(long)getpid());
	unlink(address.sun_path);
	CHECK_EQ(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_EQ(nic_unix_open(loop, address.sun_path, NULL, ret, NULL), 0);
	peer = accept(listener, NULL, NULL);
	close(listener);
	unlink(address.sun_path);
	return peer;
}

TEST(carries_frames_over_a_socket_and_back)
{
	const struct virtio_net_options options = {.queues = 1};
	struct net_bench bench = {0};
	struct virtio_device *dev = NULL;
	struct driver_used used;
	struct nic *nic = NULL;
	uint8_t wire[256];
	uint64_t gpa;
	int peer;

	CHECK_EQ(loop_create(&bench.loop, NULL), 0);
	peer = connect_nic(bench.loop, &nic);
	CHECK_EQ(virtio_net_create(bench.loop, "eth0", nic, &options, &dev, NULL), 0);
	driver_init(&bench.driver, dev);
	CHECK(driver_start(&bench.driver, MERGE | VIRTIO_BIT(VIRTIO_F_EVENT_IDX)));
	gpa = net_bench_add_rx(&bench, 60, 1536);
	driver_kick(&bench.driver, RX);
	for (int i = 0; i < 2; i++) {
		net_bench_send(&bench, TX, 12 + 60, 20);
		driver_kick(&bench.driver, TX);
		CHECK(driver_used(&bench.driver, TX, &used));
	}
	CHECK_EQ(read(peer, wire, sizeof(wire)), 2 * 64);
	CHECK_EQ(wire[3], 60);
	CHECK_EQ(wire[4], 12 * 7);
	CHECK_EQ(write(peer, wire, 100), 100); /* one frame and half of the other */
	net_bench_turn(&bench);
	CHECK_EQ(write(peer, wire + 100, 28), 28);
	net_bench_turn(&bench);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(driver_used(&bench.driver, RX, &used));
		CHECK_EQ(used.bytes, 72);
		CHECK(memcmp((uint8_t *)driver_hva(
				     &bench.driver, gpa + i * 1536u + 12, 60),
			      wire + 4, 60) == 0);
	}
	close(peer);
	net_bench_turn(&bench);
	CHECK_EQ(driver_config(&bench.driver, 6, 2), 0);
	driver_finish(&bench.driver);
	nic_destroy(nic);
	loop_destroy(bench.loop);
}

TEST_MAIN(CASE(offers_what_the_nic_can_do_and_no_more),
	CASE(sets_the_offloads_that_the_driver_takes_until_it_goes),
	CASE(tells_the_driver_when_the_link_comes_and_goes),
	CASE(sends_frames_however_they_are_cut), CASE(sends_the_longest_segment),
	CASE(drops_what_is_no_frame_and_gives_it_back),
	CASE(keeps_frames_while_the_nic_is_full_and_loses_none),
	CASE(forgets_that_the_nic_was_full_when_the_driver_resets),
	CASE(interrupts_once_for_a_burst_of_frames),
	CASE(lets_others_in_between_long_bursts),
	CASE(takes_a_stream_in_bursts_with_one_kick),
	CASE(wants_kicks_again_when_a_stream_has_ended),
	CASE(wants_a_kick_for_each_frame_that_is_short_or_lost),
	CASE(forgets_a_stream_when_the_driver_resets),
	CASE(uses_one_pair_until_told_otherwise),
	CASE(refuses_control_commands_that_make_no_sense),
	CASE(finds_the_control_queue_where_the_features_put_it),
	CASE(carries_frames_over_a_socket_and_back))
