/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_hv.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/irq.h"
#include "src/plan.h"

struct hv_vcpu {
	unsigned int index;
	unsigned int step;
	sem_t kick;
};

struct line {
	struct irq_line line;
	unsigned int index; /* in fake_hv.lines */
};

struct hv {
	struct hv_vcpu vcpus[FAKE_HV_VCPUS_MAX];
	struct line lines[ARRAY_SIZE(fake_hv.lines)];
	unsigned int line_count;
};

struct fake_hv fake_hv;

int hv_open(struct hv **ret, struct host_caps *ret_caps, struct error *err)
{
	struct hv *hv = calloc(1, sizeof(*hv));

	if (!hv)
		return error_set(err, -ENOMEM, NULL, "no memory");
	for (unsigned int i = 0; i < FAKE_HV_VCPUS_MAX; i++) {
		hv->vcpus[i].index = i;
		sem_init(&hv->vcpus[i].kick, 0, 0);
	}
	host_caps_assume(ret_caps, CONFIG_ARCH_ARM64);
	fake_hv.opened++;
	fake_hv.line_count = 0;
	fake_hv.route_count = 0;
	fake_hv.ioeventfd_count = 0;
	*ret = hv;
	return 0;
}

int hv_renew(struct hv **hv, struct error *err)
{
	struct host_caps caps;

	hv_destroy(*hv);
	*hv = NULL;
	return hv_open(hv, &caps, err);
}

int hv_setup(struct hv *hv, const struct board_plan *plan, const struct guest_mem *mem,
	struct error *err)
{
	if (plan->cpu_count > FAKE_HV_VCPUS_MAX)
		return error_set(err, -EINVAL, NULL, "too many vCPUs for a test");
	if (mem->windows)
		fake_hv.windows = *mem->windows;
	fake_hv.mem = mem;
	return 0;
}

void hv_destroy(struct hv *hv)
{
	if (!hv)
		return;
	for (unsigned int i = 0; i < FAKE_HV_VCPUS_MAX; i++)
		sem_destroy(&hv->vcpus[i].kick);
	free(hv);
	fake_hv.destroyed++;
}

static void set(struct irq_line *line, bool level)
{
	fake_hv.lines[container_of(line, struct line, line)->index].level = level;
}

static void pulse(struct irq_line *line)
{
	fake_hv.lines[container_of(line, struct line, line)->index].pulses++;
}

static const struct irq_line_ops line_ops = {.set = set, .pulse = pulse};

int hv_irq_line(struct hv *hv, unsigned int irq, bool edge, struct irq_line **ret,
	struct error *err)
{
	struct line *line = &hv->lines[hv->line_count];

	if (hv->line_count == ARRAY_SIZE(hv->lines))
		return error_set(err, -ENOSPC, NULL, "too many lines for a test");
	line->line.ops = &line_ops;
	line->index = hv->line_count++;
	fake_hv.lines[line->index] = (struct fake_hv_line){.irq = irq, .edge = edge};
	fake_hv.line_count = hv->line_count;
	*ret = &line->line;
	return 0;
}

int hv_ioeventfd(
	struct hv *hv, uint64_t gpa, uint32_t value, int event_fd, struct error *err)
{
	fake_hv.ioeventfd_count++;
	return 0;
}

int hv_route_msi(struct hv *hv, unsigned int irq, uint64_t address, uint32_t data)
{
	if (fake_hv.route_count == ARRAY_SIZE(fake_hv.routes))
		return -ENOSPC;
	fake_hv.routes[fake_hv.route_count++] =
		(struct fake_hv_route){irq, address, data};
	return 0;
}

void hv_unroute(struct hv *hv, unsigned int irq)
{
	for (unsigned int i = 0; i < fake_hv.route_count; i++)
		if (fake_hv.routes[i].irq == irq)
			fake_hv.routes[i] = fake_hv.routes[--fake_hv.route_count];
}

struct hv_vcpu *hv_vcpu(struct hv *hv, unsigned int index)
{
	return &hv->vcpus[index];
}

void hv_vcpu_run(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	struct hv_exit next = *exit;

	next.kind = HV_EXIT_NONE;
	fake_hv.script(vcpu->index, vcpu->step++, &next);
	if (next.kind == HV_EXIT_NONE)
		sem_wait(&vcpu->kick);
	*exit = next;
}

void hv_vcpu_kick(struct hv_vcpu *vcpu)
{
	sem_post(&vcpu->kick);
}

void hv_vcpu_paused(struct hv_vcpu *vcpu)
{
	fake_hv.pauses++;
}

void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	fprintf(out, "(registers of vCPU %u)\n", vcpu->index);
}
