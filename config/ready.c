/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/xml.h"

void ready_read(struct build *build, const struct xml_element *element,
	struct config_ready *ready)
{
	ready->pos = build_pos(build, element->line);
	attributes_apply(build, &language_ready, element, ~0u, ready);
	element_no_children(build, element);
	if (!xml_attribute_value(element, "text") &&
		!xml_attribute_value(element, "vsock_port"))
		build_problem(build, element->line,
			"<ready> has neither a text nor a vsock_port, allowed: one of "
			"them");
	if (ready->text && strlen(ready->text) > CONFIG_READY_TEXT_BYTES)
		build_problem(build, element->line,
			"text has %zu bytes, allowed: 1 to %d", strlen(ready->text),
			CONFIG_READY_TEXT_BYTES);
}

static const struct config_device *find_vsock(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++)
		if (config->devices[i].type == CONFIG_DEVICE_VSOCK)
			return &config->devices[i];
	return NULL;
}

static void check_vsock(struct build *build, const struct config_ready *ready)
{
	const struct config_device *vsock = find_vsock(build->config);

	if (ready->text || ready->device[0])
		build_problem(build, ready->pos.line,
			"<ready> has a vsock_port, so it has no text and no device");
	else if (!vsock)
		build_problem(build, ready->pos.line,
			"<ready> listens to port %u of the vsock, but there is no device "
			"of that type",
			ready->vsock_port);
	else if (vsock->vsock.kind != CONFIG_VSOCK_UNIX)
		build_problem(build, ready->pos.line,
			"<ready> listens to port %u of the vsock, but that on line %d is "
			"the kernel's: it needs a vsock with <unix>",
			ready->vsock_port, vsock->pos.line);
}

/* The first console, or the one of that name; NULL where there is none. */
static const struct config_device *find_console(
	const struct vm_config *config, const char *name)
{
	for (unsigned int i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		if (device->type == CONFIG_DEVICE_CONSOLE &&
			(!name[0] || !strcmp(device->name, name)))
			return device;
	}
	return NULL;
}

void ready_resolve(struct build *build)
{
	const struct vm_config *config = build->config;
	struct config_ready *ready = &build->config->ready;
	const struct config_device *console;

	if (!ready->pos.file)
		return;
	if (ready->vsock_port) {
		check_vsock(build, ready);
		return;
	}
	console = find_console(config, ready->device);
	if (!ready->device[0])
		snprintf(ready->device, sizeof(ready->device), "%s",
			console ? console->name : CONFIG_UART_NAME);
	if (console)
		return;
	if (strcmp(ready->device, CONFIG_UART_NAME))
		build_problem(build, ready->pos.line,
			"device is '%s', allowed: the name of a console, or uart",
			ready->device);
	else if (!config->isa.serial)
		build_problem(build, ready->pos.line,
			"<ready> listens to the uart, but <isa serial=\"no\"> on line %d "
			"leaves it out",
			config->isa.pos.line);
}

void ready_finish(struct config_ready *ready)
{
	free(ready->text);
}
