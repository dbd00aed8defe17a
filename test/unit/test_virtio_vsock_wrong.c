/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers that break the rules of the socket device, and floods. */
#include <string.h>

#include "test/unit/test.h"
#include "test/unit/vsock_bench.h"

#define GUEST 1024u
#define HOST 5000u

static struct vsock_bench bench;

static bool needs_reset(void)
{
	return driver_status(&bench.driver) & VIRTIO_STATUS_NEEDS_RESET;
}

/* A table of packets that belong to no connection, and whether they get a reset. */
struct stray {
	const char *what;
	struct vsock_header header;
	bool answered;
};

TEST(stray_packets_get_a_reset_or_nothing)
{
	static const struct stray strays[] = {
		{"data", {.op = VSOCK_RW}, true},
		{"an answer", {.op = VSOCK_RESPONSE}, true},
		{"the end", {.op = VSOCK_SHUTDOWN, .flags = 3}, true},
		{"credit", {.op = VSOCK_CREDIT_UPDATE}, true},
		{"an unknown verb", {.op = 99}, true},
		{"no verb", {.op = 0}, true},
		{"a reset", {.op = VSOCK_RST}, false},
		{"another type", {.op = VSOCK_REQUEST, .type = 2}, true},
		{"a reset of another type", {.op = VSOCK_RST, .type = 2}, false},
		{"another host", {.op = VSOCK_REQUEST, .to_cid = 9}, true},
		{"a host beyond 32 bits", {.op = VSOCK_REQUEST, .to_cid = 2 | 1ull << 32},
			true},
		{"another guest", {.op = VSOCK_REQUEST, .from_cid = 9}, false},
		{"a guest beyond 32 bits",
			{.op = VSOCK_REQUEST, .from_cid = BENCH_CID | 1ull << 32}, false},
	};

	vsock_bench_init(&bench);
	for (unsigned int i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
		struct vsock_header header = vsock_bench_packet(
			(enum vsock_op)strays[i].header.op, GUEST + i, HOST);
		struct vsock_header answer;

		header.flags = strays[i].header.flags;
		if (strays[i].header.type)
			header.type = strays[i].header.type;
		if (strays[i].header.to_cid)
			header.to_cid = strays[i].header.to_cid;
		if (strays[i].header.from_cid)
			header.from_cid = strays[i].header.from_cid;
		vsock_bench_send(&bench, header);
		if (!strays[i].answered) {
			if (vsock_bench_take(&bench, &answer))
				test_fail(__FILE__, __LINE__, "%s was answered",
					strays[i].what);
			continue;
		}
		answer = vsock_bench_expect(&bench, VSOCK_RST);
		CHECK_EQ(answer.from_cid, header.to_cid);
		CHECK_EQ(answer.from_port, HOST);
		CHECK_EQ(answer.to_port, GUEST + i);
		CHECK_EQ(answer.type, header.type);
	}
	CHECK_EQ(bench.stream_count, 0);
	CHECK(!needs_reset());
	vsock_bench_finish(&bench);
}

TEST(verbs_that_do_not_fit_reset_an_open_connection)
{
	static const enum vsock_op ops[] = {
		VSOCK_REQUEST, VSOCK_RESPONSE, (enum vsock_op)0, (enum vsock_op)77};

	vsock_bench_init(&bench);
	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct bench_stream *stream =
			vsock_bench_connect(&bench, GUEST + i, HOST);

		vsock_bench_send(&bench, vsock_bench_packet(ops[i], GUEST + i, HOST));
		vsock_bench_expect(&bench, VSOCK_RST);
		CHECK(!stream->open);
	}
	vsock_bench_finish(&bench);
}

TEST(verbs_that_do_not_fit_reset_what_the_host_asked_for)
{
	static const enum vsock_op ops[] = {VSOCK_RW, VSOCK_SHUTDOWN, VSOCK_REQUEST};

	vsock_bench_init(&bench);
	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct bench_stream *stream = vsock_bench_ask(&bench, GUEST);
		struct vsock_header asked = vsock_bench_expect(&bench, VSOCK_REQUEST);

		vsock_bench_send(
			&bench, vsock_bench_packet(ops[i], GUEST, asked.from_port));
		vsock_bench_expect(&bench, VSOCK_RST);
		CHECK(!stream->open);
		CHECK(!stream->agreed);
	}
	vsock_bench_finish(&bench);
}

