/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of a VNC server that says anything: from its first word on, or once it is
 * logged in, or as a browser that has its websocket, in pieces of any size, while the
 * guest draws and its keyboard's LEDs change. Beyond the sanitizers: whatever it said,
 * once it says no more it is left, and what it held down is lifted.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/fuzz/rings.h"
#include "test/unit/rfb_peer.h"

#define PATIENCE_TURNS 5000u /* of a millisecond */

static const char login[] = "RFB 003.008\n\x01\x01";
static const char upgrade[] = "GET /websockify HTTP/1.1\r\nHost: localhost\r\n"
			      "Origin: http://localhost\r\nUpgrade: websocket\r\n"
			      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static struct rfb_rig rig;
static struct display_buffer *screen;
static char folder[] = "/tmp/bonsai-fuzz-XXXXXX";
static char page[sizeof(folder) + sizeof("/vnc.html")];

static void end(void)
{
	display_buffer_destroy(rig.display, screen);
	rfb_end(&rig);
	unlink(page);
	rmdir(folder);
}

static void begin(void)
{
	const struct display_vnc_options options = {.web = folder};
	int fd;

	if (!mkdtemp(folder))
		abort();
	snprintf(page, sizeof(page), "%s/vnc.html", folder);
	fd = open(page, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	close(fd);
	rfb_begin(&rig, &options);
	if (display_buffer_create(rig.display, RFB_WIDTH, RFB_HEIGHT, &screen))
		abort();
	display_show(rig.display, 0, screen, &(struct rect){0, 0, RFB_WIDTH, RFB_HEIGHT});
	atexit(end);
}

/* What the server said is dropped, or it would wait. True: the connection is over. */
static bool drain(int fd)
{
	char bytes[16384];
	ssize_t got;

	do {
		got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (got > 0);
	return !got || errno != EAGAIN;
}

static void say(int fd, const void *bytes, size_t count)
{
	if (count)
		send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
	loop_turn(rig.loop, 0);
	drain(fd);
}

static void guest_acts(uint32_t what)
{
	struct rect damage = {what % RFB_WIDTH, what % RFB_HEIGHT, 1, 1};
	struct evdev_event led = {
		.type = EV_LED, .code = what % 3, .value = what >> 4 & 1};

	if (what & 1)
		display_flush(rig.display, 0, screen, &damage);
	else
		input_source_status(rig.keyboard, &led);
}

static void wait_for_the_end(int fd)
{
	shutdown(fd, SHUT_WR);
	for (unsigned int i = 0; !drain(fd); i++) {
		if (i == PATIENCE_TURNS)
			abort();
		loop_turn(rig.loop, 1);
	}
	close(fd);
}

/* A key is heard of when it changes; where there was no room for all, nobody knows. */
static bool all_lifted(void)
{
	const char *heard = rig.keys.text;
	int down = 0;

	if (strlen(heard) > sizeof(rig.keys.text) - 64)
		return true;
	for (; *heard; heard++)
		if (*heard == '=')
			down += heard[1] == '1' ? 1 : -1;
	return !down;
}

static void check_lifted(void)
{
	for (unsigned int i = 0; !all_lifted(); i++) {
		if (i == PATIENCE_TURNS)
			abort();
		loop_turn(rig.loop, 1);
	}
	input_probe_heard(&rig.keys);
	input_probe_heard(&rig.places);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct rings_input input = {bytes, count};
	uint32_t kind = rings_take(&input, 1);
	int fd;

	if (!screen)
		begin();
	fd = rfb_connect(&rig);
	if (kind % 4 == 1)
		say(fd, upgrade, sizeof(upgrade) - 1);
	else if (kind % 4 > 1)
		say(fd, login, sizeof(login) - 1);
	while (input.left) {
		uint32_t piece = 1 + rings_take(&input, 1) % 64;

		if (piece > input.left)
			piece = (uint32_t)input.left;
		say(fd, input.at, piece);
		input.at += piece;
		input.left -= piece;
		guest_acts(rings_take(&input, 1));
	}
	wait_for_the_end(fd);
	check_lifted();
	return 0;
}
