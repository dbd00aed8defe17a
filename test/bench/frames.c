/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs in the guest: shows one full screen after another for so many seconds, each by a
 * page flip between two dumb buffers in the mode that the first screen prefers, and each
 * with another colour all over. Prints "frames begin", "frames end COUNT", and what
 * came of it as "figure gpu-frames NUMBER", in frames a second.
 *
 *	frames CARD SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

#define WARM_FRAMES 10u

struct screen {
	int fd;
	uint32_t connector;
	uint32_t crtc;
	struct drm_mode_modeinfo mode;
	uint32_t fb[2];
	uint32_t *pixels[2];
	uint64_t bytes;
};

static void die(const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ask(const struct screen *screen, unsigned long request, void *argument,
	const char *what)
{
	while (ioctl(screen->fd, request, argument) < 0)
		if (errno != EINTR)
			die(what);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The first connector, its first mode, which is the preferred one, and the first CRTC. */
static void find(struct screen *screen)
{
	uint32_t connectors[16], crtcs[16];
	struct drm_mode_modeinfo modes[64];
	struct drm_mode_card_res resources = {
		.connector_id_ptr = (uintptr_t)connectors,
		.count_connectors = 16,
		.crtc_id_ptr = (uintptr_t)crtcs,
		.count_crtcs = 16,
	};
	struct drm_mode_get_connector connector = {0};

	ask(screen, DRM_IOCTL_MODE_GETRESOURCES, &resources, "no resources");
	if (!resources.count_connectors || !resources.count_crtcs)
		die("no screen");
	connector.connector_id = connectors[0];
	ask(screen, DRM_IOCTL_MODE_GETCONNECTOR, &connector, "no connector");
	connector.modes_ptr = (uintptr_t)modes;
	connector.count_props = connector.count_encoders = 0;
	if (connector.count_modes > 64)
		connector.count_modes = 64;
	ask(screen, DRM_IOCTL_MODE_GETCONNECTOR, &connector, "no modes");
	if (!connector.count_modes)
		die("no mode");
	screen->connector = connectors[0];
	screen->crtc = crtcs[0];
	screen->mode = modes[0];
}

static void create(struct screen *screen, unsigned int which)
{
	struct drm_mode_create_dumb dumb = {
		.width = screen->mode.hdisplay,
		.height = screen->mode.vdisplay,
		.bpp = 32,
	};
	struct drm_mode_fb_cmd fb = {
		.width = dumb.width, .height = dumb.height, .bpp = 32, .depth = 24};
	struct drm_mode_map_dumb map = {0};

	ask(screen, DRM_IOCTL_MODE_CREATE_DUMB, &dumb, "no buffer");
	map.handle = fb.handle = dumb.handle;
	fb.pitch = dumb.pitch;
	ask(screen, DRM_IOCTL_MODE_ADDFB, &fb, "no frame buffer");
	ask(screen, DRM_IOCTL_MODE_MAP_DUMB, &map, "no map");
	screen->fb[which] = fb.fb_id;
	screen->bytes = dumb.size;
	screen->pixels[which] = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		screen->fd, (off_t)map.offset);
	if (screen->pixels[which] == MAP_FAILED)
		die("no memory");
}

static void set_mode(struct screen *screen)
{
	struct drm_mode_crtc crtc = {
		.set_connectors_ptr = (uintptr_t)&screen->connector,
		.count_connectors = 1,
		.crtc_id = screen->crtc,
		.fb_id = screen->fb[0],
		.mode_valid = 1,
		.mode = screen->mode,
	};

	ask(screen, DRM_IOCTL_MODE_SETCRTC, &crtc, "no mode set");
}

static void show(struct screen *screen, unsigned int number)
{
	struct drm_mode_crtc_page_flip flip = {
		.crtc_id = screen->crtc,
		.fb_id = screen->fb[number & 1],
		.flags = DRM_MODE_PAGE_FLIP_EVENT,
	};
	uint64_t event[8];

	/* Every byte is another one than in the frame before. */
	memset(screen->pixels[number & 1], (int)(number * 3 & 255), screen->bytes);
	ask(screen, DRM_IOCTL_MODE_PAGE_FLIP, &flip, "no flip");
	if (read(screen->fd, event, sizeof(event)) <= 0)
		die("no event");
}

int main(int argc, char **argv)
{
	struct screen screen = {.fd = -1};
	unsigned int count = 0;
	uint64_t begin, duration_ns;

	if (argc != 3)
		return 2;
	screen.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (screen.fd < 0)
		die(argv[1]);
	duration_ns = strtoull(argv[2], NULL, 10) * 1000000000u;
	find(&screen);
	create(&screen, 0);
	create(&screen, 1);
	set_mode(&screen);
	for (unsigned int i = 1; i <= WARM_FRAMES; i++)
		show(&screen, i);
	printf("mode %ux%u\nframes begin\n", screen.mode.hdisplay, screen.mode.vdisplay);
	fflush(stdout);
	begin = now_ns();
	while (now_ns() - begin < duration_ns)
		show(&screen, ++count);
	duration_ns = now_ns() - begin;
	printf("frames end %u\nfigure gpu-frames %.1f\n", count,
		(double)count * 1e9 / (double)duration_ns);
	return 0;
}
