/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for a browser on the port of a VNC server: as much of HTTP/1.1 (RFC 9112) as it
 * takes to hand out a folder's files, one after the other on a connection that stays for
 * a while, and to tell from the first bytes of a connection whether it wants one, a
 * websocket (RFC 6455) or neither.
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
#define WEB_FIRST_WORD_MS 500

struct error;
struct source_pos;

#define WEB_HEAD_BYTES 4096u  /* of a request, at most */
#define WEB_REQUESTS_MAX 100u /* on a connection, which is then closed */
#define WEB_PATIENCE_MS 5000  /* for the first request, the rest of one, the next one */

enum web_verdict { WEB_PARTIAL, WEB_WRONG, WEB_WHOLE };

struct web_request {
	char path[256]; /* "" or "/..." without a way out of a folder; "": no such file */
	size_t bytes;   /* of the whole head */
	bool stays;     /* another one may follow; the head was all of this one */
	bool socket;    /* asks for a websocket */
	bool ours;      /* comes from a page of the host that it asks */
	bool by_address;
};

/* Pure. What the head of a request says; ret is filled in for WEB_WHOLE. */
enum web_verdict web_parse(const char *bytes, size_t count, struct web_request *ret);

/* A folder to serve, as a descriptor, the caller's to close. It has a vnc.html. */
int web_open(
	const char *path, const struct source_pos *pos, int *ret_root, struct error *err);

/* The same for all connections to a port. */
struct web_rules {
	int root; /* of web_open() */
	/* Pages may be of a host by any name: who comes has a password or a certificate.
	 */
	bool any_name;
	/* Whoever comes says something first, so that silence is no client of VNC's. */
	bool speaks_first;
};

enum web_greeting {
	WEB_NOTHING, /* no word within a moment, or none of HTTP's: nothing was read */
	WEB_SOCKET,  /* wants a websocket and may have one: that request was not read */
	WEB_DONE,    /* was answered, or is gone: close it */
};

/* Of a new connection, a non-blocking one. */
enum web_greeting web_greet(int fd, const struct web_rules *rules);

#endif
