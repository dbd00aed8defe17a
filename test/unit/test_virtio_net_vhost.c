/* SPDX-License-Identifier: Apache-2.0 */
/* The network device whose frames the host's kernel moves. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/fake_vhost_kernel.h"
#include "test/unit/net_bench.h"

#define RING_FEATURES                                                                    \
	(VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |           \
		VIRTIO_BIT(VIRTIO_F_VERSION_1))
/* With some that are nobody's business here. */
#define KERNEL_FEATURES (RING_FEATURES | MERGE | 1ull << 24 | 1ull << 26 | 1ull << 27)

static struct fake_vhost_device *const pairs = fake_vhost_kernel.devices;

static void start(struct net_bench *bench, unsigned int queues, uint64_t features)
{
	fake_vhost_kernel_reset(KERNEL_FEATURES);
	net_bench_init_vhost(bench, queues, ALL_OFFLOADS);
	driver_start(&bench->driver, features);
}

static bool runs(unsigned int pair)
{
	CHECK_EQ(pairs[pair].backends[0], pairs[pair].backends[1]);
	return pairs[pair].backends[0] >= 0;
}

TEST(offers_what_the_kernel_and_the_nic_can_do)
{
	static const struct {
		uint64_t kernel;
		uint64_t features;
	} cases[] = {
		{KERNEL_FEATURES, RING_FEATURES | 3 | 1 << 3 | 1 << 5 | 3 << 15},
		{VIRTIO_BIT(VIRTIO_F_VERSION_1),
			VIRTIO_BIT(VIRTIO_F_VERSION_1) | 3 | 1 << 3 | 1 << 5 | 1 << 16},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct net_bench bench;

		fake_vhost_kernel_reset(cases[i].kernel);
		net_bench_init_vhost(&bench, 1, NIC_OFFLOAD_CSUM);
		CHECK_EQ(driver_offered(&bench.driver), cases[i].features);
		CHECK_EQ(driver_config(&bench.driver, 6, 2), 1);
		net_bench_finish(&bench);
	}
}

TEST(hands_over_the_rings_as_the_driver_set_them_up)
{
	struct net_bench bench;

	start(&bench, 2, NET_MULTI | MERGE | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM));
	CHECK_EQ(fake_vhost_kernel.opened, 2);
	CHECK_EQ(bench.nic.set_offloads, NIC_OFFLOAD_CSUM);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(pairs[i].features, MERGE | VIRTIO_BIT(VIRTIO_F_VERSION_1));
		CHECK_EQ(pairs[i].region_count, 1);
		CHECK_EQ(pairs[i].regions[0].gpa, DRIVER_RAM_GPA);
		CHECK_EQ(pairs[i].ring_count, 2);
		for (unsigned int j = 0; j < 2; j++) {
			const struct vhost_ring *ring = &pairs[i].rings[j];

			CHECK_EQ(ring->index, j);
			CHECK(ring->desc ==
				(void *)driver_desc(&bench.driver, 2 * i + j, 0));
			CHECK_EQ(ring->kick_fd,
				virtio_mmio_kick_fd(&bench.driver.transport, 2 * i + j));
		}
	}
	net_bench_finish(&bench);
}

TEST(runs_the_pairs_that_the_driver_asks_for)
{
	struct net_bench bench;

	start(&bench, 3, NET_MULTI);
	CHECK(runs(0) && !runs(1) && !runs(2));
	CHECK_EQ(pairs[0].backends[0], FAKE_NIC_VHOST_FD);
	CHECK_EQ(net_bench_command(&bench, 6, 4, 0, 3, 4), 0);
	CHECK(runs(0) && runs(1) && runs(2));
	CHECK_EQ(pairs[2].backends[0], FAKE_NIC_VHOST_FD + 2);
	CHECK_EQ(net_bench_command(&bench, 6, 4, 0, 2, 4), 0);
	CHECK(runs(0) && runs(1) && !runs(2));
	CHECK_EQ(net_bench_command(&bench, 6, 4, 0, 4, 4), 1);
	/* Those that run are let alone: their frames are not to be lost. */
	CHECK_EQ(pairs[0].set_ups, 1);
	bench.nic.refuse_queues = true;
	CHECK_EQ(net_bench_command(&bench, 6, 4, 0, 1, 4), 1);
	CHECK(runs(0) && runs(1) && !runs(2));
	net_bench_finish(&bench);
}

TEST(drops_what_came_before_the_driver)
{
	struct net_bench bench;

	fake_vhost_kernel_reset(KERNEL_FEATURES);
	net_bench_init_vhost(&bench, 1, ALL_OFFLOADS);
	fake_nic_arrive(&bench.nic, 0, 100, 1);
	CHECK(driver_start(&bench.driver, 0));
	CHECK_EQ(bench.nic.first, bench.nic.end);
	fake_nic_arrive(&bench.nic, 0, 100, 1);
	CHECK(!fake_nic_wake(&bench.nic)); /* the kernel's, not ours */
	net_bench_finish(&bench);
}

