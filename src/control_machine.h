/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that do something to the machine as a whole. */
#ifndef SRC_CONTROL_MACHINE_H
#define SRC_CONTROL_MACHINE_H

#include "src/control.h"

extern const struct control_command control_machine_commands[];

#endif
