/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console device: virtio 1.2, section 5.3. Runs with the lock of its loop held.
 *
 * Control messages to the driver are not queued but due: a bit a message and port, whose
 * value is read when the driver has a buffer for it. So a driver that gives none costs no
 * memory, and never hears of what is over.
 */
#include "virtio/console.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/terminal.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "virtio/virtio.h"

#define DEVICE_ID 3
#define F_SIZE 0
#define F_MULTIPORT 1
#define F_EMERG_WRITE 2

/* What one turn of the loop carries for a port and direction. */
#define TURN_BYTES (64u << 10)

#define CONTROL_TO_DRIVER 2u
#define CONTROL_FROM_DRIVER 3u

struct console_config {
	uint16_t columns;
	uint16_t rows;
	uint32_t ports_max;
	uint32_t emergency_write;
};

enum control_event {
	DEVICE_READY = 0,
	DEVICE_ADD = 1,
	PORT_READY = 3,
	CONSOLE_PORT = 4,
	RESIZE = 5,
	PORT_OPEN = 6,
	PORT_NAME = 7,
};

struct control {
	uint32_t port;
	uint16_t event;
	uint16_t value;
};

/* In the order in which a driver has to hear of them. */
static const uint16_t due_order[] = {
	DEVICE_ADD, CONSOLE_PORT, PORT_NAME, RESIZE, PORT_OPEN};

struct port {
	struct terminal_user user;
	struct virtio_console *console;
	struct terminal *terminal;
	const char *name; /* NULL: the console */
	unsigned int index;

	/* Of the driver's life, forgotten at stop. */
	bool ready;      /* the driver knows it */
	bool guest_open; /* somebody in the guest reads it */
	unsigned int due;
	bool holding; /* output has been popped and not wholly written */
	unsigned int next;
	struct virtq_chain output;
};

struct virtio_console {
	struct virtio_device dev;
	struct console_config config;
	struct virtq_chain chain; /* of queues that hold none over a kick */
	unsigned int port_count;
	struct port ports[];
};

static struct virtio_console *console_of(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_console, dev);
}

/* The port's queue from the device to the driver; the other way is the next one. */
static unsigned int input_queue(const struct port *port)
{
	return port->index ? 2 + 2 * port->index : 0;
}

static bool multiport(const struct virtio_console *console)
{
	return virtio_device_has(&console->dev, F_MULTIPORT);
}

/* ---- bytes ------------------------------------------------------------------------ */

/* Writes on; false where the terminal is full or *room used up. */
static bool write_on(struct port *port, uint32_t *room)
{
	while (port->next < port->output.readable) {
		struct iovec *iov = &port->output.iov[port->next];
		size_t bytes = iov->iov_len < *room ? iov->iov_len : *room;
		size_t taken = terminal_write(port->terminal, iov->iov_base, bytes);

		iov->iov_base = (uint8_t *)iov->iov_base + taken;
		iov->iov_len -= taken;
		*room -= (uint32_t)taken;
		if (taken < bytes || !*room)
			return false;
		port->next++;
	}
	return true;
}

static void output(struct port *port, unsigned int queue)
{
	struct virtio_device *dev = &port->console->dev;
	struct virtq *q = &dev->queues[queue];
	uint32_t room = TURN_BYTES;

	while (port->holding || virtq_pop(q, &port->output)) {
		if (!port->holding)
			port->next = 0;
		port->holding = true;
		if (!write_on(port, &room)) {
			if (!room)
				virtio_device_kick_soon(dev, queue);
			return; /* else events->writable follows */
		}
		virtq_push(q, port->output.head, 0);
		port->holding = false;
	}
}

/* Reads into one chain; returns how much there was, at most room. */
static uint32_t read_into(
	const struct virtq_chain *chain, struct terminal *terminal, uint32_t room)
{
	uint32_t done = 0;

	for (unsigned int i = 0; i < chain->writable && done < room; i++) {
		const struct iovec *iov = &chain->iov[chain->readable + i];
		size_t bytes = iov->iov_len < room - done ? iov->iov_len : room - done;
		size_t got = terminal_read(terminal, iov->iov_base, bytes);

		done += (uint32_t)got;
		if (got < bytes)
			break;
	}
	return done;
}

