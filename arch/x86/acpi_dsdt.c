/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/acpi_dsdt.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86/aml.h"
#include "arch/x86/blob.h"
#include "arch/x86/ged.h"
#include "arch/x86/layout.h"
#include "src/plan.h"

#define NOTIFY 0x80 /* of a button: pressed; of a generation id: changed */

/* An id of the Plug and Play list is a number, another one a string. */
static size_t begin_device(struct blob *blob, const char *name, const char *hid)
{
	size_t mark = aml_begin_device(blob, name);

	aml_name(blob, "_HID");
	if (strncmp(hid, "PNP", 3) == 0)
		aml_eisa_id(blob, hid);
	else
		aml_string(blob, hid);
	return mark;
}

static size_t begin_settings(struct blob *blob)
{
	aml_name(blob, "_CRS");
	return aml_begin_resources(blob);
}

/* A legacy part, where it is there: ports, and an interrupt where it has one. */
static void write_isa(
	struct blob *blob, const char *name, const char *hid, const struct x86_port *port)
{
	size_t device, settings;

	if (!port->count)
		return;
	device = begin_device(blob, name, hid);
	settings = begin_settings(blob);
	if (port->port == X86_I8042_PORT) {
		/* The first and the last are its; what is between is the PIT's. */
		aml_ports(blob, port->port, 1);
		aml_ports(blob, (uint16_t)(port->port + port->count - 1), 1);
	} else {
		aml_ports(blob, port->port, (uint8_t)port->count);
	}
	if (port->irq)
		aml_irq(blob, port->irq);
	aml_end_resources(blob, settings);
	aml_end(blob, device);
}

static void write_virtio(struct blob *blob, const struct board_plan *plan, unsigned int i)
{
	const struct plan_device *virtio = &plan->devices[i];
	size_t device, settings;
	char name[16];

	snprintf(name, sizeof(name), "VR%02u", i);
	device = begin_device(blob, name, "LNRO0005");
	aml_name(blob, "_UID");
	aml_integer(blob, i);
	aml_name(blob, "_CCA");
	aml_integer(blob, 1);
	settings = begin_settings(blob);
	aml_memory32(blob, (uint32_t)virtio->mmio.gpa, (uint32_t)virtio->mmio.bytes);
	aml_interrupt(blob, virtio->irq);
	aml_end_resources(blob, settings);
	aml_end(blob, device);
}

/* if (what the register says & event) notify; the register was read into Local0. */
static void write_event(struct blob *blob, uint32_t event, const char *device)
{
	size_t mark = aml_begin_if(blob);

	aml_operator(blob, AML_AND);
	aml_operator(blob, AML_LOCAL0);
	aml_integer(blob, event);
	aml_operator(blob, AML_NO_TARGET);
	aml_operator(blob, AML_NOTIFY);
	aml_reference(blob, device);
	aml_integer(blob, NOTIFY);
	aml_end(blob, mark);
}

/*
 * As the specification of the virtual machine generation id has it: known by its
 * compatible id, and ADDR gives the lower and the upper half of where the id is.
 */
static void write_generation(struct blob *blob, uint64_t gpa)
{
	size_t device = begin_device(blob, "VGEN", "BNSI0001");
	size_t package;

	aml_name(blob, "_CID");
	aml_string(blob, "VM_Gen_Counter");
	aml_name(blob, "_DDN");
	aml_string(blob, "VM_Gen_Counter");
	aml_name(blob, "ADDR");
	package = aml_begin_package(blob, 2);
	aml_integer(blob, (uint32_t)gpa);
	aml_integer(blob, gpa >> 32);
	aml_end(blob, package);
	aml_end(blob, device);
}

static void write_property(struct blob *blob, const char *name, const char *text)
{
	size_t pair = aml_begin_package(blob, 2);

	aml_string(blob, name);
	if (text)
		aml_string(blob, text);
	else
		aml_integer(blob, 1);
	aml_end(blob, pair);
}

