/* SPDX-License-Identifier: Apache-2.0 */
#include "config/device.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/backend.h"
#include "config/build.h"
#include "config/disk.h"
#include "config/language.h"
#include "config/tls.h"
#include "config/vnc.h"
#include "config/xml.h"

/* What a gpu's guest may spend unless the XML says otherwise, or so many pictures. */
#define GPU_BYTES (UINT64_C(256) << 20)
#define GPU_PICTURES 4u
#define GPU_PIXEL_BYTES 4u

static void read_net(
	struct build *build, const struct xml_element *element, struct config_net *net)
{
	static const uint8_t unsaid[6];

	backend_read_net(build, element, net);
	if (net->queues > 1 && net->kind != CONFIG_NIC_TAP)
		build_problem(build, element->line,
			"queues is '%u', allowed: 1 without a <tap>", net->queues);
	else if (net->queues > 1 && net->fd >= 0)
		build_problem(build, element->line,
			"queues is '%u', allowed: 1 with an open fd", net->queues);
	if (memcmp(net->mac, unsaid, sizeof(unsaid)))
		build_claim(build, element->line, false,
			"mac %02x:%02x:%02x:%02x:%02x:%02x", net->mac[0], net->mac[1],
			net->mac[2], net->mac[3], net->mac[4], net->mac[5]);
}

static void read_fs(
	struct build *build, const struct xml_element *element, struct config_vhost *fs)
{
	backend_read_fs(build, element, fs);
	fs->device_id = CONFIG_DEVICE_ID_FS;
	if (!fs->queues)
		fs->queues = 1;
	if (!xml_attribute_value(element, "tag"))
		build_problem(build, element->line,
			"a device of type fs needs the attribute 'tag'");
	else if (fs->tag[0])
		build_claim(build, element->line, false, "tag '%s'", fs->tag);
}

static void read_gpu(
	struct build *build, const struct xml_element *element, struct config_gpu *gpu)
{
	uint64_t least = (uint64_t)GPU_PICTURES * gpu->scanouts * gpu->width *
			 gpu->height * GPU_PIXEL_BYTES;

	backend_read_gpu(build, element, gpu);
	if (!xml_attribute_value(element, "max_memory"))
		gpu->max_memory_bytes = least > GPU_BYTES ? least : GPU_BYTES;
	else if (gpu->max_memory_bytes && gpu->max_memory_bytes < least)
		build_problem(build, element->line,
			"max_memory is %" PRIu64 " MiB, allowed: at least %" PRIu64
			" MiB, %u pictures of each scanout",
			gpu->max_memory_bytes >> 20, (least + (1 << 20) - 1) >> 20,
			GPU_PICTURES);
}

static void read_backends(struct build *build, const struct xml_element *element,
	struct config_device *device)
{
	switch (device->type) {
	case CONFIG_DEVICE_CONSOLE:
		backend_read_console(build, element, &device->console);
		break;
	case CONFIG_DEVICE_NET:
		read_net(build, element, &device->net);
		break;
	case CONFIG_DEVICE_BLOCK:
		disk_read(build, element, &device->block);
		break;
	case CONFIG_DEVICE_BALLOON:
		build_claim(build, element->line, false, "type 'balloon'");
		backend_read_none(build, element);
		break;
	case CONFIG_DEVICE_PMEM:
		backend_read_pmem(build, element, &device->pmem);
		break;
	case CONFIG_DEVICE_RNG:
		backend_read_none(build, element);
		break;
	case CONFIG_DEVICE_VSOCK:
		backend_read_vsock(build, element, &device->vsock);
		break;
	case CONFIG_DEVICE_GPU:
		read_gpu(build, element, &device->gpu);
		break;
	case CONFIG_DEVICE_FS:
		read_fs(build, element, &device->vhost);
		break;
	case CONFIG_DEVICE_VHOST_USER:
		backend_read_vhost_user(build, element, &device->vhost);
		if (!xml_attribute_value(element, "id"))
			build_problem(build, element->line,
				"a device of type vhost_user needs the attribute 'id'");
		break;
	case CONFIG_DEVICE_INPUT:
		backend_read_input(build, element, &device->input);
		break;
	}
}

bool device_read(struct build *build, const struct xml_element *element,
	struct config_device *device)
{
	const char *type = xml_attribute_value(element, "type");
	int index = type ? language_index(language_types, type) : -1;

	device->pos = build_pos(build, element->line);
	if (index < 0) {
		/* Nobody knows its attributes: only what all have is looked at. */
		struct config_device none = {.pos = device->pos};
		struct xml_element named = *element;
		struct xml_attribute kept[2];

		named.attributes = kept;
		named.attribute_count = 0;
		for (unsigned int i = 0; i < element->attribute_count; i++)
			if (!strcmp(element->attributes[i].name, "name") ||
				!strcmp(element->attributes[i].name, "type"))
				kept[named.attribute_count++] = element->attributes[i];
		attributes_apply(build, &language_device, &named, ~0u, &none);
		if (none.name[0])
			build_claim(build, element->line, false, "name '%s'", none.name);
		return false;
	}
	device->type = (enum config_device_type)index;
	if (device->type == CONFIG_DEVICE_NET) {
		device->net.queues = 1;
		device->net.fd = -1;
	} else if (device->type == CONFIG_DEVICE_BLOCK) {
		device->block.queues = 1;
		device->block.crypt.fd = -1;
	} else if (device->type == CONFIG_DEVICE_BALLOON) {
		device->balloon.deflate_on_oom = true;
		device->balloon.free_page_reporting = true;
	} else if (device->type == CONFIG_DEVICE_PMEM) {
		device->pmem.shared = true;
	} else if (device->type == CONFIG_DEVICE_GPU) {
		device->gpu.width = 1280;
		device->gpu.height = 800;
		device->gpu.scanouts = 1;
	}
	attributes_apply(build, &language_device, element, 1u << index, device);
	if (device->name[0])
		build_claim(build, element->line, false, "name '%s'", device->name);
	read_backends(build, element, device);
	return true;
}

