/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ARM board's planner: from the configuration, what the host offers and the measured
 * boot files to every address and interrupt of the machine (arch/arm/layout.h). Each
 * step adds its problems and the next one goes on, so that the user sees all of them.
 */
#include "src/board.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/devices.h"
#include "arch/arm/fdt.h"
#include "arch/arm/image.h"
#include "arch/arm/layout.h"
#include "src/align.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/plan_shared.h"

struct planner {
	const struct vm_config *config;
	const struct host_caps *caps;
	struct board_plan *plan;
	struct problems *problems;
};

static uint64_t range_end(const struct plan_range *range)
{
	return range->gpa + range->bytes;
}

static bool is_32bit(const struct planner *p)
{
	return p->plan->arch == CONFIG_ARCH_ARMV7;
}

/* Guest-physical: what the host translates, and a 32-bit guest's tables reach. */
static unsigned int address_bits(const struct planner *p)
{
	return is_32bit(p) && p->caps->ipa_bits > ARM32_ADDRESS_BITS ? ARM32_ADDRESS_BITS
								     : p->caps->ipa_bits;
}

static const char *whose_bits(const struct planner *p)
{
	return address_bits(p) < p->caps->ipa_bits ? "a 32-bit guest's" : "the host's";
}

static uint64_t address_limit(const struct planner *p)
{
	return 1ull << address_bits(p);
}

/* --- who runs ----------------------------------------------------------------------- */

/* One that could not be read has its own message. */
static void check_kernel(struct planner *p)
{
	enum config_arch kernel = p->plan->files.kernel.arch;

	if (kernel == CONFIG_ARCH_AUTO || kernel == p->plan->arch)
		return;
	if (is_32bit(p))
		problems_add(p->problems, &p->config->kernel.pos,
			"kernel_rom is an arm64 Image, arch is armv7: take an ARM "
			"zImage, "
			"or leave arch out for a 64-bit guest");
	else
		problems_add(p->problems, &p->config->kernel.pos,
			"kernel_rom is an ARM zImage, arch is arm64: take an arm64 "
			"Image, or leave arch out for a 32-bit guest");
}

static void check_host(struct planner *p)
{
	const struct host_caps *caps = p->caps;
	const char *cpu = caps->cpu_compatible;

	if (!is_32bit(p) && caps->arch != CONFIG_ARCH_ARM64)
		problems_add(p->problems, &p->config->pos,
			"an arm64 guest needs an arm64 host, which this one is not");
	else if (is_32bit(p) && caps->arch != CONFIG_ARCH_ARM64 &&
		 caps->arch != CONFIG_ARCH_ARMV7)
		problems_add(p->problems, &p->config->pos,
			"an armv7 guest needs an arm64 or armv7 host, which this one is "
			"not");
	else if (is_32bit(p) && !caps->aarch32_el1)
		problems_add(p->problems, &p->config->pos,
			"%s CPU%s%s%s has no 32-bit kernel mode: an armv7 guest needs "
			"one "
			"that has, such as a Cortex-A53, A57 or A72",
			caps->stated ? "the stated host's" : "this host's",
			cpu[0] ? " (" : "", cpu, cpu[0] ? ")" : "");
}

static void plan_arch(struct planner *p)
{
	const struct vm_config *config = p->config;

	p->plan->arch = config->arch == CONFIG_ARCH_AUTO ? p->plan->files.kernel.arch
							 : config->arch;
	check_kernel(p);
	check_host(p);
	if (config->firmware.path)
		problems_add(p->problems, &config->firmware.pos,
			"firmware_rom is not in this build yet: leave it out and boot "
			"kernel_rom");
	if (config->isa.said)
		problems_add(p->problems, &config->isa.pos,
			"an ARM guest has no ISA devices: leave <isa> out");
}

/*
 * MPIDR_EL1 affinity as KVM gives it to vCPU i: 16 in a cluster, as a GICv3 SGI reaches;
 * 4 on a 32-bit host.
 */
