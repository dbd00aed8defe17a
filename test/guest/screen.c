/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test picture on the screen of a guest, by plain mode setting, and the same picture as
 * a file, for whoever compares.
 *
 *	screen                   does what standard input says, a line each:
 *	  card FILE              of this graphics card from now on
 *	  show SEED              sets the mode that the screen prefers, with a picture
 *	  flip SEED              another picture with the next frame
 *	  rect X Y W H COLOR     paints over it; only that is said to be new
 *	  cursor X Y HOTX HOTY   the pointer of a mouse there
 *	  nocursor
 *	  wait W H               until the screen prefers that
 *	screen ppm W H SEED [X Y W H COLOR]
 *	screen vt TTY            says whether the kernel draws text there
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

#define CURSOR_SIDE 64u
#define PATIENCE 600 /* of a tenth of a second */

struct picture {
	uint32_t handle;
	uint32_t fb;
	uint32_t stride_bytes;
	uint32_t *pixels;
};

static struct screen {
	int fd;
	uint32_t connector;
	uint32_t crtc;
	struct drm_mode_modeinfo mode;
	struct picture pictures[2];
	unsigned int shown;
} screen;

static void fail(const char *what)
{
	printf("screen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *call(unsigned long request, void *argument, const char *what)
{
	int result;

	do {
		result = ioctl(screen.fd, request, argument);
	} while (result < 0 && (errno == EINTR || errno == EAGAIN));
	if (result < 0)
		fail(what);
	return argument;
}

/* Gradients across and down, and a weave of both that shows each place that is wrong. */
static uint32_t color(uint32_t x, uint32_t y, uint32_t seed)
{
	uint32_t red = (x / 5 + seed * 31) & 255, green = (y / 3 + seed * 17) & 255;

	return red << 16 | green << 8 | ((x ^ y) & 255);
}

/* ---- the screen -----------------------------------------------------------------------
 */

static void read_screen(void)
{
	static uint32_t crtcs[16], connectors[16];
	static struct drm_mode_modeinfo modes[128];
	struct drm_mode_card_res resources = {
		.crtc_id_ptr = (uintptr_t)crtcs,
		.connector_id_ptr = (uintptr_t)connectors,
		.count_crtcs = 16,
		.count_connectors = 16,
	};
	struct drm_mode_get_connector probe = {0}, state;

	call(DRM_IOCTL_MODE_GETRESOURCES, &resources, "resources");
	screen.crtc = crtcs[0];
	screen.connector = probe.connector_id = connectors[0];
	state = *(struct drm_mode_get_connector *)call(
		DRM_IOCTL_MODE_GETCONNECTOR, &probe, "connector");
	state.modes_ptr = (uintptr_t)modes;
	state.count_props = state.count_encoders = 0;
	state.count_modes = 128;
	call(DRM_IOCTL_MODE_GETCONNECTOR, &state, "modes");
	for (uint32_t i = state.count_modes; i-- > 0;)
		if (i == 0 || modes[i].type & DRM_MODE_TYPE_PREFERRED)
			screen.mode = modes[i];
}

static void make_picture(struct picture *picture)
{
	struct drm_mode_create_dumb create = {
		.width = screen.mode.hdisplay,
		.height = screen.mode.vdisplay,
		.bpp = 32,
	};
	struct drm_mode_map_dumb map = {0};
	struct drm_mode_fb_cmd fb = {
		.width = create.width,
		.height = create.height,
		.bpp = 32,
		.depth = 24,
	};

	call(DRM_IOCTL_MODE_CREATE_DUMB, &create, "memory");
	map.handle = fb.handle = picture->handle = create.handle;
	fb.pitch = picture->stride_bytes = create.pitch;
	call(DRM_IOCTL_MODE_MAP_DUMB, &map, "map");
	picture->pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		screen.fd, (off_t)map.offset);
	if (picture->pixels == MAP_FAILED)
		fail("map");
	call(DRM_IOCTL_MODE_ADDFB, &fb, "frame buffer");
	picture->fb = fb.fb_id;
}

static void paint(struct picture *picture, uint32_t seed)
{
	for (uint32_t y = 0; y < screen.mode.vdisplay; y++)
		for (uint32_t x = 0; x < screen.mode.hdisplay; x++)
			picture->pixels[y * (picture->stride_bytes / 4) + x] =
				color(x, y, seed);
}

static void show(uint32_t seed)
{
	struct drm_mode_crtc crtc = {.count_connectors = 1, .mode_valid = 1};

	read_screen();
	make_picture(&screen.pictures[0]);
	make_picture(&screen.pictures[1]);
	paint(&screen.pictures[0], seed);
	screen.shown = 0;
	crtc.crtc_id = screen.crtc;
	crtc.set_connectors_ptr = (uintptr_t)&screen.connector;
	crtc.fb_id = screen.pictures[0].fb;
	crtc.mode = screen.mode;
	call(DRM_IOCTL_MODE_SETCRTC, &crtc, "mode");
}

static void flip(uint32_t seed)
{
	struct picture *picture = &screen.pictures[!screen.shown];
	struct drm_mode_crtc_page_flip command = {
		.crtc_id = screen.crtc,
		.fb_id = picture->fb,
		.flags = DRM_MODE_PAGE_FLIP_EVENT,
	};
	struct pollfd event = {.fd = screen.fd, .events = POLLIN};
	char buffer[256];

	paint(picture, seed);
	call(DRM_IOCTL_MODE_PAGE_FLIP, &command, "flip");
	if (poll(&event, 1, PATIENCE * 100) != 1 ||
		read(screen.fd, buffer, sizeof(buffer)) <= 0)
		fail("no event of the flip");
	screen.shown = !screen.shown;
}

static void fill(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t value)
{
	struct picture *picture = &screen.pictures[screen.shown];
	struct drm_clip_rect clip = {(unsigned short)x, (unsigned short)y,
		(unsigned short)(x + width), (unsigned short)(y + height)};
	struct drm_mode_fb_dirty_cmd dirty = {
		.fb_id = picture->fb,
		.num_clips = 1,
		.clips_ptr = (uintptr_t)&clip,
	};

	for (uint32_t row = y; row < y + height; row++)
		for (uint32_t column = x; column < x + width; column++)
			picture->pixels[row * (picture->stride_bytes / 4) + column] =
				value;
	call(DRM_IOCTL_MODE_DIRTYFB, &dirty, "dirty");
}

static void set_cursor(int32_t x, int32_t y, int32_t hot_x, int32_t hot_y)
{
	struct drm_mode_create_dumb create = {
		.width = CURSOR_SIDE,
		.height = CURSOR_SIDE,
		.bpp = 32,
	};
	struct drm_mode_map_dumb map = {0};
	struct drm_mode_cursor2 cursor = {
		.flags = DRM_MODE_CURSOR_BO | DRM_MODE_CURSOR_MOVE,
		.crtc_id = screen.crtc,
		.x = x,
		.y = y,
		.width = CURSOR_SIDE,
		.height = CURSOR_SIDE,
		.hot_x = hot_x,
		.hot_y = hot_y,
	};
	uint32_t *pixels;

	call(DRM_IOCTL_MODE_CREATE_DUMB, &create, "memory of a cursor");
	map.handle = cursor.handle = create.handle;
	call(DRM_IOCTL_MODE_MAP_DUMB, &map, "map");
	pixels = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, screen.fd,
		(off_t)map.offset);
	if (pixels == MAP_FAILED)
		fail("map");
	for (uint32_t i = 0; i < CURSOR_SIDE * CURSOR_SIDE; i++)
		pixels[i] = i % CURSOR_SIDE <= i / CURSOR_SIDE ? 0xffff0000 : 0;
	call(DRM_IOCTL_MODE_CURSOR2, &cursor, "cursor");
}

