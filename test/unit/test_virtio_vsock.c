/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "test/unit/test.h"
#include "test/unit/vsock_bench.h"

#define GUEST 1024u
#define HOST 5000u

static struct vsock_bench bench;

static void send_op(enum vsock_op op)
{
	vsock_bench_send(&bench, vsock_bench_packet(op, GUEST, HOST));
}

static void send_shutdown(uint32_t flags)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_SHUTDOWN, GUEST, HOST);

	header.flags = flags;
	vsock_bench_send(&bench, header);
}

/* Takes payload from a place of the stream on; returns how much. */
static uint64_t take_payload(uint64_t place, uint64_t at_most)
{
	struct vsock_header header;
	uint64_t taken = 0;

	while (taken < at_most && vsock_bench_take(&bench, &header)) {
		CHECK_EQ(header.op, VSOCK_RW);
		for (uint32_t i = 0; i < header.bytes; i++)
			if (bench.payload[i] != vsock_bench_byte(place + taken + i)) {
				test_fail(__FILE__, __LINE__, "a wrong byte");
				return taken;
			}
		taken += header.bytes;
	}
	return taken;
}

TEST(tells_the_guest_its_cid)
{
	vsock_bench_init(&bench);
	CHECK_EQ(driver_config(&bench.driver, 0, 4), BENCH_CID);
	CHECK_EQ(driver_config(&bench.driver, 4, 4), 0);
	CHECK(driver_offered(&bench.driver) & VIRTIO_BIT(VSOCK_F_STREAM));
	vsock_bench_finish(&bench);
}

TEST(guest_reaches_the_host)
{
	struct bench_stream *stream;
	struct vsock_header header;

	vsock_bench_init(&bench);
	send_op(VSOCK_REQUEST);
	header = vsock_bench_expect(&bench, VSOCK_RESPONSE);
	CHECK_EQ(header.from_cid, VSOCK_CID_HOST);
	CHECK_EQ(header.from_port, HOST);
	CHECK_EQ(header.to_port, GUEST);
	CHECK_EQ(header.type, VSOCK_TYPE_STREAM);
	CHECK_EQ(header.buffer_bytes, VIRTIO_VSOCK_BUFFER_BYTES);
	stream = &bench.streams[0];
	CHECK_EQ(stream->port, HOST);
	vsock_bench_send_bytes(&bench, GUEST, HOST, 100, 0);
	CHECK_EQ(stream->written, 100);
	stream->in_left = 10;
	vsock_bench_pump(&bench);
	CHECK_EQ(take_payload(0, 10), 10);
	vsock_bench_expect_none(&bench);
	vsock_bench_finish(&bench);
}

TEST(host_reaches_the_guest)
{
	struct vsock_header header;
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_ask(&bench, GUEST);
	header = vsock_bench_expect(&bench, VSOCK_REQUEST);
	CHECK_EQ(header.to_port, GUEST);
	CHECK(!stream->agreed);
	CHECK(!stream->in_wanted);
	vsock_bench_send(
		&bench, vsock_bench_packet(VSOCK_RESPONSE, GUEST, header.from_port));
	CHECK(stream->agreed);
	CHECK_EQ(stream->port, header.from_port);
	stream->in_left = 5;
	vsock_bench_pump(&bench);
	CHECK_EQ(take_payload(0, 5), 5);
	vsock_bench_finish(&bench);
}

TEST(host_ports_differ)
{
	struct vsock_header first, second;

	vsock_bench_init(&bench);
	vsock_bench_ask(&bench, GUEST);
	vsock_bench_ask(&bench, GUEST);
	first = vsock_bench_expect(&bench, VSOCK_REQUEST);
	second = vsock_bench_expect(&bench, VSOCK_REQUEST);
	CHECK(first.from_port != second.from_port);
	vsock_bench_finish(&bench);
}

TEST(refuses_the_host_before_there_is_a_driver)
{
	vsock_bench_init(&bench);
	driver_reset(&bench.driver);
	CHECK(!vsock_bench_ask(&bench, GUEST));
	vsock_bench_finish(&bench);
}

TEST(guest_may_refuse)
{
	struct vsock_header header;
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_ask(&bench, GUEST);
	header = vsock_bench_expect(&bench, VSOCK_REQUEST);
	vsock_bench_send(&bench, vsock_bench_packet(VSOCK_RST, GUEST, header.from_port));
	CHECK(!stream->open);
	CHECK(!stream->agreed);
	vsock_bench_expect_none(&bench);
	vsock_bench_finish(&bench);
}

