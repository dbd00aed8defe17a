/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One VM as its XML file describes it: typed, complete, defaults filled in, nothing of
 * the host or of guest addresses. Plain data, read-only after config_load() but for what
 * src/verify.h says; every stage after this keeps pointers into it, hence the XML line
 * for its messages.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_control.h"
#include "config/config_disk.h"
#include "config/config_gpu.h"
#include "config/config_handover.h"
#include "config/config_input.h"
#include "config/config_memory.h"
#include "config/config_net.h"
#include "config/config_ready.h"
#include "config/config_sandbox.h"
#include "config/config_tls.h"
#include "config/config_verify.h"
#include "config/config_vhost.h"
#include "config/config_vsock.h"
#include "config/config_watchdog.h"
#include "config/config_x86.h"
#include "src/error.h"

enum config_arch {
	CONFIG_ARCH_AUTO,
	CONFIG_ARCH_ARM64,
	CONFIG_ARCH_ARMV7,
	CONFIG_ARCH_X86_64
};

enum config_gic { CONFIG_GIC_HOST = 0, CONFIG_GIC_V2 = 2, CONFIG_GIC_V3 = 3 };

enum config_reboot { CONFIG_REBOOT_RESTART, CONFIG_REBOOT_EXIT };

enum config_crash { CONFIG_CRASH_EXIT, CONFIG_CRASH_RESTART };

/* A file beside the VM. path is resolved (--rom-dir, then the XML's folder) and exists.
 */
struct sealed;

struct config_rom {
	char *path;
	struct source_pos pos;
	const struct sealed *sealed; /* what was verified of it; NULL: the file itself */
};

enum config_terminal_kind {
	CONFIG_TERMINAL_STDIO,
	CONFIG_TERMINAL_PTY,
	CONFIG_TERMINAL_UNIX,
	CONFIG_TERMINAL_TCP,
	CONFIG_TERMINAL_FILE,
	CONFIG_TERMINAL_NULL,
};

struct config_terminal {
	enum config_terminal_kind kind;
	struct source_pos pos;
	char *path;    /* pty: the link, or NULL; unix: the socket; file: the file */
	char *address; /* tcp: numeric address, "127.0.0.1" by default */
	uint16_t port; /* tcp */
	struct config_tls tls; /* tcp */
	bool append;           /* file: keep what is there */
};

struct config_port {
	char *name; /* what the guest sees under /dev/virtio-ports */
	struct source_pos pos;
	struct config_terminal terminal;
};

struct config_console {
	struct config_terminal terminal;
	unsigned int port_count;
	struct config_port *ports; /* further ports, after the console itself */
};

enum config_device_type {
	CONFIG_DEVICE_CONSOLE,
	CONFIG_DEVICE_NET,
	CONFIG_DEVICE_BLOCK,
	CONFIG_DEVICE_RNG,
	CONFIG_DEVICE_BALLOON,
	CONFIG_DEVICE_VSOCK,
	CONFIG_DEVICE_PMEM,
	CONFIG_DEVICE_FS,
	CONFIG_DEVICE_VHOST_USER,
	CONFIG_DEVICE_GPU,
	CONFIG_DEVICE_INPUT,
};

struct config_device {
	struct source_pos pos;
	char name[CONFIG_NAME_CHARS + 1];
	enum config_device_type type;
	union {
		struct config_console console;
		struct config_net net;
		struct config_block block;
		struct config_balloon balloon;
		struct config_vsock vsock;
		struct config_pmem pmem;
		struct config_vhost vhost;
		struct config_gpu gpu;
		struct config_input input;
	};
};

struct vm_config {
	char *text; /* the XML's bytes, from which all of the following was made */
	size_t text_bytes;
	struct source_pos pos; /* of <config> */
	char *name;
	struct config_rom kernel; /* path is NULL only beside a firmware */
	unsigned int initrd_count;
	struct config_rom *initrds;
	struct config_rom dtb_overlay; /* path is NULL where there is none */
	struct config_rom firmware;    /* likewise */
	struct config_rom linuxboot;   /* option ROMs of an x86 firmware; path is NULL */
	struct config_rom pvh;         /* where there is none or none is offered */
	uint64_t ram_size_bytes;
	struct source_pos ram_size_pos;
	unsigned int cpu_count;
	char *cpu_type; /* NULL: the default */
	enum config_gic gic;
	char *bootargs; /* NULL: the board's default */
	enum config_arch arch;
	unsigned int affinity_count;
	unsigned int
		*affinity; /* host CPUs, vCPU i runs on affinity[i % affinity_count] */
	enum config_reboot on_reboot;
	enum config_crash on_crash;
	enum config_stop on_stop;
	struct config_memory memory;
	struct config_ready ready;
	struct config_verify verify;
	struct config_isa isa;
	struct config_control control;
	struct config_watchdog watchdog;
	struct config_sandbox sandbox;
	unsigned int fw_cfg_count;
	struct config_fw_cfg *fw_cfgs; /* credentials too, in the order of the file */
	unsigned int shared_memory_count;
	struct config_shared_memory shared_memories[CONFIG_SHARED_MEMORIES_MAX];
	struct config_terminal uart;
	unsigned int device_count;
	struct config_device *devices; /* in the order of the file */
};

/* --set attribute=value: replaces an attribute of <config> for one run. */
struct config_set {
	const char *attribute;
	const char *value;
};

struct config_options {
	const char *rom_dir; /* or NULL */
	unsigned int set_count;
	const struct config_set *sets;
	bool needs_name; /* the file's name does not do as the VM's */
	bool skip_files; /* do not look whether ROMs and disks exist (for fuzzing) */
};

/*
 * Reads path. On success *ret is the caller's to destroy. On failure returns -errno,
 * every problem of the file is in problems and *ret is untouched. Never fetches an
 * external entity, never creates anything. path is borrowed as the file of every
 * source_pos, in the configuration and in the problems.
 */
int config_load(const char *path, const struct config_options *options,
	struct vm_config **ret, struct problems *problems);

/* The same from an open descriptor, such as standard input; path as for the next. */
int config_read(int fd, const char *path, const struct config_options *options,
	struct vm_config **ret, struct problems *problems);

/* The same from memory; path names it in messages and anchors relative files. */
int config_parse(const char *xml, uint64_t xml_bytes, const char *path,
	const struct config_options *options, struct vm_config **ret,
	struct problems *problems);

void config_destroy(struct vm_config *config);

#endif