TEST(bytes_behind_their_end_reset_the_connection)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_SHUTDOWN, GUEST, HOST);
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	header.flags = VSOCK_NO_SEND;
	vsock_bench_send(&bench, header);
	vsock_bench_send_bytes(&bench, GUEST, HOST, 10, 0);
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!stream->open);
	CHECK_EQ(stream->written, 0);
	vsock_bench_finish(&bench);
}

TEST(lengths_beyond_the_buffer_are_dropped)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_RW, GUEST, HOST);
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	header.bytes = UINT32_MAX;
	vsock_bench_send(&bench, header);
	header.bytes = BENCH_TX_BYTES + 1;
	vsock_bench_send(&bench, header);
	vsock_bench_expect_none(&bench);
	CHECK_EQ(stream->written, 0);
	CHECK(stream->open);
	vsock_bench_send_bytes(&bench, GUEST, HOST, 10, 0);
	CHECK_EQ(stream->written, 10);
	vsock_bench_finish(&bench);
}

static void send_chain(const struct driver_buffer *buffers, unsigned int count)
{
	struct driver_used used;

	driver_add(&bench.driver, VSOCK_FROM_DRIVER, buffers, count, false);
	driver_kick(&bench.driver, VSOCK_FROM_DRIVER);
	CHECK(driver_used(&bench.driver, VSOCK_FROM_DRIVER, &used));
}

TEST(packets_without_a_whole_header_are_dropped)
{
	const struct driver_buffer none = {.gpa = DRIVER_RAM_GPA, .bytes = 0};
	const struct driver_buffer half = {
		.gpa = DRIVER_RAM_GPA, .bytes = (uint32_t)VSOCK_HEADER_BYTES - 1};
	const struct driver_buffer writable[] = {
		{.gpa = DRIVER_RAM_GPA, .bytes = (uint32_t)VSOCK_HEADER_BYTES},
		{.gpa = DRIVER_RAM_GPA, .bytes = 100, .writable = true}};

	vsock_bench_init(&bench);
	send_chain(&none, 1);
	send_chain(&half, 1);
	send_chain(writable, 2);
	vsock_bench_expect_none(&bench);
	CHECK(!needs_reset());
	vsock_bench_finish(&bench);
}

TEST(header_and_bytes_may_be_cut_anywhere)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_RW, GUEST, HOST);
	struct driver_buffer pieces[60];
	struct bench_stream *stream;
	uint8_t *packet;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	header.bytes = 10; /* of the 16 that are there */
	vsock_header_swap(&header);
	packet = driver_hva(&bench.driver, bench.tx_gpa, 60);
	memcpy(packet, &header, VSOCK_HEADER_BYTES);
	for (unsigned int i = 0; i < 16; i++)
		packet[VSOCK_HEADER_BYTES + i] = vsock_bench_byte(i);
	for (unsigned int i = 0; i < 60; i++)
		pieces[i] = (struct driver_buffer){.gpa = bench.tx_gpa + i, .bytes = 1};
	send_chain(pieces, 60);
	CHECK_EQ(stream->written, 10);
	vsock_bench_finish(&bench);
}

