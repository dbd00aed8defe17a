/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console device: virtio 1.2, section 5.3. Runs with the lock of its loop held.
 */
#include "virtio/console.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/terminal.h"
#include "src/container_of.h"
#include "src/error.h"
#include "virtio/console_impl.h"

#define DEVICE_ID 3

/* What one turn of the loop carries for a port and direction. */
#define TURN_BYTES (64u << 10)

/*
 * Linux reads the size of a console without further ports only when it hears of a change,
 * and hears nothing before its driver is up, which no register tells. So it is told when
 * it has printed and fallen quiet, the first few times.
 */
#define QUIET_NS 200000000u
#define HINTS 6

static struct virtio_console *console_of(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_console, dev);
}

/* ---- bytes ------------------------------------------------------------------------ */

/* Writes on; false where the terminal is full or *room used up. */
static bool write_on(struct console_port *port, uint32_t *room)
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

static void output(struct console_port *port, unsigned int queue)
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
		if (!port->name && port->console->hints)
			loop_timer_arm(dev->loop, &port->console->quiet, QUIET_NS);
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

static void input(struct console_port *port, unsigned int queue)
{
	struct virtio_console *console = port->console;
	struct virtq_chain *chain = &console->chain;
	struct virtq *q = &console->dev.queues[queue];
	uint32_t room = TURN_BYTES;

	if (console_multiport(console) && !port->guest_open)
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

/* ---- the terminals' events -------------------------------------------------------- */

static struct console_port *port_of(struct terminal_user *user)
{
	return container_of(user, struct console_port, user);
}

static void terminal_readable(struct terminal_user *user)
{
	struct console_port *port = port_of(user);

	virtio_device_kick(&port->console->dev, console_input_queue(port));
}

static void terminal_writable(struct terminal_user *user)
{
	struct console_port *port = port_of(user);

	virtio_device_kick(&port->console->dev, console_input_queue(port) + 1);
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
	struct console_port *port = port_of(user);
	struct virtio_console *console = port->console;

	if (!port->name && take_size(console))
		virtio_device_config_changed(&console->dev);
	if (virtio_device_has(&console->dev, CONSOLE_F_SIZE))
		console_make_due(port, CONSOLE_RESIZE);
}

static void terminal_attached(struct terminal_user *user)
{
	struct console_port *port = port_of(user);

	if (port->name)
		console_make_due(port, CONSOLE_PORT_OPEN);
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
	struct console_port *port = &console->ports[queue < 2 ? 0 : queue / 2 - 1];

	if (queue == CONSOLE_CONTROL_TO_DRIVER || queue == CONSOLE_CONTROL_FROM_DRIVER)
		console_control_kick(console, queue);
	else if (queue >= 2 && !console_multiport(console))
		return;
	else if (queue % 2)
		output(port, queue);
	else
		input(port, queue);
}

static void console_start(struct virtio_device *dev)
{
	struct virtio_console *console = console_of(dev);

	if (virtio_device_has(dev, CONSOLE_F_SIZE) && !console_multiport(console) &&
		console->config.columns)
		console->hints = HINTS;
}

static void quiet_expired(struct loop_timer *timer)
{
	struct virtio_console *console =
		container_of(timer, struct virtio_console, quiet);

	console->hints--;
	virtio_device_config_changed(&console->dev);
}

static void console_stop(struct virtio_device *dev)
{
	struct virtio_console *console = console_of(dev);

	console->hints = 0;
	loop_timer_cancel(&console->quiet);
	for (unsigned int i = 0; i < console->port_count; i++) {
		struct console_port *port = &console->ports[i];

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
	.start = console_start,
	.stop = console_stop,
	.config_write = console_config_write,
	.destroy = console_destroy,
};

static void init_port(struct virtio_console *console, unsigned int index,
	const char *name, struct terminal *terminal)
{
	struct console_port *port = &console->ports[index];

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
	new->dev.features_offered =
		VIRTIO_BIT(CONSOLE_F_SIZE) | VIRTIO_BIT(CONSOLE_F_EMERG_WRITE);
	new->quiet.expired = quiet_expired;
	new->dev.queue_count = 2;
	new->dev.config = &new->config;
	new->dev.config_bytes = sizeof(new->config);
	new->config.ports_max = htole32(1 + port_count);
	new->port_count = 1 + port_count;
	init_port(new, 0, NULL, console);
	for (unsigned int i = 0; i < port_count; i++)
		init_port(new, i + 1, ports[i].name, ports[i].terminal);
	if (port_count) {
		new->dev.features_offered |= VIRTIO_BIT(CONSOLE_F_MULTIPORT);
		new->dev.queue_count = 4 + 2 * port_count;
	}
	take_size(new);
	*ret = &new->dev;
	return 0;
}
