/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that take memory from the guest and ask how its memory is. */
#ifndef SRC_CONTROL_BALLOON_H
#define SRC_CONTROL_BALLOON_H

#include "src/control.h"

extern const struct control_command control_balloon_commands[];

#endif
