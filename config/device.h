/* SPDX-License-Identifier: Apache-2.0 */
/* The children of <config>: the uart and the virtio devices with their backends. */
#ifndef CONFIG_DEVICE_H
#define CONFIG_DEVICE_H

#include <stdbool.h>

struct build;
struct config_device;
struct config_terminal;
struct xml_element;

/* Fills *device from a <virtio_device>; false where its type is no usable one. */
bool device_read(struct build *build, const struct xml_element *element,
	struct config_device *device);

/* Fills *terminal from <uart>; its position stays without a file where none is said. */
void device_read_uart(struct build *build, const struct xml_element *element,
	struct config_terminal *terminal);

/* After all of them: who is on stdio, the addresses and the socket that were not said. */
void device_resolve_terminals(struct build *build);
void device_resolve_macs(struct build *build);
void device_resolve_vsock(struct build *build);

/* Likewise: a balloon leaves the guest something. */
void device_check_balloons(struct build *build);

/* What the structures own; half-filled ones are fine. */
void device_finish(struct config_device *device);
void device_finish_terminal(struct config_terminal *terminal);

#endif
