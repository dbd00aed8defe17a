/* SPDX-License-Identifier: Apache-2.0 */
/* What bonsai top reads of proc(5), as text. Pure functions; 0 for what is not there. */
#ifndef SRC_CMD_TOP_H
#define SRC_CMD_TOP_H

#include <stdint.h>

/* Time in user and system mode, of /proc/PID/stat or of a thread's. */
uint64_t cmd_top_cpu_ns(const char *stat);

/* A line of /proc/PID/io; key has its colon. */
uint64_t cmd_top_io(const char *io, const char *key);

#endif
