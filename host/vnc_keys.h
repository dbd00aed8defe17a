/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the keys that VNC's clients know to those of evdev. Clients that tell which key it
 * was send its code on a PC's keyboard (set 1, an 0xe0 in front as bit 7), which has
 * nothing to do with a layout; others send what the key means, an X11 keysym, and the key
 * that has it on a US keyboard is as good a guess as any.
 *
 * Pure functions, any thread. 0 (KEY_RESERVED): there is no such key.
 */
#ifndef HOST_VNC_KEYS_H
#define HOST_VNC_KEYS_H

#include <stdint.h>

uint16_t vnc_key_from_scancode(uint32_t scancode);
uint16_t vnc_key_from_keysym(uint32_t keysym);

#endif
