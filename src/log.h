/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens while a VM runs, one line each on stderr: "bonsai: NAME: text". Set-up
 * failures are errors (src/error.h), not log lines. Any thread.
 */
#ifndef SRC_LOG_H
#define SRC_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* name is copied; it is the VM's. Before the first call lines carry no name. */
void log_set_name(const char *name);

/* Lines end in CR LF while a terminal of ours is raw. */
void log_set_raw(bool raw);

void log_host(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A guest's mistake. A guest can make millions a second, so each source has its own
 * allowance: 10 lines, then one a second with a count of those left out.
 */
struct guest_log {
	const char *source; /* the device's name; must outlive the struct */
	uint64_t window_ns;
	unsigned int lines;
	unsigned int dropped;
};

void guest_log(struct guest_log *log, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
