/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/devices.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/arm/pl011.h"
#include "src/bus.h"
#include "src/error.h"
#include "src/plan.h"

struct board_devices {
	struct pl011 *uart;
};

int arm_devices_create(const struct board_plan *plan, struct loop *loop, struct bus *bus,
	struct irq_line *uart_irq, struct terminal *uart_terminal,
	struct board_devices **ret, struct error *err)
{
	struct board_devices *devices = calloc(1, sizeof(*devices));
	int rc;

	if (!devices)
		return error_set(err, -ENOMEM, NULL, "no memory for the board's devices");
	rc = pl011_create(
		loop, plan->uart.gpa, uart_irq, uart_terminal, &devices->uart, err);
	if (!rc)
		rc = bus_add(bus, pl011_region(devices->uart), err);
	if (rc)
		goto fail;
	*ret = devices;
	return 0;
fail:
	arm_devices_destroy(devices);
	return rc;
}

/*
 * The old line is gone with its VM. The new one must not see what the UART was about to
 * say: KVM's shared interrupts are edge-triggered at first, so the shortest pulse stays
 * pending.
 */
void arm_devices_reset(struct board_devices *devices, struct irq_line *uart_irq)
{
	pl011_set_irq(devices->uart, NULL);
	pl011_reset(devices->uart);
	pl011_set_irq(devices->uart, uart_irq);
}

void arm_devices_destroy(struct board_devices *devices)
{
	if (!devices)
		return;
	pl011_destroy(devices->uart);
	free(devices);
}
