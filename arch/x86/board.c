/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86 board's planner: from the configuration, what the host offers and the measured
 * boot files to every address, port and interrupt of the machine (arch/x86/layout.h).
 * Each step adds its problems and the next one goes on, so that the user sees all of
 * them.
 */
#include "src/board.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpuid.h"
#include "arch/x86/devices.h"
#include "arch/x86/fdt.h"
#include "arch/x86/firmware.h"
#include "arch/x86/ib700.h"
#include "arch/x86/image.h"
#include "arch/x86/layout.h"
#include "arch/x86/load.h"
#include "src/align.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/plan_shared.h"

#define PAGE_BYTES 0x1000ull
#define E820_RAM 1
#define E820_RESERVED 2
/* For an ELF file, which says nothing: Linux's COMMAND_LINE_SIZE, without the NUL. */
#define BOOTARGS_CHARS_MAX 2047
/* " virtio_mmio.device=512@0xfeb00000:16" */
#define DEVICE_WORD_BYTES 48

struct planner {
	const struct vm_config *config;
	const struct host_caps *caps;
	struct board_plan *plan;
	struct problems *problems;
};

/* --- who runs ----------------------------------------------------------------------- */

static void plan_arch(struct planner *p)
{
	p->plan->arch = CONFIG_ARCH_X86_64;
	if (p->caps->arch != CONFIG_ARCH_X86_64)
		problems_add(p->problems, &p->config->pos,
			"an x86_64 guest needs an x86-64 host, which this one is not");
}

static void plan_cpu_type(struct planner *p)
{
	const char *type = p->config->cpu_type ? p->config->cpu_type : "host";
	int level = x86_cpuid_type(type);

	p->plan->cpu_type = type;
	if (level < 0)
		problems_add(p->problems, &p->config->pos,
			"cpu_type is '%s', an x86_64 guest's is host, x86-64-v2 or "
			"x86-64-v3",
			type);
	else if ((unsigned int)level > p->caps->x86_level)
		problems_add(p->problems, &p->config->pos,
			"cpu_type is %s, %s CPU reaches x86-64-v%u", type,
			p->caps->stated ? "the stated host's" : "this host's",
			p->caps->x86_level);
}

static int plan_cpus(struct planner *p)
{
	struct board_plan *plan = p->plan;
	unsigned int count = p->config->cpu_count;
	unsigned int most = p->caps->vcpus_max;

	plan_cpu_type(p);
	if (most > X86_CPUS_MAX)
		most = X86_CPUS_MAX;
	if (!count || count > most) {
		problems_add(p->problems, &p->config->pos,
			"cpu_count is %u, this host allows 1 to %u", count, most);
		return 0;
	}
	plan->cpu_ids = calloc(count, sizeof(*plan->cpu_ids));
	if (!plan->cpu_ids)
		return -ENOMEM;
	plan->cpu_count = count;
	for (unsigned int i = 0; i < count; i++)
		plan->cpu_ids[i] = i;
	return 0;
}

/* --- memory ------------------------------------------------------------------------- */

static void add_e820(struct planner *p, uint64_t gpa, uint64_t end, uint32_t type)
{
	struct plan_x86 *x86 = &p->plan->x86;

	if (end > gpa)
		x86->e820[x86->e820_count++] = (struct x86_e820){gpa, end - gpa, type};
}

