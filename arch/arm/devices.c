/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/pl011.h"
#include "src/board.h"
#include "src/bus.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/hv.h"

struct board_devices {
	const struct board_plan *plan;
	struct pl011 *uart;
	struct fw_cfg *fw_cfg;
};

static int create_fw_cfg(
	struct board_devices *devices, const struct board_host *host, struct error *err)
{
	const struct board_plan *plan = devices->plan;
	int rc;

	if (!plan->fw_cfg.bytes)
		return 0;
	rc = fw_cfg_create(
		host->mem, FW_CFG_MMIO, plan->fw_cfg.gpa, &devices->fw_cfg, err);
	if (!rc)
		rc = fw_cfg_add_configured(devices->fw_cfg, plan->config, err);
	if (rc)
		return rc;
	rc = fw_cfg_seal(devices->fw_cfg);
	if (rc)
		return error_set(err, rc, NULL, "fw_cfg: %s", strerror(-rc));
	return bus_add(host->bus, fw_cfg_region(devices->fw_cfg), err);
}

int arm_devices_create(const struct board_plan *plan, const struct board_host *host,
	struct board_devices **ret, struct error *err)
{
	struct board_devices *devices = calloc(1, sizeof(*devices));
	int rc;

	if (!devices)
		return error_set(err, -ENOMEM, NULL, "no memory for the board's devices");
	devices->plan = plan;
	rc = pl011_create(host->loop, plan->uart.gpa, NULL, host->uart_terminal,
		&devices->uart, err);
	if (!rc)
		rc = bus_add(host->bus, pl011_region(devices->uart), err);
	if (!rc)
		rc = create_fw_cfg(devices, host, err);
	if (rc)
		goto fail;
	*ret = devices;
	return 0;
fail:
	arm_devices_destroy(devices);
	return rc;
}

/*
 * An old line is gone with its VM. The new one must not see what the UART was about to
 * say: KVM's shared interrupts are edge-triggered at first, so the shortest pulse stays
 * pending.
 */
int arm_devices_connect(struct board_devices *devices, struct hv *hv, struct error *err)
{
	struct irq_line *irq;
	int rc;

	pl011_set_irq(devices->uart, NULL);
	pl011_reset(devices->uart);
	if (devices->fw_cfg)
		fw_cfg_reset(devices->fw_cfg);
	rc = hv_irq_line(hv, devices->plan->uart_irq, false, &irq, err);
	if (!rc)
		pl011_set_irq(devices->uart, irq);
	return rc;
}

void arm_devices_destroy(struct board_devices *devices)
{
	if (!devices)
		return;
	fw_cfg_destroy(devices->fw_cfg);
	pl011_destroy(devices->uart);
	free(devices);
}
