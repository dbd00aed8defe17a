/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration while it is being built from its XML: what every part of the parser
 * shares. Lives for one config_parse().
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct xml_attribute;
struct xml_element;

/* Something that only one part of a VM may have: a name, a socket, a descriptor. */
struct claim {
	char *what;
	int line;
	bool shared; /* by any number that all say so */
};

struct build {
	const char *path; /* of the XML; borrowed */
	const struct config_options *options;
	struct problems *problems;
	struct vm_config *config;
	struct claim *claims;
	unsigned int claim_count;
	int stdio_line; /* where <stdio/> is said, or 0 */
	bool no_memory;
};

/* Frees what belongs to the build; the configuration is not part of that. */
void build_finish(struct build *build);

struct source_pos build_pos(const struct build *build, int line);

/* A problem at a line of the file. */
void build_problem(struct build *build, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* calloc() and strdup() that remember a failure in build->no_memory. */
void *build_alloc(struct build *build, size_t count, size_t bytes);
char *build_copy(struct build *build, const char *text);

/*
 * Claims what the printed text names, such as "name 'vda'"; a second claim is a problem
 * that says where the first was, unless both share it.
 */
void build_claim(struct build *build, int line, bool shared, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* name in the folder of the XML; an absolute one as it is. The caller's to free. */
char *build_path(struct build *build, const char *name);

/*
 * The path of a credential as systemd hands it to a service; NULL where there are none: a
 * problem. The caller's to free.
 */
char *build_credential(struct build *build, const char *name, int line);

/*
 * A ROM's file: in --rom-dir, then in the XML's folder. One that is in neither, or is a
 * folder, is a problem at line, said of attribute.
 */
void build_rom(struct build *build, const char *attribute, const char *name, int line,
	struct config_rom *ret);

/*
 * Where there is a file of that name: in --rom-dir, in the XML's folder, beside the file
 * other; NULL: in none of them. The caller's to free.
 */
char *build_find(struct build *build, const char *name, const char *other);

/*
 * A problem unless path is a block device, or a regular file of whole sectors that this
 * user may read and, unless readonly, write.
 */
void build_check_disk(struct build *build, const char *path, bool readonly, int line);

/*
 * The same of a regular file that is to be memory, of whole BUILD_PMEM_STEP_BYTES, which
 * is what it returns where files are not looked at, or are a problem.
 */
#define BUILD_PMEM_STEP_BYTES (2u << 20)
uint64_t build_check_pmem(struct build *build, const char *path, bool readonly, int line);

/*
 * A problem unless path is a folder that may be shared: virtiofsd takes its name between
 * commas.
 */
void build_check_folder(struct build *build, const char *path, int line);

#endif
