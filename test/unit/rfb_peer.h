/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VNC server with a guest's keyboard and tablet behind it, and clients of it that speak
 * RFB (RFC 6143) byte by byte. Reading gives up after some seconds, and fails the test.
 */
#ifndef TEST_UNIT_RFB_PEER_H
#define TEST_UNIT_RFB_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "host/display.h"
#include "host/display_vnc.h"
#include "host/seat.h"
#include "src/loop.h"
#include "test/unit/input_probe.h"

#define RFB_WIDTH 64u
#define RFB_HEIGHT 48u

struct rfb_rig {
	struct loop *loop;
	struct seat *seat;
	struct input_source *keyboard;
	struct input_source *tablet;
	struct input_probe keys;
	struct input_probe places;
	struct display *display;
	struct display_user user;
	unsigned int modes_changed;
	char folder[32];
	char socket[64];
};

/* options->path is the rig's own where it and address are NULL. */
void rfb_begin(struct rfb_rig *rig, const struct display_vnc_options *options);
void rfb_end(struct rfb_rig *rig);

/* A connection, accepted. */
int rfb_connect(struct rfb_rig *rig);
/* The same, logged in without a password, with that encoding beside raw, or 0. */
int rfb_join(struct rfb_rig *rig, int32_t encoding);
/* Up to and with the result; returns that. */
uint32_t rfb_log_in(int fd, uint8_t type, const char *password);

void rfb_send(int fd, const void *bytes, size_t count);
void rfb_read(int fd, void *bytes, size_t count);
/* Whether the server has closed it, whatever came before. */
bool rfb_is_over(int fd);
void rfb_request(int fd, bool incremental);
void rfb_encodings(int fd, const int32_t *encodings, uint16_t count);

struct rfb_rect {
	struct rect rect;
	int32_t encoding;
};

/* The head of an update with one rectangle. */
struct rfb_rect rfb_update(int fd);
/* An update of the whole, dropped. */
void rfb_take_all(int fd, uint32_t width, uint32_t height);
/* Asks for one. */
void rfb_see_all(int fd, uint32_t width, uint32_t height);
/* Turns the loop until the probe has heard that. */
void rfb_expect(struct rfb_rig *rig, struct input_probe *probe, const char *events);

#endif
