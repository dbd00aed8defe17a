/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of a block: a file, and what may be around it. */
#ifndef CONFIG_DISK_H
#define CONFIG_DISK_H

struct build;
struct config_block;
struct xml_element;

void disk_read(struct build *build, const struct xml_element *element,
	struct config_block *block);

/* What it owns. */
void disk_finish(struct config_block *block);

#endif