void device_read_uart(struct build *build, const struct xml_element *element,
	struct config_terminal *terminal)
{
	attributes_apply(build, &language_uart, element, ~0u, NULL);
	backend_read_terminal(build, element, terminal);
}

static void resolve(struct config_terminal *terminal, enum config_terminal_kind kind,
	const struct source_pos *pos)
{
	if (terminal->pos.file)
		return;
	terminal->kind = kind;
	terminal->pos = *pos;
}

void device_resolve_terminals(struct build *build)
{
	struct vm_config *config = build->config;
	bool free_stdio = !build->stdio_line;

	for (unsigned int i = 0; i < config->device_count; i++) {
		struct config_device *device = &config->devices[i];
		struct config_console *console = &device->console;

		if (device->type != CONFIG_DEVICE_CONSOLE)
			continue;
		if (!console->terminal.pos.file && free_stdio) {
			resolve(&console->terminal, CONFIG_TERMINAL_STDIO, &device->pos);
			free_stdio = false;
		}
		resolve(&console->terminal, CONFIG_TERMINAL_PTY, &device->pos);
		for (unsigned int j = 0; j < console->port_count; j++)
			resolve(&console->ports[j].terminal, CONFIG_TERMINAL_PTY,
				&console->ports[j].pos);
	}
	/* One that is not there takes stdio from nobody. */
	resolve(&config->uart,
		free_stdio && config->isa.serial ? CONFIG_TERMINAL_STDIO
						 : CONFIG_TERMINAL_NULL,
		&config->pos);
}

/* FNV-1a over the text and its terminating zero. */
static uint64_t hash(uint64_t from, const char *text)
{
	do {
		from = (from ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	} while (*text++);
	return from;
}

void device_resolve_macs(struct build *build)
{
	static const uint8_t unsaid[6];
	uint64_t vm = hash(UINT64_C(0xcbf29ce484222325), build->config->name);

	for (unsigned int i = 0; i < build->config->device_count; i++) {
		struct config_device *device = &build->config->devices[i];
		uint8_t *mac = device->net.mac;
		uint64_t bits = hash(vm, device->name);

		if (device->type != CONFIG_DEVICE_NET ||
			memcmp(mac, unsaid, sizeof(unsaid)))
			continue;
		bits ^= bits >> 48;
		for (unsigned int j = 0; j < 6; j++)
			mac[j] = (uint8_t)(bits >> (8 * j));
		/* Locally administered, of one station. */
		mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
	}
}

void device_check_balloons(struct build *build)
{
	const struct vm_config *config = build->config;

	for (unsigned int i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		if (device->type == CONFIG_DEVICE_BALLOON && config->ram_size_bytes &&
			device->balloon.size_bytes >= config->ram_size_bytes)
			build_problem(build, device->balloon.size_pos.line,
				"size is %" PRIu64 " MiB, allowed: less than ram_size, "
				"which is %" PRIu64 " MiB",
				device->balloon.size_bytes >> 20,
				config->ram_size_bytes >> 20);
	}
}

void device_resolve_vsock(struct build *build)
{
	struct config_device *devices = build->config->devices;
	unsigned int i = 0;

	/* A second one is a problem already. */
	while (i < build->config->device_count && devices[i].type != CONFIG_DEVICE_VSOCK)
		i++;
	if (i < build->config->device_count)
		backend_resolve_vsock(build, &devices[i].vsock);
}

void device_finish_terminal(struct config_terminal *terminal)
{
	free(terminal->path);
	free(terminal->address);
	tls_finish(&terminal->tls);
}

void device_finish(struct config_device *device)
{
	switch (device->type) {
	case CONFIG_DEVICE_CONSOLE:
		device_finish_terminal(&device->console.terminal);
		for (unsigned int i = 0; i < device->console.port_count; i++) {
			free(device->console.ports[i].name);
			device_finish_terminal(&device->console.ports[i].terminal);
		}
		free(device->console.ports);
		break;
	case CONFIG_DEVICE_NET:
		free(device->net.ifname);
		free(device->net.path);
		for (unsigned int i = 0; i < device->net.forward_count; i++)
			free(device->net.forwards[i].address);
		free(device->net.forwards);
		break;
	case CONFIG_DEVICE_BLOCK:
		disk_finish(&device->block);
		break;
	case CONFIG_DEVICE_PMEM:
		free(device->pmem.path);
		break;
	case CONFIG_DEVICE_RNG:
	case CONFIG_DEVICE_BALLOON:
		break;
	case CONFIG_DEVICE_GPU:
		free(device->gpu.drm.device);
		free(device->gpu.drm.connectors);
		free(device->gpu.drm.lease);
		vnc_finish(&device->gpu.vnc);
		break;
	case CONFIG_DEVICE_INPUT:
		free(device->input.path);
		free(device->input.match);
		break;
	case CONFIG_DEVICE_VSOCK:
		free(device->vsock.path);
		break;
	case CONFIG_DEVICE_FS:
	case CONFIG_DEVICE_VHOST_USER:
		free(device->vhost.path);
		free(device->vhost.binary);
		break;
	}
}
