/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/virtio.h"

#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/virtio_probe.h"

#define STATUS 0x70
#define CORE                                                                             \
	(VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |           \
		VIRTIO_BIT(VIRTIO_F_VERSION_1))

static struct probe probe;
static struct virtio_driver *const driver = &probe.driver;

static void add(unsigned int queue)
{
	driver_add(driver, queue, &(struct driver_buffer){DRIVER_RAM_GPA, 4, true}, 1,
		false);
}

TEST(offers_the_devices_features_and_its_own)
{
	probe_init(&probe, 1);
	CHECK_EQ(driver_offered(driver), CORE | VIRTIO_BIT(PROBE_FEATURE));
	probe_finish(&probe);
}

TEST(agrees_only_to_what_it_offered)
{
	static const struct {
		uint64_t wanted;
		bool good;
	} table[] = {
		{0, true}, {VIRTIO_BIT(PROBE_FEATURE), true},
		{CORE | VIRTIO_BIT(PROBE_FEATURE), true},
		{VIRTIO_BIT(PROBE_FEATURE + 1), false}, {VIRTIO_BIT(63), false},
		{VIRTIO_BIT(34), false}, /* packed rings */
	};

	probe_init(&probe, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		driver_reset(driver);
		CHECK_EQ(driver_negotiate(driver, table[i].wanted), table[i].good);
	}
	/* A refused driver may try again with less. */
	CHECK(driver_negotiate(driver, 0));
	probe_finish(&probe);
}

TEST(refuses_a_legacy_driver_and_unknown_words)
{
	probe_init(&probe, 1);
	driver_write(driver, STATUS, VIRTIO_STATUS_FEATURES_OK);
	CHECK_EQ(driver_status(driver), 0); /* no VERSION_1 */
	virtio_device_accept(&probe.dev, 1, 1);
	virtio_device_accept(&probe.dev, 2, 0);
	virtio_device_accept(&probe.dev, UINT32_MAX, 1);
	driver_write(driver, STATUS, VIRTIO_STATUS_FEATURES_OK);
	CHECK_EQ(driver_status(driver), 0);
	driver_reset(driver);
	virtio_device_accept(&probe.dev, 1, 1);
	virtio_device_accept(&probe.dev, 3, 0);
	driver_write(driver, STATUS, VIRTIO_STATUS_FEATURES_OK);
	CHECK_EQ(driver_status(driver), VIRTIO_STATUS_FEATURES_OK);
	probe_finish(&probe);
}

TEST(freezes_features_at_features_ok)
{
	probe_init(&probe, 1);
	CHECK(driver_negotiate(driver, VIRTIO_BIT(PROBE_FEATURE)));
	virtio_device_accept(&probe.dev, 0, 0);
	virtio_device_accept(&probe.dev, 1, UINT32_MAX);
	virtio_device_accept(&probe.dev, 2, UINT32_MAX);
	CHECK_EQ(probe.dev.features,
		VIRTIO_BIT(PROBE_FEATURE) | VIRTIO_BIT(VIRTIO_F_VERSION_1));
	driver_write(driver, STATUS, driver_status(driver) | VIRTIO_STATUS_DRIVER_OK);
	CHECK_EQ(probe.starts, 1);
	CHECK(!(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET));
	probe_finish(&probe);
}