static void plan_ram(struct planner *p)
{
	struct board_plan *plan = p->plan;
	uint64_t bytes = align_up(p->config->ram_size_bytes, X86_RAM_ALIGN_BYTES);
	uint64_t low = bytes < X86_LOW_RAM_END ? bytes : X86_LOW_RAM_END;
	uint64_t room = (1ull << p->caps->ipa_bits) - X86_RAM_ABOVE_GPA + X86_LOW_RAM_END;

	if (!bytes || bytes > room) {
		problems_add(p->problems, &p->config->ram_size_pos,
			"ram_size is %" PRIu64
			" MiB, the host's %u address bits allow 1 to "
			"%" PRIu64 " MiB",
			bytes >> 20, p->caps->ipa_bits, room >> 20);
		return;
	}
	plan->ram[plan->ram_count++] = (struct plan_range){0, low};
	if (bytes > low)
		plan->ram[plan->ram_count++] =
			(struct plan_range){X86_RAM_ABOVE_GPA, bytes - low};
	add_e820(p, 0, X86_EBDA_GPA, E820_RAM);
	add_e820(p, X86_EBDA_GPA, X86_VGA_GPA, E820_RESERVED);
	add_e820(p, X86_ACPI_GPA, X86_HIGH_RAM_GPA, E820_RESERVED);
	add_e820(p, X86_HIGH_RAM_GPA, low, E820_RAM);
	if (p->config->isa.acpi)
		add_e820(p, X86_GENERATION_GPA, X86_GENERATION_GPA + X86_GENERATION_BYTES,
			E820_RESERVED);
	add_e820(
		p, X86_KVM_IDENTITY_GPA, X86_KVM_TSS_GPA + 3 * PAGE_BYTES, E820_RESERVED);
	if (p->config->firmware.path)
		add_e820(p, X86_RAM_ABOVE_GPA - plan->files.firmware_bytes,
			X86_RAM_ABOVE_GPA, E820_RESERVED);
	add_e820(p, X86_RAM_ABOVE_GPA, X86_RAM_ABOVE_GPA + (bytes - low), E820_RAM);
}

/* In the hole below 4 GiB, or above all RAM. */
static void plan_shared(struct planner *p)
{
	const struct board_plan *plan = p->plan;
	const struct plan_room room = {
		.hole_gpa = plan->ram[0].bytes,
		.hole_end = X86_SHARED_END,
		.above_gpa = X86_RAM_ABOVE_GPA + plan->ram[1].bytes,
		.limit = 1ull << p->caps->ipa_bits,
	};

	if (plan->ram_count)
		plan_shared_memories(p->plan, &room, p->problems);
}

/* --- devices ------------------------------------------------------------------------ */

static void plan_legacy(struct planner *p)
{
	const struct config_isa *isa = &p->config->isa;
	struct plan_x86 *x86 = &p->plan->x86;
	bool firmware = p->config->firmware.path;

	x86->acpi = isa->acpi;
	x86->mp_table = !isa->acpi && !firmware;
	/*
	 * A kernel that reads it has lines only for devices that are in it, not for those
	 * of its command line. A PVH entry has no place for it.
	 */
	x86->tree = !isa->acpi && !isa->kernel_cmdline && !firmware &&
		    p->plan->files.kernel.x86.entry != X86_ENTRY_PVH;
	x86->pit = isa->pit;
	x86->pic = isa->pic;
	x86->split_irqchip = !isa->pic;
	if (!isa->pic && !p->caps->split_irqchip)
		problems_add(p->problems, &isa->pos,
			"pic is no, %s KVM has no local APICs without a PIC",
			p->caps->stated ? "the stated host's" : "this host's");
	if (isa->serial)
		x86->serial = (struct x86_port){
			X86_SERIAL_PORT, X86_SERIAL_PORTS, X86_SERIAL_IRQ};
	if (isa->rtc)
		x86->rtc = (struct x86_port){X86_RTC_PORT, X86_RTC_PORTS, X86_RTC_IRQ};
	x86->i8042 = (struct x86_port){X86_I8042_PORT, X86_I8042_PORTS, X86_I8042_IRQ};
	if (p->config->watchdog.pos.file)
		x86->watchdog = (struct x86_port){X86_WATCHDOG_PORT, IB700_PORTS, 0};
	if (firmware || p->config->fw_cfg_count)
		x86->fw_cfg = (struct x86_port){X86_FW_CFG_PORT, FW_CFG_PORTS_BYTES, 0};
	if (isa->acpi) {
		x86->pvpanic = (struct x86_port){X86_PVPANIC_PORT, X86_PVPANIC_PORTS, 0};
		x86->ged = (struct plan_range){X86_GED_GPA, X86_GED_BYTES};
		x86->ged_irq = X86_GED_IRQ;
		p->plan->generation =
			(struct plan_range){X86_GENERATION_GPA, X86_GENERATION_BYTES};
	}
	x86->lapic = (struct plan_range){X86_LAPIC_GPA, X86_LAPIC_BYTES};
	p->plan->uart_irq = isa->serial ? X86_SERIAL_IRQ : 0;
}

