/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hv.h over KVM (Linux, Documentation/virt/kvm/api.rst): the part that is the same on
 * every CPU. VM, memory slots, interrupt lines, eventfds; kvm_run.c runs the vCPUs.
 */
#include "src/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/log.h"
#include "src/plan.h"
#include "src/window.h"

/*
 * Fewer address bits mean fewer levels of stage-2 tables, so a VM starts with these and
 * gets more only where its plan needs them.
 */
#define IPA_BITS_DEFAULT 40

int kvm_cap(const struct hv *hv, unsigned int cap)
{
	int value =
		ioctl(hv->vm_fd >= 0 ? hv->vm_fd : hv->kvm_fd, KVM_CHECK_EXTENSION, cap);

	return value > 0 ? value : 0;
}

int kvm_set_attr(int fd, uint32_t group, uint64_t attr, const void *value)
{
	struct kvm_device_attr device_attr = {
		.group = group, .attr = attr, .addr = (uintptr_t)value};

	return ioctl(fd, KVM_SET_DEVICE_ATTR, &device_attr) < 0 ? -errno : 0;
}

bool kvm_device_offered(const struct hv *hv, uint32_t type)
{
	struct kvm_create_device device = {.type = type, .flags = KVM_CREATE_DEVICE_TEST};

	return ioctl(hv->vm_fd, KVM_CREATE_DEVICE, &device) == 0;
}

static int create_vm(struct hv *hv, unsigned int ipa_bits, struct error *err)
{
	if (hv->vm_fd >= 0)
		close(hv->vm_fd);
	/* KVM_CREATE_VM gives up with EINTR when a signal comes at the wrong moment. */
	do {
		hv->vm_fd =
			ioctl(hv->kvm_fd, KVM_CREATE_VM, kvm_arch_vm_type(hv, ipa_bits));
	} while (hv->vm_fd < 0 && errno == EINTR);
	if (hv->vm_fd < 0)
		return error_set(err, -errno, NULL,
			"KVM makes no VM with %u address bits: %s", ipa_bits,
			strerror(errno));
	hv->vm_ipa_bits = ipa_bits;
	return 0;
}

static int open_failed(int code, struct error *err)
{
	switch (code) {
	case -ENOENT:
		return error_set(err, code, NULL,
			"there is no /dev/kvm: load the kvm module, or use a kernel with "
			"CONFIG_KVM that was started in hypervisor mode (EL2 on ARM)");
	case -EACCES:
		return error_set(err, code, NULL,
			"no permission on /dev/kvm: add this user to the group that owns "
			"it "
			"(usually: adduser USER kvm)");
	default:
		return error_set(
			err, code, NULL, "/dev/kvm does not open: %s", strerror(-code));
	}
}

