/* SPDX-License-Identifier: Apache-2.0 */
/* hv.h for a CPU that has no hypervisor here: such a build plans VMs and runs none. */
#include "src/hv.h"

#include <errno.h>
#include <stdlib.h>

#include "src/error.h"

int hv_open(struct hv **ret, struct host_caps *ret_caps, struct error *err)
{
	return error_set(err, -ENODEV, NULL,
		"this build plans VMs but runs none on this CPU: tools/board runs them "
		"on an emulated board");
}

/* Nothing below is reached without an hv from hv_open(). */

int hv_setup(struct hv *hv, const struct board_plan *plan, const struct guest_mem *mem,
	struct error *err)
{
	abort();
}

int hv_renew(struct hv **hv, struct error *err)
{
	abort();
}

void hv_destroy(struct hv *hv)
{
}

int hv_irq_line(struct hv *hv, unsigned int irq, bool edge, struct irq_line **ret,
	struct error *err)
{
	abort();
}

int hv_ioeventfd(
	struct hv *hv, uint64_t gpa, uint32_t value, int event_fd, struct error *err)
{
	abort();
}

int hv_route_msi(struct hv *hv, unsigned int irq, uint64_t address, uint32_t data)
{
	abort();
}

void hv_unroute(struct hv *hv, unsigned int irq)
{
	abort();
}

struct hv_vcpu *hv_vcpu(struct hv *hv, unsigned int index)
{
	abort();
}

void hv_vcpu_run(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	abort();
}

void hv_vcpu_kick(struct hv_vcpu *vcpu)
{
	abort();
}

void hv_vcpu_paused(struct hv_vcpu *vcpu)
{
	abort();
}

void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	abort();
}
