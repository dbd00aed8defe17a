/* SPDX-License-Identifier: Apache-2.0 */
/* The names that QMP has for keys and buttons, and evdev's codes for them. */
#ifndef SRC_QCODE_H
#define SRC_QCODE_H

/* The KEY_* of a QKeyCode such as "ctrl_r"; -1 for none. */
int qcode_find(const char *name);

#endif