TEST(needs_a_reset_when_started_without_features)
{
	probe_init(&probe, 1);
	driver_queue_setup(driver, 0, 8);
	driver_write(driver, STATUS, VIRTIO_STATUS_DRIVER_OK);
	CHECK(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(driver_take_interrupt(driver), 2);
	CHECK_EQ(probe.starts, 0);
	/* Too late to agree now. */
	CHECK(driver_negotiate(driver, 0));
	driver_write(driver, STATUS, 0xff);
	CHECK_EQ(probe.starts, 0);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(probe.kicks[0], 0);
	/* A reset heals. */
	CHECK(driver_start(driver, 0));
	CHECK_EQ(probe.starts, 1);
	probe_finish(&probe);
}

TEST(status_bits_cannot_be_taken_back_or_forged)
{
	probe_init(&probe, 1);
	driver_write(driver, STATUS,
		0xffffff00u | VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_ACKNOWLEDGE);
	CHECK_EQ(driver_status(driver), VIRTIO_STATUS_ACKNOWLEDGE);
	driver_write(driver, STATUS, VIRTIO_STATUS_DRIVER);
	CHECK_EQ(driver_status(driver), VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	CHECK(driver_start(driver, 0));
	driver_write(driver, STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	CHECK(driver_status(driver) & VIRTIO_STATUS_DRIVER_OK);
	driver_write(driver, STATUS, driver_status(driver));
	CHECK_EQ(probe.starts, 1);
	probe_finish(&probe);
}

TEST(starts_ready_queues_only_and_looks_at_each_once)
{
	probe_init(&probe, 3);
	CHECK(driver_negotiate(driver, 0));
	driver_queue_setup(driver, 0, 8);
	driver_queue_setup(driver, 2, 8);
	probe.mode = PROBE_ECHO;
	add(2); /* before DRIVER_OK, as a driver may */
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	CHECK_EQ(probe.kicks[2], 0);
	driver_write(driver, STATUS, driver_status(driver) | VIRTIO_STATUS_DRIVER_OK);
	CHECK_EQ(probe.starts, 1);
	CHECK_EQ(probe.kicks[0], 1);
	CHECK_EQ(probe.kicks[1], 0);
	CHECK_EQ(probe.chains, 1);
	CHECK_EQ(driver_take_interrupt(driver), 1);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	CHECK_EQ(probe.kicks[1], 0);
	probe_finish(&probe);
}

TEST(ignores_kicks_of_queues_that_do_not_exist)
{
	static const uint32_t wild[] = {2, 3, VIRTIO_QUEUES_MAX, 63, 64, 0xffff, 0x10000,
		0x80000000u, UINT32_MAX};

	probe_init(&probe, 2);
	CHECK(driver_start(driver, 0));
	probe.kicks[0] = 0;
	probe.kicks[1] = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(wild); i++)
		driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, wild[i]);
	CHECK_EQ(probe.kicks[0] + probe.kicks[1], 0);
	CHECK(!(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET));
	probe_finish(&probe);
}

TEST(does_not_spin_on_chains_that_a_device_leaves)
{
	probe_init(&probe, 1);
	CHECK(driver_start(driver, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)));
	add(0);
	CHECK(driver_kick(driver, 0));
	CHECK_EQ(probe.kicks[0], 2); /* DRIVER_OK, and this */
	CHECK_EQ(driver_take_interrupt(driver), 0);
	probe.mode = PROBE_ECHO;
	virtio_device_kick(&probe.dev, 0); /* as its backend would say */
	CHECK_EQ(probe.chains, 1);
	CHECK_EQ(driver_take_interrupt(driver), 1);
	probe_finish(&probe);
}

TEST(a_device_that_holds_kicks_off_has_none_until_it_comes_back)
{
	static const uint64_t features[] = {0, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)};

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		probe_init(&probe, 1);
		CHECK(driver_start(driver, features[i]));
		probe.mode = PROBE_HOLD;
		add(0);
		CHECK(driver_kick(driver, 0));
		CHECK_EQ(probe.chains, 1);
		CHECK_EQ(driver_take_interrupt(driver), 1);
		add(0);
		CHECK(!driver_kick(driver, 0));
		virtio_device_kick(&probe.dev, 0);
		CHECK_EQ(probe.chains, 2);
		add(0);
		CHECK(!driver_kick(driver, 0));
		probe.mode = PROBE_ECHO;
		virtio_device_kick(&probe.dev, 0);
		CHECK_EQ(probe.chains, 3);
		add(0);
		CHECK(driver_kick(driver, 0));
		CHECK_EQ(probe.chains, 4);
		probe_finish(&probe);
	}
}

