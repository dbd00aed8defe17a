/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/disk_crypt.h"
#include "host/disk_verity.h"
#include "host/seat.h"
#include "host/tls.h"
#include "host/vhost_user.h"
#include "host/virtiofsd.h"
#include "src/error.h"
#include "src/hv.h"
#include "src/log.h"
#include "src/machine_gpu.h"
#include "virtio/balloon.h"
#include "virtio/block.h"
#include "virtio/console.h"
#include "virtio/fs.h"
#include "virtio/input.h"
#include "virtio/net.h"
#include "virtio/pmem.h"
#include "virtio/rng.h"
#include "virtio/vhost_user.h"
#include "virtio/vhost_vsock.h"
#include "virtio/vsock.h"

/* ---- consoles -------------------------------------------------------------------------
 */

const struct tls_files *machine_tls(
	const struct config_tls *config, struct tls_files *files)
{
	if (!config->pos.file)
		return NULL;
	*files = (struct tls_files){.certificate = config->certificate,
		.key = config->key,
		.ca = config->ca,
		.clients = config->clients,
		.pos = &config->pos};
	return files;
}

int machine_terminal_create(struct loop *loop, const struct config_terminal *config,
	void (*quit)(void *quit_data), void *quit_data, const char *name,
	struct terminal **ret, struct error *err)
{
	const struct source_pos *pos = &config->pos;
	struct tls_files tls;
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
		code = terminal_tcp_create(loop, config->address, config->port,
			machine_tls(&config->tls, &tls), pos, ret, err);
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

static int create_console(struct machine_device *device,
	const struct machine_device_host *host, struct error *err)
{
	const struct config_console *config = &device->plan->config->console;
	const char *name = device->plan->config->name;
	struct virtio_console_port *ports;
	int code;

	device->terminals = calloc(1 + config->port_count, sizeof(device->terminals[0]));
	ports = calloc(1 + config->port_count, sizeof(ports[0]));
	if (!device->terminals || !ports) {
		free(ports);
		return error_set(err, -ENOMEM, NULL, "%s: no memory", name);
	}
	code = machine_terminal_create(host->loop, &config->terminal, host->quit,
		host->quit_data, name, &device->terminals[0], err);
	if (!code)
		device->terminal_count = 1;
	for (unsigned int i = 0; i < config->port_count && !code; i++) {
		code = machine_terminal_create(host->loop, &config->ports[i].terminal,
			host->quit, host->quit_data, config->ports[i].name,
			&device->terminals[1 + i], err);
		if (code)
			break;
		device->terminal_count++;
		ports[i].name = config->ports[i].name;
		ports[i].terminal = device->terminals[1 + i];
	}
	if (!code)
		code = virtio_console_create(host->loop, name, device->terminals[0],
			ports, config->port_count, &device->dev, err);
	free(ports);
	return code;
}

/* ---- network --------------------------------------------------------------------------
 */

static int open_user_nic(const struct config_net *config, struct loop *loop,
	struct nic **ret, struct error *err)
{
	struct nic_forward *forwards =
		calloc(config->forward_count + 1, sizeof(forwards[0]));
	int code;

	if (!forwards)
		return error_set(err, -ENOMEM, NULL, "no memory for forwards");
	for (unsigned int i = 0; i < config->forward_count; i++) {
		forwards[i].udp = config->forwards[i].udp;
		forwards[i].address = config->forwards[i].address;
		forwards[i].host_port = config->forwards[i].host_port;
		forwards[i].guest_port = config->forwards[i].guest_port;
	}
	code = nic_user_open(loop, forwards, config->forward_count, config->mtu,
		&config->backend_pos, ret, err);
	free(forwards);
	return code;
}

static int open_nic(const struct config_net *config, struct loop *loop, struct nic **ret,
	struct error *err)
{
	const struct source_pos *pos = &config->backend_pos;