TEST(stops_at_a_reset_and_starts_anew)
{
	struct net_bench bench;

	start(&bench, 2, NET_MULTI);
	CHECK_EQ(net_bench_command(&bench, 4, 4, 0, 2, 4), 0);
	driver_reset(&bench.driver);
	CHECK(!runs(0) && !runs(1));
	CHECK_EQ(bench.nic.set_offloads, 0);
	CHECK(driver_start(&bench.driver, 0));
	CHECK_EQ(pairs[0].set_ups, 2);
	CHECK_EQ(pairs[0].features, VIRTIO_BIT(VIRTIO_F_VERSION_1));
	CHECK(runs(0) && !runs(1));
	net_bench_finish(&bench);
	CHECK(!runs(0));
	CHECK(fcntl(pairs[0].fd, F_GETFD) < 0 && fcntl(pairs[1].fd, F_GETFD) < 0);
}

TEST(kicks_and_interrupts_pass_through_eventfds)
{
	struct net_bench bench;
	unsigned int interrupts;
	eventfd_t count;

	start(&bench, 2, NET_MULTI);
	CHECK_EQ(eventfd_read(pairs[0].rings[1].kick_fd, &count), 0);
	driver_write(&bench.driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	CHECK_EQ(eventfd_read(pairs[0].rings[1].kick_fd, &count), 0);
	CHECK_EQ(count, 1);
	interrupts = bench.driver.interrupts;
	CHECK_EQ(eventfd_write(pairs[1].rings[0].call_fd, 1), 0);
	net_bench_turn(&bench);
	CHECK_EQ(bench.driver.interrupts, interrupts + 1);
	CHECK_EQ(driver_take_interrupt(&bench.driver), 1);
	/* Kicks of the control queue are ours. */
	CHECK_EQ(eventfd_write(virtio_mmio_kick_fd(&bench.driver.transport, 4), 1), 0);
	net_bench_turn(&bench);
	CHECK_EQ(net_bench_command(&bench, 4, 4, 0, 2, 4), 0);
	net_bench_finish(&bench);
}

TEST(link_that_goes_is_still_told)
{
	struct net_bench bench;

	start(&bench, 1, VIRTIO_BIT(VIRTIO_NET_F_STATUS));
	fake_nic_set_link(&bench.nic, false);
	CHECK_EQ(driver_config(&bench.driver, 6, 2), 0);
	CHECK(driver_take_interrupt(&bench.driver) & 2);
	net_bench_finish(&bench);
}

TEST(control_queue_in_the_place_of_a_ring_is_refused)
{
	struct net_bench bench;

	start(&bench, 2, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ));
	CHECK(net_bench_needs_reset(&bench));
	CHECK_EQ(pairs[0].set_ups, 0);
	driver_reset(&bench.driver);
	CHECK(driver_start(&bench.driver, NET_MULTI));
	CHECK(!net_bench_needs_reset(&bench));
	net_bench_finish(&bench);
}

TEST(needs_a_reset_where_the_kernel_refuses)
{
	int *const refusals[] = {
		&fake_vhost_kernel.refuse_set_up, &fake_vhost_kernel.refuse_backend};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct net_bench bench;

		fake_vhost_kernel_reset(KERNEL_FEATURES);
		net_bench_init_vhost(&bench, 1, ALL_OFFLOADS);
		*refusals[i] = -ENOBUFS;
		CHECK(!driver_start(&bench.driver, 0));
		CHECK(net_bench_needs_reset(&bench));
		CHECK(!runs(0));
		*refusals[i] = 0;
		CHECK(driver_start(&bench.driver, 0));
		CHECK(!net_bench_needs_reset(&bench));
		CHECK(runs(0));
		net_bench_finish(&bench);
	}
}

TEST(is_not_made_where_the_kernel_has_none)
{
	const struct source_pos pos = {"vm.xml", 7};
	const struct virtio_net_options options = {
		.queues = 2, .vhost = true, .pos = &pos};
	struct virtio_device *dev = NULL;
	struct fake_nic nic;
	struct error err = {0};

	fake_vhost_kernel_reset(KERNEL_FEATURES);
	fake_vhost_kernel.devices_max = 1;
	fake_nic_init(&nic, 2, 0);
	CHECK_EQ(
		virtio_net_create(NULL, "eth0", &nic.nic, &options, &dev, &err), -ENOENT);
	CHECK_HAS(err.text, "/dev/vhost-net");
	CHECK_EQ(err.pos.line, 7);
	CHECK(fcntl(pairs[0].fd, F_GETFD) < 0);
}

TEST_MAIN(CASE(offers_what_the_kernel_and_the_nic_can_do),
	CASE(hands_over_the_rings_as_the_driver_set_them_up),
	CASE(runs_the_pairs_that_the_driver_asks_for),
	CASE(drops_what_came_before_the_driver), CASE(stops_at_a_reset_and_starts_anew),
	CASE(kicks_and_interrupts_pass_through_eventfds),
	CASE(link_that_goes_is_still_told),
	CASE(control_queue_in_the_place_of_a_ring_is_refused),
	CASE(needs_a_reset_where_the_kernel_refuses),
	CASE(is_not_made_where_the_kernel_has_none))
