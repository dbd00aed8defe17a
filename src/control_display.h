/* SPDX-License-Identifier: Apache-2.0 */
/* The command that saves what is on a screen. */
#ifndef SRC_CONTROL_DISPLAY_H
#define SRC_CONTROL_DISPLAY_H

#include "src/control.h"

extern const struct control_command control_display_commands[];

#endif
