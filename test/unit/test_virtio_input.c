/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/input.h"

#include <endian.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "host/input_impl.h"
#include "src/container_of.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"

#define EVENT_BYTES 8
#define CONFIG_SPACE 0x100 /* of the transport */

/* A device of the host in the test's hand, and a guest's driver of it. */
static struct rig {
	struct loop *loop;
	struct input_source source;
	struct virtio_driver driver;
	uint64_t buffers_gpa;
	unsigned int buffers;                   /* made so far */
	uint64_t buffer_gpa[DRIVER_QUEUE_SIZE]; /* by head */
	char statuses[1024];
	char heard[8192];
	unsigned int events;      /* of what was heard */
	struct input_state guest; /* what it has heard in all */
} rig;

static void take_status(struct input_source *source, const struct evdev_event *event)
{
	input_probe_write(rig.statuses, sizeof(rig.statuses), event);
}

static void source_gone(struct input_source *source)
{
	input_source_finish(source);
}

static void describe(struct input_info *info)
{
	snprintf(info->name, sizeof(info->name), "a touch screen with keys");
	snprintf(info->serial, sizeof(info->serial), "0815");
	info->bus = 3;
	info->vendor = 0x1234;
	info->product = 0xfedc;
	info->version = 0x111;
	input_set_bit(info->properties, INPUT_PROP_DIRECT, true);
	input_set_bit(info->codes[EV_KEY], KEY_A, true);
	input_set_bit(info->codes[EV_KEY], BTN_TOUCH, true);
	input_set_bit(info->codes[EV_LED], LED_CAPSL, true);
	input_set_bit(info->codes[EV_SND], SND_TONE, true);
	input_set_bit(info->codes[EV_ABS], ABS_X, true);
	info->axes[ABS_X] = (struct input_axis){-5, 1000, 3, 4, 12};
	input_set_bit(info->codes[EV_ABS], ABS_MT_SLOT, true);
	info->axes[ABS_MT_SLOT].maximum = 9;
}

static void begin(void)
{
	static const struct input_source_ops ops = {
		.status = take_status, .destroy = source_gone};
	struct virtio_device *dev = NULL;

	memset(&rig, 0, sizeof(rig));
	describe(&rig.source.info);
	CHECK_EQ(loop_create(&rig.loop, NULL), 0);
	CHECK_EQ(input_source_init(&rig.source, &ops), 0);
	CHECK_EQ(input_state_init(&rig.guest, &rig.source.info), 0);
	CHECK_EQ(virtio_input_create(rig.loop, "touch", &rig.source, &dev, NULL), 0);
	driver_init(&rig.driver, dev);
}

static void start(void)
{
	rig.buffers = 0;
	CHECK(driver_start(&rig.driver, 0));
	rig.buffers_gpa = driver_alloc(&rig.driver, 4096, 16);
}

static void finish(void)
{
	driver_finish(&rig.driver);
	input_source_destroy(&rig.source);
	input_state_finish(&rig.guest);
	loop_destroy(rig.loop);
}

/* The driver offers so many more buffers; whether the device wanted to hear of it. */
static bool offer(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct driver_buffer buffer = {.bytes = EVENT_BYTES, .writable = true};
		uint16_t head;

		buffer.gpa = rig.buffers_gpa + rig.buffers++ % 512 * EVENT_BYTES;
		head = driver_add(&rig.driver, VIRTIO_INPUT_EVENTS, &buffer, 1, false);
		rig.buffer_gpa[head] = buffer.gpa;
	}
	return driver_kick(&rig.driver, VIRTIO_INPUT_EVENTS);
}

/* What the guest has got since the last time. */
static const char *heard(void)
{
	struct driver_used used;

	rig.heard[0] = 0;
	rig.events = 0;
	while (driver_used(&rig.driver, VIRTIO_INPUT_EVENTS, &used)) {
		const uint8_t *at =
			driver_hva(&rig.driver, rig.buffer_gpa[used.head], EVENT_BYTES);
		struct evdev_event event;
		uint16_t halves[2];
		uint32_t value;

		CHECK_EQ(used.bytes, EVENT_BYTES);
		memcpy(halves, at, sizeof(halves));
		memcpy(&value, at + 4, sizeof(value));
		event.type = le16toh(halves[0]);
		event.code = le16toh(halves[1]);
		event.value = (int32_t)le32toh(value);
		input_probe_write(rig.heard, sizeof(rig.heard), &event);
		input_state_apply(&rig.guest, &event, 1);
		rig.events++;
	}
	return rig.heard;
}

