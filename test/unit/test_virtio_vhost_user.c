/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/vhost_user.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/error.h"
#include "src/loop.h"
#include "test/unit/fake_vhost.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"
#include "virtio/fs.h"

/* Long for a busy machine; what is not to answer at all is waited for less long. */
#define TIMEOUT_MS 20000u
#define SILENCE_MS 200u

static struct fake_vhost fake;
static struct virtio_driver driver;
static struct loop *loop;
static struct error err;

static const struct virtio_vhost_user_options plain = {
	.device_id = 18, .queues = 2, .config_bytes = 8, .timeout_ms = TIMEOUT_MS};
static const struct virtio_vhost_user_options impatient = {
	.device_id = 18, .queues = 2, .config_bytes = 8, .timeout_ms = SILENCE_MS};
static const struct virtio_vhost_user_options less_patient = {
	.device_id = 18, .queues = 2, .config_bytes = 8, .timeout_ms = 5 * SILENCE_MS};

/* A fake that answers plainly, to be changed before open_device(). */
static struct vhost_source *prepare(void)
{
	struct vhost_source *source;

	err = (struct error){0};
	fake_vhost_init(&fake, &source);
	fake.config_bytes = 8;
	memcpy(fake.config, "abcdefgh", 8);
	CHECK_EQ(loop_create(&loop, NULL), 0);
	return source;
}

static int open_device(
	struct vhost_source *source, const struct virtio_vhost_user_options *options)
{
	struct virtio_device *dev = NULL;
	int code = virtio_vhost_user_create(loop, "dev0", source, options, &dev, &err);

	if (!code)
		driver_init_shared(&driver, dev);
	return code;
}

static void begin(void)
{
	CHECK_EQ(open_device(prepare(), &plain), 0);
	CHECK_STR(err.text, "");
}

static void finish(void)
{
	driver_finish(&driver);
	fake_vhost_finish(&fake);
	loop_destroy(loop);
}

static bool start(void)
{
	return driver_start(&driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC));
}

/* One request and what comes back, in upper case where somebody served it. */
static void request(const char *text, char *ret, unsigned int room)
{
	uint32_t bytes = (uint32_t)strlen(text) + 1;
	uint64_t gpa = driver_alloc(&driver, 2 * (uint64_t)bytes, 16);
	struct driver_used used;

	memcpy(driver_hva(&driver, gpa, bytes), text, bytes);
	driver_add(&driver, 1,
		(struct driver_buffer[]){{gpa, bytes, false}, {gpa + bytes, bytes, true}},
		2, false);
	CHECK(driver_kick(&driver, 1));
	fake_vhost_serve(&fake, 1);
	loop_turn(loop, 0);
	ret[0] = '\0';
	if (!driver_used(&driver, 1, &used))
		return;
	CHECK(bytes <= room);
	memcpy(ret, driver_hva(&driver, gpa + bytes, bytes), bytes);
}

TEST(driver_makes_no_queue_larger_than_it_is_told)
{
	struct virtio_vhost_user_options options = plain;

	options.queue_size = 16;
	CHECK_EQ(open_device(prepare(), &options), 0);
	CHECK_EQ(driver_read(&driver, 0x34), 16);
	CHECK(!start()); /* with queues of DRIVER_QUEUE_SIZE */
	CHECK(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(fake.region_count, 0);
	driver_reset(&driver);
	CHECK(driver_negotiate(&driver, 0));
	driver_queue_setup(&driver, 0, 8);
	driver_queue_setup(&driver, 1, 16);
	driver_write(&driver, 0x70, driver_status(&driver) | VIRTIO_STATUS_DRIVER_OK);
	CHECK(!(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET));
	CHECK_EQ(fake.rings[0].size, 8);
	CHECK_EQ(fake.rings[1].size, 16);
	finish();
}

TEST(hands_rings_and_memory_over)
{
	char got[16];

	begin();
	CHECK_EQ(driver_read(&driver, 8), 18);
	CHECK_EQ(fake.owners, 1);
	CHECK_EQ(fake.agreed_protocol, FAKE_VHOST_PROTOCOL);
	CHECK_EQ(driver_offered(&driver), FAKE_VHOST_FEATURES & ~(1ull << 30));
	CHECK(start());
	CHECK_EQ(fake.agreed_features, 1ull << 32 | 1ull << 30 | 1ull << 28);
	CHECK_EQ(fake.region_count, 1);
	CHECK_EQ(fake.regions[0].gpa, DRIVER_RAM_GPA);
	CHECK_EQ(fake.regions[0].bytes, DRIVER_RAM_BYTES);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(fake.rings[i].size, DRIVER_QUEUE_SIZE);
		CHECK_EQ(fake.rings[i].base, 0);
		CHECK(fake.rings[i].running && fake.rings[i].enabled);
	}
	CHECK(!fake.rings[2].running);
	request("hello", got, sizeof(got));
	CHECK_STR(got, "HELLO");
	CHECK_EQ(driver.interrupts, 1);
	finish();
}