/* Pins of IOAPIC 1: those of a PC's PCI, and the ISA ones that no legacy device has. */
#define PCI_PIN_FIRST 16u
#define PCI_PINS 8u
static const unsigned int isa_free[] = {5, 6, 7, 9, 10, 11, 12, 14, 15, 3};

/* So many devices a kernel takes that is told of them on its command line. */
#define NAMED_DEVICES_MAX (PCI_PINS + ARRAY_SIZE(isa_free))

/*
 * The GSI of device i: first the pins of IOAPIC 1 that no legacy device has. ACPI finds
 * those of IOAPIC 2 after them; a kernel that is told on its command line knows only
 * those that the MP table lists of IOAPIC 1, the ISA ones among them.
 */
static unsigned int device_gsi(const struct plan_x86 *x86, unsigned int i)
{
	if (i < PCI_PINS)
		return PCI_PIN_FIRST + i;
	if (x86->acpi)
		return X86_IOAPIC_PINS + i - PCI_PINS;
	if (i < NAMED_DEVICES_MAX)
		return isa_free[i - PCI_PINS];
	return X86_IOAPIC_PINS + i - NAMED_DEVICES_MAX;
}

static void add_ioapic(struct plan_x86 *x86)
{
	x86->ioapics[x86->ioapic_count] = (struct plan_range){
		X86_IOAPIC_GPA + x86->ioapic_count * X86_IOAPIC_STEP_BYTES,
		X86_IOAPIC_BYTES};
	x86->ioapic_count++;
}

static int plan_devices(struct planner *p)
{
	struct board_plan *plan = p->plan;
	unsigned int count = p->config->device_count;
	const struct config_isa *isa = &p->config->isa;
	unsigned int room = isa->acpi || !isa->kernel_cmdline ? X86_VIRTIO_COUNT_MAX
							      : NAMED_DEVICES_MAX;

	add_ioapic(&plan->x86);
	if (count > room) {
		problems_add(p->problems, &p->config->devices[room].pos,
			"virtio_device number %u: there are interrupt lines for %u of "
			"%u%s",
			room + 1, room, count,
			room == X86_VIRTIO_COUNT_MAX
				? ""
				: "; with <isa acpi=\"yes\"/> for 24");
		return 0;
	}
	if (!count)
		return 0;
	plan->devices = calloc(count, sizeof(*plan->devices));
	if (!plan->devices)
		return -ENOMEM;
	plan->device_count = count;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int gsi = device_gsi(&plan->x86, i);

		plan->devices[i] = (struct plan_device){
			.config = &p->config->devices[i],
			.mmio = {X86_VIRTIO_GPA + i * X86_VIRTIO_STEP_BYTES,
				X86_VIRTIO_STEP_BYTES},
			.irq = gsi,
		};
		if (gsi >= X86_IOAPIC_PINS && plan->x86.ioapic_count == 1)
			add_ioapic(&plan->x86);
	}
	return 0;
}

/* Above RAM, and the hole below 4 GiB. */
static void plan_device_memory(struct planner *p)
{
	const struct board_plan *plan = p->plan;
	uint64_t end = X86_RAM_ABOVE_GPA;

	if (plan->ram_count == 2)
		end += plan->ram[1].bytes;
	board_plan_place_memory(
		p->plan, end, p->caps->ipa_bits, "the host's", p->problems);
}

/* --- what is loaded ----------------------------------------------------------------- */

static const char *default_bootargs(const struct planner *p)
{
	if (p->config->bootargs)
		return p->config->bootargs;
	return p->config->isa.serial ? "console=ttyS0" : "console=hvc0";
}

