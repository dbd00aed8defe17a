/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration, a host and boot files for tests of a board. */
#ifndef TEST_UNIT_ARM_FIXTURE_H
#define TEST_UNIT_ARM_FIXTURE_H

#include "config/config.h"
#include "src/board.h"

#define FIXTURE_DEVICES_MAX 200

struct arm_fixture {
	const struct board *board;
	struct vm_config config; /* vm.xml: 1 CPU, GICv2, 512 MiB */
	struct host_caps caps;   /* a plain board */
	struct boot_files files; /* a kernel of 32 MiB */
	struct config_device devices[FIXTURE_DEVICES_MAX];
	struct config_rom initrd;
	struct problems problems;
};

void arm_fixture_init(struct arm_fixture *fixture);

/* So many rng devices, rng0 on line 10 and so on. */
void arm_fixture_add_devices(struct arm_fixture *fixture, unsigned int count);

/* The plan, or NULL with the problems; of each call anew. */
struct board_plan *arm_fixture_plan(struct arm_fixture *fixture);

#endif