/* The other process interrupts without our doing: its guest must believe it. */
TEST(shows_the_ring_bit_while_another_process_may_interrupt)
{
	begin();
	CHECK_EQ(driver_read(&driver, 0x60), 0);
	CHECK(start());
	CHECK_EQ(driver_read(&driver, 0x60), 1);
	driver_write(&driver, 0x64, 1);
	CHECK_EQ(driver_read(&driver, 0x60), 1);
	driver_reset(&driver);
	CHECK_EQ(driver_read(&driver, 0x60), 0);
	finish();
}

TEST(takes_the_rings_back_at_a_reset_and_gives_them_again)
{
	char got[16];

	begin();
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(start());
		CHECK(fake.rings[0].running && fake.rings[1].running);
		request("again", got, sizeof(got));
		CHECK_STR(got, "AGAIN");
		driver_reset(&driver);
		CHECK(!fake.rings[0].running && !fake.rings[1].running);
	}
	CHECK_EQ(fake.owners, 1);
	finish();
}

TEST(offers_no_ring_format_that_the_core_does_not_check)
{
	struct vhost_source *source = prepare();

	fake.features = UINT64_MAX;
	CHECK_EQ(open_device(source, &plain), 0);
	/* Packed rings, access through an IOMMU, data with a kick, reset of a queue. */
	CHECK_EQ(driver_offered(&driver) >> 33 & 0x1ff, 1u << 2);
	CHECK_EQ(driver_offered(&driver) >> 24 & 0x3f, 0x30);
	CHECK_EQ(driver_offered(&driver) & 0xffffff, 0xffffff);
	finish();
}

TEST(offers_no_net_features_that_need_a_config_space)
{
	const struct virtio_vhost_user_options net = {.device_id = 1,
		.queues = 2,
		.config_bytes = 12,
		.timeout_ms = TIMEOUT_MS};
	struct vhost_source *source = prepare();

	fake.features = UINT64_MAX;
	fake.protocol = 1 << 3;
	CHECK_EQ(open_device(source, &net), 0);
	CHECK_EQ(driver_offered(&driver) & 0xffffff, 0xff83);
	CHECK_EQ(driver_config(&driver, 0, 8), 0);
	finish();
}

TEST(runs_with_a_back_end_of_the_oldest_protocol)
{
	struct vhost_source *source = prepare();

	fake.features = 1ull << 32;
	CHECK_EQ(open_device(source, &plain), 0);
	CHECK(driver_start(&driver, 0));
	/* Nothing is acknowledged: an answer to another request comes after it all. */
	driver_reset(&driver);
	CHECK_EQ(fake.rings[1].size, DRIVER_QUEUE_SIZE);
	CHECK_EQ(fake.agreed_features, 1ull << 32);
	CHECK(!fake.rings[1].enabled);
	finish();
}

TEST(reads_and_writes_the_config_space_over_there)
{
	begin();
	CHECK_EQ(driver_config(&driver, 0, 4), 0x64636261);
	driver_write_sized(&driver, 0x100 + 2, 2, 0x5958);
	CHECK_EQ(fake.wrote_offset, 2);
	CHECK_EQ(fake.wrote_bytes, 2);
	CHECK_EQ(driver_config(&driver, 0, 4), 0x59586261);
	/* Beyond its end nothing is asked for. */
	fake.wrote_bytes = 0;
	driver_write_sized(&driver, 0x100 + 7, 4, 0);
	CHECK_EQ(fake.wrote_bytes, 0);
	finish();
}