static uint64_t cpu_affinity(const struct planner *p, unsigned int i)
{
	if (p->caps->arch == CONFIG_ARCH_ARMV7)
		return (i & 3) | (uint64_t)(i >> 2) << 8;
	return (i & 15) | (uint64_t)(i >> 4 & 0xff) << 8 |
	       (uint64_t)(i >> 12 & 0xff) << 16;
}

static const char *choose_cpu_type(const struct planner *p)
{
	if (p->config->cpu_type)
		return p->config->cpu_type;
	if (is_32bit(p))
		return "arm,cortex-a15";
	return p->plan->caps.cpu_compatible[0] ? p->plan->caps.cpu_compatible
					       : "arm,armv8";
}

static int plan_cpus(struct planner *p)
{
	struct board_plan *plan = p->plan;
	unsigned int count = p->config->cpu_count;

	plan->cpu_type = choose_cpu_type(p);
	if (!count || count > p->caps->vcpus_max) {
		problems_add(p->problems, &p->config->pos,
			"cpu_count is %u, this host allows 1 to %u", count,
			p->caps->vcpus_max);
		return 0;
	}
	plan->cpu_ids = calloc(count, sizeof(*plan->cpu_ids));
	if (!plan->cpu_ids)
		return -ENOMEM;
	plan->cpu_count = count;
	for (unsigned int i = 0; i < count; i++)
		plan->cpu_ids[i] = cpu_affinity(p, i);
	plan->timer_irqs[0] = ARM_TIMER_SECURE_INTID;
	plan->timer_irqs[1] = ARM_TIMER_NONSECURE_INTID;
	plan->timer_irqs[2] = ARM_TIMER_VIRTUAL_INTID;
	plan->timer_irqs[3] = ARM_TIMER_HYPERVISOR_INTID;
	if (p->caps->pmu) {
		plan->pmu = true;
		plan->pmu_irq = ARM_PMU_INTID;
	}
	/* No 32-bit Linux asks for it. */
	if (p->caps->steal_time && !is_32bit(p))
		plan->steal_time = (struct plan_range){
			ARM_STEAL_TIME_GPA, align_up(count * ARM_STEAL_TIME_CPU_BYTES,
						    ARM_STEAL_TIME_ALIGN_BYTES)};
	return 0;
}

/* --- interrupt controller ----------------------------------------------------------- */

static void refuse_gic(struct planner *p, unsigned int wanted)
{
	const struct host_caps *caps = p->caps;
	const char *host = caps->stated ? "the stated host" : "this host";
	unsigned int other = wanted == 3 ? 2 : 3;

	if (caps->arch == CONFIG_ARCH_X86_64)
		return; /* said by plan_arch() */
	if (!caps->gicv2 && !caps->gicv3 && !caps->user_irq)
		problems_add(p->problems, &p->config->pos,
			"%s offers no GIC in its kernel, nor what one outside of it "
			"needs",
			host);
	else
		problems_add(p->problems, &p->config->pos,
			"gic_version is %u, %s offers a GICv%u only: write "
			"gic_version=\"%u\", or gic_version=\"host\" for the best that "
			"a host has",
			wanted, host, other, other);
}

/* The hypervisor's, else a GICv2 of ours; 0 where there is none that fits. */
static unsigned int choose_gic(struct planner *p)
{
	const struct host_caps *caps = p->caps;
	unsigned int wanted = p->config->gic;

	if (p->config->gic == CONFIG_GIC_HOST)
		wanted = caps->gicv3 ? 3 : 2;
	if (wanted == 3 ? caps->gicv3 : caps->gicv2)
		return wanted;
	if (wanted == 2 && caps->user_irq) {
		p->plan->gic.software = true;
		return wanted;
	}
	refuse_gic(p, wanted);
	return 0;
}

static void plan_gicv2(struct planner *p)
{
	struct plan_gic *gic = &p->plan->gic;

	gic->dist = (struct plan_range){ARM_GICD_GPA, ARM_GICV2_DIST_BYTES};
	gic->cpu_interface = (struct plan_range){ARM_GICC_GPA, ARM_GICV2_CPU_BYTES};
	if (p->plan->cpu_count > ARM_GICV2_CPUS_MAX)
		problems_add(p->problems, &p->config->pos,
			"cpu_count is %u, a GICv2 serves 1 to %d%s", p->plan->cpu_count,
			ARM_GICV2_CPUS_MAX,
			p->caps->gicv3 ? ": write gic_version=\"3\"" : "");
}