static bool guest_knows_all(void)
{
	struct evdev_event events[INPUT_STATE_STEP_MAX];

	return !input_state_step(
		&rig.guest, &rig.source.state, events, ARRAY_SIZE(events));
}

/* The device of the host says this and SYN_REPORT. */
static void tell(const struct evdev_event *events, unsigned int count)
{
	struct evdev_event batch[512];

	memcpy(batch, events, count * sizeof(batch[0]));
	batch[count++] = (struct evdev_event){EV_SYN, SYN_REPORT, 0};
	input_source_deliver(&rig.source, batch, count);
}

static void tell_one(unsigned int type, unsigned int code, int32_t value)
{
	tell(&(struct evdev_event){(uint16_t)type, (uint16_t)code, value}, 1);
}

/* ---- the config space ------------------------------------------------------------- */

static unsigned int select_config(unsigned int select, unsigned int sub)
{
	driver_write_sized(&rig.driver, CONFIG_SPACE, 1, select);
	driver_write_sized(&rig.driver, CONFIG_SPACE + 1, 1, sub);
	return (unsigned int)driver_config(&rig.driver, 2, 1);
}

static const char *config_text(unsigned int select)
{
	static char text[129];
	unsigned int bytes = select_config(select, 0);

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = i < bytes ? (char)driver_config(&rig.driver, 8 + i, 1) : 0;
	return text;
}

TEST(tells_the_driver_what_it_is)
{
	begin();
	CHECK_EQ(driver_read(&rig.driver, 8), 18);
	CHECK_STR(config_text(1), "a touch screen with keys");
	CHECK_STR(config_text(2), "0815");
	CHECK_EQ(select_config(3, 0), 8);
	CHECK_EQ(driver_config(&rig.driver, 8, 4), 0x12340003);
	CHECK_EQ(driver_config(&rig.driver, 12, 4), 0x0111fedc);
	CHECK_EQ(select_config(0x10, 0), 1);
	CHECK_EQ(driver_config(&rig.driver, 8, 1), 1 << INPUT_PROP_DIRECT);
	finish();
}

TEST(tells_which_codes_it_has)
{
	begin();
	CHECK_EQ(select_config(0x11, EV_SYN), 0);
	CHECK_EQ(select_config(0x11, EV_KEY), BTN_TOUCH / 8 + 1);
	CHECK_EQ(driver_config(&rig.driver, 8 + KEY_A / 8, 1), 1 << KEY_A % 8);
	CHECK_EQ(driver_config(&rig.driver, 8 + BTN_TOUCH / 8, 1), 1 << BTN_TOUCH % 8);
	CHECK_EQ(select_config(0x11, EV_REL), 0);
	CHECK_EQ(driver_config(&rig.driver, 8 + KEY_A / 8, 1), 0);
	CHECK_EQ(select_config(0x11, EV_LED), 1);
	finish();
}

TEST(tells_how_far_an_axis_goes)
{
	static const int32_t fields[] = {-5, 1000, 3, 4, 12};

	begin();
	CHECK_EQ(select_config(0x12, ABS_X), 20);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		CHECK_EQ(driver_config(&rig.driver, 8 + 4 * i, 4), (uint32_t)fields[i]);
	CHECK_EQ(select_config(0x12, ABS_Y), 0);
	finish();
}

