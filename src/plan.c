/* SPDX-License-Identifier: Apache-2.0 */
/* What every board's plan has in common: its end, and its text for people. */
#include "src/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "src/board.h"
#include "src/plan_handover.h"

/* Fixed ranges, two of RAM, and those of one board; see list_ranges(). */
#define LINES_FIXED (24 + CONFIG_SHARED_MEMORIES_MAX)

/* GIC numbering (Arm IHI 0069, 2.2.1). */
#define INTID_PPI 16
#define INTID_SPI 32

struct map_line {
	struct plan_range range;
	const char *what;
	const struct config_device *device; /* NULL for the board's own */
};

struct map {
	unsigned int count;
	struct map_line *lines;
};

int board_plan_create(const struct board *board, const struct vm_config *config,
	const struct host_caps *caps, const struct boot_files *files,
	struct board_plan **ret, struct problems *problems)
{
	unsigned int before = problems->count;
	struct board_plan *plan = calloc(1, sizeof(*plan));
	int rc = -ENOMEM;

	if (plan) {
		plan->board = board;
		plan->config = config;
		plan->caps = *caps;
		plan->files = *files;
		rc = board->plan(plan, problems);
	}
	if (rc == -ENOMEM)
		problems_add(
			problems, &config->pos, "no memory left to plan the machine");
	if (!rc && problems->count != before)
		rc = -EINVAL;
	if (rc) {
		board_plan_destroy(plan);
		return rc;
	}
	*ret = plan;
	return 0;
}

void board_plan_note(
	struct board_plan *plan, const struct source_pos *pos, const char *fmt, ...)
{
	struct error *note = &plan->notes[plan->note_count];
	va_list args;

	if (plan->note_count == PLAN_NOTES_MAX)
		return;
	plan->note_count++;
	note->pos = *pos;
	va_start(args, fmt);
	vsnprintf(note->text, sizeof(note->text), fmt, args);
	va_end(args);
}

void board_plan_destroy(struct board_plan *plan)
{
	if (!plan)
		return;
	free(plan->cpu_ids);
	free(plan->devices);
	free(plan->bootargs);
	free(plan);
}

static const char *arch_name(enum config_arch arch)
{
	switch (arch) {
	case CONFIG_ARCH_ARM64:
		return "arm64";
	case CONFIG_ARCH_ARMV7:
		return "armv7";
	case CONFIG_ARCH_X86_64:
		return "x86_64";
	case CONFIG_ARCH_AUTO:
		break;
	}
	return "unknown";
}

static const char *type_name(enum config_device_type type)
{
	switch (type) {
	case CONFIG_DEVICE_CONSOLE:
		return "console";
	case CONFIG_DEVICE_NET:
		return "net";
	case CONFIG_DEVICE_BLOCK:
		return "block";
	case CONFIG_DEVICE_RNG:
		return "rng";
	case CONFIG_DEVICE_BALLOON:
		return "balloon";
	case CONFIG_DEVICE_VSOCK:
		return "vsock";
	case CONFIG_DEVICE_PMEM:
		return "pmem";
	case CONFIG_DEVICE_FS:
		return "fs";
	case CONFIG_DEVICE_VHOST_USER:
		return "vhost_user";
	case CONFIG_DEVICE_GPU:
		return "gpu";
	case CONFIG_DEVICE_INPUT:
		return "input";
	}
	return "unknown";
}

static void add_line(struct map *map, const struct plan_range *range, const char *what,
	const struct config_device *device)
{
	if (range->bytes)
		map->lines[map->count++] = (struct map_line){*range, what, device};
}

static void list_shared(const struct board_plan *plan, struct map *map)
{
	for (unsigned int i = 0; i < plan->shared_count; i++)
		if (plan->config->shared_memories[i].readonly)
			add_line(map, &plan->shared[i], "shared memory, to read", NULL);
		else
			add_line(map, &plan->shared[i], "shared memory", NULL);
}

static void list_x86(const struct board_plan *plan, struct map *map)
{
	const struct plan_x86 *x86 = &plan->x86;

	add_line(map, &x86->ged, "power and events", NULL);
	for (unsigned int i = 0; i < x86->ioapic_count; i++)
		add_line(map, &x86->ioapics[i], "IOAPIC", NULL);
	add_line(map, &x86->lapic, "local APICs", NULL);
	add_line(map, &plan->firmware, "firmware", NULL);
}

