/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PC's keyboard controller, as far as reset and Ctrl-Alt-Del go: the commands of the
 * 8042 that drivers probe with, all answered at once, no mouse, and a keyboard (IBM PS/2,
 * scan code set 2, which the controller translates to set 1) with these three keys.
 *
 * Registers are accessed by vCPU threads; all hold the loop's lock.
 */
#ifndef ARCH_X86_I8042_H
#define ARCH_X86_I8042_H

#include <stdint.h>

struct board_host;
struct error;
struct i8042;
struct irq_line;
struct mmio_region;

/* Data at the first, status and commands at the last; nothing between. */
#define I8042_PORTS 5
#define I8042_DATA 0
#define I8042_COMMAND 4
#define I8042_STATUS 4

#define I8042_STATUS_FULL 0x01u     /* there is a byte to read */
#define I8042_STATUS_PASSED 0x04u   /* the self-test, as the command byte says */
#define I8042_STATUS_COMMAND 0x08u  /* the last write was a command */
#define I8042_STATUS_UNLOCKED 0x10u /* always */

/* The command byte. */
#define I8042_INTERRUPT 0x01u
#define I8042_PASSED 0x04u
#define I8042_KEYBOARD_OFF 0x10u
#define I8042_MOUSE_OFF 0x20u
#define I8042_TRANSLATE 0x40u

/* Asks the host, which outlives it, for BOARD_RESET. No interrupt line yet. */
int i8042_create(const struct board_host *host, uint16_t port, struct i8042 **ret,
	struct error *err);
void i8042_destroy(struct i8042 *i8042);

/* For bus_add() on the bus of ports; the controller's. */
struct mmio_region *i8042_region(struct i8042 *i8042);

/* As a PC's firmware leaves it: tested, keyboard on, translating. */
void i8042_reset(struct i8042 *i8042);

/* Drives this line from now on, which is low so far. NULL: there is none. */
void i8042_set_irq(struct i8042 *i8042, struct irq_line *irq);

/* Somebody presses and releases the three keys; a guest may have turned them off. */
void i8042_press_ctrl_alt_del(struct i8042 *i8042);

#endif
