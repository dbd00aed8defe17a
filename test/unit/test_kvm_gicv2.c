/* SPDX-License-Identifier: Apache-2.0 */
/* The GICv2 in software, with KVM on one side and a vCPU's accesses on the other. */
#include <errno.h>
#include <string.h>

#include "src/error.h"
#include "src/irq.h"
#include "src/kvm.h"
#include "src/plan.h"
#include "test/unit/fake_kvm.h"
#include "test/unit/test.h"

#define DIST 0x08000000u
#define CPU_INTERFACE 0x08010000u
#define GICD_CTLR (DIST + 0x000)
#define GICD_ISENABLER (DIST + 0x100)
#define GICD_ITARGETSR (DIST + 0x800)
#define GICC_CTLR (CPU_INTERFACE + 0x00)
#define GICC_PMR (CPU_INTERFACE + 0x04)
#define GICC_IAR (CPU_INTERFACE + 0x0c)
#define GICC_EOIR (CPU_INTERFACE + 0x10)
#define SPURIOUS 1023

/* kvm_irq_level.irq of a vCPU's IRQ input. */
#define IRQ_OF(cpu) ((cpu) << 16)

static const struct vm_config config = {.pos = {"vm.xml", 1}};
static struct board_plan plan;
static struct hv hv;
static struct hv_vcpu vcpus[2];
static struct kvm_run runs[2];

static uint64_t access_gic(unsigned int cpu, uint64_t gpa, bool write, uint64_t value)
{
	struct hv_exit exit = {.kind = HV_EXIT_MMIO,
		.mmio = {.gpa = gpa, .bytes = 4, .write = write, .value = value}};

	CHECK(hv.user_irqchip->ops->access(hv.user_irqchip, &vcpus[cpu], &exit));
	return exit.mmio.value;
}

/* A GIC that both vCPUs have switched on, with every interrupt enabled. */
static void begin(void)
{
	fake_kvm = (struct fake_kvm){0};
	plan = (struct board_plan){
		.config = &config,
		.cpu_count = 2,
		.timer_irqs = {29, 30, 27, 26},
		.pmu = true,
		.pmu_irq = 23,
		.gic = {.version = 2,
			.software = true,
			.dist = {DIST, 0x1000},
			.cpu_interface = {CPU_INTERFACE, 0x2000},
			.spi_count = 32},
	};
	hv = (struct hv){.vm_fd = 3, .vcpus = vcpus, .vcpu_count = 2};
	for (unsigned int i = 0; i < 2; i++) {
		memset(&runs[i], 0, sizeof(runs[i]));
		vcpus[i] =
			(struct hv_vcpu){.hv = &hv, .index = i, .fd = 4, .run = &runs[i]};
	}
	CHECK_EQ(kvm_irqchip_create(&hv, &plan, NULL), 0);
	CHECK_EQ(kvm_irqchip_init(&hv, &plan, NULL), 0);
	CHECK(hv.user_irqchip);
	access_gic(0, GICD_CTLR, true, 1);
	for (unsigned int i = 0; i < 2; i++) {
		access_gic(i, GICD_ISENABLER, true, UINT32_MAX);
		access_gic(i, GICC_PMR, true, 0xff);
		access_gic(i, GICC_CTLR, true, 1);
	}
	access_gic(0, GICD_ISENABLER + 4, true, UINT32_MAX);
}

static void end(void)
{
	hv.user_irqchip->ops->destroy(hv.user_irqchip);
}

static void run_returns(unsigned int cpu, uint64_t levels)
{
	runs[cpu].s.regs.device_irq_level = levels;
	hv.user_irqchip->ops->ran(hv.user_irqchip, &vcpus[cpu]);
}

TEST(a_vcpus_own_interrupts_reach_it)
{
	static const struct {
		uint64_t flag;
		unsigned int intid;
	} table[] = {{KVM_ARM_DEV_EL1_VTIMER, 27}, {KVM_ARM_DEV_EL1_PTIMER, 30},
		{KVM_ARM_DEV_PMU, 23}};

	begin();
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			run_returns(cpu, table[i].flag);
			CHECK(fake_kvm_input(IRQ_OF(cpu)));
			CHECK(!fake_kvm_input(IRQ_OF(!cpu)));
			CHECK_EQ(access_gic(!cpu, GICC_IAR, false, 0), SPURIOUS);
			CHECK_EQ(access_gic(cpu, GICC_IAR, false, 0), table[i].intid);
			CHECK(!fake_kvm_input(IRQ_OF(cpu)));
			run_returns(cpu, 0);
			access_gic(cpu, GICC_EOIR, true, table[i].intid);
			CHECK(!fake_kvm_input(IRQ_OF(cpu)));
		}
	end();
}

