/* SPDX-License-Identifier: Apache-2.0 */
#include "host/display_vnc.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/rfb_peer.h"
#include "test/unit/test.h"

#define DESKTOP_SIZE (-223)
#define EXTENDED_DESKTOP_SIZE (-308)
#define CURSOR (-239)
#define KEY_CODES (-258)
#define LEDS (-261)

/* A buffer on the screen, of the screen's size. */
static struct display_buffer *show(struct rfb_rig *rig, uint32_t width, uint32_t height)
{
	struct rect whole = {0, 0, width, height};
	struct display_buffer *buffer;

	CHECK_EQ(display_buffer_create(rig->display, width, height, &buffer), 0);
	display_show(rig->display, 0, buffer, &whole);
	return buffer;
}

static void check_rect(struct rfb_rect got, struct rect want, int32_t encoding)
{
	CHECK_EQ(got.rect.x, want.x);
	CHECK_EQ(got.rect.y, want.y);
	CHECK_EQ(got.rect.width, want.width);
	CHECK_EQ(got.rect.height, want.height);
	CHECK_EQ(got.encoding, encoding);
}

TEST(sends_exactly_what_was_damaged)
{
	struct rect damage = {3, 5, 2, 1};
	struct display_buffer *buffer;
	struct rfb_rig rig;
	uint32_t pixels[2];
	int fd;

	rfb_begin(&rig, NULL);
	buffer = show(&rig, RFB_WIDTH, RFB_HEIGHT);
	fd = rfb_join(&rig, 0);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	rfb_request(fd, true);
	buffer->pixels[5 * RFB_WIDTH + 3] = 0xff112233;
	buffer->pixels[5 * RFB_WIDTH + 4] = 0xff445566;
	CHECK(!display_flush(rig.display, 0, buffer, &damage));
	check_rect(rfb_update(fd), damage, 0);
	rfb_read(fd, pixels, sizeof(pixels));
	CHECK_EQ(pixels[0] & 0xffffff, 0x112233);
	CHECK_EQ(pixels[1] & 0xffffff, 0x445566);
	close(fd);
	display_buffer_destroy(rig.display, buffer);
	rfb_end(&rig);
}

static uint32_t guest[RFB_WIDTH * RFB_HEIGHT];

/* The guest's own pixels, black. */
static struct display_buffer *import(struct rfb_rig *rig)
{
	static const struct iovec iov = {guest, sizeof(guest)};
	static const struct pixel_source source = {.iov = &iov,
		.iov_count = 1,
		.stride_bytes = RFB_WIDTH * PIXEL_BYTES,
		.width = RFB_WIDTH,
		.height = RFB_HEIGHT,
		.format = PIXEL_BGRX};
	struct display_buffer *buffer;

	memset(guest, 0, sizeof(guest));
	CHECK_EQ(display_buffer_import(rig->display, &source, -1, &buffer), 0);
	return buffer;
}

TEST(shows_what_the_guest_flushed_of_its_own_pixels)
{
	struct rect part = {8, 8, 16, 16}, damage = {10, 9, 1, 1};
	uint32_t *picture, width, height, pixel;
	struct display_buffer *buffer;
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	buffer = import(&rig);
	fd = rfb_join(&rig, DESKTOP_SIZE);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	display_show(rig.display, 0, buffer, &part);
	rfb_request(fd, true);
	check_rect(rfb_update(fd), (struct rect){0, 0, 16, 16}, DESKTOP_SIZE);
	rfb_take_all(fd, 16, 16);
	guest[9 * RFB_WIDTH + 10] = 0xabcdef;
	guest[9 * RFB_WIDTH + 11] = 0xabcdef; /* and says nothing of it */
	display_flush(rig.display, 0, buffer, &damage);
	rfb_request(fd, true);
	check_rect(rfb_update(fd), (struct rect){2, 1, 1, 1}, 0);
	rfb_read(fd, &pixel, sizeof(pixel));
	CHECK_EQ(pixel & 0xffffff, 0xabcdef);
	display_buffer_destroy(rig.display, buffer);
	CHECK_EQ(display_capture(rig.display, 0, &picture, &width, &height), 0);
	CHECK_EQ(width, 16);
	CHECK_EQ(picture[16 + 2] & 0xffffff, 0xabcdef);
	CHECK_EQ(picture[16 + 3] & 0xffffff, 0);
	free(picture);
	close(fd);
	rfb_end(&rig);
}

