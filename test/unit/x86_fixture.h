/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of the x86 board, typed by hand, for tests of its tables. */
#ifndef TEST_UNIT_X86_FIXTURE_H
#define TEST_UNIT_X86_FIXTURE_H

#include "arch/x86/layout.h"
#include "config/config.h"
#include "src/plan.h"

struct x86_fixture {
	struct vm_config config;
	struct board_plan plan; /* points into this fixture; nobody destroys it */
	uint64_t cpu_ids[X86_CPUS_MAX];
	struct plan_device devices[X86_VIRTIO_COUNT_MAX];
};

/* Everything legacy, ACPI, 512 MiB, one CPU, no virtio device. */
void x86_fixture_init(struct x86_fixture *fixture);

void x86_fixture_cpus(struct x86_fixture *fixture, unsigned int count);

/* On GSI 16 to 23, then 24 and on, with the IOAPICs that they need. */
void x86_fixture_devices(struct x86_fixture *fixture, unsigned int count);

/* Leaves out every part that a plan may leave out. */
void x86_fixture_bare(struct x86_fixture *fixture);

/* Little-endian, as the tables are. */
uint64_t x86_read(const uint8_t *at, unsigned int width);
/* The sum of the bytes, modulo 256. */
uint8_t x86_sum(const uint8_t *at, size_t bytes);

#endif
