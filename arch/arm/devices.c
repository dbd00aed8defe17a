/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/layout.h"
#include "arch/arm/pl011.h"
#include "arch/arm/pl031.h"
#include "arch/arm/pl061.h"
#include "arch/arm/power_key.h"
#include "arch/arm/primecell.h"
#include "arch/arm/sp805.h"
#include "src/board.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/hv.h"
#include "src/pvpanic.h"
#include "src/utc.h"

/* All devices with an interrupt are PrimeCells. */
#define CELLS_MAX 4

struct board_devices {
	const struct board_plan *plan;
	struct board_host host;
	struct pl011 *uart;
	struct pl031 *rtc;
	struct pl061 *gpio;
	struct power_key power_key;
	struct sp805 *watchdog;
	struct pvpanic *pvpanic;
	struct fw_cfg *fw_cfg;

	unsigned int cell_count;
	struct {
		struct primecell *cell;
		unsigned int irq;
	} cells[CELLS_MAX];
};

/* ---- creating --------------------------------------------------------------------- */

static int add_cell(struct board_devices *devices, struct primecell *cell,
	unsigned int irq, struct error *err)
{
	devices->cells[devices->cell_count].cell = cell;
	devices->cells[devices->cell_count].irq = irq;
	devices->cell_count++;
	return bus_add(devices->host.bus, &cell->region, err);
}

static int create_uart(struct board_devices *devices, struct error *err)
{
	const struct board_plan *plan = devices->plan;
	int code = pl011_create(devices->host.loop, plan->uart.gpa,
		devices->host.uart_terminal, &devices->uart, err);

	return code ? code
		    : add_cell(devices, pl011_cell(devices->uart), plan->uart_irq, err);
}

static int create_rtc(struct board_devices *devices, struct error *err)
{
	const struct plan_own *at = &devices->plan->arm.rtc;
	int code = pl031_create(
		devices->host.loop, at->mmio.gpa, utc_now_ns, &devices->rtc, err);

	return code ? code : add_cell(devices, pl031_cell(devices->rtc), at->irq, err);
}

static int create_gpio(struct board_devices *devices, struct error *err)
{
	const struct plan_own *at = &devices->plan->arm.gpio;
	int code = pl061_create(devices->host.loop, at->mmio.gpa, &devices->gpio, err);

	if (code)
		return code;
	power_key_init(&devices->power_key, devices->host.loop, devices->gpio);
	return add_cell(devices, pl061_cell(devices->gpio), at->irq, err);
}

static int create_watchdog(struct board_devices *devices, struct error *err)
{
	const struct plan_own *at = &devices->plan->arm.watchdog;
	int code;

	if (!at->mmio.bytes)
		return 0;
	code = sp805_create(
		&devices->host, at->mmio.gpa, ARM_CLOCK_HZ, &devices->watchdog, err);
	return code ? code
		    : add_cell(devices, sp805_cell(devices->watchdog), at->irq, err);
}

static int create_pvpanic(struct board_devices *devices, struct error *err)
{
	const struct plan_range *at = &devices->plan->arm.pvpanic.mmio;
	int code = pvpanic_create(
		&devices->host, at->gpa, at->bytes, &devices->pvpanic, err);

	return code ? code
		    : bus_add(devices->host.bus, pvpanic_region(devices->pvpanic), err);
}

static int create_fw_cfg(struct board_devices *devices, struct error *err)
{
	const struct board_plan *plan = devices->plan;
	int code;

	if (!plan->fw_cfg.bytes)
		return 0;
	code = fw_cfg_create(
		devices->host.mem, FW_CFG_MMIO, plan->fw_cfg.gpa, &devices->fw_cfg, err);
	if (!code)
		code = fw_cfg_add_configured(devices->fw_cfg, plan->config, err);
	if (code)
		return code;
	code = fw_cfg_seal(devices->fw_cfg);
	if (code)
		return error_set(err, code, NULL, "fw_cfg: %s", strerror(-code));
	return bus_add(devices->host.bus, fw_cfg_region(devices->fw_cfg), err);
}

int arm_devices_create(const struct board_plan *plan, const struct board_host *host,
	struct board_devices **ret, struct error *err)
{
	static int (*const create[])(
		struct board_devices * devices, struct error * err) = {
		create_uart,
		create_rtc,
		create_gpio,
		create_watchdog,
		create_pvpanic,
		create_fw_cfg,
	};
	struct board_devices *devices = calloc(1, sizeof(*devices));
	int code = 0;

	if (!devices)
		return error_set(err, -ENOMEM, NULL, "no memory for the board's devices");
	devices->plan = plan;
	devices->host = *host;
	for (size_t i = 0; i < ARRAY_SIZE(create) && !code; i++)
		code = create[i](devices, err);
	if (code) {
		arm_devices_destroy(devices);
		return code;
	}
	*ret = devices;
	return 0;
}

/* ---- connecting ------------------------------------------------------------------- */

/*
 * Old lines are gone with their VM. The new ones must not see what a device was about to
 * say: KVM's shared interrupts are edge-triggered at first, so the shortest pulse stays
 * pending.
 */
int arm_devices_connect(struct board_devices *devices, struct hv *hv, struct error *err)
{
	struct irq_line *irq;
	int code = 0;

	if (devices->fw_cfg)
		fw_cfg_reset(devices->fw_cfg);
	for (unsigned int i = 0; i < devices->cell_count; i++)
		primecell_set_irq(devices->cells[i].cell, NULL);
	power_key_reset(&devices->power_key);
	for (unsigned int i = 0; i < devices->cell_count && !code; i++) {
		struct primecell *cell = devices->cells[i].cell;

		primecell_reset(cell);
		code = hv_irq_line(hv, devices->cells[i].irq, false, &irq, err);
		if (!code)
			primecell_set_irq(cell, irq);
	}
	return code;
}

bool arm_devices_press(struct board_devices *devices, enum board_button button)
{
	if (button != BOARD_POWER_BUTTON)
		return false;
	power_key_press(&devices->power_key);
	return true;
}

void arm_devices_hold(struct board_devices *devices, bool hold)
{
	if (devices->watchdog)
		sp805_hold(devices->watchdog, hold);
}

void arm_devices_destroy(struct board_devices *devices)
{
	if (!devices)
		return;
	fw_cfg_destroy(devices->fw_cfg);
	pvpanic_destroy(devices->pvpanic);
	power_key_finish(&devices->power_key);
	pl061_destroy(devices->gpio);
	sp805_destroy(devices->watchdog);
	pl031_destroy(devices->rtc);
	pl011_destroy(devices->uart);
	free(devices);
}