/* Those that find no room below the PL011 are above RAM, which is planned by now. */
static void plan_gicv3(struct planner *p)
{
	struct plan_gic *gic = &p->plan->gic;
	uint64_t count = p->plan->cpu_count;
	uint64_t low = count < ARM_GICR_LOW_CPUS ? count : ARM_GICR_LOW_CPUS;

	gic->dist = (struct plan_range){ARM_GICD_GPA, ARM_GICV3_DIST_BYTES};
	gic->redist[0] = (struct plan_range){ARM_GICR_GPA, low * ARM_GICR_CPU_BYTES};
	gic->redist_count = 1;
	if (count == low)
		return;
	gic->redist[1] = (struct plan_range){
		align_up(range_end(&p->plan->ram[0]), ARM_GICR_HIGH_ALIGN_BYTES),
		(count - low) * ARM_GICR_CPU_BYTES};
	gic->redist_count = 2;
	if (p->plan->ram_count && range_end(&gic->redist[1]) > address_limit(p))
		problems_add(p->problems, &p->config->ram_size_pos,
			"cpu_count %u needs 0x%" PRIx64
			" bytes above the RAM for the GICv3, %s %u address bits "
			"leave no room: make ram_size smaller",
			p->plan->cpu_count, gic->redist[1].bytes, whose_bits(p),
			address_bits(p));
}

static void plan_gic(struct planner *p)
{
	struct plan_gic *gic = &p->plan->gic;
	unsigned int last = ARM_GPIO_INTID;

	if (p->plan->device_count)
		last = ARM_VIRTIO_INTID + p->plan->device_count - 1;
	gic->spi_count = (unsigned int)align_up(last - ARM_SPI_BASE + 1, ARM_SPI_STEP);
	gic->version = choose_gic(p);
	if (gic->version == 2)
		plan_gicv2(p);
	else if (gic->version == 3)
		plan_gicv3(p);
}

/* --- memory and devices ------------------------------------------------------------- */

static void plan_ram(struct planner *p)
{
	uint64_t bytes = p->config->ram_size_bytes;
	uint64_t room = address_limit(p) - ARM_RAM_GPA;

	if (!bytes || bytes > room) {
		problems_add(p->problems, &p->config->ram_size_pos,
			"ram_size is %" PRIu64
			" MiB, %s %u address bits allow 1 to %" PRIu64 " MiB",
			bytes >> 20, whose_bits(p), address_bits(p), room >> 20);
		return;
	}
	/* Up, not down: nobody gets less than asked for. */
	p->plan->ram[0] =
		(struct plan_range){ARM_RAM_GPA, align_up(bytes, ARM_RAM_ALIGN_BYTES)};
	p->plan->ram_count = 1;
	if (is_32bit(p) && range_end(&p->plan->ram[0]) > ARM32_SHORT_END)
		board_plan_note(p->plan, &p->config->ram_size_pos,
			"ram_size is %" PRIu64
			" MiB, a kernel without LPAE uses the first %llu MiB",
			bytes >> 20, (ARM32_SHORT_END - ARM_RAM_GPA) >> 20);
}