static void list_arm(const struct board_plan *plan, struct map *map)
{
	const struct plan_arm *arm = &plan->arm;

	add_line(map, &arm->rtc.mmio, "clock", NULL);
	add_line(map, &arm->gpio.mmio, "gpio of the power key", NULL);
	add_line(map, &arm->watchdog.mmio, "watchdog", NULL);
	add_line(map, &arm->pvpanic.mmio, "panic notification", NULL);
}

static void list_ranges(const struct board_plan *plan, struct map *map)
{
	const struct plan_gic *gic = &plan->gic;

	add_line(map, &gic->dist, "GIC distributor", NULL);
	add_line(map, &gic->cpu_interface, "GIC CPU interface", NULL);
	for (unsigned int i = 0; i < gic->redist_count; i++)
		add_line(map, &gic->redist[i], "GIC redistributors", NULL);
	list_arm(plan, map);
	list_x86(plan, map);
	add_line(map, &plan->uart, "uart", NULL);
	add_line(map, &plan->fw_cfg, "fw_cfg", NULL);
	add_line(map, &plan->steal_time, "stolen time", NULL);
	add_line(map, &plan->generation, "generation id", NULL);
	list_shared(plan, map);
	for (unsigned int i = 0; i < plan->device_count; i++)
		add_line(map, &plan->devices[i].mmio, "virtio", plan->devices[i].config);
	for (unsigned int i = 0; i < plan->device_count; i++)
		add_line(map, &plan->devices[i].memory, "contents of",
			plan->devices[i].config);
	for (unsigned int i = 0; i < plan->ram_count; i++)
		add_line(map, &plan->ram[i], "RAM", NULL);
	add_line(map, &plan->unpacked, "  unpacked kernel", NULL);
	add_line(map, &plan->kernel, "  kernel", NULL);
	if (plan->tables.gpa)
		add_line(map, &plan->tables, "  device tree", NULL);
	add_line(map, &plan->initrd, "  initrd", NULL);
}

/* By address; RAM before what begins with it. */
static int compare_lines(const void *left, const void *right)
{
	const struct map_line *a = left;
	const struct map_line *b = right;

	if (a->range.gpa != b->range.gpa)
		return a->range.gpa < b->range.gpa ? -1 : 1;
	if (a->range.bytes != b->range.bytes)
		return a->range.bytes > b->range.bytes ? -1 : 1;
	return 0;
}

/* 4096 -> "4 KiB", 512 -> "512 bytes"; the largest unit that divides it. */
static const char *size_text(uint64_t bytes, char *buf, size_t room)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	unsigned int unit = 0;

	while (unit < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, room, "%" PRIu64 " %s", bytes, units[unit]);
	return buf;
}

static void print_device(const struct config_device *device, FILE *out)
{
	fprintf(out, "%s \"%s\" (%s:%d)", type_name(device->type), device->name,
		device->pos.file, device->pos.line);
}

static void print_map(const struct map *map, FILE *out)
{
	char size[32];

	fprintf(out, "\naddress map\n");
	for (unsigned int i = 0; i < map->count; i++) {
		const struct map_line *line = &map->lines[i];

		fprintf(out, "  0x%010" PRIx64 " - 0x%010" PRIx64 "  %14s  %s",
			line->range.gpa, line->range.gpa + line->range.bytes - 1,
			size_text(line->range.bytes, size, sizeof(size)), line->what);
		if (line->device) {
			fprintf(out, " ");
			print_device(line->device, out);
		}
		fprintf(out, "\n");
	}
}

/* "INTID  40  SPI   8  edge   " where there is a GIC, else the plain number. */
static void print_irq(
	const struct board_plan *plan, unsigned int irq, bool edge, FILE *out)
{
	const char *trigger = edge ? "edge" : "level";

	if (!plan->gic.version)
		fprintf(out, "  %4u  %-5s  ", irq, trigger);
	else if (irq < INTID_SPI)
		fprintf(out, "  INTID %3u  PPI %3u  %-5s  ", irq, irq - INTID_PPI,
			trigger);
	else
		fprintf(out, "  INTID %3u  SPI %3u  %-5s  ", irq, irq - INTID_SPI,
			trigger);
}

