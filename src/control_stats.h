/* SPDX-License-Identifier: Apache-2.0 */
/* bonsai-stats: what a VM costs its host. */
#ifndef SRC_CONTROL_STATS_H
#define SRC_CONTROL_STATS_H

#include "src/control.h"

extern const struct control_command control_stats_commands[];

#endif
