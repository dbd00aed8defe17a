/* SPDX-License-Identifier: Apache-2.0 */
/* A graphics adapter's configuration. Part of config/config.h. */
#ifndef CONFIG_CONFIG_GPU_H
#define CONFIG_CONFIG_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config_tls.h"
#include "src/error.h"

enum config_gpu_kind {
	CONFIG_GPU_HOST, /* not said: what suits the host, which is the machine's to find
			  */
	CONFIG_GPU_SDL,
	CONFIG_GPU_HEADLESS,
	CONFIG_GPU_DRM,
	CONFIG_GPU_VNC,
};

#define CONFIG_GPU_SCANOUTS_MAX 16u /* virtio 1.2, 5.7.4 */
#define CONFIG_GPU_SIDE_MIN 64u
#define CONFIG_GPU_SIDE_MAX 16384u

/* The screen of a bare console. */
struct config_drm {
	char *device;     /* NULL: the first card with a screen */
	char *connectors; /* one a scanout, with blanks; NULL: those plugged in */
	uint32_t width;   /* of the mode; 0: what each screen prefers */
	uint32_t height;
	uint32_t refresh; /* Hz; 0: any */
	char *lease;      /* the socket of who leases them; NULL: the card is its own */
	unsigned int vt;  /* 0: the virtual terminal on stdin, if it is one */
};

/* A screen for clients of VNC. */
struct config_vnc {
	char *path;    /* of a unix socket, or NULL: the next two */
	char *address; /* numeric */
	uint16_t port;
	struct config_tls tls;
	char *password_file; /* or NULL */
	bool web;            /* a page for browsers, too */
	char *web_root;      /* where noVNC lies */
};

struct config_gpu {
	uint32_t width; /* of every scanout, in pixels */
	uint32_t height;
	unsigned int scanouts;
	uint64_t max_memory_bytes; /* that the guest can make the host spend on it */
	enum config_gpu_kind kind;
	bool fullscreen; /* of sdl */
	struct source_pos backend_pos;
	struct config_drm drm;
	struct config_vnc vnc;
};

#endif
