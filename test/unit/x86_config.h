/* SPDX-License-Identifier: Apache-2.0 */
/* The fixture of arm_fixture.h, made for the x86 board. */
#ifndef TEST_UNIT_X86_CONFIG_H
#define TEST_UNIT_X86_CONFIG_H

#include "test/unit/arm_fixture.h"

/* 1 CPU, 512 MiB, all of <isa>, and a bzImage that wants to be at 16 MiB. */
void x86_config_init(struct arm_fixture *fixture);

#endif