TEST(has_nothing_where_there_is_nothing)
{
	static const uint8_t selects[][2] = {{0, 0}, {1, 1}, {2, 1}, {3, 7}, {4, 0},
		{0x10, 1}, {0x11, 32}, {0x11, 255}, {0x12, 64}, {0x12, 255}, {255, 255}};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(selects); i++) {
		CHECK(select_config(0x12, ABS_X) > 0);
		CHECK_EQ(select_config(selects[i][0], selects[i][1]), 0);
		CHECK_EQ(driver_config(&rig.driver, 8, 4), 0);
	}
	/* Writes of another width mean the same, and those elsewhere nothing. */
	driver_write_sized(&rig.driver, CONFIG_SPACE, 2, 0x12 | ABS_X << 8);
	CHECK_EQ(driver_config(&rig.driver, 2, 1), 20);
	driver_write_sized(&rig.driver, CONFIG_SPACE + 2, 4, UINT32_MAX);
	driver_write_sized(&rig.driver, CONFIG_SPACE + 132, 4, UINT32_MAX);
	CHECK_EQ(driver_config(&rig.driver, 2, 1), 20);
	CHECK_EQ(driver_config(&rig.driver, 132, 4), 0);
	finish();
}

/* ---- events ----------------------------------------------------------------------- */

TEST(sends_events_as_they_are)
{
	static const struct evdev_event batch[] = {
		{EV_MSC, MSC_SCAN, 0x70004}, {EV_KEY, KEY_A, 1}, {EV_ABS, ABS_X, -5}};

	begin();
	start();
	offer(DRIVER_QUEUE_SIZE);
	driver_take_interrupt(&rig.driver);
	rig.driver.interrupts = 0;
	tell(batch, ARRAY_SIZE(batch));
	CHECK_STR(heard(), "M4=458756 K30=1 A0=-5 .");
	CHECK_EQ(rig.driver.interrupts, 1);
	finish();
}

TEST(wants_no_kicks_while_it_has_nothing_to_make_up_for)
{
	begin();
	start();
	CHECK(!offer(8));
	tell_one(EV_KEY, KEY_A, 1);
	CHECK(!offer(2));
	tell_one(EV_KEY, KEY_A, 0);
	CHECK(!offer(2));
	CHECK_STR(heard(), "K30=1 . K30=0 .");
	finish();
}

TEST(drops_what_does_not_fit_as_a_whole)
{
	static const struct evdev_event batch[] = {
		{EV_REL, REL_X, 1}, {EV_REL, REL_Y, 1}, {EV_REL, REL_WHEEL, 1}};

	begin();
	start();
	offer(5);
	tell(batch, 3);
	tell(batch, 3);
	CHECK_STR(heard(), "R0=1 R1=1 R8=1 .");
	/* Movements are lost; the next batch finds room. */
	CHECK(offer(3));
	CHECK_STR(heard(), "");
	tell(batch, 3);
	CHECK_STR(heard(), "R0=1 R1=1 R8=1 .");
	finish();
}

TEST(releases_a_key_whose_release_found_no_room)
{
	begin();
	start();
	offer(3);
	tell_one(EV_KEY, KEY_A, 1);
	tell_one(EV_KEY, KEY_A, 0);
	CHECK_STR(heard(), "K30=1 .");
	driver_take_interrupt(&rig.driver);
	CHECK(offer(1));
	CHECK_STR(heard(), "K30=0 .");
	CHECK_EQ(driver_take_interrupt(&rig.driver), 1);
	finish();
}

TEST(tells_what_was_missed_before_anything_new)
{
	begin();
	start();
	offer(1);
	tell_one(EV_KEY, KEY_A, 1);
	for (unsigned int i = 0; i < 7; i++) {
		struct driver_buffer buffer = {rig.buffers_gpa + 80 + i * 8, 8, true};

		rig.buffer_gpa[driver_add(&rig.driver, 0, &buffer, 1, false)] =
			buffer.gpa;
	}
	/* The driver's kick is still on its way. */
	tell_one(EV_ABS, ABS_X, 9);
	CHECK_STR(heard(), "K30=1 . A0=9 .");
	finish();
}

