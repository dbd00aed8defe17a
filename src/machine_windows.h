/* SPDX-License-Identifier: Apache-2.0 */
/* What of the plan's memory is not RAM. Part of the composition root; set-up thread. */
#ifndef SRC_MACHINE_WINDOWS_H
#define SRC_MACHINE_WINDOWS_H

struct board_plan;
struct error;
struct windows;

/*
 * Makes what the plan has, into empty windows. A file that is missing is made with its
 * size, and stays: others may have it by then. On failure finish the windows all the
 * same; files that this made are gone then.
 */
int machine_windows_create(
	const struct board_plan *plan, struct windows *windows, struct error *err);

/*
 * Tells the guest that it is another one than before: for each boot, before its first
 * instruction.
 */
void machine_windows_renew(const struct board_plan *plan, const struct windows *windows);

#endif
