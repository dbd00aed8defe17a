/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language as tables: every element and attribute that a VM's XML may have. The
 * schema (config/bonsai.xsd) and the manual (docs/bonsai.xml.5) say the same; a test
 * compares the names.
 */
#ifndef CONFIG_LANGUAGE_H
#define CONFIG_LANGUAGE_H

#include "config/attribute.h"

#define LANGUAGE_DEVICES_MAX 128u
#define LANGUAGE_PORTS_MAX 15u /* of one console: two of the 34 queues each */
#define LANGUAGE_FORWARDS_MAX 64u
#define LANGUAGE_FW_CFGS_MAX 64u /* and so many credentials */
/* Of the socket of a vsock: "_4294967295" is appended for whom the guest reaches. */
#define LANGUAGE_VSOCK_PATH_MAX 96u

struct element_list {
	const struct element_def *elements;
	unsigned int count;
};

extern const struct element_def language_config;
extern const struct element_def language_memory;
extern const struct element_def language_ready;
extern const struct element_def language_tls;
extern const struct element_def language_control;
extern const struct element_def language_watchdog;
extern const struct element_def language_verify;
extern const struct element_def language_sandbox;
extern const struct element_def language_isa;
extern const struct element_def language_fw_cfg;
extern const struct element_def language_credential;
extern const struct element_def language_shared_memory;
extern const struct element_def language_uart;
extern const struct element_def language_device;
extern const struct element_def language_port;
extern const struct element_def language_forward;

/* Backends, by what they are behind. */
extern const struct element_list language_terminals;
extern const struct element_list language_nics;
extern const struct element_list language_disks;
extern const struct element_list language_disk_files; /* below another */
extern const struct element_list language_vsocks;
extern const struct element_list language_pmems;
extern const struct element_list language_file_systems;
extern const struct element_list language_inputs;
extern const struct element_list language_vhost_users;
extern const struct element_list language_gpus;
extern const struct element_list language_none;

/* Of <verify>, and of a policy's <trust>: in the order of enum config_expiry. */
extern const char *const language_expiries[];

/* Device types in the order of enum config_device_type, ended by NULL. */
extern const char *const language_types[];

/* Children of <config>, ended by NULL. */
extern const char *const language_children[];

/* Names that are known and not in this build yet, ended by NULL. */
extern const char *const language_later_backends[];

/* Where list, ended by NULL, has name, or -1. */
int language_index(const char *const *list, const char *name);

/* The list's element of that name, or NULL. */
const struct element_def *language_find(
	const struct element_list *list, const char *name);

#endif
