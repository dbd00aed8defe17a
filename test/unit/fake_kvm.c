/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_kvm.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"

/* The kind of CPU that this KVM prefers. */
#define TARGET 3

struct fake_kvm fake_kvm;

int __wrap_ioctl(int fd, int request, ...);

static size_t reg_bytes(uint64_t id)
{
	return (size_t)1 << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

static int set_reg(const struct kvm_one_reg *reg)
{
	uint64_t value = 0;

	if (fake_kvm.set_count == FAKE_KVM_REGS_MAX) {
		test_fail(__FILE__, __LINE__, "more registers than there is room for");
		return -1;
	}
	memcpy(&value, (const void *)(uintptr_t)reg->addr, reg_bytes(reg->id));
	fake_kvm.set[fake_kvm.set_count].id = reg->id;
	fake_kvm.set[fake_kvm.set_count++].value = value;
	return 0;
}

/* A register never set reads as its own number, so that a dump shows each apart. */
static int get_reg(const struct kvm_one_reg *reg)
{
	uint64_t value = reg->id & 0xffff;

	for (unsigned int i = 0; i < fake_kvm.set_count; i++)
		if (fake_kvm.set[i].id == reg->id)
			value = fake_kvm.set[i].value;
	memcpy((void *)(uintptr_t)reg->addr, &value, reg_bytes(reg->id));
	return 0;
}

static int check_extension(unsigned long cap)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_kvm.caps) && fake_kvm.caps[i]; i++)
		if (fake_kvm.caps[i] == cap)
			return 1;
	return 0;
}

static int create_device(const struct kvm_create_device *device)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fake_kvm.devices) && fake_kvm.devices[i];
		i++)
		if (fake_kvm.devices[i] == device->type)
			return 0;
	errno = ENODEV;
	return -1;
}

static int answer(unsigned long request, void *argument)
{
	struct kvm_vcpu_init *init = argument;

	switch (request) {
	case KVM_ARM_PREFERRED_TARGET:
		*init = (struct kvm_vcpu_init){.target = TARGET};
		return 0;
	case KVM_ARM_VCPU_INIT:
		CHECK_EQ(init->target, TARGET);
		fake_kvm.init = *init;
		return 0;
	case KVM_SET_ONE_REG:
		return set_reg(argument);
	case KVM_GET_ONE_REG:
		return get_reg(argument);
	case KVM_CHECK_EXTENSION:
		return check_extension((unsigned long)(uintptr_t)argument);
	case KVM_CREATE_DEVICE:
		return create_device(argument);
	case KVM_IRQ_LINE:
		fake_kvm.lines[fake_kvm.line_count++ % FAKE_KVM_LINES] =
			*(const struct kvm_irq_level *)argument;
		return 0;
	case KVM_SET_DEVICE_ATTR:
	case KVM_ENABLE_CAP:
		return 0;
	}
	test_fail(__FILE__, __LINE__, "an ioctl that nobody expected: 0x%lx", request);
	return 0;
}

int __wrap_ioctl(int fd, int request, ...)
{
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fake_kvm.refuse) {
		errno = fake_kvm.refuse;
		return -1;
	}
	return answer((unsigned int)request, argument);
}

bool fake_kvm_has(uint64_t id, uint64_t value)
{
	for (unsigned int i = fake_kvm.set_count; i-- > 0;)
		if (fake_kvm.set[i].id == id)
			return fake_kvm.set[i].value == value;
	return false;
}

bool fake_kvm_input(uint32_t irq)
{
	unsigned int kept = fake_kvm.line_count < FAKE_KVM_LINES ? fake_kvm.line_count
								 : FAKE_KVM_LINES;

	for (unsigned int i = 1; i <= kept; i++) {
		const struct kvm_irq_level *line =
			&fake_kvm.lines[(fake_kvm.line_count - i) % FAKE_KVM_LINES];

		if (line->irq == irq)
			return line->level;
	}
	return false;
}
