/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the host has a name for the process (namespaces(7)): once all is open it needs
 * none. Runs on the main thread, which still may.
 */
#ifndef SRC_NAMESPACES_H
#define SRC_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The calling thread, and those that it starts from now on, have an IPC, UTS and cgroup
 * namespace of their own and an empty root that nobody can write to; with net, no network
 * but that of open sockets. Whatever needs a right that the process does not have, or a
 * kernel that this one is not, stays as it was: 0 where the root is empty, or -errno.
 */
int namespaces_enter(bool net);

/* The same in a process that ends with it: what this one would get. */
int namespaces_try(bool net);

/*
 * The options that the kernel would need for namespaces that it has not, with commas;
 * "" where it has all. The folder is /proc/self/ns.
 */
void namespaces_lacking(const char *folder, bool net, char *ret, size_t bytes);

#endif