static void config_message(uint32_t request, uint32_t flags, uint32_t bytes)
{
	struct wire_header header = {request, flags, bytes};

	CHECK_EQ(send(fake.channel_fd, &header, sizeof(header), 0), sizeof(header));
}

TEST(tells_the_driver_of_a_changed_config_space)
{
	uint64_t failed = 1;
	struct wire_header header;

	begin();
	CHECK(start());
	driver_take_interrupt(&driver);
	fake.config[0] = 'z';
	config_message(WIRE_CONFIG_CHANGED, WIRE_VERSION | WIRE_NEED_REPLY, 0);
	loop_turn(loop, 0);
	CHECK_EQ(driver_take_interrupt(&driver) & 2, 2);
	CHECK_EQ(driver_config(&driver, 0, 1), 'z');
	CHECK_EQ(recv(fake.channel_fd, &header, sizeof(header), 0), sizeof(header));
	CHECK_EQ(recv(fake.channel_fd, &failed, sizeof(failed), 0), sizeof(failed));
	CHECK_EQ(failed, 0);
	/* What it asks for besides is denied. */
	config_message(3, WIRE_VERSION | WIRE_NEED_REPLY, 0);
	loop_turn(loop, 0);
	CHECK_EQ(recv(fake.channel_fd, &header, sizeof(header), 0), sizeof(header));
	CHECK_EQ(recv(fake.channel_fd, &failed, sizeof(failed), 0), sizeof(failed));
	CHECK_EQ(failed, 1);
	finish();
}

TEST(closes_a_channel_that_is_not_of_the_protocol)
{
	static const struct wire_header bad[] = {
		{WIRE_CONFIG_CHANGED, 0, 0},
		{WIRE_CONFIG_CHANGED, WIRE_VERSION, UINT32_MAX},
		{WIRE_CONFIG_CHANGED, WIRE_VERSION, 8}, /* of which nothing comes */
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char byte;

		begin();
		config_message(bad[i].request, bad[i].flags, bad[i].bytes);
		loop_turn(loop, 0);
		CHECK_EQ(recv(fake.channel_fd, &byte, 1, 0), 0);
		/* The device itself goes on. */
		CHECK(start());
		finish();
	}
}