TEST(puts_fingers_right_as_soon_as_there_is_room)
{
	struct evdev_event down[30];
	unsigned int count = 0;

	begin();
	start();
	offer(4);
	for (int i = 0; i < 3; i++) {
		down[count++] = (struct evdev_event){EV_ABS, ABS_MT_SLOT, i};
		down[count++] = (struct evdev_event){EV_ABS, ABS_MT_TRACKING_ID, 7 + i};
		down[count++] = (struct evdev_event){EV_ABS, ABS_MT_POSITION_X, 50 + i};
	}
	down[count++] = (struct evdev_event){EV_KEY, BTN_TOUCH, 1};
	tell(down, count);
	CHECK_STR(heard(), "");
	/* The guest would take these for the first finger's. */
	tell_one(EV_ABS, ABS_MT_POSITION_X, 99);
	CHECK_STR(heard(), "A57=7 A53=50 .");
	CHECK(offer(9));
	CHECK_STR(heard(), "A47=1 A57=8 A53=51 A47=2 A57=9 A53=99 K330=1 .");
	CHECK(guest_knows_all());
	tell_one(EV_ABS, ABS_MT_POSITION_X, 100);
	CHECK_STR(heard(), "A53=100 .");
	finish();
}

TEST(sends_a_batch_larger_than_any_ring_in_pieces)
{
	struct evdev_event events[300];
	unsigned int count = 0;

	for (int i = 0; i < 10; i++) {
		events[count++] = (struct evdev_event){EV_ABS, ABS_MT_SLOT, i};
		for (unsigned int code = ABS_MT_TOUCH_MAJOR; code <= ABS_MT_TOOL_Y;
			code++)
			events[count++] =
				(struct evdev_event){EV_ABS, (uint16_t)code, 100 + i};
	}
	begin();
	start();
	offer(DRIVER_QUEUE_SIZE);
	tell(events, count);
	CHECK_STR(heard(), "");
	CHECK(!guest_knows_all());
	tell_one(EV_MSC, MSC_SCAN, 0);
	for (unsigned int i = 0; i < 2; i++) {
		heard();
		CHECK(!guest_knows_all());
		CHECK(rig.events > 0);
		CHECK(offer(rig.events));
	}
	heard();
	CHECK(guest_knows_all());
	finish();
}

TEST(tells_a_driver_that_starts_what_is_held)
{
	begin();
	tell_one(EV_KEY, KEY_A, 1);
	tell_one(EV_ABS, ABS_X, 500);
	start();
	CHECK_STR(heard(), "");
	offer(8);
	CHECK_STR(heard(), "K30=1 A0=500 .");
	driver_reset(&rig.driver);
	tell_one(EV_KEY, KEY_A, 0);
	start();
	offer(8);
	CHECK_STR(heard(), "A0=500 .");
	finish();
}

TEST(takes_buffers_in_pieces)
{
	struct driver_used used;
	uint32_t value = 0;
	uint64_t gpa;

	begin();
	start();
	gpa = driver_alloc(&rig.driver, 64, 16);
	for (unsigned int i = 0; i < 2; i++)
		driver_add(&rig.driver, 0,
			(struct driver_buffer[]){{gpa + 32 * i, 3, true},
				{gpa + 32 * i + 8, 1, true},
				{gpa + 32 * i + 16, 4, true}},
			3, false);
	driver_kick(&rig.driver, 0);
	tell_one(EV_KEY, KEY_A, 1);
	CHECK(driver_used(&rig.driver, 0, &used));
	CHECK_EQ(used.bytes, 8);
	memcpy(&value, driver_hva(&rig.driver, gpa + 16, 4), 4);
	CHECK_EQ(le32toh(value), 1);
	finish();
}

TEST(breaks_where_a_buffer_has_no_room_for_an_event)
{
	struct driver_buffer small = {.bytes = 7, .writable = true};

	begin();
	start();
	small.gpa = rig.buffers_gpa;
	offer(1);
	driver_add(&rig.driver, 0, &small, 1, false);
	driver_kick(&rig.driver, 0);
	tell_one(EV_KEY, KEY_A, 1);
	CHECK(driver_status(&rig.driver) & VIRTIO_STATUS_NEEDS_RESET);
	tell_one(EV_KEY, KEY_A, 0);
	driver_reset(&rig.driver);
	start();
	offer(4);
	tell_one(EV_KEY, KEY_A, 1);
	CHECK_STR(heard(), "K30=1 .");
	finish();
}

/* ---- statuses --------------------------------------------------------------------- */