/* Of a board's own device; a level-triggered one. */
static void print_own(const struct board_plan *plan, const char *what,
	const struct plan_own *own, FILE *out)
{
	if (!own->irq)
		return;
	print_irq(plan, own->irq, false, out);
	fprintf(out, "%s\n", what);
}

static void print_irqs(const struct board_plan *plan, FILE *out)
{
	static const char *const timers[] = {
		"secure timer", "non-secure timer", "virtual timer", "hypervisor timer"};

	fprintf(out, "\ninterrupts\n");
	if (plan->pmu) {
		print_irq(plan, plan->pmu_irq, false, out);
		fprintf(out, "performance monitors\n");
	}
	for (unsigned int i = 0; i < 4; i++) {
		if (!plan->timer_irqs[i])
			continue;
		print_irq(plan, plan->timer_irqs[i], false, out);
		fprintf(out, "%s\n", timers[i]);
	}
	if (plan->uart_irq) {
		print_irq(plan, plan->uart_irq, false, out);
		fprintf(out, "uart\n");
	}
	print_own(plan, "clock", &plan->arm.rtc, out);
	if (plan->generation_irq) {
		print_irq(plan, plan->generation_irq, true, out);
		fprintf(out, "generation id\n");
	}
	print_own(plan, "watchdog", &plan->arm.watchdog, out);
	print_own(plan, "gpio of the power key", &plan->arm.gpio, out);
	if (plan->x86.rtc.count) {
		print_irq(plan, plan->x86.rtc.irq, false, out);
		fprintf(out, "clock\n");
	}
	if (plan->x86.i8042.count) {
		print_irq(plan, plan->x86.i8042.irq, false, out);
		fprintf(out, "keyboard controller\n");
	}
	if (plan->x86.ged.bytes) {
		print_irq(plan, plan->x86.ged_irq, true, out);
		fprintf(out, "power and events\n");
	}
	for (unsigned int i = 0; i < plan->device_count; i++) {
		print_irq(plan, plan->devices[i].irq, true, out);
		print_device(plan->devices[i].config, out);
		fprintf(out, "\n");
	}
}

static void print_port(const char *name, const struct x86_port *port, FILE *out)
{
	if (port->count)
		fprintf(out, "  0x%04x - 0x%04x  %s\n", port->port,
			port->port + port->count - 1, name);
}

static void print_ports(const struct plan_x86 *x86, FILE *out)
{
	fprintf(out, "\nI/O ports\n");
	print_port("keyboard controller", &x86->i8042, out);
	print_port("clock", &x86->rtc, out);
	print_port("uart", &x86->serial, out);
	print_port("watchdog", &x86->watchdog, out);
	print_port("panic notification", &x86->pvpanic, out);
	print_port("fw_cfg", &x86->fw_cfg, out);
}

static void print_rom(const char *what, const struct config_rom *rom, FILE *out)
{
	if (rom->path)
		fprintf(out, "  %-9s %s (%s:%d)", what, rom->path, rom->pos.file,
			rom->pos.line);
}

static void print_kernel(const struct board_plan *plan, FILE *out)
{
	const struct kernel_image *kernel = &plan->files.kernel;
	bool mapped = plan->config->memory.image == CONFIG_IMAGE_MAP;

	if (!plan->config->kernel.path)
		return;
	print_rom("kernel", &plan->config->kernel, out);
	fprintf(out, ": %s", kernel->format);
	if (kernel->file_bytes)
		fprintf(out, ", %" PRIu64 " bytes", kernel->file_bytes);
	if (!plan->kernel.bytes)
		fprintf(out, ", offered to the firmware\n");
	else
		fprintf(out, ", %s\n", mapped ? "mapped" : "read into RAM");
}

static void print_line(const char *what, const struct config_rom *rom, FILE *out)
{
	print_rom(what, rom, out);
	if (rom->path)
		fprintf(out, "\n");
}

static void print_files(const struct board_plan *plan, FILE *out)
{
	const struct vm_config *config = plan->config;

	fprintf(out, "\nboot\n");
	print_line("firmware", &config->firmware, out);
	print_line("rom", &config->linuxboot, out);
	print_line("rom", &config->pvh, out);
	print_kernel(plan, out);
	fprintf(out, "  entry     0x%010" PRIx64 "\n", plan->entry_gpa);
	for (unsigned int i = 0; i < config->initrd_count; i++)
		print_line("initrd", &config->initrds[i], out);
	print_line("overlay", &config->dtb_overlay, out);
	fprintf(out, "  bootargs  %s\n", plan->bootargs);
}