static uint32_t captured(struct rfb_rig *rig)
{
	uint32_t *pixels, width, height, first;

	if (display_capture(rig->display, 0, &pixels, &width, &height))
		return 0xdeadbeef;
	first = pixels[0] & 0xffffff;
	free(pixels);
	return first;
}

TEST(copies_when_somebody_looks)
{
	struct rect whole = {0, 0, RFB_WIDTH, RFB_HEIGHT};
	struct display_buffer *front, *back;
	struct rfb_rig rig;

	rfb_begin(&rig, NULL);
	front = import(&rig);
	back = import(&rig);
	display_show(rig.display, 0, front, &whole);
	display_show(rig.display, 0, back, &whole);
	guest[0] = 1;
	CHECK_EQ(captured(&rig), 1);
	guest[0] = 2;
	CHECK_EQ(captured(&rig), 1);
	CHECK(!display_flush(rig.display, 0, back, &whole));
	guest[0] = 3;
	display_buffer_destroy(rig.display, back);
	guest[0] = 4;
	CHECK_EQ(captured(&rig), 3);
	display_buffer_destroy(rig.display, front);
	rfb_end(&rig);
}

TEST(sends_together_what_comes_fast)
{
	struct rect whole = {0, 0, RFB_WIDTH, RFB_HEIGHT};
	struct rect places[] = {{1, 0, 1, 1}, {4, 7, 1, 1}, {9, 9, 1, 1}};
	struct display_buffer *buffer;
	uint8_t head[4], rect[12];
	struct rfb_rig rig;
	uint32_t pixel;
	int fd;

	rfb_begin(&rig, NULL);
	buffer = import(&rig);
	display_show(rig.display, 0, buffer, &whole);
	fd = rfb_join(&rig, 0);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	rfb_request(fd, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		display_flush(rig.display, 0, buffer, &places[i]);
	check_rect(rfb_update(fd), places[0], 0);
	rfb_read(fd, &pixel, sizeof(pixel));
	rfb_request(fd, true);
	guest[7 * RFB_WIDTH + 4] = 0x123456; /* as late as it is copied */
	while (recv(fd, head, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
		loop_turn(rig.loop, 10);
	rfb_read(fd, head, sizeof(head));
	CHECK_EQ(head[3], 2); /* rectangles */
	rfb_read(fd, rect, sizeof(rect));
	CHECK_EQ(rect[1], 4);
	CHECK_EQ(rect[3], 7);
	rfb_read(fd, &pixel, sizeof(pixel));
	CHECK_EQ(pixel & 0xffffff, 0x123456);
	close(fd);
	display_buffer_destroy(rig.display, buffer);
	rfb_end(&rig);
}

TEST(tells_clients_of_another_size)
{
	struct display_buffer *buffer;
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, DESKTOP_SIZE);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	buffer = show(&rig, 100, 33);
	rfb_request(fd, true);
	check_rect(rfb_update(fd), (struct rect){0, 0, 100, 33}, DESKTOP_SIZE);
	rfb_take_all(fd, 100, 33);
	/* Nothing is shown: black, of the same size. */
	buffer->pixels[0] = 0xffffffff;
	display_buffer_destroy(rig.display, buffer);
	rfb_see_all(fd, 100, 33);
	close(fd);
	rfb_end(&rig);
}

TEST(a_client_may_ask_for_another_size)
{
	static const uint8_t ask[] = {251, 0, 3, 0x20, 2, 0x58, 1, 0, /* 800 x 600 */
		0, 0, 0, 1, 0, 0, 0, 0, 3, 0x20, 2, 0x58, 0, 0, 0, 0};
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, EXTENDED_DESKTOP_SIZE);
	rfb_send(fd, ask, sizeof(ask));
	while (!rig.modes_changed)
		CHECK(loop_turn(rig.loop, 1000) >= 0);
	CHECK_EQ(display_mode(rig.display, 0)->width, 800);
	CHECK_EQ(display_mode(rig.display, 0)->height, 600);
	close(fd);
	rfb_end(&rig);
}

TEST(keys_come_by_what_they_mean_and_by_their_codes)
{
	static const uint8_t meaning[] = {
		4, 1, 0, 0, 0, 0, 0, 'A', 4, 0, 0, 0, 0, 0, 0, 'A'};
	/* The key right of the left Shift on a German keyboard, as "<". */
	static const uint8_t code[] = {255, 0, 0, 1, 0, 0, 0, '<', 0, 0, 0, 0x56};
	/* The right Control. */
	static const uint8_t more[] = {255, 0, 0, 1, 0, 0, 0xff, 0xe4, 0, 0, 0, 0x9d};
	/* A code that nobody knows: its meaning. */
	static const uint8_t none[] = {255, 0, 0, 1, 0, 0, 0, 'b', 0, 0, 0, 0};
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, KEY_CODES);
	check_rect(rfb_update(fd), (struct rect){0}, KEY_CODES);
	rfb_send(fd, meaning, sizeof(meaning));
	rfb_expect(&rig, &rig.keys, "K30=1 . K30=0 .");
	rfb_send(fd, code, sizeof(code));
	rfb_expect(&rig, &rig.keys, "K86=1 .");
	rfb_send(fd, more, sizeof(more));
	rfb_expect(&rig, &rig.keys, "K97=1 .");
	rfb_send(fd, none, sizeof(none));
	rfb_expect(&rig, &rig.keys, "K48=1 .");
	/* What it held down is lifted when it is gone. */
	close(fd);
	rfb_expect(&rig, &rig.keys, "K48=0 K86=0 K97=0 .");
	rfb_end(&rig);
}