	switch (config->kind) {
	case CONFIG_NIC_USER:
		return open_user_nic(config, loop, ret, err);
	case CONFIG_NIC_TAP:
		return nic_tap_open(
			loop, config->ifname, config->fd, config->queues, pos, ret, err);
	case CONFIG_NIC_UNIX:
		return nic_unix_open(loop, config->path, pos, ret, err);
	case CONFIG_NIC_NULL:
		break;
	}
	return nic_null_open(ret, err);
}

static int create_net(struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_net *config = &device->plan->config->net;
	struct virtio_net_options options = {
		.mtu = config->mtu,
		.queues = config->queues,
		.vhost = config->vhost,
		.pos = &config->backend_pos,
	};
	int code = open_nic(config, loop, &device->nic, err);

	if (code)
		return code;
	memcpy(options.mac, config->mac, sizeof(options.mac));
	return virtio_net_create(loop, device->plan->config->name, device->nic, &options,
		&device->dev, err);
}

/* ---- disks ----------------------------------------------------------------------------
 */

static int create_block(
	struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_block *config = &device->plan->config->block;
	const struct disk_verity_options verity = {
		.root_hash = config->verity.root_hash,
		.hash_path = config->verity.hash_path,
		.hash_offset_bytes = config->verity.hash_offset_bytes,
	};
	const struct disk_crypt_options crypt = {
		.key = {.fd = config->crypt.fd,
			.path = config->crypt.path,
			.keyring = config->crypt.keyring,
			.line = config->crypt.key == CONFIG_KEY_PASSPHRASE},
	};
	struct disk_file_options file = {
		.path = config->path,
		.verity = verity.root_hash ? &verity : NULL,
		.crypt = config->crypt.wanted ? &crypt : NULL,
		.readonly = config->readonly,
		.direct = config->cache == CONFIG_DISK_NONE,
		.discard = config->discard,
		.depth = VIRTIO_BLOCK_DEPTH,
		.pos = &config->backend_pos,
	};
	struct virtio_block_options options = {
		.serial = config->serial, .queues = config->queues};
	int code = disk_file_open(loop, &file, &device->disk, err);

	if (code)
		return code;
	return virtio_block_create(loop, device->plan->config->name, device->disk,
		&options, &device->dev, err);
}

/* ---- memory ---------------------------------------------------------------------------
 */

static int create_balloon(struct machine_device *device, struct loop *loop,
	const struct guest_mem *mem, struct error *err)
{
	const struct config_balloon *config = &device->plan->config->balloon;
	struct virtio_balloon_options options = {
		.taken_bytes = config->size_bytes,
		.stats_interval = config->stats_interval,
		.deflate_on_oom = config->deflate_on_oom,
		.free_page_reporting = config->free_page_reporting,
		.host_page_bytes = guest_mem_page_bytes(mem),
	};

	return virtio_balloon_create(
		loop, device->plan->config->name, &options, &device->dev, err);
}

/* ---- sockets --------------------------------------------------------------------------
 */

static int create_vsock(
	struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_vsock *config = &device->plan->config->vsock;
	const char *name = device->plan->config->name;
	int code;

	if (config->kind == CONFIG_VSOCK_VHOST)
		return virtio_vhost_vsock_create(
			loop, name, config->cid, &config->backend_pos, &device->dev, err);
	code = vsock_unix_open(
		loop, config->path, &config->backend_pos, &device->vsock, err);
	if (code)
		return code;
	return virtio_vsock_create(
		loop, name, config->cid, device->vsock, &device->dev, err);
}

static int create_pmem(
	struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_pmem *config = &device->plan->config->pmem;
	const struct plan_range *memory = &device->plan->memory;
	struct disk_file_options file = {
		.path = config->path,
		.readonly = config->readonly || !config->shared,
		.depth = VIRTIO_PMEM_DEPTH,
		.pos = &config->backend_pos,
	};
	struct virtio_pmem_options options = {
		.gpa = memory->gpa, .bytes = memory->bytes, .flush = !file.readonly};
	int code = disk_file_open(loop, &file, &device->disk, err);

	if (code)
		return code;
	if (disk_info(device->disk)->capacity_bytes != memory->bytes)
		return error_set(err, -ESTALE, &config->backend_pos,
			"pmem file %s has changed its size since it was measured",
			config->path);
	code = disk_map(device->disk, !config->readonly, &device->memory, err);
	if (code)
		return code;
	return virtio_pmem_create(loop, device->plan->config->name, device->disk,
		&options, &device->dev, err);
}

/* ---- served by another process --------------------------------------------------------
 */

/* For each answer. Somebody may have to be paged in first. */
#define VHOST_TIMEOUT_MS 10000u

static int open_source(const struct config_vhost *config, struct loop *loop,
	struct vhost_source **ret, struct error *err)
{
	const struct virtiofsd_options options = {
		.folder = config->path,
		.readonly = config->readonly,
		.binary = config->binary,
	};

