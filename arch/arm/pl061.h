/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's general purpose input and output: ARM PrimeCell PL061 (ARM DDI 0190), eight
 * lines. What the guest puts out goes nowhere; inputs are low until somebody drives them.
 *
 * Registers are accessed by vCPU threads; all hold the loop's lock.
 */
#ifndef ARCH_ARM_PL061_H
#define ARCH_ARM_PL061_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct pl061;
struct primecell;

#define PL061_LINES 8u

int pl061_create(struct loop *loop, uint64_t gpa, struct pl061 **ret, struct error *err);
void pl061_destroy(struct pl061 *pl061);

/* The GPIO's; its registers and its interrupt. Inputs stay as they are in a reset. */
struct primecell *pl061_cell(struct pl061 *pl061);

/* Drives line, below PL061_LINES, from outside. */
void pl061_set_input(struct pl061 *pl061, unsigned int line, bool level);

#endif