TEST(signals_once_for_a_batch)
{
	struct driver_used used;
	unsigned int before;

	probe_init(&probe, 1);
	CHECK(driver_start(driver, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)));
	probe.mode = PROBE_ECHO;
	before = driver->interrupts;
	for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE; i++)
		add(0);
	CHECK(driver_kick(driver, 0));
	CHECK_EQ(probe.chains, DRIVER_QUEUE_SIZE);
	CHECK_EQ(driver->interrupts - before, 1);
	for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE; i++)
		CHECK(driver_used(driver, 0, &used));
	CHECK(!driver_used(driver, 0, &used));
	probe_finish(&probe);
}

TEST(a_driver_that_never_stops_does_not_keep_the_loop)
{
	probe_init(&probe, 1);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_FEED;
	add(0);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(probe.chains, VIRTIO_KICK_CHAINS);
	CHECK_EQ(driver_take_interrupt(driver), 1);
	/* The rest comes in turns of the loop, without another kick. */
	loop_turn(probe.loop, 0);
	CHECK(probe.chains > VIRTIO_KICK_CHAINS);
	probe.mode = PROBE_ECHO;
	loop_turn(probe.loop, 0);
	loop_turn(probe.loop, 0);
	CHECK(!virtq_more(&probe.dev.queues[0]));
	probe_finish(&probe);
}

TEST(a_due_kick_is_forgotten_by_a_reset)
{
	probe_init(&probe, 1);
	CHECK(driver_start(driver, 0));
	virtio_device_kick_soon(&probe.dev, 0);
	CHECK(driver_start(driver, 0));
	probe.kicks[0] = 0;
	loop_turn(probe.loop, 0);
	CHECK_EQ(probe.kicks[0], 0);
	virtio_device_kick_soon(&probe.dev, 0); /* and by the device's end */
	probe_finish(&probe);
}

TEST(a_broken_device_goes_quiet_and_says_so)
{
	struct driver_used used;

	probe_init(&probe, 2);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_KEEP;
	add(0);
	CHECK(driver_kick(driver, 0));
	probe.mode = PROBE_BREAK;
	add(1);
	CHECK(driver_kick(driver, 1));
	CHECK(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(driver_take_interrupt(driver), 2);
	virtq_push(&probe.dev.queues[0], probe.chain.head, 4);
	virtio_device_signal(&probe.dev, 0);
	CHECK_EQ(driver_take_interrupt(driver), 0);
	CHECK(!driver_used(driver, 0, &used));
	CHECK(!probe_pop(&probe, 1));
	virtio_device_broken(&probe.dev, "again");
	CHECK_EQ(driver_take_interrupt(driver), 0);
	probe.mode = PROBE_IDLE;
	CHECK(driver_start(driver, 0));
	CHECK_EQ(probe.stops, 1);
	probe_finish(&probe);
}

TEST(a_broken_ring_stops_the_whole_device)
{
	probe_init(&probe, 2);
	CHECK(driver_start(driver, 0));
	probe.mode = PROBE_ECHO;
	driver_avail(driver, 0)[1] = 0x8000;
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET);
	add(1);
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	CHECK_EQ(probe.chains, 0);
	probe_finish(&probe);
}

TEST(a_bad_queue_keeps_the_device_from_starting)
{
	static const uint32_t sizes[] = {0, 3, 512, 0x10000, UINT32_MAX};

	probe_init(&probe, 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		driver_reset(driver);
		CHECK(driver_negotiate(driver, 0));
		driver_queue_setup(driver, 0, 8);
		driver_queue_setup(driver, 1, 8);
		driver_write(driver, 0x38, sizes[i]);
		driver_write(driver, STATUS, 0xf);
		CHECK(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET);
		CHECK_EQ(driver_take_interrupt(driver), 2);
		CHECK_EQ(probe.starts, 0);
		add(0);
		driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
		CHECK_EQ(probe.kicks[0], 0);
	}
	probe_finish(&probe);
}