TEST(places_buttons_and_wheels_go_to_the_tablet)
{
	static const uint8_t move[] = {5, 0, 0, 63, 0, 0};
	static const uint8_t press[] = {5, 4, 0, 63, 0, 47};
	static const uint8_t wheel[] = {5, 4 | 8, 0, 63, 0, 47};
	static const uint8_t outside[] = {5, 0, 0xff, 0xff, 0, 0};
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, 0);
	rfb_send(fd, move, sizeof(move));
	rfb_expect(&rig, &rig.places, "A0=32767 A1=0 .");
	rfb_send(fd, press, sizeof(press));
	rfb_expect(&rig, &rig.places, "A0=32767 A1=32767 K273=1 .");
	rfb_send(fd, wheel, sizeof(wheel));
	rfb_expect(&rig, &rig.places, "A0=32767 A1=32767 R11=120 R8=1 .");
	rfb_send(fd, outside, sizeof(outside));
	rfb_expect(&rig, &rig.places, "A0=32767 A1=0 K273=0 .");
	close(fd);
	rfb_end(&rig);
}

TEST(sends_the_shape_of_the_cursor)
{
	static uint32_t pixels[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE];
	static uint8_t shape[sizeof(pixels) + sizeof(pixels) / 32];
	struct rfb_rig rig;
	uint32_t first;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, CURSOR);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	pixels[0] = 0xff102030;
	pixels[1] = 0x40102030; /* more glass than paint */
	pixels[2] = 0x80402010;
	display_cursor_set(rig.display, 0, pixels, 5, 6);
	rfb_request(fd, true);
	check_rect(rfb_update(fd),
		(struct rect){5, 6, DISPLAY_CURSOR_SIDE, DISPLAY_CURSOR_SIDE}, CURSOR);
	rfb_read(fd, shape, sizeof(shape));
	memcpy(&first, shape, sizeof(first));
	CHECK_EQ(first, 0x102030);
	CHECK_EQ(shape[sizeof(pixels)], 0xa0);
	close(fd);
	rfb_end(&rig);
}

TEST(tells_of_leds)
{
	struct evdev_event caps = {.type = EV_LED, .code = LED_CAPSL, .value = 1};
	struct rfb_rig rig;
	uint8_t bits;
	int fd;

	rfb_begin(&rig, NULL);
	fd = rfb_join(&rig, LEDS);
	check_rect(rfb_update(fd), (struct rect){0}, LEDS);
	rfb_read(fd, &bits, 1);
	CHECK_EQ(bits, 0);
	input_source_status(rig.keyboard, &caps);
	check_rect(rfb_update(fd), (struct rect){0}, LEDS);
	rfb_read(fd, &bits, 1);
	CHECK_EQ(bits, 4);
	close(fd);
	rfb_end(&rig);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file);
	fputs(text, file);
	fclose(file);
}

