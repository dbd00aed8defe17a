/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection by TLS: shakes hands over a socket, and once the peer is who it must be,
 * gives out a stream socket that carries what is said, in the clear. That socket is a
 * pair's other end: whoever has it needs to know nothing of TLS.
 *
 * All on one loop's thread.
 */
#ifndef HOST_TLS_TUNNEL_H
#define HOST_TLS_TUNNEL_H

struct tls;
struct tls_desk;
struct tls_tunnel;
struct tls_tunnel_user;

/*
 * A handshake has so long, then the tunnel is over; and no longer than the second time
 * where the peer's words are there and this end is busy with others.
 */
#define TLS_HANDSHAKE_MS 10000
#define TLS_HANDSHAKE_BUSY_MS 60000

/* What is said before TLS begins. */
enum tls_prelude {
	TLS_AT_ONCE,
	/*
	 * For a server of VNC: VeNCrypt (host/vencrypt.h), with or without a password
	 * behind it, unless the client begins with TLS in a moment, as browsers do. Who
	 * has plain then is a server of plain VNC.
	 */
	TLS_VENCRYPT,
	TLS_VENCRYPT_PASSWORD,
};

struct tls_tunnel_events {
	/* The peer is good; plain is the user's, non-blocking. */
	void (*opened)(struct tls_tunnel_user *user, int plain);
	/*
	 * Nothing more will come, and the user destroys the tunnel, here or later. fault
	 * is a predicate such as "has shown no certificate", or NULL where one of the two
	 * has closed an open tunnel. A client's may have been open before the server
	 * refused it.
	 */
	void (*over)(struct tls_tunnel_user *user, const char *fault);
};

/* Embedded in its owner. */
struct tls_tunnel_user {
	const struct tls_tunnel_events *events;
};

/*
 * Over fd, a non-blocking socket that is the tunnel's from here on, also after an error.
 * host is whom a client has called, a name or a numeric address, borrowed; NULL for a
 * server. The events come from the desk's loop, none from here. -errno.
 */
int tls_tunnel_create(struct tls_desk *desk, const struct tls *tls, int fd,
	const char *host, enum tls_prelude prelude, struct tls_tunnel_user *user,
	struct tls_tunnel **ret);

/* Closes the connection; plain reads its end. NULL is fine. */
void tls_tunnel_destroy(struct tls_tunnel *tunnel);

#endif
