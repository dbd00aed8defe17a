/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine before it exists: every guest-physical address, interrupt and load
 * address, decided by the board's planner and by nobody else. Plain data over the
 * configuration; made without touching a hypervisor.
 */
#ifndef SRC_PLAN_H
#define SRC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "src/error.h"
#include "src/host_caps.h"
#include "src/plan_arm.h"
#include "src/plan_x86.h"

struct board;

/* Bytes of a kernel's file and where they go. */
struct kernel_segment {
	uint64_t file_offset;
	uint64_t file_bytes;
	uint64_t offset; /* from plan->kernel.gpa */
};

#define KERNEL_SEGMENTS_MAX 8

/* A kernel image as its header describes it (arch/.../image.h fills it). */
struct kernel_image {
	enum config_arch arch;
	const char *format;  /* "arm64 Image", for messages and bonsai plan */
	uint64_t file_bytes; /* of the image, uncompressed; 0: not known before loading */
	uint64_t appended_bytes; /* behind the image in its file: not loaded */
	uint64_t memory_bytes;   /* that it needs from its load address: BSS included */
	uint64_t load_offset;    /* from a load_align boundary */
	uint64_t load_align_bytes;
	uint64_t unpack_bytes; /* that it unpacks itself to, from the start of RAM; 0: it
				  runs where it is loaded */
	bool anywhere;         /* may be loaded at any aligned place in RAM */
	unsigned int segment_count; /* 0: the whole file, from load_offset on */
	struct kernel_segment segments[KERNEL_SEGMENTS_MAX]; /* by rising file_offset */
	struct x86_kernel x86;
};

/* The files that the VM boots from, measured but not loaded. */
struct boot_files {
	struct kernel_image kernel;
	uint64_t initrd_bytes;   /* all of them, with their padding; 0: none */
	uint64_t overlay_bytes;  /* of the .dtbo; 0: none */
	uint64_t firmware_bytes; /* 0: none */
};

#define PLAN_GIC_REGIONS_MAX 2

struct plan_gic {
	unsigned int version; /* 2 or 3 */
	bool software;        /* a GICv2 of ours; the hypervisor has none that fits */
	struct plan_range dist;
	struct plan_range cpu_interface; /* GICv2 */
	unsigned int redist_count;       /* GICv3: regions in use */
	struct plan_range redist[PLAN_GIC_REGIONS_MAX];
	unsigned int spi_count; /* lines configured */
};

/* What works and may still surprise: told by check, plan and run. */
#define PLAN_NOTES_MAX 4

#define PLAN_GENERATION_BYTES 16

struct plan_device {
	const struct config_device *config;
	struct plan_range mmio;
	struct plan_range memory; /* that it puts beside the RAM; bytes 0: none */
	unsigned int irq; /* the board's number: on ARM the INTID (32 and up are SPIs),
			     on x86 the GSI */
};

struct board_plan {
	const struct board *board;
	const struct vm_config *config;
	struct host_caps caps;
	struct boot_files files;
	enum config_arch arch; /* of the guest, decided */

	unsigned int ram_count;
	struct plan_range ram[2];

	unsigned int cpu_count;
	uint64_t *cpu_ids; /* hardware ids, cpu_count of them: MPIDR affinity on ARM */
	const char *cpu_type;
	bool pmu;
	unsigned int pmu_irq;         /* on ARM the INTID, a PPI */
	unsigned int timer_irqs[4];   /* ARM: secure, non-secure, virtual, hypervisor */
	struct plan_range steal_time; /* 64 bytes a vCPU; not RAM of the guest */

	/*
	 * Memory with PLAN_GENERATION_BYTES that are others for each boot, and the line
	 * to tell of a change; bytes 0: no guest of this kind looks.
	 */
	struct plan_range generation;
	unsigned int generation_irq; /* on x86 an event of plan->x86.ged */

	unsigned int
		shared_count; /* as many as config->shared_memories, in their order */
	struct plan_range shared[CONFIG_SHARED_MEMORIES_MAX];

	struct plan_gic gic;
	struct plan_arm arm;
	struct plan_x86 x86;

	struct plan_range fw_cfg; /* registers; on x86 plan->x86.fw_cfg has its ports */
	struct plan_range uart;   /* bytes 0 on x86, where plan->x86.serial has it */
	unsigned int uart_irq;
	unsigned int device_count;
	struct plan_device *devices;

	char *bootargs;           /* the plan's own */
	struct plan_range kernel; /* bytes: the memory that it occupies; 0: not loaded */
	struct plan_range unpacked; /* where it unpacks itself to; bytes 0: it does not */
	struct plan_range initrd;   /* bytes 0: not loaded */
	struct plan_range tables; /* device tree: bytes is the room set aside; gpa 0: not
				     put into RAM */
	struct plan_range firmware; /* memory whose last bytes are the firmware image */
	uint64_t entry_gpa;

	unsigned int note_count;
	struct error notes[PLAN_NOTES_MAX];
};

/*
 * Plans the machine. On failure all problems are reported and *ret untouched. The plan
 * points into config, which must outlive it.
 */
int board_plan_create(const struct board *board, const struct vm_config *config,
	const struct host_caps *caps, const struct boot_files *files,
	struct board_plan **ret, struct problems *problems);

/* For planners; what is more than PLAN_NOTES_MAX is dropped. */
void board_plan_note(struct board_plan *plan, const struct source_pos *pos,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * For planners: puts the memory of all devices one behind the other from gpa on. What
 * ends beyond the address bits, which are whose ("the host's"), is a problem.
 */
void board_plan_place_memory(struct board_plan *plan, uint64_t gpa, unsigned int bits,
	const char *whose, struct problems *problems);

/* All of it, a firmware's own memory not counted. */
uint64_t board_plan_ram_bytes(const struct board_plan *plan);

/* Frees a plan of any board; takes NULL and half-built ones. */
void board_plan_destroy(struct board_plan *plan);

/* The text of `bonsai plan`: address map, interrupts, load addresses. */
int board_plan_print(const struct board_plan *plan, FILE *out);

#endif