/* What a device tree would say of it (6.2.5, and the UEFI forum's list of properties). */
static void write_shared_properties(
	struct blob *blob, const struct config_shared_memory *config)
{
	/* daffd814-6eba-4d8c-8a91-bc9bbf4aa301 */
	static const uint8_t device_properties[16] = {0x14, 0xd8, 0xff, 0xda, 0xba, 0x6e,
		0x8c, 0x4d, 0x8a, 0x91, 0xbc, 0x9b, 0xbf, 0x4a, 0xa3, 0x01};
	size_t list, all;

	aml_name(blob, "_DSD");
	all = aml_begin_package(blob, 2);
	aml_uuid(blob, device_properties);
	list = aml_begin_package(blob, config->readonly ? 3 : 2);
	write_property(blob, "compatible", "bonsai,shared-memory");
	write_property(blob, "label", config->name);
	if (config->readonly)
		write_property(blob, "read-only", NULL);
	aml_end(blob, list);
	aml_end(blob, all);
}

/* PRP0001 is a device that its compatible tells. */
static void write_shared(struct blob *blob, const struct board_plan *plan, unsigned int i)
{
	const struct config_shared_memory *config = &plan->config->shared_memories[i];
	size_t device, settings;
	char name[16];

	snprintf(name, sizeof(name), "SM%02u", i);
	device = begin_device(blob, name, "PRP0001");
	aml_name(blob, "_UID");
	aml_string(blob, config->name);
	settings = begin_settings(blob);
	aml_memory64(blob, plan->shared[i].gpa, plan->shared[i].bytes, !config->readonly);
	aml_end_resources(blob, settings);
	write_shared_properties(blob, config);
	aml_end(blob, device);
}

/* 5.6.9: the device whose interrupt says that something happened, and the button. */
static void write_ged(struct blob *blob, const struct board_plan *plan)
{
	size_t device, settings, method;

	aml_end(blob, begin_device(blob, "PWRB", "PNP0C0C"));
	write_generation(blob, plan->generation.gpa);
	device = begin_device(blob, "GED", "ACPI0013");
	settings = begin_settings(blob);
	aml_interrupt(blob, plan->x86.ged_irq);
	aml_end_resources(blob, settings);
	aml_register(blob, "EREG", "ESEL", (uint32_t)plan->x86.ged.gpa);
	method = aml_begin_method(blob, "_EVT", 1, true);
	aml_operator(blob, AML_STORE);
	aml_reference(blob, "ESEL");
	aml_operator(blob, AML_LOCAL0);
	write_event(blob, GED_POWER_BUTTON, "PWRB");
	write_event(blob, GED_GENERATION, "VGEN");
	aml_end(blob, method);
	aml_end(blob, device);
}

/* 7.4.2: the type to write into the sleep control register, and what others have there.
 */
static void write_s5(struct blob *blob)
{
	size_t package;

	aml_name(blob, "_S5");
	package = aml_begin_package(blob, 4);
	aml_integer(blob, GED_SLEEP_TYPE_OFF);
	for (unsigned int i = 1; i < 4; i++)
		aml_integer(blob, 0);
	aml_end(blob, package);
}

void x86_dsdt_write(struct blob *blob, const struct board_plan *plan)
{
	const struct plan_x86 *x86 = &plan->x86;
	size_t scope = aml_begin_scope(blob, "_SB");

	write_isa(blob, "COM1", "PNP0501", &x86->serial);
	write_isa(blob, "RTC", "PNP0B00", &x86->rtc);
	write_isa(blob, "KBD", "PNP0303", &x86->i8042);
	write_isa(blob, "FWCF", "QEMU0002", &x86->fw_cfg);
	write_isa(blob, "PEVT", "QEMU0001", &x86->pvpanic);
	if (x86->ged.bytes)
		write_ged(blob, plan);
	for (unsigned int i = 0; i < plan->shared_count; i++)
		write_shared(blob, plan, i);
	for (unsigned int i = 0; i < plan->device_count; i++)
		write_virtio(blob, plan, i);
	aml_end(blob, scope);
	if (x86->ged.bytes)
		write_s5(blob);
}
