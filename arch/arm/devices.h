/* SPDX-License-Identifier: Apache-2.0 */
/* The ARM board's own devices: the PL011. As struct board's verbs say (src/board.h). */
#ifndef ARCH_ARM_DEVICES_H
#define ARCH_ARM_DEVICES_H

struct board_devices;
struct board_plan;
struct bus;
struct error;
struct irq_line;
struct loop;
struct terminal;

int arm_devices_create(const struct board_plan *plan, struct loop *loop, struct bus *bus,
	struct irq_line *uart_irq, struct terminal *uart_terminal,
	struct board_devices **ret, struct error *err);
void arm_devices_reset(struct board_devices *devices, struct irq_line *uart_irq);
void arm_devices_destroy(struct board_devices *devices);

#endif
