/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_gpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/display_sdl.h"
#include "host/display_vnc.h"
#include "host/tls.h"
#include "host/udmabuf.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "virtio/gpu.h"

#ifdef BONSAI_SDL

static int create_sdl(const struct config_gpu *config, const struct display_size *sizes,
	const struct machine_device_host *host, struct display **ret, struct error *err)
{
	const struct display_sdl_options options = {
		.title = host->vm_name,
		.fullscreen = config->fullscreen,
		.seat = host->seat,
		.closed = host->closed,
		.closed_data = host->quit_data,
		.pos = &config->backend_pos,
	};

	return display_sdl_create(
		host->loop, sizes, config->scanouts, &options, ret, err);
}

static bool has_desktop(void)
{
	return getenv("WAYLAND_DISPLAY") || getenv("DISPLAY");
}

#else

static int create_sdl(const struct config_gpu *config, const struct display_size *sizes,
	const struct machine_device_host *host, struct display **ret, struct error *err)
{
	return error_set(err, -ENOSYS, &config->backend_pos,
		"this bonsai was built without windows: it knows no SDL");
}

static bool has_desktop(void)
{
	return false;
}

#endif

/* What shows the pictures where the XML does not say it. */
static enum config_gpu_kind choose(const struct config_gpu *config)
{
	if (config->kind != CONFIG_GPU_HOST)
		return config->kind;
	if (display_drm_suits())
		return CONFIG_GPU_DRM;
	return has_desktop() ? CONFIG_GPU_SDL : CONFIG_GPU_HEADLESS;
}

static int create_drm(const struct machine_device_host *host,
	const struct config_gpu *config, struct display **ret, struct error *err)
{
	const struct display_drm_options options = {
		.device = config->drm.device,
		.connectors = config->drm.connectors,
		.lease = config->drm.lease,
		.vt = config->drm.vt,
		.vts = host->vts,
		.width = config->drm.width,
		.height = config->drm.height,
		.refresh = config->drm.refresh,
		.pos = &config->backend_pos,
	};

	return display_drm_open(host->loop, &options, config->scanouts, ret, err);
}

static int create_vnc(const struct config_gpu *config,
	const struct machine_device_host *host, struct display **ret, struct error *err)
{
	const struct config_vnc *vnc = &config->vnc;
	struct tls_files tls;
	const struct display_vnc_options options = {
		.path = vnc->path,
		.address = vnc->address,
		.port = vnc->port,
		.tls = machine_tls(&vnc->tls, &tls),
		.password_file = vnc->password_file,
		.web = vnc->web ? vnc->web_root : NULL,
		.name = host->vm_name,
		.size = {config->width, config->height},
		.pos = &config->backend_pos,
	};

	return display_vnc_create(host->loop, host->seat, &options, ret, err);
}

static int create_display(const struct machine_device_host *host,
	const struct config_gpu *config, struct display **ret, struct error *err)
{
	struct display_size sizes[DISPLAY_SCANOUTS_MAX];
	int code;

	for (unsigned int i = 0; i < config->scanouts; i++)
		sizes[i] = (struct display_size){config->width, config->height};
	switch (choose(config)) {
	case CONFIG_GPU_DRM:
		return create_drm(host, config, ret, err);
	case CONFIG_GPU_SDL:
		code = create_sdl(config, sizes, host, ret, err);
		/* Where nobody has asked for it, a VM without a window will do. */
		if (!code || config->kind == CONFIG_GPU_SDL)
			return code;
		log_host("%s", err->text);
		break;
	case CONFIG_GPU_VNC:
		return create_vnc(config, host, ret, err);
	case CONFIG_GPU_HOST:
	case CONFIG_GPU_HEADLESS:
		break;
	}
	return display_headless_create(sizes, config->scanouts, ret, err);
}

int machine_gpu_create(struct machine_device *device,
	const struct machine_device_host *host, struct error *err)
{
	const struct config_gpu *config = &device->plan->config->gpu;
	struct virtio_gpu_options options = {
		.max_memory_bytes = config->max_memory_bytes, .udmabuf = -1};
	int code = create_display(host, config, &device->display, err);

	if (code)
		return code;
	/* Private memory is nobody's to borrow. */
	if (host->mem->options.shared)
		options.udmabuf = udmabuf_open();
	return virtio_gpu_create(host->loop, device->plan->config->name, device->display,
		&options, &device->dev, err);
}

/* ---- what is on a screen --------------------------------------------------------------
 */

static const struct machine_device *find(const struct machine *machine, const char *name)
{
	for (unsigned int i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = &machine->devices[i];

		if (device->display &&
			(!name || !strcmp(name, device->plan->config->name)))
			return device;
	}
	return NULL;
}

struct screendump {
	struct picture_request request;
	struct display *display;
	const char *device;
	unsigned int scanout;
	void (*done)(void *user, int code, const struct error *err);
	void *user;
	char path[];
};

static int take_picture(
	struct picture_request *request, struct picture *ret, struct error *err)
{
	const struct screendump *dump = container_of(request, struct screendump, request);
	int code = display_capture(
		dump->display, dump->scanout, &ret->pixels, &ret->width, &ret->height);

	if (code == -ENOENT)
		return error_set(err, code, NULL,
			"%s: nothing has been on scanout %u yet", dump->device,
			dump->scanout);
	return code ? error_set(err, code, NULL, "%s: %s", dump->device, strerror(-code))
		    : 0;
}

static void picture_done(
	struct picture_request *request, int code, const struct error *err)
{
	struct screendump *dump = container_of(request, struct screendump, request);

	dump->done(dump->user, code, err);
	free(dump);
}

int machine_gpu_screendump(struct machine_control *face,
	const struct machine_screendump *what, struct error *err)
{
	struct machine *machine = container_of(face, struct machine, face);
	const struct machine_device *found = find(machine, what->device);
	size_t path_bytes = strlen(what->path) + 1;
	struct screendump *dump;

	if (!found && !what->device)
		return error_set(err, -ENXIO, NULL, "there is no gpu");
	if (!found)
		return error_set(err, -ENXIO, NULL, "there is no gpu '%s'", what->device);
	if (what->scanout >= display_scanouts(found->display))
		return error_set(err, -EINVAL, NULL, "%s has no scanout %u",
			found->plan->config->name, what->scanout);
	dump = calloc(1, sizeof(*dump) + path_bytes);
	if (!dump)
		return error_set(err, -ENOMEM, NULL, "no memory for a screendump");
	memcpy(dump->path, what->path, path_bytes);
	dump->display = found->display;
	dump->device = found->plan->config->name;
	dump->scanout = what->scanout;
	dump->done = what->done;
	dump->user = what->user;
	dump->request = (struct picture_request){
		.path = dump->path,
		.format = what->png ? PICTURE_PNG : PICTURE_PPM,
		.take = take_picture,
		.done = picture_done,
	};
	picture_save(&machine->saver, &dump->request);
	return 0;
}
