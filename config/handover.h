/* SPDX-License-Identifier: Apache-2.0 */
/* The children of <config> that hand something of the host to the guest. */
#ifndef CONFIG_HANDOVER_H
#define CONFIG_HANDOVER_H

#include <stdbool.h>

struct build;
struct vm_config;
struct xml_element;

/* Room in the configuration for those that root has. False: no memory left for it. */
bool handover_prepare(struct build *build, const struct xml_element *root);

/* Whether element is one of them: then the configuration has it, or it is a problem. */
bool handover_read(struct build *build, const struct xml_element *element);

/* What the configuration has of them; a half-read one is fine. */
void handover_finish(struct vm_config *config);

#endif
