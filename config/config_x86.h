/* SPDX-License-Identifier: Apache-2.0 */
/* What only an x86 VM's configuration has. Part of config/config.h. */
#ifndef CONFIG_CONFIG_X86_H
#define CONFIG_CONFIG_X86_H

#include <stdbool.h>

#include "src/error.h"

/* <isa>: the x86 board's legacy parts, all there unless switched off. */
struct config_isa {
	bool rtc;            /* MC146818 */
	bool serial;         /* 16550A, what <uart> maps to */
	bool pit;            /* i8254 */
	bool pic;            /* i8259 pair */
	bool option_roms;    /* offered to a firmware that wants them */
	bool kernel_cmdline; /* without ACPI: names virtio devices on the command line */
	bool acpi;
	bool said;             /* there is an <isa> */
	struct source_pos pos; /* of the element, else of <config> */
};

#endif
