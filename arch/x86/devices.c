/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/devices.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/x86/firmware.h"
#include "arch/x86/ged.h"
#include "arch/x86/i8042.h"
#include "arch/x86/ib700.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/legacy.h"
#include "arch/x86/rtc.h"
#include "arch/x86/serial16550.h"
#include "src/board.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/hv.h"
#include "src/pvpanic.h"
#include "src/utc.h"

/* An IOAPIC that is not the hypervisor's. */
struct own_ioapic {
	struct board_devices *devices;
	unsigned int first_gsi;
	struct ioapic *ioapic;
};

struct board_devices {
	const struct board_plan *plan;
	struct board_host host;
	struct hv *hv;
	struct serial16550 *serial;
	struct rtc *rtc;
	struct i8042 *i8042;
	struct pvpanic *pvpanic;
	struct ib700 *watchdog;
	struct ged *ged;
	struct fw_cfg *fw_cfg;
	struct own_ioapic ioapics[X86_IOAPICS_MAX];
	struct legacy *legacy;
};

/* ---- the IOAPICs' messages -------------------------------------------------------- */

static int route(void *user, unsigned int pin, uint64_t address, uint32_t data)
{
	const struct own_ioapic *own = user;

	return hv_route_msi(own->devices->hv, own->first_gsi + pin, address, data);
}

static void unroute(void *user, unsigned int pin)
{
	const struct own_ioapic *own = user;

	hv_unroute(own->devices->hv, own->first_gsi + pin);
}

static const struct ioapic_ops ioapic_ops = {.route = route, .unroute = unroute};

/* ---- creating --------------------------------------------------------------------- */

static int create_serial(struct board_devices *devices, struct error *err)
{
	const struct x86_port *at = &devices->plan->x86.serial;
	int code;

	if (!at->count)
		return 0;
	code = serial16550_create(devices->host.loop, at->port,
		devices->host.uart_terminal, &devices->serial, err);
	return code ? code
		    : bus_add(devices->host.ports, serial16550_region(devices->serial),
			      err);
}

static int create_rtc(struct board_devices *devices, struct error *err)
{
	const struct board_plan *plan = devices->plan;
	const struct rtc_setup setup = {
		.port = plan->x86.rtc.port,
		.low_bytes = plan->ram[0].bytes,
		.high_bytes = plan->ram_count > 1 ? plan->ram[1].bytes : 0,
		.utc_ns = utc_now_ns,
	};
	int code;

	if (!plan->x86.rtc.count)
		return 0;
	code = rtc_create(devices->host.loop, &setup, &devices->rtc, err);
	return code ? code : bus_add(devices->host.ports, rtc_region(devices->rtc), err);
}

static int create_i8042(struct board_devices *devices, struct error *err)
{
	const struct x86_port *at = &devices->plan->x86.i8042;
	int code;

	if (!at->count)
		return 0;
	code = i8042_create(&devices->host, at->port, &devices->i8042, err);
	return code ? code
		    : bus_add(devices->host.ports, i8042_region(devices->i8042), err);
}

static int create_pvpanic(struct board_devices *devices, struct error *err)
{
	const struct x86_port *at = &devices->plan->x86.pvpanic;
	int code;

	if (!at->count)
		return 0;
	code = pvpanic_create(
		&devices->host, at->port, at->count, &devices->pvpanic, err);
	return code ? code
		    : bus_add(devices->host.ports, pvpanic_region(devices->pvpanic), err);
}

static int create_watchdog(struct board_devices *devices, struct error *err)
{
	const struct x86_port *at = &devices->plan->x86.watchdog;
	int code;

	if (!at->count)
		return 0;
	code = ib700_create(&devices->host, at->port, &devices->watchdog, err);
	return code ? code
		    : bus_add(devices->host.ports, ib700_region(devices->watchdog), err);
}

static int create_ged(struct board_devices *devices, struct error *err)
{
	const struct plan_range *at = &devices->plan->x86.ged;
	int code;

	if (!at->bytes)
		return 0;
	code = ged_create(&devices->host, at->gpa, &devices->ged, err);
	return code ? code : bus_add(devices->host.bus, ged_region(devices->ged), err);
}

static int create_fw_cfg(struct board_devices *devices, struct error *err)
{
	const struct x86_port *at = &devices->plan->x86.fw_cfg;
	int code;

	if (!at->count)
		return 0;
	code = fw_cfg_create(
		devices->host.mem, FW_CFG_PORTS, at->port, &devices->fw_cfg, err);
	if (!code)
		code = x86_firmware_fill(devices->plan, devices->fw_cfg, err);
	return code ? code
		    : bus_add(devices->host.ports, fw_cfg_region(devices->fw_cfg), err);
}

static int create_ioapic(
	struct board_devices *devices, unsigned int index, struct error *err)
{
	struct own_ioapic *own = &devices->ioapics[index];
	int code;

