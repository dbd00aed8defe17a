/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/hv.h"
#include "src/log.h"

/* ---- interrupt lines ------------------------------------------------------------------
 */

static void line_set(struct irq_line *line, bool level)
{
	struct machine_line *own = container_of(line, struct machine_line, line);

	if (own->target)
		irq_line_set(own->target, level);
}

static void line_pulse(struct irq_line *line)
{
	struct machine_line *own = container_of(line, struct machine_line, line);

	if (own->target)
		irq_line_pulse(own->target);
}

static const struct irq_line_ops line_ops = {.set = line_set, .pulse = line_pulse};

void machine_line_init(struct machine_line *line)
{
	line->line.ops = &line_ops;
	line->target = NULL;
}

/* ---- consoles -------------------------------------------------------------------------
 */

int machine_terminal_create(struct loop *loop, const struct config_terminal *config,
	void (*quit)(void *quit_data), void *quit_data, const char *name,
	struct terminal **ret, struct error *err)
{
	const struct source_pos *pos = &config->pos;
	int code = -EINVAL;

	switch (config->kind) {
	case CONFIG_TERMINAL_STDIO:
		code = terminal_stdio_create(loop, quit, quit_data, ret, err);
		break;
	case CONFIG_TERMINAL_PTY:
		code = terminal_pty_create(loop, config->path, pos, ret, err);
		break;
	case CONFIG_TERMINAL_UNIX:
		code = terminal_unix_create(loop, config->path, pos, ret, err);
		break;
	case CONFIG_TERMINAL_TCP:
		code = terminal_tcp_create(
			loop, config->address, config->port, pos, ret, err);
		break;
	case CONFIG_TERMINAL_FILE:
		code = terminal_file_create(
			loop, config->path, config->append, pos, ret, err);
		break;
	case CONFIG_TERMINAL_NULL:
		code = terminal_null_create(ret, err);
		break;
	}
	/* A pty's name is the kernel's choice: the person must be told. */
	if (!code && config->kind == CONFIG_TERMINAL_PTY)
		log_host("%s is at %s", name, terminal_place(*ret));
	return code;
}

/* ---- network --------------------------------------------------------------------------
 */

/* ---- disks ----------------------------------------------------------------------------
 */

/* ---- any ------------------------------------------------------------------------------
 */

static int create_by_type(struct machine_device *device, struct loop *loop,
	void (*quit)(void *quit_data), void *quit_data, struct error *err)
{
	return error_set(err, -ENOSYS, &device->plan->config->pos,
		"%s: virtio devices are not in this build yet",
		device->plan->config->name);
}
int machine_device_create(struct machine_device *device, const struct plan_device *plan,
	struct loop *loop, const struct guest_mem *mem, struct bus *bus,
	void (*quit)(void *quit_data), void *quit_data, struct error *err)
{
	int code;

	device->plan = plan;
	machine_line_init(&device->line);
	code = create_by_type(device, loop, quit, quit_data, err);
	if (!code)
		code = virtio_mmio_init(&device->transport, device->dev, mem,
			plan->mmio.gpa, &device->line.line, err);
	if (!code)
		code = bus_add(bus, &device->transport.region, err);
	if (code && err && !err->pos.file)
		err->pos = plan->config->pos;
	return code;
}

void machine_device_destroy(struct machine_device *device)
{
	virtio_mmio_finish(&device->transport);
	virtio_device_destroy(device->dev);
	for (unsigned int i = 0; i < device->terminal_count; i++)
		terminal_destroy(device->terminals[i]);
	free(device->terminals);
	nic_destroy(device->nic);
	disk_destroy(device->disk);
}

int machine_device_connect(
	struct machine_device *device, struct hv *hv, struct error *err)
{
	uint64_t notify_gpa = device->plan->mmio.gpa + VIRTIO_MMIO_QUEUE_NOTIFY;
	int code = hv_irq_line(hv, device->plan->irq, true, &device->line.target, err);

	for (unsigned int q = 0; q < device->dev->queue_count && !code; q++) {
		int fd = virtio_mmio_kick_fd(&device->transport, q);

		if (fd < 0)
			return error_set(err, fd, &device->plan->config->pos,
				"%s: no eventfd: %s", device->plan->config->name,
				strerror(-fd));
		code = hv_ioeventfd(hv, notify_gpa, q, fd, err);
	}
	return code;
}
