/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86 interrupt controllers in KVM (Linux, Documentation/virt/kvm/api.rst:
 * KVM_CREATE_IRQCHIP, KVM_CAP_SPLIT_IRQCHIP, KVM_SET_GSI_ROUTING). Normally PIC, IOAPIC
 * and PIT are KVM's and GSIs from 24 on are messages of our own IOAPIC; without a PIC
 * only the local APICs are KVM's and all GSIs are messages.
 */
#include "src/kvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch/x86/layout.h"
#include "src/error.h"
#include "src/plan.h"

#define PIC_PINS 8
#define PICS_PINS 16
#define TIMER_GSI 0
#define TIMER_PIN 2 /* of the IOAPIC: the PIT, as in every PC */
#define GSIS (2 * X86_IOAPIC_PINS)
#define ROUTES_MAX (PICS_PINS + GSIS)

struct kvm_routes {
	bool split;
	unsigned int fixed; /* entries that stay: the in-kernel controllers' */
	/* The last member: its entries follow, ROUTES_MAX of them. */
	struct kvm_irq_routing table;
};

static void add_pin(struct kvm_routes *routes, uint32_t gsi, uint32_t chip, uint32_t pin)
{
	struct kvm_irq_routing_entry *entry = &routes->table.entries[routes->table.nr++];

	*entry = (struct kvm_irq_routing_entry){
		.gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP};
	entry->u.irqchip.irqchip = chip;
	entry->u.irqchip.pin = pin;
}

static void add_kernel_pins(struct kvm_routes *routes)
{
	for (uint32_t i = 0; i < PICS_PINS; i++)
		add_pin(routes, i,
			i < PIC_PINS ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
			i % PIC_PINS);
	for (uint32_t i = 0; i < X86_IOAPIC_PINS; i++) {
		if (i == TIMER_GSI)
			add_pin(routes, i, KVM_IRQCHIP_IOAPIC, TIMER_PIN);
		else if (i != TIMER_PIN)
			add_pin(routes, i, KVM_IRQCHIP_IOAPIC, i);
	}
	routes->fixed = routes->table.nr;
}

static int failed(const char *what, struct error *err)
{
	int code = -errno;

	return error_set(err, code, NULL, "KVM's interrupt controller: %s: %s", what,
		strerror(-code));
}

static int create_split(struct hv *hv, struct error *err)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {GSIS}};

	return ioctl(hv->vm_fd, KVM_ENABLE_CAP, &cap) < 0
		       ? failed("no local APICs alone (isa pic=\"no\")", err)
		       : 0;
}

static int create_whole(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};

	if (ioctl(hv->vm_fd, KVM_CREATE_IRQCHIP, 0) < 0)
		return failed("not created", err);
	if (plan->x86.pit && ioctl(hv->vm_fd, KVM_CREATE_PIT2, &pit) < 0)
		return failed("no PIT", err);
	add_kernel_pins(hv->routes);
	if (ioctl(hv->vm_fd, KVM_SET_GSI_ROUTING, &hv->routes->table) < 0)
		return failed("no interrupt routes", err);
	return 0;
}

int kvm_irqchip_create(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	uint64_t identity = X86_KVM_IDENTITY_GPA;

	hv->routes = calloc(1,
		sizeof(*hv->routes) + ROUTES_MAX * sizeof(hv->routes->table.entries[0]));
	if (!hv->routes)
		return error_set(err, -ENOMEM, NULL, "no memory for interrupt routes");
	hv->routes->split = plan->x86.split_irqchip;
	if (ioctl(hv->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
		ioctl(hv->vm_fd, KVM_SET_TSS_ADDR, X86_KVM_TSS_GPA) < 0)
		return failed("no place for real mode", err);
	return hv->routes->split ? create_split(hv, err) : create_whole(hv, plan, err);
}

int kvm_irqchip_init(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	return 0;
}

uint32_t kvm_arch_line_number(unsigned int irq)
{
	return irq;
}

uint32_t kvm_arch_gsi(unsigned int irq)
{
	return irq;
}

bool kvm_arch_line_routed(const struct hv *hv, unsigned int irq)
{
	return hv->routes->split || irq >= X86_IOAPIC_PINS;
}

static struct kvm_irq_routing_entry *find_route(struct kvm_routes *routes, uint32_t gsi)
{
	for (unsigned int i = routes->fixed; i < routes->table.nr; i++)
		if (routes->table.entries[i].gsi == gsi)
			return &routes->table.entries[i];
	return NULL;
}

/* The route before the irqfds: KVM looks for it when one is attached. */
int hv_route_msi(struct hv *hv, unsigned int irq, uint64_t address, uint32_t data)
{
	struct kvm_routes *routes = hv->routes;
	struct kvm_irq_routing_entry *entry = find_route(routes, irq);
	int code = 0;

	if (!entry && routes->table.nr == ROUTES_MAX)
		return -ENOSPC;
	if (!entry)
		entry = &routes->table.entries[routes->table.nr++];
	*entry = (struct kvm_irq_routing_entry){.gsi = irq, .type = KVM_IRQ_ROUTING_MSI};
	entry->u.msi.address_lo = (uint32_t)address;
	entry->u.msi.address_hi = (uint32_t)(address >> 32);
	entry->u.msi.data = data;
	if (ioctl(hv->vm_fd, KVM_SET_GSI_ROUTING, &routes->table) < 0)
		return -errno;
	for (unsigned int i = 0; i < hv->line_count && !code; i++)
		if (hv->lines[i]->irq == irq)
			code = kvm_line_attach(hv->lines[i]);
	return code;
}

/* The route stays; without an irqfd an edge waits in the line's eventfd. */
void hv_unroute(struct hv *hv, unsigned int irq)
{
	for (unsigned int i = 0; i < hv->line_count; i++)
		if (hv->lines[i]->irq == irq)
			kvm_line_detach(hv->lines[i]);
}