TEST(asks_for_the_password)
{
	char path[] = "/tmp/bonsai-test-XXXXXX";
	struct display_vnc_options options = {.password_file = path};
	struct rfb_rig rig;
	int fd;

	close(mkstemp(path));
	write_file(path, "swordfsh\nmore\n");
	rfb_begin(&rig, &options);
	fd = rfb_connect(&rig);
	CHECK_EQ(rfb_log_in(fd, 2, "swordfsh"), 0);
	close(fd);
	fd = rfb_connect(&rig);
	CHECK_EQ(rfb_log_in(fd, 2, "sardines"), 1);
	CHECK(rfb_is_over(fd));
	close(fd);
	unlink(path);
	rfb_end(&rig);
}

TEST(a_client_that_breaks_the_rules_is_left)
{
	static const struct {
		const char *what;
		uint8_t bytes[20];
		size_t count;
	} rows[] = {
		{"an unknown message", {77}, 1},
		{"a cut text of 2 GiB", {6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}, 8},
		{"a file transfer", {7, 1, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0}, 12},
		{"a code before it may", {255, 0, 0, 1, 0, 0, 0, 'b', 0, 0, 0, 0}, 12},
		{"a picture of a third", {8, 3, 0, 0}, 4},
	};
	struct rfb_rig rig;
	int fd;

	rfb_begin(&rig, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fd = rfb_join(&rig, 0);
		rfb_send(fd, rows[i].bytes, rows[i].count);
		if (!rfb_is_over(fd))
			test_fail(__FILE__, __LINE__, "lives on: %s", rows[i].what);
		close(fd);
	}
	/* Whoever says no RFB. */
	fd = rfb_connect(&rig);
	rfb_send(fd, "GET / HTTP/1.1\r\n\r\n", 18);
	CHECK(rfb_is_over(fd));
	close(fd);
	rfb_end(&rig);
}

TEST(one_that_reads_nothing_and_one_that_says_half_hold_up_nobody)
{
	enum { SIDE = 2048 };
	struct rect damage = {0, 0, 1, 1};
	struct display_buffer *buffer;
	struct rfb_rig rig;
	uint32_t pixel;
	int deaf, half, fd;

	rfb_begin(&rig, NULL);
	deaf = rfb_join(&rig, 0);
	half = rfb_join(&rig, 0);
	rfb_send(half, "\x04\x01", 2);
	fd = rfb_join(&rig, DESKTOP_SIZE);
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
	buffer = show(&rig, SIDE, SIDE); /* 16 MiB, more than a socket holds */
	rfb_request(deaf, false);
	rfb_request(fd, true);
	check_rect(rfb_update(fd), (struct rect){0, 0, SIDE, SIDE}, DESKTOP_SIZE);
	rfb_take_all(fd, SIDE, SIDE);
	rfb_request(fd, true);
	buffer->pixels[0] = 0x123456;
	for (int i = 0; i < 1000; i++)
		display_flush(rig.display, 0, buffer, &damage);
	check_rect(rfb_update(fd), damage, 0);
	rfb_read(fd, &pixel, sizeof(pixel));
	CHECK_EQ(pixel & 0xffffff, 0x123456);
	/* The pixels stay for the one that has not taken them. */
	display_buffer_destroy(rig.display, buffer);
	rfb_end(&rig);
	CHECK(rfb_is_over(deaf));
	close(deaf);
	close(half);
	close(fd);
}

TEST(has_room_for_sixteen_connections)
{
	struct rfb_rig rig;
	int fds[17];

	rfb_begin(&rig, NULL);
	for (int i = 0; i < 17; i++)
		fds[i] = rfb_connect(&rig);
	CHECK(rfb_is_over(fds[16]));
	for (int i = 0; i < 17; i++)
		close(fds[i]);
	rfb_end(&rig);
}