static void set_status(unsigned int type, unsigned int code, uint32_t value)
{
	uint16_t halves[2] = {htole16((uint16_t)type), htole16((uint16_t)code)};
	uint64_t gpa = driver_alloc(&rig.driver, EVENT_BYTES, 16);
	struct driver_used used;

	value = htole32(value);
	memcpy(driver_hva(&rig.driver, gpa, 4), halves, 4);
	memcpy(driver_hva(&rig.driver, gpa + 4, 4), &value, 4);
	driver_add(&rig.driver, VIRTIO_INPUT_STATUS,
		&(struct driver_buffer){gpa, EVENT_BYTES, false}, 1, false);
	CHECK(driver_kick(&rig.driver, VIRTIO_INPUT_STATUS));
	CHECK(driver_used(&rig.driver, VIRTIO_INPUT_STATUS, &used));
	CHECK_EQ(used.bytes, 0);
}

TEST(hands_leds_and_sounds_to_the_source)
{
	begin();
	start();
	set_status(EV_LED, LED_CAPSL, 1);
	set_status(EV_LED, LED_CAPSL, 1);
	set_status(EV_SND, SND_TONE, 440);
	set_status(EV_SND, SND_TONE, 880);
	CHECK_STR(rig.statuses, "L1=1 S2=440 S2=880");
	finish();
}

TEST(keeps_what_the_source_does_not_have_to_itself)
{
	begin();
	start();
	set_status(EV_LED, LED_NUML, 1);
	set_status(EV_LED, 0xffff, 1);
	set_status(EV_SND, 0xffff, 1);
	set_status(EV_KEY, KEY_A, 1);
	set_status(EV_MSC, MSC_TIMESTAMP, 1);
	set_status(EV_REP, REP_DELAY, 250);
	set_status(0xffff, 0, 1);
	CHECK_STR(rig.statuses, "");
	finish();
}

TEST(answers_a_status_that_is_too_short)
{
	struct driver_used used;

	begin();
	start();
	driver_add(&rig.driver, VIRTIO_INPUT_STATUS,
		&(struct driver_buffer){rig.buffers_gpa, 3, false}, 1, false);
	driver_add(&rig.driver, VIRTIO_INPUT_STATUS,
		&(struct driver_buffer){rig.buffers_gpa, 8, true}, 1, false);
	CHECK(driver_kick(&rig.driver, VIRTIO_INPUT_STATUS));
	CHECK(driver_used(&rig.driver, VIRTIO_INPUT_STATUS, &used));
	CHECK(driver_used(&rig.driver, VIRTIO_INPUT_STATUS, &used));
	CHECK_STR(rig.statuses, "");
	finish();
}

TEST(turns_everything_off_when_the_driver_goes)
{
	begin();
	start();
	set_status(EV_LED, LED_CAPSL, 1);
	set_status(EV_SND, SND_TONE, 440);
	rig.statuses[0] = 0;
	driver_reset(&rig.driver);
	CHECK_STR(rig.statuses, "L1=0 S2=0");
	finish();
}

TEST_MAIN(CASE(tells_the_driver_what_it_is), CASE(tells_which_codes_it_has),
	CASE(tells_how_far_an_axis_goes), CASE(has_nothing_where_there_is_nothing),
	CASE(sends_events_as_they_are),
	CASE(wants_no_kicks_while_it_has_nothing_to_make_up_for),
	CASE(drops_what_does_not_fit_as_a_whole),
	CASE(releases_a_key_whose_release_found_no_room),
	CASE(tells_what_was_missed_before_anything_new),
	CASE(puts_fingers_right_as_soon_as_there_is_room),
	CASE(sends_a_batch_larger_than_any_ring_in_pieces),
	CASE(tells_a_driver_that_starts_what_is_held), CASE(takes_buffers_in_pieces),
	CASE(breaks_where_a_buffer_has_no_room_for_an_event),
	CASE(hands_leds_and_sounds_to_the_source),
	CASE(keeps_what_the_source_does_not_have_to_itself),
	CASE(answers_a_status_that_is_too_short),
	CASE(turns_everything_off_when_the_driver_goes))