/* What was asked for, then each device by name where nothing else tells the guest. */
static int plan_bootargs(struct planner *p)
{
	struct board_plan *plan = p->plan;
	const char *bootargs = default_bootargs(p);
	bool name_devices = !plan->x86.acpi && p->config->isa.kernel_cmdline;
	size_t room = strlen(bootargs) + 1 +
		      (name_devices ? plan->device_count * DEVICE_WORD_BYTES : 0);
	uint32_t most = plan->files.kernel.x86.bootargs_max;
	size_t chars;

	plan->bootargs = malloc(room);
	if (!plan->bootargs)
		return -ENOMEM;
	chars = (size_t)snprintf(plan->bootargs, room, "%s", bootargs);
	for (unsigned int i = 0; name_devices && i < plan->device_count; i++)
		chars += (size_t)snprintf(plan->bootargs + chars, room - chars,
			" virtio_mmio.device=%" PRIu64 "@0x%" PRIx64 ":%u",
			plan->devices[i].mmio.bytes, plan->devices[i].mmio.gpa,
			plan->devices[i].irq);
	if (!most || most > X86_CMDLINE_BYTES - 1)
		most = BOOTARGS_CHARS_MAX;
	if (chars > most)
		problems_add(p->problems, &p->config->pos,
			"bootargs has %zu characters%s, this kernel takes %u", chars,
			name_devices && plan->device_count ? " with the virtio devices"
							   : "",
			most);
	return 0;
}

static void too_small(struct planner *p, uint64_t needed)
{
	const struct board_plan *plan = p->plan;

	problems_add(p->problems, &p->config->ram_size_pos,
		"ram_size is %" PRIu64 " KiB, the kernel (%" PRIu64
		" KiB with its own data, from %" PRIu64 " KiB on) and initrd (%" PRIu64
		" KiB) need %" PRIu64 " KiB: write ram_size=\"%" PRIu64 "M\" or more",
		p->config->ram_size_bytes >> 10,
		(plan->files.kernel.memory_bytes + 1023) >> 10, plan->kernel.gpa >> 10,
		(plan->files.initrd_bytes + 1023) >> 10, (needed + 1023) >> 10,
		(needed + (1 << 20) - 1) >> 20);
}

/* Of an initrd: behind the hole below 4 GiB no kernel looks for it. */
static uint64_t highest_end(const struct board_plan *plan)
{
	uint64_t kernels = plan->files.kernel.x86.initrd_end_max;

	return kernels && kernels < X86_LOW_RAM_END ? kernels : X86_LOW_RAM_END;
}

static void too_high(struct planner *p, uint64_t end)
{
	problems_add(p->problems, &p->config->initrds[0].pos,
		"the initrd (%" PRIu64 " KiB) behind the kernel would end at 0x%" PRIx64
		", this kernel takes one below 0x%" PRIx64,
		(p->plan->files.initrd_bytes + 1023) >> 10, end, highest_end(p->plan));
}

/*
 * A firmware gets its files through fw_cfg and puts them where it likes, the initrd
 * behind the kernel; but an ELF file it expects in RAM.
 */
static void plan_firmware(struct planner *p)
{
	struct board_plan *plan = p->plan;
	const struct kernel_image *kernel = &plan->files.kernel;
	uint64_t initrd_bytes = align_up(plan->files.initrd_bytes, PAGE_BYTES);
	uint64_t end = kernel->load_offset + kernel->memory_bytes + initrd_bytes;

	plan->firmware = (struct plan_range){X86_FIRMWARE_GPA, X86_FIRMWARE_BYTES};
	plan->entry_gpa = X86_RESET_VECTOR_GPA;
	plan->tables.bytes = align_up(x86_fdt_room(plan), PAGE_BYTES);
	plan->kernel.gpa = kernel->load_offset;
	if (!kernel->x86.header_bytes)
		plan->kernel.bytes = kernel->memory_bytes;
	if (!plan->ram_count || !kernel->memory_bytes)
		return;
	if (initrd_bytes && end > highest_end(plan))
		too_high(p, end);
	else if (end + X86_FIRMWARE_RAM_BYTES > plan->ram[0].bytes)
		too_small(p, end + X86_FIRMWARE_RAM_BYTES);
}

/* Where initrd and tree end that have so many bytes, 0 where they do not fit. */
static uint64_t place_others(
	const struct board_plan *plan, uint64_t bytes, uint64_t initrd_end_max)
{
	const struct plan_range *kernel = &plan->kernel;
	uint64_t top = plan->ram[0].bytes;

	if (top > initrd_end_max)
		top = initrd_end_max;
	if (kernel->gpa + kernel->bytes + bytes <= top)
		return top;
	if (top > kernel->gpa)
		top = kernel->gpa;
	return X86_HIGH_RAM_GPA + bytes <= top ? top : 0;
}

