/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that act for the person in front of the machine. */
#ifndef SRC_CONTROL_INPUT_H
#define SRC_CONTROL_INPUT_H

#include "src/control.h"

extern const struct control_command control_input_commands[];

#endif