static void hide_cursor(void)
{
	struct drm_mode_cursor2 cursor = {
		.flags = DRM_MODE_CURSOR_BO, .crtc_id = screen.crtc};

	call(DRM_IOCTL_MODE_CURSOR2, &cursor, "cursor");
}

static void wait_for_mode(uint32_t width, uint32_t height)
{
	for (int tries = 0; tries < PATIENCE; tries++) {
		read_screen();
		if (screen.mode.hdisplay == width && screen.mode.vdisplay == height)
			return;
		usleep(100000);
	}
	errno = ETIMEDOUT;
	fail("the mode");
}

/* The one before goes on showing what it shows. */
static void open_card(const char *path)
{
	memset(&screen, 0, sizeof(screen));
	screen.fd = open(path, O_RDWR | O_CLOEXEC);
	if (screen.fd < 0)
		fail(path);
}

static int serve(void)
{
	unsigned int a, b, c, d, e;
	char line[128], path[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("screen: ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (sscanf(line, "card %63s", path) == 1)
			open_card(path);
		else if (sscanf(line, "show %u", &a) == 1)
			show(a);
		else if (sscanf(line, "flip %u", &a) == 1)
			flip(a);
		else if (sscanf(line, "rect %u %u %u %u %x", &a, &b, &c, &d, &e) == 5)
			fill(a, b, c, d, e);
		else if (sscanf(line, "cursor %u %u %u %u", &a, &b, &c, &d) == 4)
			set_cursor((int)a, (int)b, (int)c, (int)d);
		else if (sscanf(line, "wait %u %u", &a, &b) == 2)
			wait_for_mode(a, b);
		else if (!strcmp(line, "nocursor"))
			hide_cursor();
		else
			return 0;
		printf("screen: done %s %ux%u\n", line, screen.mode.hdisplay,
			screen.mode.vdisplay);
	}
	return 0;
}

/* ---- the files ------------------------------------------------------------------------
 */

static unsigned int number(const char *text, int base)
{
	return (unsigned int)strtoul(text, NULL, base);
}

static int write_ppm(char **words, int count)
{
	uint32_t width = number(words[0], 10), height = number(words[1], 10);
	uint32_t seed = number(words[2], 10), rect[4] = {0}, value = 0;

	for (int i = 0; i < 4 && count >= 8; i++)
		rect[i] = number(words[3 + i], 10);
	if (count >= 8)
		value = number(words[7], 16);
	printf("P6\n%u %u\n255\n", width, height);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			uint32_t pixel = x - rect[0] < rect[2] && y - rect[1] < rect[3]
						 ? value
						 : color(x, y, seed);

			putchar((int)(pixel >> 16 & 255));
			putchar((int)(pixel >> 8 & 255));
			putchar((int)(pixel & 255));
		}
	return 0;
}

static int tell_vt(const char *tty)
{
	int mode = 0, fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KDGETMODE, &mode) < 0)
		fail(tty);
	printf("%s\n", mode == KD_TEXT ? "text" : "graphics");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "ppm"))
		return write_ppm(argv + 2, argc - 2);
	if (argc == 3 && !strcmp(argv[1], "vt"))
		return tell_vt(argv[2]);
	if (argc == 1)
		return serve();
	fprintf(stderr, "usage: screen | ppm W H SEED [X Y W H COLOR] | vt TTY\n");
	return 2;
}
