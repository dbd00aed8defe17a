/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports that every PC guest tries though this board has next to nothing there. They read
 * as ones and take writes without a word, or each boot would fill the guest's log. The
 * one register among them is reset control at 0xcf9, in the midst of the PCI
 * configuration ports (Intel ICH7 datasheet, 10.7.6). Threads: vCPUs.
 */
#ifndef ARCH_X86_LEGACY_H
#define ARCH_X86_LEGACY_H

struct board_host;
struct error;
struct legacy;
struct plan_x86;

/*
 * Adds to the host's ports what the plan leaves free, hence after the other devices. The
 * host, which outlives it, is asked for BOARD_RESET.
 */
int legacy_create(const struct board_host *host, const struct plan_x86 *plan,
	struct legacy **ret, struct error *err);
void legacy_destroy(struct legacy *legacy);

#endif