TEST(a_timer_that_stays_up_comes_again)
{
	begin();
	run_returns(0, KVM_ARM_DEV_EL1_VTIMER);
	CHECK_EQ(access_gic(0, GICC_IAR, false, 0), 27);
	run_returns(0, KVM_ARM_DEV_EL1_VTIMER);
	access_gic(0, GICC_EOIR, true, 27);
	CHECK(fake_kvm_input(IRQ_OF(0)));
	end();
}

TEST(kvm_hears_of_changes_only)
{
	unsigned int before;

	begin();
	run_returns(0, KVM_ARM_DEV_EL1_VTIMER);
	before = fake_kvm.line_count;
	run_returns(0, KVM_ARM_DEV_EL1_VTIMER);
	run_returns(0, KVM_ARM_DEV_EL1_VTIMER | KVM_ARM_DEV_PMU);
	CHECK_EQ(fake_kvm.line_count, before);
	end();
}

/* fake_kvm loses it, as KVM may. */
TEST(what_another_thread_said_is_said_again_by_the_vcpus_own)
{
	struct irq_line *line = NULL;
	unsigned int before;

	begin();
	CHECK_EQ(hv_irq_line(&hv, 33, false, &line, NULL), 0);
	access_gic(0, GICD_ITARGETSR + 32, true, 2u << 8);
	run_returns(0, 0);
	irq_line_set(line, true);
	fake_kvm.line_count = 0;
	run_returns(0, 0);
	CHECK(!fake_kvm_input(IRQ_OF(1)));
	run_returns(1, 0);
	CHECK(fake_kvm_input(IRQ_OF(1)));
	before = fake_kvm.line_count;
	run_returns(1, 0);
	CHECK_EQ(fake_kvm.line_count, before);
	end();
}

TEST(a_devices_line_goes_to_the_vcpu_that_the_guest_chose)
{
	struct irq_line *line = NULL;
	struct error err;

	begin();
	CHECK_EQ(hv_irq_line(&hv, 33, false, &line, NULL), 0);
	access_gic(0, GICD_ITARGETSR + 32, true, 2u << 8);
	irq_line_set(line, true);
	CHECK(fake_kvm_input(IRQ_OF(1)) && !fake_kvm_input(IRQ_OF(0)));
	CHECK_EQ(access_gic(1, GICC_IAR, false, 0), 33);
	irq_line_set(line, false);
	access_gic(1, GICC_EOIR, true, 33);
	CHECK(!fake_kvm_input(IRQ_OF(1)));
	CHECK_EQ(hv_irq_line(&hv, 64, true, &line, &err), -EINVAL);
	CHECK_HAS(err.text, "no line 64");
	end();
}

TEST(other_addresses_are_left_to_others)
{
	static const uint64_t others[] = {0, DIST - 4, DIST + 0x1000, CPU_INTERFACE - 4,
		CPU_INTERFACE + 0x2000, 0x09000000, UINT64_MAX};

	begin();
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct hv_exit exit = {.kind = HV_EXIT_MMIO,
			.mmio = {.gpa = others[i], .bytes = 4, .value = 7}};

		CHECK(!hv.user_irqchip->ops->access(hv.user_irqchip, &vcpus[0], &exit));
		CHECK_EQ(exit.mmio.value, 7);
	}
	end();
}

TEST_MAIN(CASE(a_vcpus_own_interrupts_reach_it), CASE(a_timer_that_stays_up_comes_again),
	CASE(kvm_hears_of_changes_only),
	CASE(what_another_thread_said_is_said_again_by_the_vcpus_own),
	CASE(a_devices_line_goes_to_the_vcpu_that_the_guest_chose),
	CASE(other_addresses_are_left_to_others))
