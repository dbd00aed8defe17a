/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console device (virtio 1.2, section 5.3): port 0 is the guest's console, further
 * ports are named byte channels. Each port has a terminal of the host, whose size and
 * clients the guest hears of. Runs with the lock of its loop held.
 *
 * Nothing is lost to a slow terminal: what it does not take stays in the guest's buffer,
 * which is given back when all of it is written. Input waits in the terminal until the
 * guest has a buffer for it, and, on a device with further ports, has opened the port.
 *
 * The console itself is always open for the guest: what it prints while nobody is
 * attached is the terminal's to keep. A further port is open while its terminal has
 * somebody attached.
 */
#ifndef VIRTIO_CONSOLE_H
#define VIRTIO_CONSOLE_H

struct error;
struct loop;
struct terminal;
struct virtio_device;

#define VIRTIO_CONSOLE_PORTS_MAX 15 /* beside the console */

struct virtio_console_port {
	const char *name; /* borrowed, as the terminal is */
	struct terminal *terminal;
};

/*
 * The device becomes the user of the terminals, which must outlive it; name and the
 * ports' names too. -EINVAL for more ports than VIRTIO_CONSOLE_PORTS_MAX.
 */
int virtio_console_create(struct loop *loop, const char *name, struct terminal *console,
	const struct virtio_console_port *ports, unsigned int port_count,
	struct virtio_device **ret, struct error *err);

#endif
