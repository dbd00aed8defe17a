/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board gives to the rest: its planner, its tables, its own devices. One struct a
 * board, listed in src/machine.c's neighbour src/boards.c; pure C, no hypervisor.
 */
#ifndef SRC_BOARD_H
#define SRC_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/plan.h"

struct bus;
struct error;
struct guest_mem;
struct hv;
struct loop;
struct rom;
struct terminal;

/* Fresh randomness for one boot, for the guest's tables. */
struct boot_seed {
	uint8_t rng[64];
	uint64_t kaslr;
};

/* The board's own devices (ARM: the PL011). Opaque: struct of the board. */
struct board_devices;

/* What a device of the board may ask of the machine. */
enum board_request {
	BOARD_POWER_OFF,
	BOARD_RESET,
	BOARD_CRASHED,
	BOARD_WATCHDOG, /* has waited in vain; on the loop's thread, with its lock */
};

/* What somebody in front of the machine can press. */
enum board_button { BOARD_POWER_BUTTON, BOARD_CTRL_ALT_DEL };

/* What the machine gives to the board's devices; all of it outlives them. */
struct board_host {
	struct loop *loop;
	struct bus *bus;   /* of memory */
	struct bus *ports; /* of I/O ports; unused where the CPU has none */
	const struct guest_mem *mem;
	struct terminal *uart_terminal;
	/* Any thread. The VM ends soon after, not at once; of a watchdog the XML says
	 * what it does. */
	void (*request)(void *user, enum board_request request);
	void *user;
};

struct board {
	const char *name; /* "arm" */
	bool stray_ones;  /* what nothing answers reads as ones, else as zero */

	/* Of a firmware image: a multiple of the first, at most the second; 0: the board
	 * takes none. */
	uint32_t firmware_step_bytes;
	uint32_t firmware_bytes_max;

	bool (*runs)(enum config_arch arch);

	/*
	 * Reads a kernel's header from head, the first bytes of the uncompressed image;
	 * rom_bytes_at() of rom has those further on. file_bytes is its whole
	 * uncompressed size, 0 where that is not known. -ENOEXEC where it is none of this
	 * board's formats, -EBADMSG where header and size contradict each other; the
	 * reason is a predicate ("is an x86 bzImage, …") for the caller to put the
	 * file's name before. ret->memory_bytes is 0 where it needs the size.
	 */
	int (*read_kernel)(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
		const struct rom *rom, const struct source_pos *pos,
		struct kernel_image *ret, struct error *err);

	/*
	 * Whether the firmware image rom can boot the rest of the files, of which the
	 * kernel is read by now; zeroes where there is none. err names the image.
	 * NULL: all can.
	 */
	int (*check_firmware)(const struct rom *rom, const struct vm_config *config,
		const struct kernel_image *kernel, struct error *err);

	/*
	 * Fills a plan that has its board, config, caps and files (board_plan_create()).
	 * -ENOMEM; what the user has to mend goes to problems.
	 */
	int (*plan)(struct board_plan *plan, struct problems *problems);

	/*
	 * Writes the device tree, overlay (a .dtbo, or NULL) applied, into room bytes at
	 * buf. *ret_bytes is what it took. -ENOSPC where room is too small. seed NULL:
	 * the tree carries none.
	 */
	int (*write_tables)(const struct board_plan *plan, const struct boot_seed *seed,
		const void *overlay, size_t overlay_bytes, void *buf, size_t room,
		size_t *ret_bytes, struct error *err);

	/*
	 * Lays into guest RAM what the first vCPU finds there beside kernel, initrd,
	 * firmware and tree, of which tree_bytes were written to plan->tables (0 where it
	 * has no place). seed NULL: none. The hook NULL: nothing.
	 */
	int (*load)(const struct board_plan *plan, const struct guest_mem *mem,
		size_t tree_bytes, const struct boot_seed *seed, struct error *err);

	/* Makes the board's own devices and adds their registers to the buses. */
	int (*create_devices)(const struct board_plan *plan,
		const struct board_host *host, struct board_devices **ret,
		struct error *err);
	/*
	 * Wires them to the interrupt lines of the VM that comes now; they are as after
	 * power-on. The lines of an earlier VM are not touched: they are gone.
	 */
	int (*connect_devices)(
		struct board_devices *devices, struct hv *hv, struct error *err);
	void (*destroy_devices)(struct board_devices *devices);

	/*
	 * Presses and releases it; what comes of that is the guest's affair. False where
	 * this machine has none; NULL: no machine of this board has any. The loop's
	 * thread, with its lock.
	 */
	bool (*press)(struct board_devices *devices, enum board_button button);

	/*
	 * The guest does not run, or runs again: no watchdog waits for it meanwhile.
	 * Likewise.
	 */
	void (*hold)(struct board_devices *devices, bool hold);
};

/* Those of this build, ended by NULL. */
extern const struct board *const boards[];

/* The board that runs this kind of guest, or NULL. */
const struct board *board_for(enum config_arch arch);

#ifdef BONSAI_BOARD_ARM
extern const struct board arm_board;
#endif
#ifdef BONSAI_BOARD_X86
extern const struct board x86_board;
#endif

#endif