/* More than 4 GiB, which a 32-bit host cannot count in a size_t. */
TEST(buffers_behind_the_bytes_may_be_any_size)
{
	static struct driver_buffer buffers[128];
	struct vsock_header header = vsock_bench_packet(VSOCK_RW, GUEST, HOST);
	struct bench_stream *stream;
	struct driver_used used;
	uint8_t *packet;

	vsock_bench_init(&bench);
	CHECK(driver_start(&bench.driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	vsock_bench_offer(&bench, BENCH_RX_BUFFERS);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	header.bytes = 10;
	vsock_header_swap(&header);
	packet = driver_hva(&bench.driver, bench.tx_gpa, 60);
	memcpy(packet, &header, VSOCK_HEADER_BYTES);
	for (unsigned int i = 0; i < 10; i++)
		packet[VSOCK_HEADER_BYTES + i] = vsock_bench_byte(i);
	for (unsigned int i = 1; i < 128; i++)
		buffers[i] = (struct driver_buffer){
			.gpa = DRIVER_RAM_GPA, .bytes = DRIVER_RAM_BYTES};
	buffers[0] = (struct driver_buffer){
		.gpa = bench.tx_gpa, .bytes = (uint32_t)VSOCK_HEADER_BYTES + 10};
	driver_add(&bench.driver, VSOCK_FROM_DRIVER, buffers, 128, true);
	driver_kick(&bench.driver, VSOCK_FROM_DRIVER);
	CHECK(driver_used(&bench.driver, VSOCK_FROM_DRIVER, &used));
	CHECK_EQ(stream->written, 10);
	CHECK(stream->open);
	vsock_bench_finish(&bench);
}

/* A receive buffer that no packet fits into. */
static void offer_wrong(const struct driver_buffer *buffers, unsigned int count)
{
	vsock_bench_init(&bench);
	CHECK(driver_start(&bench.driver, 0));
	driver_add(&bench.driver, VSOCK_TO_DRIVER, buffers, count, false);
	driver_kick(&bench.driver, VSOCK_TO_DRIVER);
	CHECK(!needs_reset());
	vsock_bench_send(&bench, vsock_bench_packet(VSOCK_RW, GUEST, HOST));
	CHECK(needs_reset());
	CHECK(!vsock_bench_ask(&bench, GUEST));
	vsock_bench_restart(&bench);
	vsock_bench_connect(&bench, GUEST, HOST);
	vsock_bench_finish(&bench);
}

TEST(short_receive_buffer_breaks_the_device_until_its_reset)
{
	const struct driver_buffer buffer = {.gpa = DRIVER_RAM_GPA,
		.bytes = (uint32_t)VSOCK_HEADER_BYTES - 1,
		.writable = true};

	offer_wrong(&buffer, 1);
}

TEST(readable_receive_buffer_breaks_the_device_until_its_reset)
{
	const struct driver_buffer buffers[] = {{.gpa = DRIVER_RAM_GPA, .bytes = 1},
		{.gpa = DRIVER_RAM_GPA, .bytes = 4096, .writable = true}};

	offer_wrong(buffers, 2);
}

TEST(short_event_buffer_breaks_the_device)
{
	const struct driver_buffer event = {
		.gpa = DRIVER_RAM_GPA, .bytes = 3, .writable = true};

	vsock_bench_init(&bench);
	vsock_bench_connect(&bench, GUEST, HOST);
	vsock_bench_restart(&bench);
	driver_add(&bench.driver, VSOCK_EVENTS, &event, 1, false);
	driver_kick(&bench.driver, VSOCK_EVENTS);
	CHECK(needs_reset());
	vsock_bench_finish(&bench);
}

TEST(broken_device_reads_nothing_of_the_host)
{
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	driver_avail(&bench.driver, VSOCK_TO_DRIVER)[1] += 1000;
	stream->in_left = UINT32_MAX; /* beyond the receive buffers seen so far */
	vsock_bench_pump(&bench);
	CHECK(needs_reset());
	CHECK(!stream->in_wanted);
	vsock_bench_finish(&bench);
}

/* ---- floods ----------------------------------------------------------------------- */

TEST(flood_without_receive_buffers_waits_in_the_drivers_ring)
{
	struct virtio_driver *driver = &bench.driver;
	struct driver_buffer buffer = {.bytes = (uint32_t)VSOCK_HEADER_BYTES};
	struct vsock_header header = vsock_bench_packet(VSOCK_RW, GUEST, HOST);
	struct driver_used used;
	unsigned int done = 0;
	unsigned int resets = 0;

	vsock_bench_init(&bench);
	CHECK(driver_start(driver, 0));
	vsock_header_swap(&header);
	memcpy(driver_hva(driver, bench.tx_gpa, VSOCK_HEADER_BYTES), &header,
		VSOCK_HEADER_BYTES);
	buffer.gpa = bench.tx_gpa;
	for (unsigned int i = 0; i < 3 * DRIVER_QUEUE_SIZE; i++) {
		while (driver_used(driver, VSOCK_FROM_DRIVER, &used))
			done++;
		if (!driver->queues[VSOCK_FROM_DRIVER].free_count)
			break;
		driver_add(driver, VSOCK_FROM_DRIVER, &buffer, 1, false);
		driver_kick(driver, VSOCK_FROM_DRIVER);
	}
	CHECK_EQ(done, 64);
	vsock_bench_offer(&bench, BENCH_RX_BUFFERS);
	vsock_bench_pump(&bench);
	while (vsock_bench_take(&bench, &header)) {
		vsock_bench_pump(&bench);
		resets++;
	}
	while (driver_used(driver, VSOCK_FROM_DRIVER, &used))
		done++;
	CHECK_EQ(done, 64 + DRIVER_QUEUE_SIZE);
	CHECK_EQ(resets, done);
	vsock_bench_finish(&bench);
}

TEST(connections_beyond_the_limit_are_refused)
{
	vsock_bench_init(&bench);
	for (unsigned int i = 0; i < VIRTIO_VSOCK_CONNECTIONS_MAX; i++)
		vsock_bench_connect(&bench, GUEST + i, HOST);
	vsock_bench_send(&bench, vsock_bench_packet(VSOCK_REQUEST, 1, HOST));
	vsock_bench_expect(&bench, VSOCK_RST);
	CHECK(!vsock_bench_ask(&bench, 80));
	/* One that ends makes room. */
	vsock_bench_send(&bench, vsock_bench_packet(VSOCK_RST, GUEST, HOST));
	vsock_bench_connect(&bench, 1, HOST);
	vsock_bench_finish(&bench);
}

TEST(guest_that_agrees_before_it_was_asked_is_reset)
{
	struct vsock_header header;
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	CHECK(driver_start(&bench.driver, 0));
	stream = vsock_bench_ask(&bench, GUEST);
	/* It guesses the port, which is the first. */
	vsock_bench_send(&bench, vsock_bench_packet(VSOCK_RESPONSE, GUEST, 1u << 30));
	CHECK(!stream->agreed);
	CHECK(!stream->open);
	vsock_bench_offer(&bench, 4);
	header = vsock_bench_expect(&bench, VSOCK_RST);
	CHECK_EQ(header.to_port, GUEST);
	vsock_bench_finish(&bench);
}

TEST(credit_that_lies_is_no_credit)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_CREDIT_UPDATE, GUEST, HOST);
	struct bench_stream *stream;

	vsock_bench_init(&bench);
	stream = vsock_bench_connect(&bench, GUEST, HOST);
	header.forwarded_bytes = 5; /* of none that were sent */
	vsock_bench_send(&bench, header);
	stream->in_left = 100;
	vsock_bench_pump(&bench);
	vsock_bench_expect(&bench, VSOCK_CREDIT_REQUEST);
	CHECK_EQ(stream->in_left, 100);
	header.forwarded_bytes = 0;
	header.buffer_bytes = 7;
	vsock_bench_send(&bench, header);
	CHECK_EQ(vsock_bench_expect(&bench, VSOCK_RW).bytes, 7);
	vsock_bench_finish(&bench);
}

TEST_MAIN(CASE(stray_packets_get_a_reset_or_nothing),
	CASE(verbs_that_do_not_fit_reset_an_open_connection),
	CASE(verbs_that_do_not_fit_reset_what_the_host_asked_for),
	CASE(bytes_behind_their_end_reset_the_connection),
	CASE(lengths_beyond_the_buffer_are_dropped),
	CASE(packets_without_a_whole_header_are_dropped),
	CASE(header_and_bytes_may_be_cut_anywhere),
	CASE(buffers_behind_the_bytes_may_be_any_size),
	CASE(short_receive_buffer_breaks_the_device_until_its_reset),
	CASE(readable_receive_buffer_breaks_the_device_until_its_reset),
	CASE(short_event_buffer_breaks_the_device),
	CASE(broken_device_reads_nothing_of_the_host),
	CASE(flood_without_receive_buffers_waits_in_the_drivers_ring),
	CASE(connections_beyond_the_limit_are_refused),
	CASE(guest_that_agrees_before_it_was_asked_is_reset),
	CASE(credit_that_lies_is_no_credit))
