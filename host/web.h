/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for a browser on the port of a VNC server: as much of HTTP/1.1 (RFC 9112) as it
 * takes to hand out a folder's files, one a connection, and to tell from the first bytes
 * of a connection whether it wants one, a websocket (RFC 6455) or neither.
 *
 * A browser does whatever any page of the web tells it to, this machine's own ports
 * included. So a websocket is for pages that came from here alone, and, where no password
 * is asked for, for those who called us by an address and not by a name that somebody
 * else may have made up.
 *
 * On a thread that may wait.
 */
#ifndef HOST_WEB_H
#define HOST_WEB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A browser speaks at once, but what it says may have to be sent twice; a client of VNC
 * waits for the server to speak, and gets its greeting after that time.
 */
#define WEB_FIRST_WORD_MS 500u

struct error;
struct source_pos;

#define WEB_HEAD_BYTES 4096u /* of a request, at most */

enum web_verdict { WEB_PARTIAL, WEB_WRONG, WEB_WHOLE };

struct web_request {
	char path[256]; /* "" or "/..." without a way out of a folder; "": no such file */
	size_t bytes;   /* of the whole head */
	bool socket;    /* asks for a websocket */
	bool ours;      /* comes from a page of the host that it asks */
	bool by_address;
};

/* Pure. What the head of a request says; ret is filled in for WEB_WHOLE. */
enum web_verdict web_parse(const char *bytes, size_t count, struct web_request *ret);

/* A folder to serve, as a descriptor, the caller's to close. It has a vnc.html. */
int web_open(
	const char *path, const struct source_pos *pos, int *ret_root, struct error *err);

enum web_greeting {
	WEB_NOTHING, /* no word within a moment, or none of HTTP's: nothing was read */
	WEB_SOCKET,  /* wants a websocket and may have one: nothing was read */
	WEB_DONE,    /* was answered, or is gone: close it */
};

/* Of a new connection, a non-blocking one. */
enum web_greeting web_greet(int fd, int root, bool password);

#endif