	if (config->kind == CONFIG_VHOST_VIRTIOFSD)
		return vhost_source_virtiofsd_create(
			loop, &options, &config->backend_pos, ret, err);
	return vhost_source_unix_create(config->path, &config->backend_pos, ret, err);
}

static int create_vhost(
	struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_vhost *config = &device->plan->config->vhost;
	const char *name = device->plan->config->name;
	const struct virtio_vhost_user_options options = {
		.device_id = config->device_id,
		.queues = config->queues,
		.queue_size = config->queue_size,
		.config_bytes = config->config_bytes,
		.timeout_ms = VHOST_TIMEOUT_MS,
	};
	struct vhost_source *source;
	int code = open_source(config, loop, &source, err);

	if (code)
		return code;
	if (device->plan->config->type == CONFIG_DEVICE_VHOST_USER)
		return virtio_vhost_user_create(
			loop, name, source, &options, &device->dev, err);
	return virtio_fs_create(loop, name, source, config->tag, config->queues,
		config->queue_size, VHOST_TIMEOUT_MS, &device->dev, err);
}

/* ---- input ----------------------------------------------------------------------------
 */

static int create_input(struct machine_device *device,
	const struct machine_device_host *host, struct error *err)
{
	static const enum input_kind kinds[] = {
		[CONFIG_INPUT_KEYBOARD] = INPUT_KEYBOARD,
		[CONFIG_INPUT_POINTER] = INPUT_POINTER,
		[CONFIG_INPUT_TABLET] = INPUT_TABLET,
		[CONFIG_INPUT_TOUCH] = INPUT_TOUCH,
	};
	const struct config_input *config = &device->plan->config->input;
	const char *name = device->plan->config->name;
	const struct input_evdev_options evdev = {
		.path = config->path,
		.match = config->match,
		.grab = config->grab,
		.pos = &config->backend_pos,
	};
	int code;

	if (config->evdev)
		code = input_evdev_open(
			host->loop, &evdev, host->inputs, &device->input, err);
	else
		code = seat_source_create(
			host->seat, kinds[config->kind], name, &device->input, err);
	if (code)
		return code;
	return virtio_input_create(host->loop, name, device->input, &device->dev, err);
}

/* ---- any ------------------------------------------------------------------------------
 */

static int create_by_type(struct machine_device *device,
	const struct machine_device_host *host, struct error *err)
{
	struct loop *loop = host->loop;

	switch (device->plan->config->type) {
	case CONFIG_DEVICE_CONSOLE:
		return create_console(device, host, err);
	case CONFIG_DEVICE_NET:
		return create_net(device, loop, err);
	case CONFIG_DEVICE_BLOCK:
		return create_block(device, loop, err);
	case CONFIG_DEVICE_BALLOON:
		return create_balloon(device, loop, host->mem, err);
	case CONFIG_DEVICE_VSOCK:
		return create_vsock(device, loop, err);
	case CONFIG_DEVICE_PMEM:
		return create_pmem(device, loop, err);
	case CONFIG_DEVICE_GPU:
		return machine_gpu_create(device, host, err);
	case CONFIG_DEVICE_FS:
	case CONFIG_DEVICE_VHOST_USER:
		return create_vhost(device, loop, err);
	case CONFIG_DEVICE_INPUT:
		return create_input(device, host, err);
	case CONFIG_DEVICE_RNG:
		break;
	}
	return virtio_rng_create(loop, device->plan->config->name, &device->dev, err);
}

int machine_device_create(struct machine_device *device, const struct plan_device *plan,
	const struct machine_device_host *host, struct error *err)
{
	int code;

	device->plan = plan;
	code = create_by_type(device, host, err);
	if (!code)
		code = virtio_mmio_init(&device->transport, device->dev, host->mem,
			plan->mmio.gpa, NULL, err);
	if (!code)
		code = bus_add(host->bus, &device->transport.region, err);
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
	vsock_host_destroy(device->vsock);
	display_destroy(device->display);
	input_source_destroy(device->input);
}

int machine_device_connect(
	struct machine_device *device, struct hv *hv, struct error *err)
{
	uint64_t notify_gpa = device->plan->mmio.gpa + VIRTIO_MMIO_QUEUE_NOTIFY;
	struct irq_line *irq;
	int code = hv_irq_line(hv, device->plan->irq, true, &irq, err);

	if (!code)
		virtio_mmio_set_irq(&device->transport, irq);
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