TEST(needs_a_reset_when_the_back_end_goes_away)
{
	char got[16];

	begin();
	CHECK(start());
	fake_vhost_close(&fake);
	loop_turn(loop, 0);
	CHECK_EQ(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET,
		VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(driver_take_interrupt(&driver) & 2, 2);
	/* Kicks and config accesses find nobody, and that is all. */
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	driver_write_sized(&driver, 0x100, 1, 0);
	CHECK_EQ(driver_config(&driver, 0, 1), 'a');
	/* The next driver has it connected again. */
	driver_reset(&driver);
	CHECK(start());
	CHECK_EQ(fake.owners, 2);
	request("back", got, sizeof(got));
	CHECK_STR(got, "BACK");
	finish();
}

TEST(needs_a_reset_while_nobody_is_there_to_connect_to)
{
	begin();
	fake_vhost_close(&fake);
	loop_turn(loop, 0);
	fake.refused_connects = 1;
	start();
	CHECK(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET);
	driver_reset(&driver);
	CHECK(start());
	CHECK(!(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET));
	finish();
}

TEST(needs_a_reset_where_a_back_end_comes_back_with_less)
{
	begin();
	fake_vhost_close(&fake);
	loop_turn(loop, 0);
	fake.features &= ~(1ull << 28);
	start();
	CHECK(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET);
	finish();
}

TEST(ends_a_connection_that_speaks_unasked)
{
	begin();
	CHECK(start());
	CHECK_EQ(send(fake.fd, "x", 1, MSG_NOSIGNAL), 1);
	loop_turn(loop, 0);
	CHECK(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET);
	finish();
}

static const uint32_t greetings[] = {WIRE_GET_FEATURES, WIRE_GET_PROTOCOL_FEATURES,
	WIRE_GET_QUEUE_NUM, WIRE_SET_OWNER, WIRE_SET_BACKEND_FD, WIRE_GET_CONFIG};
static const uint32_t set_ups[] = {WIRE_SET_FEATURES, WIRE_SET_MEM_TABLE,
	WIRE_SET_VRING_NUM, WIRE_SET_VRING_BASE, WIRE_SET_VRING_ADDR, WIRE_SET_VRING_CALL,
	WIRE_SET_VRING_KICK, WIRE_SET_VRING_ENABLE};

static bool is_silence(enum fake_vhost_fault fault)
{
	return fault == FAULT_HANG || fault == FAULT_HALF;
}

/* What a request with no acknowledgement cannot do. */
static bool applies(uint32_t request, enum fake_vhost_fault fault)
{
	bool asks = request == WIRE_GET_FEATURES ||
		    request == WIRE_GET_PROTOCOL_FEATURES ||
		    request == WIRE_GET_QUEUE_NUM || request == WIRE_GET_CONFIG;

	if (fault == FAULT_REFUSE)
		return !asks;
	/* No bytes of config space are an answer. */
	return request != WIRE_GET_CONFIG || fault != FAULT_EMPTY;
}

TEST(refuses_to_start_with_a_back_end_that_greets_wrongly)
{
	for (unsigned int i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		for (int fault = FAULT_CLOSE; fault < FAULT_COUNT; fault++) {
			struct vhost_source *source = prepare();

			if (!applies(greetings[i], fault))
				source->ops->destroy(source);
			else {
				fake.fault_request = greetings[i];
				fake.fault = fault;
				if (!open_device(source,
					    is_silence(fault) ? &impatient : &plain))
					test_fail(__FILE__, __LINE__,
						"request %u fault %d", greetings[i],
						fault);
				CHECK_HAS(err.text, "dev0: ");
				CHECK_HAS(err.text, "back end");
			}
			fake_vhost_finish(&fake);
			loop_destroy(loop);
		}
	}
}

TEST(needs_a_reset_where_a_back_end_is_set_up_wrongly)
{
	for (unsigned int i = 0; i < sizeof(set_ups) / sizeof(set_ups[0]); i++) {
		for (int fault = FAULT_CLOSE; fault < FAULT_COUNT; fault++) {
			/* One is as silent as the other. */
			if (is_silence(fault) && i > 1)
				continue;
			CHECK_EQ(open_device(prepare(),
					 is_silence(fault) ? &less_patient : &plain),
				0);
			fake.fault_request = set_ups[i];
			fake.fault = fault;
			start();
			if (!(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET))
				test_fail(__FILE__, __LINE__, "request %u fault %d",
					set_ups[i], fault);
			finish();
		}
	}
}

TEST(resets_beside_a_back_end_that_does_not_give_rings_back)
{
	for (int fault = FAULT_CLOSE; fault < FAULT_REFUSE; fault++) {
		CHECK_EQ(open_device(
				 prepare(), is_silence(fault) ? &less_patient : &plain),
			0);
		CHECK(start());
		fake.fault_request = WIRE_GET_VRING_BASE;
		fake.fault = fault;
		driver_reset(&driver);
		CHECK_EQ(driver_status(&driver), 0);
		fake.fault = FAULT_NONE;
		CHECK(start());
		CHECK(!(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET));
		finish();
	}
}

TEST(says_what_went_wrong)
{
	static const struct {
		uint32_t request;
		enum fake_vhost_fault fault;
		const char *text;
	} table[] = {
		{WIRE_GET_FEATURES, FAULT_HANG,
			"does not answer GET_FEATURES within 0 s"},
		{WIRE_GET_CONFIG, FAULT_HUGE,
			"answer to GET_CONFIG is not of the protocol"},
		{WIRE_SET_OWNER, FAULT_REFUSE, "the back end refuses SET_OWNER"},
		{WIRE_GET_QUEUE_NUM, FAULT_CLOSE, "the back end closed the connection"},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct vhost_source *source = prepare();

		fake.fault_request = table[i].request;
		fake.fault = table[i].fault;
		CHECK(open_device(source,
			      is_silence(table[i].fault) ? &impatient : &plain) < 0);
		CHECK_HAS(err.text, table[i].text);
		fake_vhost_finish(&fake);
		loop_destroy(loop);
	}
}

TEST(says_what_a_back_end_lacks)
{
	static const struct {
		uint64_t features;
		uint64_t queues;
		const char *text;
	} table[] = {
		{1ull << 30, 4, "dev0: the back end does not know virtio 1"},
		{FAKE_VHOST_FEATURES, 1,
			"dev0: the back end serves 1 queues, 2 are wanted"},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct vhost_source *source = prepare();

		fake.features = table[i].features;
		fake.queues = table[i].queues;
		CHECK(open_device(source, &plain) < 0);
		CHECK_STR(err.text, table[i].text);
		fake_vhost_finish(&fake);
		loop_destroy(loop);
	}
}

TEST(tells_a_disk_how_many_queues_it_has_here)
{
	const struct virtio_vhost_user_options block = {.device_id = 2,
		.queues = 3,
		.config_bytes = 60,
		.timeout_ms = TIMEOUT_MS};
	struct vhost_source *source = prepare();

	fake.config_bytes = 60;
	fake.config[34] = 4;
	CHECK_EQ(open_device(source, &block), 0);
	CHECK_EQ(driver_config(&driver, 34, 2), 3);
	finish();
}

TEST(has_no_config_space_where_the_back_end_has_less)
{
	struct vhost_source *source = prepare();

	fake.config_bytes = 4;
	CHECK_EQ(open_device(source, &plain), 0);
	CHECK_EQ(driver_config(&driver, 0, 4), 0);
	CHECK(start());
	finish();
}

TEST(puts_a_file_systems_tag_into_its_config_space)
{
	struct vhost_source *source = prepare();
	struct virtio_device *dev = NULL;

	CHECK_EQ(virtio_fs_create(
			 loop, "fs0", source, "share", 2, 0, TIMEOUT_MS, &dev, &err),
		0);
	driver_init_shared(&driver, dev);
	CHECK_EQ(driver_read(&driver, 8), 26);
	CHECK_EQ(dev->queue_count, 3);
	CHECK_EQ(driver_config(&driver, 0, 8), 0x6572616873);
	CHECK_EQ(driver_config(&driver, 36, 4), 2);
	CHECK(start());
	CHECK(fake.rings[2].running);
	finish();
}

TEST_MAIN(CASE(driver_makes_no_queue_larger_than_it_is_told),
	CASE(hands_rings_and_memory_over),
	CASE(shows_the_ring_bit_while_another_process_may_interrupt),
	CASE(takes_the_rings_back_at_a_reset_and_gives_them_again),
	CASE(offers_no_ring_format_that_the_core_does_not_check),
	CASE(offers_no_net_features_that_need_a_config_space),
	CASE(runs_with_a_back_end_of_the_oldest_protocol),
	CASE(reads_and_writes_the_config_space_over_there),
	CASE(tells_the_driver_of_a_changed_config_space),
	CASE(closes_a_channel_that_is_not_of_the_protocol),
	CASE(needs_a_reset_when_the_back_end_goes_away),
	CASE(needs_a_reset_while_nobody_is_there_to_connect_to),
	CASE(needs_a_reset_where_a_back_end_comes_back_with_less),
	CASE(ends_a_connection_that_speaks_unasked),
	CASE(refuses_to_start_with_a_back_end_that_greets_wrongly),
	CASE(needs_a_reset_where_a_back_end_is_set_up_wrongly),
	CASE(resets_beside_a_back_end_that_does_not_give_rings_back),
	CASE(says_what_went_wrong), CASE(says_what_a_back_end_lacks),
	CASE(tells_a_disk_how_many_queues_it_has_here),
	CASE(has_no_config_space_where_the_back_end_has_less),
	CASE(puts_a_file_systems_tag_into_its_config_space))
