/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that are about disks. */
#ifndef SRC_CONTROL_DISK_H
#define SRC_CONTROL_DISK_H

#include "src/control.h"

extern const struct control_command control_disk_commands[];

#endif
