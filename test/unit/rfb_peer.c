/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/rfb_peer.h"

#include <errno.h>
#include <rfb/rfb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

#define PATIENCE_S 20
#define TURN_MS 10

static void mode_changed(struct display_user *user, unsigned int scanout)
{
	container_of(user, struct rfb_rig, user)->modes_changed++;
}

static void presented(struct display_user *user, unsigned int scanout)
{
}

static const struct display_events events = {mode_changed, presented};

void rfb_begin(struct rfb_rig *rig, const struct display_vnc_options *options)
{
	struct display_vnc_options own = {0};
	struct error err = {0};

	memset(rig, 0, sizeof(*rig));
	if (options)
		own = *options;
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/bonsai-test-XXXXXX");
	CHECK(mkdtemp(rig->folder));
	snprintf(rig->socket, sizeof(rig->socket), "%s/vnc", rig->folder);
	own.path = rig->socket;
	own.name = "a screen";
	own.size = (struct display_size){RFB_WIDTH, RFB_HEIGHT};
	CHECK_EQ(loop_create(&rig->loop, &err), 0);
	CHECK_EQ(seat_create(rig->loop, &rig->seat, &err), 0);
	CHECK_EQ(seat_source_create(
			 rig->seat, INPUT_KEYBOARD, "keyboard", &rig->keyboard, &err),
		0);
	CHECK_EQ(
		seat_source_create(rig->seat, INPUT_TABLET, "tablet", &rig->tablet, &err),
		0);
	input_probe_begin(&rig->keys, rig->keyboard);
	input_probe_begin(&rig->places, rig->tablet);
	if (display_vnc_create(rig->loop, rig->seat, &own, &rig->display, &err)) {
		test_fail(__FILE__, __LINE__, "%s", err.text);
		exit(1);
	}
	rig->user.events = &events;
	display_set_user(rig->display, &rig->user);
}

void rfb_end(struct rfb_rig *rig)
{
	display_destroy(rig->display);
	input_source_destroy(rig->keyboard);
	input_source_destroy(rig->tablet);
	seat_destroy(rig->seat);
	loop_destroy(rig->loop);
	CHECK(access(rig->socket, F_OK) < 0);
	CHECK_EQ(rmdir(rig->folder), 0);
}

int rfb_connect(struct rfb_rig *rig)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", rig->socket);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	CHECK(loop_turn(rig->loop, PATIENCE_S * 1000) >= 0);
	return fd;
}

void rfb_send(int fd, const void *bytes, size_t count)
{
	CHECK_EQ(send(fd, bytes, count, MSG_NOSIGNAL), count);
}

void rfb_read(int fd, void *bytes, size_t count)
{
	CHECK_EQ(recv(fd, bytes, count, MSG_WAITALL), count);
}

bool rfb_is_over(int fd)
{
	char bytes[4096];
	ssize_t count;

	do {
		count = recv(fd, bytes, sizeof(bytes), 0);
	} while (count > 0);
	return !count || errno == ECONNRESET;
}

static uint32_t read32(int fd)
{
	uint8_t bytes[4] = {0};

	rfb_read(fd, bytes, sizeof(bytes));
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint16_t read16(int fd)
{
	uint8_t bytes[2] = {0};

	rfb_read(fd, bytes, sizeof(bytes));
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t rfb_log_in(int fd, uint8_t type, const char *password)
{
	char version[13] = "";
	uint8_t types[2];
	uint8_t challenge[16];
	char secret[9] = "";

	rfb_read(fd, version, 12);
	CHECK_STR(version, "RFB 003.008\n");
	rfb_send(fd, version, 12);
	rfb_read(fd, types, sizeof(types));
	CHECK_EQ(types[0], 1);
	CHECK_EQ(types[1], type);
	rfb_send(fd, &types[1], 1);
	if (password) {
		rfb_read(fd, challenge, sizeof(challenge));
		snprintf(secret, sizeof(secret), "%s", password);
		rfbEncryptBytes(challenge, secret);
		rfb_send(fd, challenge, sizeof(challenge));
	}
	return read32(fd);
}

void rfb_encodings(int fd, const int32_t *encodings, uint16_t count)
{
	uint8_t head[] = {2, 0, (uint8_t)(count >> 8), (uint8_t)count};

	rfb_send(fd, head, sizeof(head));
	for (uint16_t i = 0; i < count; i++) {
		uint32_t code = (uint32_t)encodings[i];
		uint8_t bytes[] = {(uint8_t)(code >> 24), (uint8_t)(code >> 16),
			(uint8_t)(code >> 8), (uint8_t)code};

		rfb_send(fd, bytes, sizeof(bytes));
	}
}

int rfb_join(struct rfb_rig *rig, int32_t encoding)
{
	int32_t encodings[] = {0, encoding};
	int fd = rfb_connect(rig);
	uint8_t shared = 1;
	uint8_t format[16];
	char name[32] = "";

	CHECK_EQ(rfb_log_in(fd, 1, NULL), 0);
	rfb_send(fd, &shared, 1);
	CHECK_EQ(read16(fd), RFB_WIDTH);
	CHECK_EQ(read16(fd), RFB_HEIGHT);
	rfb_read(fd, format, sizeof(format));
	CHECK_EQ(format[0], 32);
	CHECK_EQ(format[1], 24);
	CHECK_EQ(format[10], 16); /* red */
	CHECK_EQ(format[12], 0);  /* blue */
	CHECK_EQ(read32(fd), 8);
	rfb_read(fd, name, 8);
	CHECK_STR(name, "a screen");
	rfb_encodings(fd, encodings, encoding ? 2 : 1);
	return fd;
}

void rfb_request(int fd, bool incremental)
{
	uint8_t message[] = {3, incremental, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};

	rfb_send(fd, message, sizeof(message));
}

struct rfb_rect rfb_update(int fd)
{
	uint8_t head[4] = {0};
	struct rfb_rect ret;

	rfb_read(fd, head, sizeof(head));
	CHECK_EQ(head[0], 0);
	CHECK_EQ(head[3], 1);
	ret.rect.x = read16(fd);
	ret.rect.y = read16(fd);
	ret.rect.width = read16(fd);
	ret.rect.height = read16(fd);
	ret.encoding = (int32_t)read32(fd);
	return ret;
}

void rfb_see_all(int fd, uint32_t width, uint32_t height)
{
	rfb_request(fd, false);
	rfb_take_all(fd, width, height);
}

void rfb_take_all(int fd, uint32_t width, uint32_t height)
{
	struct rfb_rect update = rfb_update(fd);
	size_t left = display_buffer_bytes(width, height);
	uint8_t bytes[1024];

	CHECK_EQ(update.encoding, 0);
	CHECK_EQ(update.rect.width, width);
	CHECK_EQ(update.rect.height, height);
	for (size_t count; left; left -= count) {
		count = left < sizeof(bytes) ? left : sizeof(bytes);
		rfb_read(fd, bytes, count);
	}
}

void rfb_expect(struct rfb_rig *rig, struct input_probe *probe, const char *wanted)
{
	char heard[sizeof(probe->text)] = "";
	size_t length = 0;

	for (int i = 0; i < PATIENCE_S * 1000 / TURN_MS && strcmp(heard, wanted); i++) {
		const char *more;

		CHECK(loop_turn(rig->loop, TURN_MS) >= 0);
		more = input_probe_heard(probe);
		length += (size_t)snprintf(heard + length, sizeof(heard) - length, "%s%s",
			length && *more ? " " : "", more);
	}
	CHECK_STR(heard, wanted);
}