TEST(host_may_refuse)
{
	struct vsock_header header;

	vsock_bench_init(&bench);
	bench.connect_code = -ECONNREFUSED;
	send_op(VSOCK_REQUEST);
	header = vsock_bench_expect(&bench, VSOCK_RST);
	CHECK_EQ(header.from_port, HOST);
	CHECK_EQ(header.to_port, GUEST);
	vsock_bench_finish(&bench);
}

TEST(host_that_leaves_before_the_request_went_out_is_forgotten)
{
	struct bench_stream *stream;
	struct vsock_header header;

	vsock_bench_init(&bench);
	/* No receive buffer is left. */
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_left = UINT32_MAX;
	vsock_bench_pump(&bench);
	stream = vsock_bench_ask(&bench, 80);
	stream->base.user->events->gone(stream->base.user);
	CHECK(!stream->open);
	while (vsock_bench_keep(&bench, &header))
		CHECK_EQ(header.op, VSOCK_RW);
	vsock_bench_finish(&bench);
}

TEST(host_that_leaves_before_the_answer_is_reset)
{
	struct bench_stream *stream;
	struct vsock_header header;

	vsock_bench_init(&bench);
	stream = vsock_bench_ask(&bench, GUEST);
	header = vsock_bench_expect(&bench, VSOCK_REQUEST);
	stream->base.user->events->gone(stream->base.user);
	CHECK(!stream->open);
	CHECK_EQ(vsock_bench_expect(&bench, VSOCK_RST).from_port, header.from_port);
	vsock_bench_finish(&bench);
}

/* ---- credit ----------------------------------------------------------------------- */

TEST(sends_no_more_than_the_guest_has_room_for)
{
	struct bench_stream *stream;
	struct vsock_header header;
	uint64_t taken;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_left = 2 * BENCH_CREDIT;
	for (taken = 0; taken < BENCH_CREDIT;) {
		uint64_t now;

		vsock_bench_pump(&bench);
		now = take_payload(taken, BENCH_CREDIT - taken);
		CHECK(now);
		if (!now)
			break;
		taken += now;
	}
	vsock_bench_pump(&bench);
	CHECK_EQ(stream->in_left, BENCH_CREDIT);
	CHECK(!stream->in_wanted);
	vsock_bench_expect(&bench, VSOCK_CREDIT_REQUEST);
	vsock_bench_expect_none(&bench);

	header = vsock_bench_packet(VSOCK_CREDIT_UPDATE, GUEST, HOST);
	header.forwarded_bytes = 1000;
	vsock_bench_send(&bench, header);
	CHECK_EQ(take_payload(taken, 1000), 1000);
	vsock_bench_expect(&bench, VSOCK_CREDIT_REQUEST);
	vsock_bench_expect_none(&bench);
	vsock_bench_finish(&bench);
}

TEST(slow_host_stops_its_guest_by_credit)
{
	struct bench_stream *stream;
	struct vsock_header header;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->room = 1000;
	for (uint32_t sent = 0; sent < VIRTIO_VSOCK_BUFFER_BYTES; sent += 32768)
		vsock_bench_send_bytes(&bench, GUEST, HOST, 32768, sent);
	CHECK_EQ(stream->written, 1000);
	CHECK(stream->out_wanted);
	vsock_bench_expect_none(&bench);
	send_op(VSOCK_CREDIT_REQUEST);
	header = vsock_bench_expect(&bench, VSOCK_CREDIT_UPDATE);
	CHECK_EQ(header.forwarded_bytes, 1000);

	/* The host reads on: the guest hears of it before it has to ask. */
	stream->room = VIRTIO_VSOCK_BUFFER_BYTES / 2;
	vsock_bench_pump(&bench);
	header = vsock_bench_expect(&bench, VSOCK_CREDIT_UPDATE);
	CHECK_EQ(header.forwarded_bytes, 1000 + VIRTIO_VSOCK_BUFFER_BYTES / 2);
	vsock_bench_send_bytes(&bench, GUEST, HOST, 5000, VIRTIO_VSOCK_BUFFER_BYTES);
	stream->room = UINT64_MAX;
	vsock_bench_pump(&bench);
	CHECK_EQ(stream->written, VIRTIO_VSOCK_BUFFER_BYTES + 5000);
	CHECK(!stream->out_wanted);
	vsock_bench_finish(&bench);
}

TEST(slow_host_stops_nobody_else)
{
	struct bench_stream *slow, *fast;

	vsock_bench_init(&bench);
	slow = vsock_bench_connect(&bench, GUEST, HOST);
	fast = vsock_bench_connect(&bench, GUEST + 1, HOST);
	slow->room = 0;
	vsock_bench_send_bytes(&bench, GUEST, HOST, 60000, 0);
	vsock_bench_send_bytes(&bench, GUEST + 1, HOST, 60000, 0);
	CHECK_EQ(slow->written, 0);
	CHECK_EQ(fast->written, 60000);
	vsock_bench_finish(&bench);
}

