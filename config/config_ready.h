/* SPDX-License-Identifier: Apache-2.0 */
/* When a VM counts as started. Part of config/config.h. */
#ifndef CONFIG_CONFIG_READY_H
#define CONFIG_CONFIG_READY_H

#include "src/error.h"

#define CONFIG_NAME_CHARS 32 /* of a device */
#define CONFIG_READY_TEXT_BYTES 128

/* The serial port's name among the consoles. */
#define CONFIG_UART_NAME "uart"

/*
 * <ready>: when the guest has written the text to that console, or READY=1 to that port
 * of its vsock.
 */
struct config_ready {
	struct source_pos pos; /* file is NULL where it counts as soon as it runs */
	char *text;
	char device[CONFIG_NAME_CHARS + 1]; /* a console's name, or CONFIG_UART_NAME */
	unsigned int vsock_port;            /* 0: none, there is a text */
};

#endif