/*
 * Kernel low, initrd and tree as high as they may be: between them it finds room. Where
 * too little RAM is behind the kernel they are in front of it.
 */
static void plan_loads(struct planner *p)
{
	struct board_plan *plan = p->plan;
	const struct kernel_image *kernel = &plan->files.kernel;
	uint64_t initrd_bytes = align_up(plan->files.initrd_bytes, PAGE_BYTES);
	uint64_t bytes = initrd_bytes;
	uint64_t end_max =
		initrd_bytes ? align_down(highest_end(plan), PAGE_BYTES) : UINT64_MAX;
	uint64_t kernel_end;
	uint64_t top;

	plan->kernel = (struct plan_range){kernel->load_offset, kernel->memory_bytes};
	plan->entry_gpa = plan->kernel.gpa + kernel->x86.entry_offset;
	plan->tables.bytes = align_up(x86_fdt_room(plan), PAGE_BYTES);
	if (plan->x86.tree)
		bytes += plan->tables.bytes + PAGE_BYTES; /* of its header */
	if (!plan->ram_count)
		return;
	kernel_end = plan->kernel.gpa + plan->kernel.bytes;
	top = place_others(plan, bytes, end_max);
	if (!top && kernel_end + bytes > end_max) {
		too_high(p, kernel_end + bytes);
	} else if (!top || kernel_end > plan->ram[0].bytes) {
		too_small(p, top ? kernel_end : kernel_end + bytes);
	} else {
		if (initrd_bytes)
			plan->initrd = (struct plan_range){
				top - initrd_bytes, plan->files.initrd_bytes};
		if (plan->x86.tree)
			plan->tables.gpa = top - initrd_bytes - plan->tables.bytes;
	}
}

/* Without ACPI, which a guest may have instead: names on the command line, or a tree. */
static void note_hidden_devices(struct planner *p)
{
	const struct plan_x86 *x86 = &p->plan->x86;

	if (!x86->acpi && !x86->tree && !p->config->isa.kernel_cmdline &&
		p->plan->device_count)
		board_plan_note(p->plan, &p->config->isa.pos,
			"acpi and kernel_cmdline are no, and %s is not given a device "
			"tree: nothing tells the guest of its virtio devices",
			p->config->firmware.path ? "a firmware" : "a PVH kernel");
	if (!x86->acpi && !x86->tree && p->config->shared_memory_count)
		board_plan_note(p->plan, &p->config->shared_memories[0].pos,
			"acpi is no, and the guest is not given a device tree: nothing "
			"tells it of its shared memory");
	if (!x86->tree && !p->config->firmware.path && p->config->dtb_overlay.path)
		board_plan_note(p->plan, &p->config->dtb_overlay.pos,
			"dtb_overlay_rom changes the device tree, which is for a kernel "
			"where acpi and kernel_cmdline are no");
}

static int board_plan(struct board_plan *plan, struct problems *problems)
{
	struct planner planner = {plan->config, &plan->caps, plan, problems};
	struct planner *p = &planner;
	int rc;

	plan_arch(p);
	plan_ram(p);
	plan_legacy(p);
	rc = plan_devices(p);
	if (!rc)
		plan_device_memory(p);
	plan_shared(p);
	if (!rc)
		rc = plan_cpus(p);
	if (!rc)
		rc = plan_bootargs(p);
	if (rc)
		return rc;
	note_hidden_devices(p);
	if (p->config->firmware.path)
		plan_firmware(p);
	else
		plan_loads(p);
	return 0;
}

static bool board_runs(enum config_arch arch)
{
	return arch == CONFIG_ARCH_X86_64;
}

const struct board x86_board = {
	.name = "x86",
	.stray_ones = true,
	.runs = board_runs,
	.read_kernel = x86_image_read,
	.plan = board_plan,
	.write_tables = x86_fdt_write,
	.check_firmware = x86_firmware_check,
	.load = x86_load,
	.firmware_step_bytes = X86_FIRMWARE_STEP_BYTES,
	.firmware_bytes_max = X86_FIRMWARE_BYTES,
	.create_devices = x86_devices_create,
	.connect_devices = x86_devices_connect,
	.destroy_devices = x86_devices_destroy,
	.press = x86_devices_press,
	.hold = x86_devices_hold,
};
