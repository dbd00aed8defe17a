/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/mptable.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>

#include "arch/x86/blob.h"
#include "arch/x86/layout.h"
#include "src/error.h"
#include "src/plan.h"

#define POINTER_BYTES 16
#define POINTER_CHECKSUM 10
#define SPEC_REVISION 4 /* 1.4 */

/* Of the table, from its own start. */
enum {
	TABLE_LENGTH = 4,
	TABLE_CHECKSUM = 7,
	TABLE_ENTRIES = 34,
};

enum { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_LINE, ENTRY_LOCAL_LINE };
enum { LINE_INT = 0, LINE_NMI = 1, LINE_EXTINT = 3 };

#define CPU_ENABLED 1
#define CPU_BOOTS 2
#define IOAPIC_ENABLED 1
#define EDGE_HIGH 0x5
#define ISA_BUS 0
#define ALL_CPUS 0xff

/* What the hypervisor's have in their version registers. */
#define LAPIC_VERSION 0x14
#define IOAPIC_VERSION 0x11
/* Family 6 with an FPU and a local APIC; every kernel of today asks the CPU itself. */
#define CPU_SIGNATURE 0x600
#define CPU_FEATURES 0x201

/*
 * An id register has four bits, and no local APIC of a small machine has these ids.
 * Linux numbers the IOAPICs of a device tree from 1: were these the same, it would take
 * the lines below for theirs where it is given both.
 */
#define IOAPIC_ID 13

#define PIT_IRQ 0
#define PIT_GSI 2
#define GSIS (X86_IOAPICS_MAX * X86_IOAPIC_PINS)

struct table {
	struct blob blob;
	unsigned int entry_count;
};

static void begin_entry(struct table *table, unsigned int type)
{
	blob_number(&table->blob, type, 1);
	table->entry_count++;
}

static void write_cpu(struct table *table, const struct board_plan *plan, unsigned int i)
{
	begin_entry(table, ENTRY_CPU);
	blob_number(&table->blob, plan->cpu_ids[i], 1);
	blob_number(&table->blob, LAPIC_VERSION, 1);
	blob_number(&table->blob, CPU_ENABLED | (i ? 0 : CPU_BOOTS), 1);
	blob_number(&table->blob, CPU_SIGNATURE, 4);
	blob_number(&table->blob, CPU_FEATURES, 4);
	blob_zero(&table->blob, 8);
}

static void write_isa_bus(struct table *table)
{
	begin_entry(table, ENTRY_BUS);
	blob_number(&table->blob, ISA_BUS, 1);
	blob_text(&table->blob, "ISA", 6);
}

static void write_ioapic(struct table *table, const struct plan_x86 *x86, unsigned int i)
{
	begin_entry(table, ENTRY_IOAPIC);
	blob_number(&table->blob, IOAPIC_ID + i, 1);
	blob_number(&table->blob, IOAPIC_VERSION, 1);
	blob_number(&table->blob, IOAPIC_ENABLED, 1);
	blob_number(&table->blob, x86->ioapics[i].gpa, 4);
}

/* A line from the ISA bus to pin of the IOAPIC or CPU with this id. */
static void write_line(struct table *table, unsigned int entry, unsigned int type,
	unsigned int irq, unsigned int id, unsigned int pin)
{
	begin_entry(table, entry);
	blob_number(&table->blob, type, 1);
	blob_number(&table->blob, EDGE_HIGH, 2);
	blob_number(&table->blob, ISA_BUS, 1);
	blob_number(&table->blob, irq, 1);
	blob_number(&table->blob, id, 1);
	blob_number(&table->blob, pin, 1);
}

static void mark_port(const struct x86_port *port, bool *used)
{
	if (port->count)
		used[port->irq] = true;
}

static void write_lines(struct table *table, const struct board_plan *plan)
{
	const struct plan_x86 *x86 = &plan->x86;
	bool used[GSIS] = {[PIT_GSI] = x86->pit};

	mark_port(&x86->serial, used);
	mark_port(&x86->rtc, used);
	mark_port(&x86->i8042, used);
	for (unsigned int i = 0; i < plan->device_count; i++)
		used[plan->devices[i].irq] = true;
	for (unsigned int gsi = 0; gsi < GSIS; gsi++)
		if (used[gsi])
			write_line(table, ENTRY_LINE, LINE_INT,
				gsi == PIT_GSI ? PIT_IRQ : gsi,
				IOAPIC_ID + gsi / X86_IOAPIC_PINS, gsi % X86_IOAPIC_PINS);
}

static void write_local_lines(struct table *table, const struct board_plan *plan)
{
	if (plan->x86.pic)
		write_line(table, ENTRY_LOCAL_LINE, LINE_EXTINT, 0,
			(unsigned int)plan->cpu_ids[0], 0);
	write_line(table, ENTRY_LOCAL_LINE, LINE_NMI, 0, ALL_CPUS, 1);
}

static void write_pointer(struct blob *blob, uint64_t gpa)
{
	blob_text(blob, "_MP_", 4);
	blob_number(blob, gpa + POINTER_BYTES, 4);
	blob_number(blob, POINTER_BYTES / 16, 1);
	blob_number(blob, SPEC_REVISION, 1);
	blob_zero(blob, 6); /* no default configuration, virtual wire mode */
}

static void write_table(struct table *table, const struct board_plan *plan)
{
	struct blob *blob = &table->blob;

	blob_text(blob, "PCMP", 4);
	blob_zero(blob, 2);
	blob_number(blob, SPEC_REVISION, 1);
	blob_zero(blob, 1);
	blob_text(blob, "BONSAI", 8);
	blob_text(blob, "VM", 12);
	blob_zero(blob, 8); /* no table of the maker's, and the number of entries */
	blob_number(blob, plan->x86.lapic.gpa, 4);
	blob_zero(blob, 4);
	for (unsigned int i = 0; i < plan->cpu_count; i++)
		write_cpu(table, plan, i);
	write_isa_bus(table);
	for (unsigned int i = 0; i < plan->x86.ioapic_count; i++)
		write_ioapic(table, &plan->x86, i);
	write_lines(table, plan);
	write_local_lines(table, plan);
}

int x86_mp_write(const struct board_plan *plan, uint64_t gpa, uint8_t *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	struct table table = {.blob = {.buf = buf, .room = room}};
	struct blob *blob = &table.blob;
	uint8_t *start;
	size_t bytes;

	assert(gpa % 16 == 0);
	write_pointer(blob, gpa);
	write_table(&table, plan);
	if (blob->full)
		return error_set(err, -ENOSPC, NULL,
			"the MP table does not fit into its %zu bytes", room);
	start = buf + POINTER_BYTES;
	bytes = blob->bytes - POINTER_BYTES;
	blob_set(blob, POINTER_CHECKSUM, blob_checksum(buf, POINTER_BYTES), 1);
	blob_set(blob, POINTER_BYTES + TABLE_LENGTH, bytes, 2);
	blob_set(blob, POINTER_BYTES + TABLE_ENTRIES, table.entry_count, 2);
	blob_set(blob, POINTER_BYTES + TABLE_CHECKSUM, blob_checksum(start, bytes), 1);
	*ret_bytes = blob->bytes;
	return 0;
}
