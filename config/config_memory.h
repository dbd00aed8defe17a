/* SPDX-License-Identifier: Apache-2.0 */
/* <memory>, and the devices that are about memory. Part of config/config.h. */
#ifndef CONFIG_CONFIG_MEMORY_H
#define CONFIG_CONFIG_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "src/error.h"

/* How the kernel image gets into guest RAM: read, or privately mapped page by page. */
enum config_image { CONFIG_IMAGE_READ, CONFIG_IMAGE_MAP };

/* What guest RAM consists of: ordinary pages, or huge ones that the host set aside. */
enum config_hugepages {
	CONFIG_HUGEPAGES_NO,
	CONFIG_HUGEPAGES_DEFAULT,
	CONFIG_HUGEPAGES_2M,
	CONFIG_HUGEPAGES_1G
};

/* Whether other processes of the host can map guest RAM. */
enum config_shared { CONFIG_SHARED_UNSAID, CONFIG_SHARED_NO, CONFIG_SHARED_YES };

struct config_memory {
	struct source_pos pos; /* of <memory>, or of <config> where it is not said */
	enum config_image image;
	enum config_hugepages hugepages;
	enum config_shared shared;
	bool merge; /* equal pages with other VMs */
	bool lock;  /* never swapped out */
};

struct config_balloon {
	uint64_t size_bytes; /* that the guest is asked for at first */
	struct source_pos size_pos;
	unsigned int stats_interval; /* seconds; 0: no statistics by themselves */
	bool deflate_on_oom;
	bool free_page_reporting;
};

struct config_pmem {
	bool readonly;
	struct source_pos backend_pos;
	char *path;     /* as of a block */
	bool shared;    /* what the guest writes reaches the file */
	uint64_t bytes; /* of the file */
};

#endif
