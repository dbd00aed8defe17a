/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libvncserver is told of a client of host/vnc_client.h, and what it says: its
 * screen, its callbacks, and two extensions of the protocol that it does not know: keys
 * by their codes, and LEDs. All but the first two on the client's thread.
 */
#ifndef HOST_VNC_SCREEN_H
#define HOST_VNC_SCREEN_H

#include "host/vnc_client.h"

/* Of client->shown's size; before any thread of libvncserver's runs. NULL: no memory. */
rfbScreenInfoPtr vnc_screen_create(struct vnc_client *client);
/*
 * Once for all clients, with none running: libvncserver makes up its mind about how
 * clients log in when it meets the first, and not for two at once; and what it is made of
 * opens files at its first use.
 */
void vnc_screen_rehearse(struct vnc_client *client);

/* libvncserver looks at client->shown from now on, all of it new. */
void vnc_screen_look(struct vnc_client *client);
void vnc_screen_shape(struct vnc_client *client, const struct vnc_cursor *cursor);

/* There are messages to read; client->peer may have no socket afterwards. */
void vnc_screen_read(struct vnc_client *client);
/* Tells what the client asked to be told of: its socket is open. */
void vnc_screen_announce(struct vnc_client *client);
/* Ends with client->peer, which is none then. */
void vnc_screen_leave(struct vnc_client *client);

#endif
