/* SPDX-License-Identifier: Apache-2.0 */
/* <ready>: when a VM counts as started. */
#ifndef CONFIG_READY_H
#define CONFIG_READY_H

struct build;
struct config_ready;
struct xml_element;

/* Fills *ready, which is zeroed, from a <ready>. */
void ready_read(struct build *build, const struct xml_element *element,
	struct config_ready *ready);

/* After all children: which console it means, and whether that is there. */
void ready_resolve(struct build *build);

/* What it owns; a half-filled one is fine. */
void ready_finish(struct config_ready *ready);

#endif