/* Whoever may open the file may look, without a password: at first its owner alone. */
TEST(its_socket_is_its_owners)
{
	struct rfb_rig rig;
	struct stat status;

	rfb_begin(&rig, NULL);
	CHECK_EQ(stat(rig.socket, &status), 0);
	CHECK(S_ISSOCK(status.st_mode));
	CHECK_EQ(status.st_mode & 0777, 0600);
	rfb_end(&rig);
}

TEST(serves_a_browser_on_the_same_port)
{
	static const char page[] = "GET /vnc.html HTTP/1.1\r\nHost: localhost\r\n\r\n";
	static const char upgrade[] =
		"GET /websockify HTTP/1.1\r\nHost: localhost\r\n"
		"Origin: http://localhost\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	static const char agreed[] =
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	static const char frame[] = "\x82\x0cRFB 003.008\n";
	char folder[] = "/tmp/bonsai-test-XXXXXX";
	struct display_vnc_options options = {.web = folder};
	char path[64], answer[256] = "";
	struct rfb_rig rig;
	int fd;

	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vnc.html", folder);
	write_file(path, "<p>");
	rfb_begin(&rig, &options);
	fd = rfb_connect(&rig);
	rfb_send(fd, page, sizeof(page) - 1);
	rfb_read(fd, answer, 15);
	CHECK_STR(answer, "HTTP/1.1 200 OK");
	CHECK(rfb_is_over(fd));
	close(fd);
	fd = rfb_connect(&rig);
	rfb_send(fd, upgrade, sizeof(upgrade) - 1);
	memset(answer, 0, sizeof(answer));
	rfb_read(fd, answer, sizeof(agreed) - 1);
	CHECK_STR(answer, agreed);
	memset(answer, 0, sizeof(answer));
	rfb_read(fd, answer, sizeof(frame) - 1);
	CHECK_STR(answer, frame);
	close(fd);
	unlink(path);
	rmdir(folder);
	rfb_end(&rig);
}

static void check_refusal(const struct display_vnc_options *options, const char *text)
{
	struct display_vnc_options own = *options;
	struct display *display = NULL;
	struct loop *loop;
	struct seat *seat;
	struct error err = {0};

	own.name = "a screen";
	own.size = (struct display_size){RFB_WIDTH, RFB_HEIGHT};
	CHECK_EQ(loop_create(&loop, &err), 0);
	CHECK_EQ(seat_create(loop, &seat, &err), 0);
	CHECK(display_vnc_create(loop, seat, &own, &display, &err) < 0);
	CHECK_HAS(err.text, text);
	seat_destroy(seat);
	loop_destroy(loop);
}

TEST(says_what_it_needs)
{
	char path[] = "/tmp/bonsai-test-XXXXXX";
	struct display_vnc_options no_file = {
		.address = "0.0.0.0", .password_file = "/nonexistent"};
	struct display_vnc_options secret = {
		.address = "127.0.0.1", .password_file = path};
	struct display_vnc_options no_page = {.address = "127.0.0.1", .web = "/proc"};

	close(mkstemp(path));
	check_refusal(&no_file, "cannot read the password file /nonexistent: No such");
	check_refusal(&secret, "has no characters, 1 to 8 are allowed");
	write_file(path, "a long password\n");
	check_refusal(&secret, "has more than 8 characters, 1 to 8 are allowed");
	check_refusal(&no_page, "there is no vnc.html in /proc");
	unlink(path);
}

TEST_MAIN(CASE(sends_exactly_what_was_damaged),
	CASE(shows_what_the_guest_flushed_of_its_own_pixels),
	CASE(copies_when_somebody_looks), CASE(sends_together_what_comes_fast),
	CASE(tells_clients_of_another_size), CASE(a_client_may_ask_for_another_size),
	CASE(keys_come_by_what_they_mean_and_by_their_codes),
	CASE(places_buttons_and_wheels_go_to_the_tablet),
	CASE(sends_the_shape_of_the_cursor), CASE(tells_of_leds),
	CASE(asks_for_the_password), CASE(a_client_that_breaks_the_rules_is_left),
	CASE(one_that_reads_nothing_and_one_that_says_half_hold_up_nobody),
	CASE(has_room_for_sixteen_connections), CASE(its_socket_is_its_owners),
	CASE(serves_a_browser_on_the_same_port), CASE(says_what_it_needs))
