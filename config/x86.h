/* SPDX-License-Identifier: Apache-2.0 */
/* The children of <config> that only an x86 VM has: <isa> and <fw_cfg>. */
#ifndef CONFIG_X86_H
#define CONFIG_X86_H

struct build;
struct config_fw_cfg;
struct xml_element;

/* Fills the configuration's isa from an <isa>. */
void x86_read_isa(struct build *build, const struct xml_element *element);

/* Fills *item, which is zeroed, from an <fw_cfg>. */
void x86_read_fw_cfg(struct build *build, const struct xml_element *element,
	struct config_fw_cfg *item);

/* After all children: what of <isa> contradicts itself or the rest. */
void x86_check_isa(struct build *build);

/* Where a firmware is to be offered option ROMs: those that there are. */
void x86_find_option_roms(struct build *build);

/* What the item owns; a half-filled one is fine. */
void x86_finish_fw_cfg(struct config_fw_cfg *item);

#endif
