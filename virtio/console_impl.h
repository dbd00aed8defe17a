/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What console.c (bytes, the device) and console_control.c (control messages) share; for
 * them alone. Runs with the lock of the device's loop held.
 */
#ifndef VIRTIO_CONSOLE_IMPL_H
#define VIRTIO_CONSOLE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "host/terminal.h"
#include "src/loop.h"
#include "virtio/virtio.h"

/* virtio 1.2, section 5.3.3. */
#define CONSOLE_F_SIZE 0
#define CONSOLE_F_MULTIPORT 1
#define CONSOLE_F_EMERG_WRITE 2

/* Queues, section 5.3.2. */
#define CONSOLE_CONTROL_TO_DRIVER 2u
#define CONSOLE_CONTROL_FROM_DRIVER 3u

/* Section 5.3.4. */
struct console_config {
	uint16_t columns;
	uint16_t rows;
	uint32_t ports_max;
	uint32_t emergency_write;
};

/* Section 5.3.6.2. */
enum console_event {
	CONSOLE_DEVICE_READY = 0,
	CONSOLE_DEVICE_ADD = 1,
	CONSOLE_PORT_READY = 3,
	CONSOLE_CONSOLE_PORT = 4,
	CONSOLE_RESIZE = 5,
	CONSOLE_PORT_OPEN = 6,
	CONSOLE_PORT_NAME = 7,
};

struct console_port {
	struct terminal_user user;
	struct virtio_console *console;
	struct terminal *terminal;
	const char *name; /* NULL: the console */
	unsigned int index;

	/* Of the driver's life, forgotten at stop. */
	bool ready;       /* the driver knows it */
	bool guest_open;  /* somebody in the guest reads it */
	unsigned int due; /* messages to the driver: a bit an event */
	bool holding;     /* output has been popped and not wholly written */
	unsigned int next;
	struct virtq_chain output;
};

struct virtio_console {
	struct virtio_device dev;
	struct console_config config;
	struct loop_timer quiet;  /* the guest has printed nothing for a while */
	unsigned int hints;       /* how often it is still told to look at the size */
	struct virtq_chain chain; /* of queues that hold none over a kick */
	unsigned int port_count;
	struct console_port ports[];
};

static inline bool console_multiport(const struct virtio_console *console)
{
	return virtio_device_has(&console->dev, CONSOLE_F_MULTIPORT);
}

/* The port's queue from the device to the driver; the other way is the next one. */
static inline unsigned int console_input_queue(const struct console_port *port)
{
	return port->index ? 2 + 2 * port->index : 0;
}

/* The kick of the two control queues. */
void console_control_kick(struct virtio_console *console, unsigned int queue);

/* An event of the port that the driver is to hear of, if it knows the port. */
void console_make_due(struct console_port *port, enum console_event event);

#endif