static void input(struct port *port, unsigned int queue)
{
	struct virtio_console *console = port->console;
	struct virtq_chain *chain = &console->chain;
	struct virtq *q = &console->dev.queues[queue];
	uint32_t room = TURN_BYTES;

	if (multiport(console) && !port->guest_open)
		return;
	while (virtq_pop(q, chain)) {
		uint32_t bytes = read_into(chain, port->terminal, room);

		if (!bytes && chain->writable) {
			virtq_unpop(q, 1);
			return;
		}
		virtq_push(q, chain->head, bytes);
		room -= bytes;
		if (!room) {
			virtio_device_kick_soon(&console->dev, queue);
			return;
		}
	}
}

/* ---- control messages ------------------------------------------------------------- */

/* Puts the payload behind the header; returns the bytes of it. */
static size_t control_payload(
	const struct port *port, struct control *control, uint8_t *payload, size_t room)
{
	uint16_t columns = 0, rows = 0;
	uint16_t size[2];
	size_t bytes;

	switch (control->event) {
	case CONSOLE_PORT:
		control->value = htole16(1);
		return 0;
	case PORT_OPEN:
		control->value =
			htole16(!port->name || terminal_is_attached(port->terminal));
		return 0;
	case PORT_NAME:
		bytes = strnlen(port->name, room);
		memcpy(payload, port->name, bytes);
		return bytes;
	case RESIZE:
		/* Rows come first for Linux, the one driver that reads this message; the
		 * specification has them the other way around. */
		terminal_size(port->terminal, &columns, &rows);
		size[0] = htole16(rows);
		size[1] = htole16(columns);
		memcpy(payload, size, sizeof(size));
		return sizeof(size);
	default:
		return 0;
	}
}

static void send_control(const struct port *port, enum control_event event)
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
	virtq_push(&console->dev.queues[CONTROL_TO_DRIVER], chain->head, (uint32_t)bytes);
}

/* Sends what is due for as long as the driver has buffers. */
static void send_due(struct virtio_console *console)
{
	struct virtq *q = &console->dev.queues[CONTROL_TO_DRIVER];

	for (unsigned int i = 0; i < console->port_count; i++) {
		struct port *port = &console->ports[i];

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

static void make_due(struct port *port, enum control_event event)
{
	if (!port->ready)
		return;
	port->due |= 1u << event;
	virtio_device_kick(&port->console->dev, CONTROL_TO_DRIVER);
}

static void port_ready(struct port *port, bool ready)
{
	uint16_t columns, rows;

	port->ready = ready;
	port->due = 0;
	if (!ready)
		return;
	port->due = 1u << PORT_OPEN | 1u << (port->name ? PORT_NAME : CONSOLE_PORT);
	if (virtio_device_has(&port->console->dev, F_SIZE) &&
		terminal_size(port->terminal, &columns, &rows))
		port->due |= 1u << RESIZE;
}

static void take_control(struct virtio_console *console, const struct control *control)
{
	uint32_t index = le32toh(control->port);
	uint16_t event = le16toh(control->event);
	bool value = control->value;

	if (event == DEVICE_READY) {
		for (unsigned int i = 0; value && i < console->port_count; i++)
			console->ports[i].due |= 1u << DEVICE_ADD;
		return;
	}
	if (index >= console->port_count) {
		guest_log(&console->dev.log, "a control message for port %u of %u", index,
			console->port_count);
		return;
	}
	switch (event) {
	case PORT_READY:
		port_ready(&console->ports[index], value);
		break;
	case PORT_OPEN:
		console->ports[index].guest_open = value;
		if (value)
			virtio_device_kick(
				&console->dev, input_queue(&console->ports[index]));
		break;
	default:
		guest_log(&console->dev.log, "an unknown control message, %u", event);
		break;
	}
}

static void receive_control(struct virtio_console *console)
{
	struct virtq *q = &console->dev.queues[CONTROL_FROM_DRIVER];
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
	virtio_device_kick(&console->dev, CONTROL_TO_DRIVER);
}

/* ---- the terminals' events -------------------------------------------------------- */

static struct port *port_of(struct terminal_user *user)
{
	return container_of(user, struct port, user);
}

static void terminal_readable(struct terminal_user *user)
{
	struct port *port = port_of(user);

	virtio_device_kick(&port->console->dev, input_queue(port));
}

static void terminal_writable(struct terminal_user *user)
{
	struct port *port = port_of(user);

	virtio_device_kick(&port->console->dev, input_queue(port) + 1);
}

/* Takes over the console's size; true where that is news. */
static bool take_size(struct virtio_console *console)
{
	struct console_config *config = &console->config;
	uint16_t columns, rows;

	if (!terminal_size(console->ports[0].terminal, &columns, &rows))
		return false;
	if (config->columns == htole16(columns) && config->rows == htole16(rows))
		return false;
	config->columns = htole16(columns);
	config->rows = htole16(rows);
	return true;
}

static void terminal_resized(struct terminal_user *user)
{
	struct port *port = port_of(user);
	struct virtio_console *console = port->console;

	if (!port->name && take_size(console))
		virtio_device_config_changed(&console->dev);
	if (virtio_device_has(&console->dev, F_SIZE))
		make_due(port, RESIZE);
}

static void terminal_attached(struct terminal_user *user)
{
	struct port *port = port_of(user);

	if (port->name)
		make_due(port, PORT_OPEN);
}

static const struct terminal_events terminal_events = {
	.readable = terminal_readable,
	.writable = terminal_writable,
	.resized = terminal_resized,
	.attached = terminal_attached,
};

/* ---- the device ------------------------------------------------------------------- */

static void console_kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_console *console = console_of(dev);
	struct port *port = &console->ports[queue < 2 ? 0 : queue / 2 - 1];

	if (queue >= 2 && !multiport(console))
		return;
	if (queue == CONTROL_TO_DRIVER)
		send_due(console);
	else if (queue == CONTROL_FROM_DRIVER)
		receive_control(console);
	else if (queue % 2)
		output(port, queue);
	else
		input(port, queue);
}

static void console_stop(struct virtio_device *dev)
{
	struct virtio_console *console = console_of(dev);

	for (unsigned int i = 0; i < console->port_count; i++) {
		struct port *port = &console->ports[i];

		port->ready = false;
		port->guest_open = false;
		port->due = 0;
		port->holding = false;
	}
}

/* The emergency write: one character, for a guest that has no driver yet. */
static void console_config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	uint8_t character = (uint8_t)value;

	if (offset == offsetof(struct console_config, emergency_write))
		terminal_write(console_of(dev)->ports[0].terminal, &character, 1);
}

