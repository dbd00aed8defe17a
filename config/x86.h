/* SPDX-License-Identifier: Apache-2.0 */
/* The child of <config> that only an x86 VM has: <isa>. */
#ifndef CONFIG_X86_H
#define CONFIG_X86_H

struct build;
struct xml_element;

/* Fills the configuration's isa from an <isa>. */
void x86_read_isa(struct build *build, const struct xml_element *element);

/* After all children: what of <isa> contradicts itself or the rest. */
void x86_check_isa(struct build *build);

/* Where a firmware is to be offered option ROMs: those that there are. */
void x86_find_option_roms(struct build *build);

#endif