	own->devices = devices;
	own->first_gsi = index * IOAPIC_PINS;
	code = ioapic_create(devices->host.loop, devices->plan->x86.ioapics[index].gpa,
		&ioapic_ops, own, &own->ioapic, err);
	return code ? code : bus_add(devices->host.bus, ioapic_region(own->ioapic), err);
}

/* All of them, or all but the first, which is the hypervisor's. */
static int create_ioapics(struct board_devices *devices, struct error *err)
{
	const struct plan_x86 *plan = &devices->plan->x86;
	int code = 0;

	for (unsigned int i = plan->split_irqchip ? 0 : 1;
		i < plan->ioapic_count && !code; i++)
		code = create_ioapic(devices, i, err);
	return code;
}

int x86_devices_create(const struct board_plan *plan, const struct board_host *host,
	struct board_devices **ret, struct error *err)
{
	static int (*const create[])(
		struct board_devices * devices, struct error * err) = {
		create_serial,
		create_rtc,
		create_i8042,
		create_pvpanic,
		create_watchdog,
		create_ged,
		create_fw_cfg,
		create_ioapics,
	};
	struct board_devices *devices = calloc(1, sizeof(*devices));
	int code = 0;

	if (!devices)
		return error_set(err, -ENOMEM, NULL, "no memory for the board's devices");
	devices->plan = plan;
	devices->host = *host;
	for (size_t i = 0; i < ARRAY_SIZE(create) && !code; i++)
		code = create[i](devices, err);
	if (!code)
		code = legacy_create(&devices->host, &plan->x86, &devices->legacy, err);
	if (code) {
		x86_devices_destroy(devices);
		return code;
	}
	*ret = devices;
	return 0;
}

/* ---- connecting ------------------------------------------------------------------- */

/* Old lines are gone with their VM; the new ones must not see what is left to say. */
static void reset(struct board_devices *devices)
{
	if (devices->serial) {
		serial16550_set_irq(devices->serial, NULL);
		serial16550_reset(devices->serial);
	}
	if (devices->rtc) {
		rtc_set_irq(devices->rtc, NULL);
		rtc_reset(devices->rtc);
	}
	if (devices->i8042) {
		i8042_set_irq(devices->i8042, NULL);
		i8042_reset(devices->i8042);
	}
	if (devices->ged) {
		ged_set_irq(devices->ged, NULL);
		ged_reset(devices->ged);
	}
	if (devices->watchdog)
		ib700_reset(devices->watchdog);
	if (devices->fw_cfg)
		fw_cfg_reset(devices->fw_cfg);
	for (unsigned int i = 0; i < X86_IOAPICS_MAX; i++)
		if (devices->ioapics[i].ioapic)
			ioapic_reset(devices->ioapics[i].ioapic);
}

int x86_devices_connect(struct board_devices *devices, struct hv *hv, struct error *err)
{
	const struct plan_x86 *plan = &devices->plan->x86;
	struct irq_line *irq;
	int code = 0;

	reset(devices);
	devices->hv = hv;
	if (devices->serial) {
		code = hv_irq_line(hv, plan->serial.irq, false, &irq, err);
		if (!code)
			serial16550_set_irq(devices->serial, irq);
	}
	if (devices->rtc && !code) {
		code = hv_irq_line(hv, plan->rtc.irq, false, &irq, err);
		if (!code)
			rtc_set_irq(devices->rtc, irq);
	}
	if (devices->i8042 && !code) {
		code = hv_irq_line(hv, plan->i8042.irq, false, &irq, err);
		if (!code)
			i8042_set_irq(devices->i8042, irq);
	}
	if (devices->ged && !code) {
		code = hv_irq_line(hv, plan->ged_irq, true, &irq, err);
		if (!code)
			ged_set_irq(devices->ged, irq);
	}
	return code;
}

void x86_devices_hold(struct board_devices *devices, bool hold)
{
	if (devices->watchdog)
		ib700_hold(devices->watchdog, hold);
}

bool x86_devices_press(struct board_devices *devices, enum board_button button)
{
	switch (button) {
	case BOARD_POWER_BUTTON:
		if (devices->ged)
			ged_press_power_button(devices->ged);
		return devices->ged;
	case BOARD_CTRL_ALT_DEL:
		if (devices->i8042)
			i8042_press_ctrl_alt_del(devices->i8042);
		return devices->i8042;
	}
	return false;
}

void x86_devices_destroy(struct board_devices *devices)
{
	if (!devices)
		return;
	legacy_destroy(devices->legacy);
	for (unsigned int i = 0; i < X86_IOAPICS_MAX; i++)
		ioapic_destroy(devices->ioapics[i].ioapic);
	fw_cfg_destroy(devices->fw_cfg);
	ged_destroy(devices->ged);
	ib700_destroy(devices->watchdog);
	pvpanic_destroy(devices->pvpanic);
	i8042_destroy(devices->i8042);
	rtc_destroy(devices->rtc);
	serial16550_destroy(devices->serial);
	free(devices);
}