static void print_notes(const struct board_plan *plan, FILE *out)
{
	if (plan->note_count)
		fprintf(out, "\nnotes\n");
	for (unsigned int i = 0; i < plan->note_count; i++)
		fprintf(out, "  %s:%d: %s\n", plan->notes[i].pos.file,
			plan->notes[i].pos.line, plan->notes[i].text);
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

static void print_host(const struct host_caps *caps, FILE *out)
{
	const char *gics = caps->gicv2 && caps->gicv3 ? "2,3"
			   : caps->gicv2              ? "2"
			   : caps->gicv3              ? "3"
						      : "none";

	if (caps->arch == CONFIG_ARCH_X86_64) {
		fprintf(out, "host      %s: %s, ipa=%u vcpus=%u level=%u\n",
			caps->stated ? "assumed" : "asked", arch_name(caps->arch),
			caps->ipa_bits, caps->vcpus_max, caps->x86_level);
		return;
	}
	fprintf(out,
		"host      %s: %s, gic=%s ipa=%u vcpus=%u el1_32bit=%s pmu=%s "
		"steal_time=%s",
		caps->stated ? "assumed" : "asked", arch_name(caps->arch), gics,
		caps->ipa_bits, caps->vcpus_max, yes_no(caps->aarch32_el1),
		yes_no(caps->pmu), yes_no(caps->steal_time));
	if (caps->cpu_compatible[0])
		fprintf(out, " cpu=%s", caps->cpu_compatible);
	fprintf(out, "\n");
}

static void print_cpus(const struct board_plan *plan, FILE *out)
{
	fprintf(out, "cpus      %u x %s, id 0x%" PRIx64, plan->cpu_count, plan->cpu_type,
		plan->cpu_ids[0]);
	if (plan->cpu_count > 1)
		fprintf(out, " to 0x%" PRIx64, plan->cpu_ids[plan->cpu_count - 1]);
	fprintf(out, "\n");
	if (plan->gic.version)
		fprintf(out, "gic       version %u%s, %u SPIs\n", plan->gic.version,
			plan->gic.software ? " in software" : "", plan->gic.spi_count);
}

/* Nothing where it is as it is by default. */
static void print_memory(const struct config_memory *memory, FILE *out)
{
	static const char *const pages[] = {
		[CONFIG_HUGEPAGES_DEFAULT] = "of huge pages",
		[CONFIG_HUGEPAGES_2M] = "of huge pages of 2 MiB",
		[CONFIG_HUGEPAGES_1G] = "of huge pages of 1 GiB",
	};
	const char *words[] = {
		pages[memory->hugepages],
		memory->shared == CONFIG_SHARED_YES ? "shared" : NULL,
		memory->lock ? "locked" : NULL,
		memory->merge ? "merged where equal" : NULL,
	};
	const char *before = "memory    ";

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i])
			continue;
		fprintf(out, "%s%s", before, words[i]);
		before = ", ";
	}
	if (before[0] == ',')
		fprintf(out, "\n");
}

int board_plan_print(const struct board_plan *plan, FILE *out)
{
	struct map map = {0};

	map.lines = calloc(LINES_FIXED + 2 * plan->device_count, sizeof(*map.lines));
	if (!map.lines)
		return -ENOMEM;
	list_ranges(plan, &map);
	qsort(map.lines, map.count, sizeof(*map.lines), compare_lines);
	fprintf(out, "machine   %s (%s)\n", plan->config->name, plan->config->pos.file);
	fprintf(out, "board     %s, %s guest\n", plan->board->name,
		arch_name(plan->arch));
	print_host(&plan->caps, out);
	print_cpus(plan, out);
	print_memory(&plan->config->memory, out);
	print_map(&map, out);
	if (plan->arch == CONFIG_ARCH_X86_64)
		print_ports(&plan->x86, out);
	print_irqs(plan, out);
	plan_print_handover(plan, out);
	print_files(plan, out);
	print_notes(plan, out);
	free(map.lines);
	return ferror(out) ? -EIO : 0;
}
