/* SPDX-License-Identifier: Apache-2.0 */
/* The balloon between a device and the control socket, both of which are the test's. */
#include "src/container_of.h"
#include "src/control.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "test/unit/fake_clock.h"
#include "test/unit/test.h"
#include "virtio/balloon.h"

#define SECOND 1000000000ull
#define RAM (256ull << 20)
#define PAGE 4096ull

static uint64_t taken;
static void (*changed)(void *user);
static void *changed_user;
static json_int_t told[16];
static unsigned int told_count;

/* Takes the place of src/control.c. */
void control_event(struct control *control, const char *name, json_t *data)
{
	CHECK_STR(name, "BALLOON_CHANGE");
	CHECK_EQ(json_unpack(data, "{s:I !}", "actual", &told[told_count++ % 16]), 0);
	json_decref(data);
}

/* What is used of the device, in place of virtio/balloon.c. */
void virtio_balloon_watch(struct virtio_device *dev, void (*tell)(void *user), void *user)
{
	changed = tell;
	changed_user = user;
}

uint64_t virtio_balloon_taken(const struct virtio_device *dev)
{
	return taken;
}

void virtio_balloon_take(struct virtio_device *dev, uint64_t bytes)
{
}

unsigned int virtio_balloon_stats_interval(const struct virtio_device *dev)
{
	return 0;
}

void virtio_balloon_set_stats_interval(struct virtio_device *dev, unsigned int seconds)
{
}

const uint64_t *virtio_balloon_stats(const struct virtio_device *dev, uint64_t *ret_time)
{
	static const uint64_t none[VIRTIO_BALLOON_STATS];

	return none;
}

struct bench {
	struct board_plan plan;
	struct config_device config;
	struct plan_device planned;
	struct virtio_device dev;
	struct machine_device device;
	struct machine machine;
};

static void start(struct bench *bench)
{
	*bench = (struct bench){
		.plan = {.ram_count = 1, .ram = {{.bytes = RAM}}},
		.config.type = CONFIG_DEVICE_BALLOON,
		.planned.config = &bench->config,
		.device = {.plan = &bench->planned, .dev = &bench->dev},
		.machine = {.plan = &bench->plan,
			.loop = &fake_clock,
			.device_count = 1,
			.devices = &bench->device},
	};
	fake_clock = (struct loop){0};
	taken = 0;
	told_count = 0;
	machine_balloon_connect(&bench->machine);
}

static void finish(struct bench *bench)
{
	machine_balloon_disconnect(&bench->machine);
	CHECK(!changed);
	CHECK(!fake_clock.timers);
}

/* As a guest does that is a second about each 100 pages. */
static void guest_gives(unsigned int pages)
{
	for (unsigned int i = 0; i < pages; i++) {
		taken += PAGE;
		changed(changed_user);
		fake_clock_advance(SECOND / 100);
	}
}

TEST(the_first_change_is_told_at_once_then_the_last_of_each_second)
{
	struct bench bench;

	start(&bench);
	guest_gives(250);
	CHECK_EQ(told_count, 3);
	CHECK_EQ(told[0], RAM - PAGE);
	CHECK_EQ(told[1], RAM - 100 * PAGE);
	CHECK_EQ(told[2], RAM - 200 * PAGE);
	fake_clock_advance(SECOND);
	CHECK_EQ(told_count, 4);
	CHECK_EQ(told[3], RAM - 250 * PAGE);
	fake_clock_advance(100 * SECOND);
	CHECK_EQ(told_count, 4);
	guest_gives(1);
	CHECK_EQ(told_count, 5);
	CHECK_EQ(told[4], RAM - 251 * PAGE);
	finish(&bench);
}

TEST(a_machine_without_a_balloon_has_none)
{
	struct machine_balloon found;
	struct bench bench;

	start(&bench);
	CHECK(machine_balloon_get(&bench.machine.face, &found));
	finish(&bench);
	bench.config.type = CONFIG_DEVICE_RNG;
	bench.machine.balloon = NULL;
	machine_balloon_connect(&bench.machine);
	CHECK(!machine_balloon_get(&bench.machine.face, &found));
	machine_balloon_disconnect(&bench.machine);
}

TEST_MAIN(CASE(the_first_change_is_told_at_once_then_the_last_of_each_second),
	CASE(a_machine_without_a_balloon_has_none))
