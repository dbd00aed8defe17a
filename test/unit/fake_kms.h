/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graphics card and its kernel in the test's hand (host/drm_sys.h, host/uevent.h): two
 * connectors, a CRTC each, memory to be shown. What is on a screen is what a flip left
 * there with the last fake_kms_frame().
 */
#ifndef TEST_UNIT_FAKE_KMS_H
#define TEST_UNIT_FAKE_KMS_H

#include <stdbool.h>
#include <stdint.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

#define FAKE_KMS_SCREENS 2u
#define FAKE_KMS_FBS 32u
#define FAKE_KMS_DMABUF 77 /* a descriptor of fake_kms.dmabuf */

struct fake_fb {
	bool there;
	uint32_t *pixels; /* NULL: of the console, which was there before */
	uint32_t width;
	uint32_t height;
	uint32_t stride_bytes;
	uint32_t format;
};

struct fake_screen {
	bool connected;
	uint32_t width; /* of the preferred mode; there is also 640x480 */
	uint32_t height;
	/* The CRTC. */
	uint32_t fb;
	uint32_t x;
	uint32_t y;
	struct drm_mode_modeinfo mode;
	bool active;
	/* Until the next frame. */
	bool flipping;
	uint32_t next_fb;
	uint32_t next_x;
	uint32_t next_y;
	uint64_t data;
	/* The cursor. */
	uint32_t cursor; /* its handle; 0: none */
	uint32_t cursor_hot_x;
	int32_t cursor_x;
	int32_t cursor_y;
};

struct fake_kms {
	/* What it can. */
	bool atomic;
	bool damage; /* FB_DAMAGE_CLIPS */
	bool dirty;
	bool import;
	bool cursors;
	int master_error; /* -errno */
	int flip_error;
	uint32_t *dmabuf;

	struct fake_screen screens[FAKE_KMS_SCREENS];
	struct fake_fb fbs[FAKE_KMS_FBS]; /* by id */
	unsigned int mode_sets;
	unsigned int flips;
	unsigned int touches;
	struct drm_mode_rect clip; /* that the last flip or touch told of */
	unsigned int memories;     /* in use */
	int masters;               /* how often it became master less dropped */
	bool open;

	unsigned int leases; /* in force */
	unsigned int lease_objects;
	uint32_t lease_object[4]; /* of the last one */
};

extern struct fake_kms fake_kms;

/* A card that can all of that; both screens are plugged in, 800x600 and 400x300. */
void fake_kms_reset(void);
/* Flips take effect, events come. */
void fake_kms_frame(void);
/* Tells of what the test has changed. */
void fake_kms_cable(void);
/* Whether anybody has the card open, or a lease of it. */
bool fake_kms_is_open(void);
/* On the screen; 0xdead where there is nothing. */
uint32_t fake_kms_pixel(unsigned int screen, uint32_t x, uint32_t y);
uint32_t *fake_kms_cursor(unsigned int screen);

#endif
