/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that are about the machine as a whole. */
#ifndef SRC_CONTROL_MACHINE_H
#define SRC_CONTROL_MACHINE_H

#include "src/control.h"

extern const struct control_command control_machine_commands[];

/* What query-version answers and the greeting says. */
json_t *control_version(void);

#endif