TEST(a_reset_forgets_everything)
{
	probe_init(&probe, 2);
	CHECK(driver_start(driver, CORE));
	probe.mode = PROBE_KEEP;
	add(0);
	CHECK(driver_kick(driver, 0));
	CHECK_EQ(probe.dev.queues[0].in_flight, 1);
	virtio_device_reset(&probe.dev);
	virtio_device_reset(&probe.dev);
	CHECK_EQ(probe.stops, 1);
	CHECK_EQ(driver_status(driver), 0);
	CHECK_EQ(probe.dev.features, 0);
	CHECK(!virtio_device_queue_ready(&probe.dev, 0));
	CHECK_EQ(probe.dev.setups[0].desc_gpa, 0);
	CHECK_EQ(probe.dev.queues[0].in_flight, 0);
	/* What a straggler of the old life does has no effect. */
	virtq_push(&probe.dev.queues[0], probe.chain.head, 4);
	virtio_device_signal(&probe.dev, 0);
	virtio_device_kick(&probe.dev, 0);
	CHECK_EQ(driver_take_interrupt(driver), 0);
	probe_finish(&probe);
}

TEST(config_changes_bump_the_generation_and_interrupt)
{
	uint32_t generation;

	probe_init(&probe, 1);
	generation = driver_read(driver, 0xfc);
	virtio_device_config_changed(&probe.dev);
	CHECK_EQ(driver_read(driver, 0xfc), generation + 1);
	CHECK_EQ(driver_take_interrupt(driver), 0); /* nobody there yet */
	CHECK(driver_start(driver, 0));
	virtio_device_config_changed(&probe.dev);
	CHECK_EQ(driver_read(driver, 0xfc), generation + 2);
	CHECK_EQ(driver_take_interrupt(driver), 2);
	probe_finish(&probe);
}

TEST(config_accesses_stay_in_bounds)
{
	probe_init(&probe, 1);
	CHECK_EQ(virtio_device_config_read(&probe.dev, 0, 8), 0xa7a6a5a4a3a2a1a0ull);
	CHECK_EQ(virtio_device_config_read(&probe.dev, 3, 2), 0xa4a3);
	CHECK_EQ(virtio_device_config_read(&probe.dev, 11, 4), 0xab);
	CHECK_EQ(virtio_device_config_read(&probe.dev, 12, 1), 0);
	CHECK_EQ(virtio_device_config_read(&probe.dev, UINT64_MAX, 8), 0);
	virtio_device_config_write(&probe.dev, 11, 2, 1);
	virtio_device_config_write(&probe.dev, 12, 1, 1);
	virtio_device_config_write(&probe.dev, UINT64_MAX, 8, 1);
	CHECK_EQ(probe.config_writes, 0);
	virtio_device_config_write(&probe.dev, 8, 4, 77);
	CHECK_EQ(probe.config_writes, 1);
	CHECK_EQ(probe.last_offset, 8);
	CHECK_EQ(probe.last_value, 77);
	probe_finish(&probe);
}

TEST_MAIN(CASE(offers_the_devices_features_and_its_own),
	CASE(agrees_only_to_what_it_offered),
	CASE(refuses_a_legacy_driver_and_unknown_words),
	CASE(freezes_features_at_features_ok),
	CASE(needs_a_reset_when_started_without_features),
	CASE(status_bits_cannot_be_taken_back_or_forged),
	CASE(starts_ready_queues_only_and_looks_at_each_once),
	CASE(ignores_kicks_of_queues_that_do_not_exist),
	CASE(does_not_spin_on_chains_that_a_device_leaves),
	CASE(a_device_that_holds_kicks_off_has_none_until_it_comes_back),
	CASE(signals_once_for_a_batch),
	CASE(a_driver_that_never_stops_does_not_keep_the_loop),
	CASE(a_due_kick_is_forgotten_by_a_reset),
	CASE(a_broken_device_goes_quiet_and_says_so),
	CASE(a_broken_ring_stops_the_whole_device),
	CASE(a_bad_queue_keeps_the_device_from_starting),
	CASE(a_reset_forgets_everything),
	CASE(config_changes_bump_the_generation_and_interrupt),
	CASE(config_accesses_stay_in_bounds))
