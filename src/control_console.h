/* SPDX-License-Identifier: Apache-2.0 */
/* bonsai-console: a client becomes the far end of one of the VM's terminals. */
#ifndef SRC_CONTROL_CONSOLE_H
#define SRC_CONTROL_CONSOLE_H

#include "src/control.h"

extern const struct control_command control_console_commands[];

#endif