/* kvm_fd becomes the VM's, on failure too. */
static int open_vm(int kvm_fd, struct hv **ret, struct error *err)
{
	struct hv *hv = calloc(1, sizeof(*hv));
	int code;
	int run_bytes;

	if (!hv) {
		close(kvm_fd);
		return error_set(err, -ENOMEM, NULL, "no memory for a VM");
	}
	hv->vm_fd = -1;
	hv->irqchip_fd = -1;
	hv->kvm_fd = kvm_fd;
	hv->process = getpid();
	if (ioctl(hv->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		code = error_set(err, -ENODEV, NULL,
			"/dev/kvm speaks another version of KVM's interface than %d",
			KVM_API_VERSION);
		goto fail;
	}
	run_bytes = ioctl(hv->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (run_bytes < (int)sizeof(struct kvm_run)) {
		code = error_set(err, -ENODEV, NULL, "KVM gives no vCPU state to share");
		goto fail;
	}
	hv->run_bytes = (size_t)run_bytes;
	code = create_vm(hv, IPA_BITS_DEFAULT, err);
	if (code)
		goto fail;
	*ret = hv;
	return 0;

fail:
	hv_destroy(hv);
	return code;
}

int hv_open(struct hv **ret, struct host_caps *ret_caps, struct error *err)
{
	int kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int code;

	if (kvm_fd < 0)
		return open_failed(-errno, err);
	code = open_vm(kvm_fd, ret, err);
	if (code)
		return code;
	memset(ret_caps, 0, sizeof(*ret_caps));
	ret_caps->vcpus_max = (unsigned int)kvm_cap(*ret, KVM_CAP_MAX_VCPUS);
	kvm_arch_caps(*ret, ret_caps);
	return 0;
}

int hv_renew(struct hv **hv, struct error *err)
{
	int kvm_fd = (*hv)->kvm_fd;

	(*hv)->kvm_fd = -1;
	hv_destroy(*hv);
	*hv = NULL;
	return open_vm(kvm_fd, hv, err);
}

static int add_slot(struct hv *hv, uint64_t gpa, uint64_t bytes, void *hva, bool readonly,
	struct error *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = hv->slot_count,
		.flags = readonly ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = gpa,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)hva,
	};

	if (ioctl(hv->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return error_set(err, -errno, NULL,
			"KVM takes no memory of %" PRIu64 " bytes at 0x%" PRIx64 ": %s",
			bytes, gpa, strerror(errno));
	hv->slot_count++;
	return 0;
}

static int create_vcpu(struct hv *hv, unsigned int index, const struct board_plan *plan,
	struct error *err)
{
	struct hv_vcpu *vcpu = &hv->vcpus[index];

	vcpu->hv = hv;
	vcpu->index = index;
	vcpu->fd = ioctl(hv->vm_fd, KVM_CREATE_VCPU, (unsigned long)index);
	if (vcpu->fd < 0)
		return error_set(err, -errno, &plan->config->pos,
			"KVM makes no vCPU %u: %s", index, strerror(errno));
	hv->vcpu_count++;
	vcpu->run = mmap(
		NULL, hv->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return error_set(err, -errno, NULL, "no shared state of vCPU %u: %s",
			index, strerror(errno));
	}
	return kvm_arch_vcpu_init(vcpu, plan, err);
}

/* A KVM that has no read-only memory is trusted to have a guest that only reads. */
static int add_windows(struct hv *hv, const struct windows *windows, struct error *err)
{
	bool has_readonly = kvm_cap(hv, KVM_CAP_READONLY_MEM);
	int code = 0;

	for (unsigned int i = 0; windows && i < windows->count && !code; i++) {
		const struct window *window = &windows->list[i];

		code = add_slot(hv, window->gpa, window->bytes, window->hva,
			window->readonly && has_readonly, err);
	}
	return code;
}

static int setup_memory(struct hv *hv, const struct board_plan *plan,
	const struct guest_mem *mem, struct error *err)
{
	int code = 0;

	for (unsigned int i = 0; i < mem->count && !code; i++)
		code = add_slot(hv, mem->regions[i].gpa, mem->regions[i].bytes,
			mem->regions[i].hva, false, err);
	if (!code)
		code = add_windows(hv, mem->windows, err);
	if (code || !plan->steal_time.bytes)
		return code;
	hv->steal_time_bytes = (size_t)plan->steal_time.bytes;
	hv->steal_time = mmap(NULL, hv->steal_time_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (hv->steal_time == MAP_FAILED) {
		hv->steal_time = NULL;
		return error_set(err, -ENOMEM, NULL, "no memory for stolen time");
	}
	return add_slot(hv, plan->steal_time.gpa, hv->steal_time_bytes, hv->steal_time,
		false, err);
}

/* Address bits that the plan's highest byte needs. */
static unsigned int plan_bits(const struct board_plan *plan)
{
	uint64_t end = plan->steal_time.gpa + plan->steal_time.bytes;
	unsigned int bits = 0;

	for (unsigned int i = 0; i < plan->ram_count; i++) {
		if (plan->ram[i].gpa + plan->ram[i].bytes > end)
			end = plan->ram[i].gpa + plan->ram[i].bytes;
	}
	for (unsigned int i = 0; i < plan->gic.redist_count; i++) {
		if (plan->gic.redist[i].gpa + plan->gic.redist[i].bytes > end)
			end = plan->gic.redist[i].gpa + plan->gic.redist[i].bytes;
	}
	for (unsigned int i = 0; i < plan->device_count; i++) {
		const struct plan_range *memory = &plan->devices[i].memory;

		if (memory->gpa + memory->bytes > end)
			end = memory->gpa + memory->bytes;
	}
	for (unsigned int i = 0; i < plan->shared_count; i++) {
		if (plan->shared[i].gpa + plan->shared[i].bytes > end)
			end = plan->shared[i].gpa + plan->shared[i].bytes;
	}
	while (end > 1 && bits < 64 && (end - 1) >> bits)
		bits++;
	return bits;
}

int hv_setup(struct hv *hv, const struct board_plan *plan, const struct guest_mem *mem,
	struct error *err)
{
	unsigned int bits = plan_bits(plan);
	int code;

	if (bits > hv->vm_ipa_bits) {
		code = create_vm(hv, bits, err);
		if (code)
			return code;
	}
	kvm_catch_kicks();
	hv->vcpus = calloc(plan->cpu_count, sizeof(hv->vcpus[0]));
	if (!hv->vcpus)
		return error_set(
			err, -ENOMEM, NULL, "no memory for %u vCPUs", plan->cpu_count);
	code = setup_memory(hv, plan, mem, err);
	if (!code)
		code = kvm_irqchip_create(hv, plan, err);
	for (unsigned int i = 0; i < plan->cpu_count && !code; i++)
		code = create_vcpu(hv, i, plan, err);
	if (!code)
		code = kvm_irqchip_init(hv, plan, err);
	for (unsigned int i = 0; i < plan->cpu_count && !code; i++)
		code = kvm_arch_vcpu_finish(&hv->vcpus[i], plan, err);
	return code;
}

void hv_destroy(struct hv *hv)
{
	if (!hv)
		return;
	for (unsigned int i = 0; i < hv->line_count; i++) {
		if (hv->lines[i]->event_fd >= 0)
			close(hv->lines[i]->event_fd);
		free(hv->lines[i]);
	}
	free(hv->lines);
	for (unsigned int i = 0; i < hv->vcpu_count; i++) {
		if (hv->vcpus[i].run)
			munmap(hv->vcpus[i].run, hv->run_bytes);
		close(hv->vcpus[i].fd);
	}
	free(hv->vcpus);
	if (hv->irqchip_fd >= 0)
		close(hv->irqchip_fd);
	if (hv->vm_fd >= 0)
		close(hv->vm_fd);
	if (hv->kvm_fd >= 0)
		close(hv->kvm_fd);
	if (hv->user_irqchip)
		hv->user_irqchip->ops->destroy(hv->user_irqchip);
	free(hv->routes);
	if (hv->steal_time)
		munmap(hv->steal_time, hv->steal_time_bytes);
	free(hv);
}

struct hv_vcpu *hv_vcpu(struct hv *hv, unsigned int index)
{
	return &hv->vcpus[index];
}

/* ---- interrupt lines and eventfds ---------------------------------------------------
 */

static void pulse_line(struct irq_line *line)
{
	struct kvm_line *kvm_line = container_of(line, struct kvm_line, line);
	uint64_t one = 1;

	if (kvm_line->event_fd < 0) {
		irq_line_set(line, true);
		irq_line_set(line, false);
	} else if (write(kvm_line->event_fd, &one, sizeof(one)) < 0 && errno != EAGAIN) {
		log_host("interrupt %u: %s", kvm_line->irq, strerror(errno));
	}
}

static void set_line(struct irq_line *line, bool level)
{
	struct kvm_line *kvm_line = container_of(line, struct kvm_line, line);
	struct kvm_irq_level irq_level = {
		.irq = kvm_arch_line_number(kvm_line->irq), .level = level};

	if (kvm_line->routed) {
		if (level && !kvm_line->level)
			pulse_line(line);
		kvm_line->level = level;
	} else if (ioctl(kvm_line->hv->vm_fd, KVM_IRQ_LINE, &irq_level) < 0) {
		log_host("interrupt %u: %s", kvm_line->irq, strerror(errno));
	}
}

static int line_event_fd(struct irq_line *line)
{
	return container_of(line, struct kvm_line, line)->event_fd;
}

static const struct irq_line_ops kvm_line_ops = {
	.set = set_line, .pulse = pulse_line, .event_fd = line_event_fd};

static int assign_irqfd(struct kvm_line *line, uint32_t flags)
{
	struct kvm_irqfd irqfd = {.fd = (uint32_t)line->event_fd,
		.gsi = kvm_arch_gsi(line->irq),
		.flags = flags};

	return ioctl(line->hv->vm_fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

int kvm_line_attach(struct kvm_line *line)
{
	int code = line->attached ? 0 : assign_irqfd(line, 0);

	line->attached = !code;
	return code;
}

void kvm_line_detach(struct kvm_line *line)
{
	if (line->attached)
		assign_irqfd(line, KVM_IRQFD_FLAG_DEASSIGN);
	line->attached = false;
}

static int open_line(struct kvm_line *line, struct error *err)
{
	int code;

	line->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (line->event_fd < 0)
		return error_set(err, -errno, NULL, "no eventfd: %s", strerror(errno));
	code = line->routed ? 0 : kvm_line_attach(line);
	return code ? error_set(err, code, NULL,
			      "KVM wires no eventfd to interrupt %u: %s", line->irq,
			      strerror(-code))
		    : 0;
}

int hv_irq_line(struct hv *hv, unsigned int irq, bool edge, struct irq_line **ret,
	struct error *err)
{
	struct kvm_user_irqchip *irqchip = hv->user_irqchip;
	struct kvm_line **lines;
	struct kvm_line *line;
	int code = 0;

	if (irqchip) {
		*ret = irqchip->ops->line(irqchip, irq);
		return *ret ? 0
			    : error_set(err, -EINVAL, NULL,
				      "the interrupt controller has no line %u", irq);
	}
	lines = realloc(hv->lines, (hv->line_count + 1) * sizeof(hv->lines[0]));
	line = calloc(1, sizeof(*line));
	if (lines)
		hv->lines = lines;
	if (!lines || !line) {
		free(line);
		return error_set(err, -ENOMEM, NULL, "no memory for an interrupt line");
	}
	hv->lines[hv->line_count++] = line;
	line->line.ops = &kvm_line_ops;
	line->hv = hv;
	line->irq = irq;
	line->event_fd = -1;
	line->routed = kvm_arch_line_routed(hv, irq);
	if (edge || line->routed)
		code = open_line(line, err);
	if (!code)
		*ret = &line->line;
	return code;
}

int hv_ioeventfd(
	struct hv *hv, uint64_t gpa, uint32_t value, int event_fd, struct error *err)
{
	struct kvm_ioeventfd ioeventfd = {
		.datamatch = value,
		.addr = gpa,
		.len = sizeof(value),
		.fd = event_fd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	if (ioctl(hv->vm_fd, KVM_IOEVENTFD, &ioeventfd) < 0)
		return error_set(err, -errno, NULL,
			"KVM watches no writes at 0x%" PRIx64 ": %s", gpa,
			strerror(errno));
	return 0;
}
