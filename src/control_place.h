/* SPDX-License-Identifier: Apache-2.0 */
/* Where the control sockets of this host's VMs are, unless their XML says otherwise. */
#ifndef SRC_CONTROL_PLACE_H
#define SRC_CONTROL_PLACE_H

#include <stddef.h>

struct error;

/* As many bytes as a unix socket's path may have, with the zero. */
#define CONTROL_PLACE_BYTES 108

/*
 * The path that the socket of the VM of this name has below the folder of that index:
 * 0 is /run/bonsai, 1 this user's below $XDG_RUNTIME_DIR. Looks at nothing. -ENOENT where
 * there is no such folder, -ENAMETOOLONG. A client tries one after the other.
 */
int control_place(const char *name, unsigned int index, char ret[CONTROL_PLACE_BYTES]);

/* The same for the first folder that this user may write to, made with mode 0700 where
 * need be; err says why there is none. */
int control_place_make(
	const char *name, char ret[CONTROL_PLACE_BYTES], struct error *err);

/* Of such a path, before control_place_leave() is a job (src/outside.h). -ENOMEM. */
int control_place_announce(const char *path);

/* Removes the folder of a path of control_place_make() where it is empty. */
void control_place_leave(const char *path);

#endif
