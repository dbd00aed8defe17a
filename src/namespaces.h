/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the host has a name for the process (namespaces(7)): once all is open it needs
 * none. Runs on the main thread, which still may.
 */
#ifndef SRC_NAMESPACES_H
#define SRC_NAMESPACES_H

#include <stdbool.h>

/*
 * The calling thread, and those that it starts from now on, have an IPC, UTS and cgroup
 * namespace of their own and an empty root that nobody can write to; with net, no network
 * but that of open sockets. Whatever needs a right that the process does not have, or a
 * kernel that this one is not, stays as it was: returns whether the root is empty.
 */
bool namespaces_enter(bool net);

#endif
