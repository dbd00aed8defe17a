/* SPDX-License-Identifier: Apache-2.0 */
/* <memory>: what guest RAM consists of on the host, and how the kernel gets into it. */
#ifndef CONFIG_MEMORY_H
#define CONFIG_MEMORY_H

struct build;
struct xml_element;

void memory_read(struct build *build, const struct xml_element *element);

/* What follows from the whole file: problems where its parts contradict each other. */
void memory_check(struct build *build);

#endif