static int plan_devices(struct planner *p)
{
	struct board_plan *plan = p->plan;
	unsigned int count = p->config->device_count;

	plan->uart = (struct plan_range){ARM_UART_GPA, ARM_UART_BYTES};
	plan->uart_irq = ARM_UART_INTID;
	plan->generation = (struct plan_range){ARM_GENERATION_GPA, ARM_GENERATION_BYTES};
	plan->generation_irq = ARM_GENERATION_INTID;
	if (p->config->fw_cfg_count)
		plan->fw_cfg = (struct plan_range){ARM_FW_CFG_GPA, FW_CFG_MMIO_BYTES};
	plan->arm = (struct plan_arm){
		.rtc = {{ARM_RTC_GPA, ARM_RTC_BYTES}, ARM_RTC_INTID},
		.gpio = {{ARM_GPIO_GPA, ARM_GPIO_BYTES}, ARM_GPIO_INTID},
		.pvpanic = {{ARM_PVPANIC_GPA, ARM_PVPANIC_BYTES}, 0},
	};
	if (p->config->watchdog.pos.file)
		plan->arm.watchdog = (struct plan_own){
			{ARM_WATCHDOG_GPA, ARM_WATCHDOG_BYTES}, ARM_WATCHDOG_INTID};
	if (count > ARM_VIRTIO_COUNT_MAX) {
		problems_add(p->problems, &p->config->devices[ARM_VIRTIO_COUNT_MAX].pos,
			"virtio_device number %d: the board has room for %d of %u",
			ARM_VIRTIO_COUNT_MAX + 1, ARM_VIRTIO_COUNT_MAX, count);
		return 0;
	}
	if (!count)
		return 0;
	plan->devices = calloc(count, sizeof(*plan->devices));
	if (!plan->devices)
		return -ENOMEM;
	plan->device_count = count;
	for (unsigned int i = 0; i < count; i++)
		plan->devices[i] = (struct plan_device){
			.config = &p->config->devices[i],
			.mmio = {ARM_VIRTIO_GPA + i * ARM_VIRTIO_STEP_BYTES,
				ARM_VIRTIO_STEP_BYTES},
			.irq = ARM_VIRTIO_INTID + i,
		};
	return 0;
}

/* Above RAM and the redistributors that are there too. */
static void plan_device_memory(struct planner *p)
{
	const struct plan_gic *gic = &p->plan->gic;
	uint64_t end = p->plan->ram_count ? range_end(&p->plan->ram[0]) : ARM_RAM_GPA;

	if (gic->redist_count == 2)
		end = range_end(&gic->redist[1]);
	board_plan_place_memory(
		p->plan, end, address_bits(p), whose_bits(p), p->problems);
}

/* Below RAM, or above that and the redistributors behind it. */
static void plan_shared(struct planner *p)
{
	const struct plan_gic *gic = &p->plan->gic;
	const struct plan_range *last =
		gic->redist_count > 1 ? &gic->redist[1] : &p->plan->ram[0];
	const struct plan_room room = {
		.hole_gpa = ARM_SHARED_GPA,
		.hole_end = ARM_RAM_GPA,
		.above_gpa = range_end(last),
		.limit = address_limit(p),
	};

	if (p->plan->ram_count)
		plan_shared_memories(p->plan, &room, p->problems);
}

/* --- what is loaded ----------------------------------------------------------------- */

static int plan_bootargs(struct planner *p)
{
	const char *bootargs = p->config->bootargs;
	size_t room = is_32bit(p) ? ARM32_BOOTARGS_BYTES : ARM64_BOOTARGS_BYTES;
	size_t chars;

	p->plan->bootargs = strdup(bootargs ? bootargs : "console=ttyAMA0");
	if (!p->plan->bootargs)
		return -ENOMEM;
	chars = strlen(p->plan->bootargs);
	if (chars >= room)
		problems_add(p->problems, &p->config->pos,
			"bootargs has %zu characters, an %s Linux takes %zu", chars,
			is_32bit(p) ? "armv7" : "arm64", room - 1);
	return 0;
}

/*
 * The tree must not cross a multiple of 2 MiB: arm64 kernels before 4.2 map just one, and
 * 32-bit ones two of 1 MiB from where it begins.
 */
static uint64_t place_tables(uint64_t gpa, uint64_t bytes)
{
	gpa = align_up(gpa, ARM_DTB_ALIGN_BYTES);
	if (gpa / ARM_DTB_BYTES_MAX != (gpa + bytes - 1) / ARM_DTB_BYTES_MAX)
		gpa = align_up(gpa, ARM_DTB_BYTES_MAX);
	return gpa;
}