TEST(guest_beyond_its_credit_is_reset)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->room = 0;
	for (uint32_t sent = 0; sent < VIRTIO_VSOCK_BUFFER_BYTES; sent += 32768)
		vsock_bench_send_bytes(&bench, GUEST, HOST, 32768, sent);
	vsock_bench_expect_none(&bench);
	vsock_bench_send_bytes(&bench, GUEST, HOST, 1, VIRTIO_VSOCK_BUFFER_BYTES);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!stream->open);
	vsock_bench_finish(&bench);
}

TEST(without_receive_buffers_the_host_is_not_read)
{
	struct bench_stream *stream;
	struct vsock_header header;
	uint64_t read;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_left = 200000;
	vsock_bench_pump(&bench);
	CHECK(!stream->in_wanted);
	read = stream->in_read;
	CHECK_EQ(read, BENCH_RX_BUFFERS * (BENCH_RX_BYTES - VSOCK_HEADER_BYTES));
	vsock_bench_pump(&bench);
	CHECK_EQ(stream->in_read, read);
	while (vsock_bench_keep(&bench, &header))
		;
	vsock_bench_offer(&bench, BENCH_RX_BUFFERS);
	CHECK(stream->in_read > read);
	vsock_bench_finish(&bench);
}

TEST(connections_take_turns_for_receive_buffers)
{
	struct bench_stream *streams[4];

	vsock_bench_init(&bench);
	for (unsigned int i = 0; i < 4; i++) {
		streams[i] = vsock_bench_connect(&bench, GUEST + i, HOST);
		streams[i]->in_left = 1 << 20;
	}
	vsock_bench_pump(&bench);
	for (unsigned int packets = 0; packets < 128; packets++) {
		struct vsock_header header;

		CHECK(vsock_bench_take(&bench, &header));
	}
	for (unsigned int i = 0; i < 4; i++)
		CHECK(streams[i]->in_read > 100000);
	vsock_bench_finish(&bench);
}

/* ---- the end ---------------------------------------------------------------------- */

TEST(host_ends_its_half_behind_its_last_byte)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_left = 9000;
	stream->in_ends = true;
	vsock_bench_pump(&bench);
	CHECK_EQ(take_payload(0, 9000), 9000);
	CHECK_EQ(vsock_bench_expect(&bench, VSOCK_SHUTDOWN).flags, VSOCK_NO_SEND);
	vsock_bench_expect_none(&bench);
	/* The other half goes on. */
	vsock_bench_send_bytes(&bench, GUEST, HOST, 50, 0);
	CHECK_EQ(stream->written, 50);
	send_shutdown(VSOCK_NO_SEND | VSOCK_NO_RECEIVE);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!stream->open);
	vsock_bench_finish(&bench);
}

TEST(guest_ends_its_half_behind_its_last_byte)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->room = 10;
	vsock_bench_send_bytes(&bench, GUEST, HOST, 100, 0);
	send_shutdown(VSOCK_NO_SEND);
	CHECK(!stream->out_shut);
	stream->room = UINT64_MAX;
	vsock_bench_pump(&bench);
	CHECK_EQ(stream->written, 100);
	CHECK(stream->out_shut);
	CHECK(!stream->in_shut);
	stream->in_left = 20;
	vsock_bench_pump(&bench);
	CHECK_EQ(take_payload(0, 20), 20);
	send_shutdown(VSOCK_NO_RECEIVE);
	CHECK(stream->in_shut);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!stream->open);
	vsock_bench_finish(&bench);
}

TEST(guest_that_closes_leaves_what_it_sent_to_the_host)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->room = 10;
	vsock_bench_send_bytes(&bench, GUEST, HOST, 100, 0);
	send_shutdown(VSOCK_NO_SEND | VSOCK_NO_RECEIVE);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(stream->open);
	/* The guest may use the same ports again meanwhile. */
	CHECK(vsock_bench_connect(&bench, GUEST, HOST) != stream);
	stream->room = UINT64_MAX;
	vsock_bench_pump(&bench);
	CHECK_EQ(stream->written, 100);
	CHECK(!stream->open);
	vsock_bench_finish(&bench);
}

