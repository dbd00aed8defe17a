/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console device's control messages: virtio 1.2, section 5.3.6.2. Runs with the lock
 * of its loop held.
 *
 * Messages to the driver are not queued but due: a bit a message and port, whose value is
 * read when the driver has a buffer for it. So a driver that gives none costs no memory,
 * and never hears of what is over.
 */
#include "virtio/console_impl.h"

#include <endian.h>
#include <string.h>

#include "src/container_of.h"
#include "src/log.h"

struct control {
	uint32_t port;
	uint16_t event;
	uint16_t value;
};

/* In the order in which a driver has to hear of them. */
static const uint16_t due_order[] = {CONSOLE_DEVICE_ADD, CONSOLE_CONSOLE_PORT,
	CONSOLE_PORT_NAME, CONSOLE_RESIZE, CONSOLE_PORT_OPEN};

/* Puts the payload behind the header; returns the bytes of it. */
static size_t control_payload(const struct console_port *port, struct control *control,
	uint8_t *payload, size_t room)
{
	uint16_t columns = 0, rows = 0;
	uint16_t size[2];
	size_t bytes;

	switch (control->event) {
	case CONSOLE_CONSOLE_PORT:
		control->value = htole16(1);
		return 0;
	case CONSOLE_PORT_OPEN:
		control->value =
			htole16(!port->name || terminal_is_attached(port->terminal));
		return 0;
	case CONSOLE_PORT_NAME:
		bytes = strnlen(port->name, room);
		memcpy(payload, port->name, bytes);
		return bytes;
	case CONSOLE_RESIZE:
		/*
		 * As in the specification. Linux has read it in both orders: Debian's 6.1
		 * and 6.12 so, older and newer ones the other way around.
		 */
		terminal_size(port->terminal, &columns, &rows);
		size[0] = htole16(columns);
		size[1] = htole16(rows);
		memcpy(payload, size, sizeof(size));
		return sizeof(size);
	default:
		return 0;
	}
}

static void send_control(const struct console_port *port, enum console_event event)
{
	struct virtio_console *console = port->console;
	struct virtq_chain *chain = &console->chain;
	struct control control = {.port = htole32(port->index), .event = (uint16_t)event};
	uint8_t message[sizeof(control) + 64];
	size_t bytes = control_payload(port, &control, message + sizeof(control),
		sizeof(message) - sizeof(control));

	control.event = htole16(control.event);
	memcpy(message, &control, sizeof(control));
	bytes = iov_copy_in(chain->iov + chain->readable, chain->writable, 0, message,
		sizeof(control) + bytes);
	virtq_push(&console->dev.queues[CONSOLE_CONTROL_TO_DRIVER], chain->head,
		(uint32_t)bytes);
}

/* Sends what is due for as long as the driver has buffers. */
static void send_due(struct virtio_console *console)
{
	struct virtq *q = &console->dev.queues[CONSOLE_CONTROL_TO_DRIVER];

	for (unsigned int i = 0; i < console->port_count; i++) {
		struct console_port *port = &console->ports[i];

		for (unsigned int j = 0; port->due && j < ARRAY_SIZE(due_order); j++) {
			unsigned int bit = 1u << due_order[j];

			if (!(port->due & bit))
				continue;
			if (!virtq_pop(q, &console->chain))
				return;
			port->due &= ~bit;
			send_control(port, due_order[j]);
		}
	}
}

void console_make_due(struct console_port *port, enum console_event event)
{
	if (!port->ready)
		return;
	port->due |= 1u << event;
	virtio_device_kick(&port->console->dev, CONSOLE_CONTROL_TO_DRIVER);
}

static void port_ready(struct console_port *port, bool ready)
{
	uint16_t columns, rows;

	port->ready = ready;
	port->due = 0;
	if (!ready)
		return;
	port->due = 1u << CONSOLE_PORT_OPEN |
		    1u << (port->name ? CONSOLE_PORT_NAME : CONSOLE_CONSOLE_PORT);
	if (virtio_device_has(&port->console->dev, CONSOLE_F_SIZE) &&
		terminal_size(port->terminal, &columns, &rows))
		port->due |= 1u << CONSOLE_RESIZE;
}

static void take_control(struct virtio_console *console, const struct control *control)
{
	uint32_t index = le32toh(control->port);
	uint16_t event = le16toh(control->event);
	bool value = control->value;

	if (event == CONSOLE_DEVICE_READY) {
		for (unsigned int i = 0; value && i < console->port_count; i++)
			console->ports[i].due |= 1u << CONSOLE_DEVICE_ADD;
		return;
	}
	if (index >= console->port_count) {
		guest_log(&console->dev.log, "a control message for port %u of %u", index,
			console->port_count);
		return;
	}
	switch (event) {
	case CONSOLE_PORT_READY:
		port_ready(&console->ports[index], value);
		break;
	case CONSOLE_PORT_OPEN:
		console->ports[index].guest_open = value;
		if (value)
			virtio_device_kick(&console->dev,
				console_input_queue(&console->ports[index]));
		break;
	default:
		guest_log(&console->dev.log, "an unknown control message, %u", event);
		break;
	}
}

static void receive_control(struct virtio_console *console)
{
	struct virtq *q = &console->dev.queues[CONSOLE_CONTROL_FROM_DRIVER];
	struct virtq_chain *chain = &console->chain;
	struct control control;

	while (virtq_pop(q, chain)) {
		size_t bytes = iov_copy_out(
			chain->iov, chain->readable, 0, &control, sizeof(control));

		virtq_push(q, chain->head, 0);
		if (bytes == sizeof(control))
			take_control(console, &control);
		else
			guest_log(&console->dev.log, "a control message of %zu bytes",
				bytes);
	}
	virtio_device_kick(&console->dev, CONSOLE_CONTROL_TO_DRIVER);
}

void console_control_kick(struct virtio_console *console, unsigned int queue)
{
	if (!console_multiport(console))
		return;
	if (queue == CONSOLE_CONTROL_TO_DRIVER)
		send_due(console);
	else
		receive_control(console);
}