static void plan_kernel(struct planner *p)
{
	struct board_plan *plan = p->plan;
	const struct kernel_image *image = &plan->files.kernel;

	plan->kernel = (struct plan_range){
		plan->ram[0].gpa + image->load_offset, image->memory_bytes};
	plan->entry_gpa = plan->kernel.gpa;
	plan->unpacked = (struct plan_range){plan->ram[0].gpa, image->unpack_bytes};
	if (image->appended_bytes)
		board_plan_note(plan, &p->config->kernel.pos,
			"kernel_rom has %" PRIu64
			" bytes behind the end of its %s, which are left out: a device "
			"tree there would take the place of this machine's",
			image->appended_bytes, image->format);
}

static uint64_t initrd_limit(const struct planner *p)
{
	return is_32bit(p) ? ARM_RAM_GPA + ARM32_LOWMEM_BYTES : ARM_INITRD_END_MAX;
}

static void plan_loads(struct planner *p)
{
	struct board_plan *plan = p->plan;
	const struct kernel_image *image = &plan->files.kernel;
	uint64_t limit = range_end(&plan->ram[0]);
	uint64_t end;

	plan_kernel(p);
	plan->tables.bytes = arm_fdt_room(plan);
	if (plan->tables.bytes > ARM_DTB_BYTES_MAX) {
		problems_add(p->problems, &p->config->dtb_overlay.pos,
			"the device tree needs %" PRIu64
			" KiB with an overlay of %" PRIu64 " KiB, Linux takes %llu KiB",
			plan->tables.bytes >> 10, plan->files.overlay_bytes >> 10,
			ARM_DTB_BYTES_MAX >> 10);
		return;
	}
	plan->tables.gpa = place_tables(range_end(&plan->kernel), plan->tables.bytes);
	end = range_end(&plan->tables);
	if (plan->files.initrd_bytes) {
		plan->initrd = (struct plan_range){
			align_up(end, ARM_INITRD_ALIGN_BYTES), plan->files.initrd_bytes};
		end = range_end(&plan->initrd);
	}
	if (!plan->ram_count)
		return;
	if (end > limit)
		problems_add(p->problems, &p->config->ram_size_pos,
			"ram_size is %" PRIu64 " KiB, the kernel (%" PRIu64
			" KiB with its own data), device tree (%" PRIu64
			" KiB) and initrd (%" PRIu64 " KiB) need %" PRIu64
			" KiB: write ram_size=\"%" PRIu64 "M\" or more",
			p->config->ram_size_bytes >> 10,
			(image->unpack_bytes + image->memory_bytes + 1023) >> 10,
			plan->tables.bytes >> 10, (plan->files.initrd_bytes + 1023) >> 10,
			(end - plan->ram[0].gpa + 1023) >> 10,
			(end - plan->ram[0].gpa + (1 << 20) - 1) >> 20);
	else if (plan->initrd.bytes && end > initrd_limit(p))
		problems_add(p->problems, &p->config->initrds[0].pos,
			"the initrd would end at 0x%" PRIx64
			", it must lie below 0x%" PRIx64,
			end, initrd_limit(p));
}

static int board_plan(struct board_plan *plan, struct problems *problems)
{
	struct planner planner = {plan->config, &plan->caps, plan, problems};
	struct planner *p = &planner;
	int rc;

	plan_arch(p);
	plan_ram(p);
	rc = plan_devices(p);
	if (!rc)
		rc = plan_cpus(p);
	if (rc)
		return rc;
	plan_gic(p);
	plan_device_memory(p);
	plan_shared(p);
	rc = plan_bootargs(p);
	if (!rc)
		plan_loads(p);
	return rc;
}

static bool board_runs(enum config_arch arch)
{
	return arch == CONFIG_ARCH_ARM64 || arch == CONFIG_ARCH_ARMV7;
}

const struct board arm_board = {
	.name = "arm",
	.runs = board_runs,
	.read_kernel = arm_image_read,
	.plan = board_plan,
	.write_tables = arm_fdt_write,
	.create_devices = arm_devices_create,
	.connect_devices = arm_devices_connect,
	.press = arm_devices_press,
	.hold = arm_devices_hold,
	.destroy_devices = arm_devices_destroy,
};