static void console_destroy(struct virtio_device *dev)
{
	struct virtio_console *console = console_of(dev);

	for (unsigned int i = 0; i < console->port_count; i++)
		terminal_set_user(console->ports[i].terminal, NULL);
	free(console);
}

static const struct virtio_ops console_ops = {
	.device_id = DEVICE_ID,
	.kick = console_kick,
	.stop = console_stop,
	.config_write = console_config_write,
	.destroy = console_destroy,
};

static void init_port(struct virtio_console *console, unsigned int index,
	const char *name, struct terminal *terminal)
{
	struct port *port = &console->ports[index];

	port->user.events = &terminal_events;
	port->console = console;
	port->terminal = terminal;
	port->name = name;
	port->index = index;
	terminal_set_user(terminal, &port->user);
}

int virtio_console_create(struct loop *loop, const char *name, struct terminal *console,
	const struct virtio_console_port *ports, unsigned int port_count,
	struct virtio_device **ret, struct error *err)
{
	struct virtio_console *new;

	if (port_count > VIRTIO_CONSOLE_PORTS_MAX)
		return error_set(err, -EINVAL, NULL,
			"the console %s has %u further ports, the limit is %d", name,
			port_count, VIRTIO_CONSOLE_PORTS_MAX);
	new = calloc(1, sizeof(*new) + (1 + port_count) * sizeof(new->ports[0]));
	if (!new)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	new->dev.ops = &console_ops;
	new->dev.name = name;
	new->dev.loop = loop;
	new->dev.features_offered = VIRTIO_BIT(F_SIZE) | VIRTIO_BIT(F_EMERG_WRITE);
	new->dev.queue_count = 2;
	new->dev.config = &new->config;
	new->dev.config_bytes = sizeof(new->config);
	new->config.ports_max = htole32(1 + port_count);
	new->port_count = 1 + port_count;
	init_port(new, 0, NULL, console);
	for (unsigned int i = 0; i < port_count; i++)
		init_port(new, i + 1, ports[i].name, ports[i].terminal);
	/*
	 * Linux takes the size of a console at start from a control message alone: it
	 * reads the config space only when that changes.
	 */
	if (port_count || take_size(new)) {
		new->dev.features_offered |= VIRTIO_BIT(F_MULTIPORT);
		new->dev.queue_count = 4 + 2 * port_count;
	}
	*ret = &new->dev;
	return 0;
}