TEST(host_that_leaves_is_read_to_the_end)
{
	struct bench_stream *stream;
	struct vsock_header header;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_left = 5000;
	stream->in_ends = true;
	stream->out_error = -EPIPE;
	stream->base.user->events->gone(stream->base.user);
	header = vsock_bench_expect(&bench, VSOCK_SHUTDOWN);
	CHECK_EQ(header.flags, VSOCK_NO_RECEIVE);
	CHECK_EQ(take_payload(0, 5000), 5000);
	header = vsock_bench_expect(&bench, VSOCK_SHUTDOWN);
	CHECK_EQ(header.flags, VSOCK_NO_RECEIVE | VSOCK_NO_SEND);
	send_op(VSOCK_RST);
	CHECK(!stream->open);
	vsock_bench_finish(&bench);
}

TEST(host_that_stops_reading_ends_the_guests_half)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->out_error = -EPIPE;
	vsock_bench_send_bytes(&bench, GUEST, HOST, 100, 0);
	CHECK_EQ(vsock_bench_expect(&bench, VSOCK_SHUTDOWN).flags, VSOCK_NO_RECEIVE);
	/* What is under way is dropped and does not stop the connection. */
	vsock_bench_send_bytes(&bench, GUEST, HOST, 100, 100);
	vsock_bench_expect_none(&bench);
	stream->in_left = 30;
	vsock_bench_pump(&bench);
	CHECK_EQ(take_payload(0, 30), 30);
	vsock_bench_finish(&bench);
}

TEST(host_that_breaks_resets_the_guest)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	stream->in_error = -ECONNRESET;
	vsock_bench_pump(&bench);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!stream->open);
	/* It is unknown from then on. */
	vsock_bench_send_bytes(&bench, GUEST, HOST, 1, 0);
	vsock_bench_expect(&bench, VSOCK_RST);
	vsock_bench_finish(&bench);
}

TEST(reset_of_the_guest_ends_the_hosts_stream)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	send_op(VSOCK_RST);
	CHECK(!stream->open);
	vsock_bench_expect_none(&bench);
	vsock_bench_finish(&bench);
}

TEST(reset_of_the_device_closes_all_and_is_told)
{
	struct driver_buffer event = {.bytes = 4, .writable = true};
	struct bench_stream *stream, *asking;
	struct driver_used used;

	vsock_bench_init(&bench);
	event.gpa = driver_alloc(&bench.driver, 4, 4);
	driver_add(&bench.driver, VSOCK_EVENTS, &event, 1, false);
	driver_kick(&bench.driver, VSOCK_EVENTS);
	CHECK(!driver_used(&bench.driver, VSOCK_EVENTS, &used));
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	asking = vsock_bench_ask(&bench, GUEST);
	vsock_bench_restart(&bench);
	CHECK(!stream->open);
	CHECK(!asking->open);
	memset(driver_hva(&bench.driver, event.gpa, 4), 0xff, 4);
	driver_add(&bench.driver, VSOCK_EVENTS, &event, 1, false);
	driver_kick(&bench.driver, VSOCK_EVENTS);
	CHECK(driver_used(&bench.driver, VSOCK_EVENTS, &used));
	CHECK_EQ(used.bytes, 4);
	CHECK_EQ(*(uint32_t *)driver_hva(&bench.driver, event.gpa, 4),
		VSOCK_EVENT_TRANSPORT_RESET);
	vsock_bench_expect_none(&bench);
	vsock_bench_finish(&bench);
}

TEST_MAIN(CASE(tells_the_guest_its_cid), CASE(guest_reaches_the_host),
	CASE(host_reaches_the_guest), CASE(host_ports_differ),
	CASE(refuses_the_host_before_there_is_a_driver), CASE(guest_may_refuse),
	CASE(host_may_refuse),
	CASE(host_that_leaves_before_the_request_went_out_is_forgotten),
	CASE(host_that_leaves_before_the_answer_is_reset),
	CASE(sends_no_more_than_the_guest_has_room_for),
	CASE(slow_host_stops_its_guest_by_credit), CASE(slow_host_stops_nobody_else),
	CASE(guest_beyond_its_credit_is_reset),
	CASE(without_receive_buffers_the_host_is_not_read),
	CASE(connections_take_turns_for_receive_buffers),
	CASE(host_ends_its_half_behind_its_last_byte),
	CASE(guest_ends_its_half_behind_its_last_byte),
	CASE(guest_that_closes_leaves_what_it_sent_to_the_host),
	CASE(host_that_leaves_is_read_to_the_end),
	CASE(host_that_stops_reading_ends_the_guests_half),
	CASE(host_that_breaks_resets_the_guest),
	CASE(reset_of_the_guest_ends_the_hosts_stream),
	CASE(reset_of_the_device_closes_all_and_is_told))
