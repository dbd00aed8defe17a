/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that ask what the machine is and how it is. */
#ifndef SRC_CONTROL_QUERY_H
#define SRC_CONTROL_QUERY_H

#include "src/control.h"

extern const struct control_command control_query_commands[];

/* What query-version answers and the greeting says. */
json_t *control_version(void);

#endif
