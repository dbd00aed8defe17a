/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of a virtio socket: streams of bytes between a port of the guest and
 * somebody at the host, whichever side asked for them.
 *
 * Flow control: reads and writes take what there is, or is room for, and never wait;
 * who wants to hear that there is more says vsock_stream_want().
 *
 * Everything runs with the loop's lock held; events come on the loop's thread, never from
 * within a verb.
 */
#ifndef HOST_VSOCK_H
#define HOST_VSOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct error;
struct loop;
struct source_pos;
struct vsock_host;
struct vsock_stream;

/* Of one read or write. */
#define VSOCK_IOV_MAX 1024

/* ---- streams --------------------------------------------------------------------------
 */

struct vsock_stream_user;

/* All mandatory. The user may close the stream within. */
struct vsock_stream_events {
	/* Bytes wait, or the end of them. Again until they are taken or unwanted. */
	void (*readable)(struct vsock_stream_user *user);
	/* There is room. Again until it is used up or unwanted. */
	void (*writable)(struct vsock_stream_user *user);
	/* The peer left: reads give what is still there, then 0. No event follows. */
	void (*gone)(struct vsock_stream_user *user);
};

struct vsock_stream_user {
	const struct vsock_stream_events *events;
};

struct vsock_stream_ops {
	void (*agree)(struct vsock_stream *stream, uint32_t host_port);
	ssize_t (*read)(
		struct vsock_stream *stream, const struct iovec *iov, unsigned int count);
	ssize_t (*write)(
		struct vsock_stream *stream, const struct iovec *iov, unsigned int count);
	void (*shut)(struct vsock_stream *stream, bool input, bool output);
	void (*want)(struct vsock_stream *stream, bool input, bool output);
	void (*close)(struct vsock_stream *stream);
};

/* Embedded in each implementation. */
struct vsock_stream {
	const struct vsock_stream_ops *ops;
	struct vsock_stream_user *user; /* set by whoever takes the stream */
};

/* The guest agreed to what the host asked for; before any read or write. */
static inline void vsock_stream_agree(struct vsock_stream *stream, uint32_t host_port)
{
	stream->ops->agree(stream, host_port);
}

/* Bytes, 0 at their end, -EAGAIN, or -errno where the stream broke. */
static inline ssize_t vsock_stream_read(
	struct vsock_stream *stream, const struct iovec *iov, unsigned int count)
{
	return stream->ops->read(stream, iov, count);
}

/* Bytes taken, -EAGAIN, or -errno (-EPIPE: nobody reads any more). */
static inline ssize_t vsock_stream_write(
	struct vsock_stream *stream, const struct iovec *iov, unsigned int count)
{
	return stream->ops->write(stream, iov, count);
}

/* No more is read (input), or written (output): the peer learns of it. */
static inline void vsock_stream_shut(struct vsock_stream *stream, bool input, bool output)
{
	stream->ops->shut(stream, input, output);
}

/* Which events come from now on; none at first, but for gone. */
static inline void vsock_stream_want(struct vsock_stream *stream, bool input, bool output)
{
	stream->ops->want(stream, input, output);
}

/* No event follows; what was written still arrives. NULL is fine. */
static inline void vsock_stream_close(struct vsock_stream *stream)
{
	if (stream)
		stream->ops->close(stream);
}

/* ---- the host -------------------------------------------------------------------------
 */

struct vsock_host_user {
	/*
	 * Somebody asks for a port of the guest. The user takes the stream over, setting
	 * stream->user, and says vsock_stream_agree() or closes it later; false refuses.
	 */
	bool (*asked)(
		struct vsock_host_user *user, struct vsock_stream *stream, uint32_t port);
};

struct vsock_host_ops {
	int (*connect)(struct vsock_host *host, uint32_t port, struct vsock_stream **ret);
	void (*destroy)(struct vsock_host *host);
};

/* Embedded in each implementation. */
struct vsock_host {
	const struct vsock_host_ops *ops;
	struct vsock_host_user *user; /* NULL: everybody is refused */
};

/* The guest asks for a port of the host: -errno where nobody answers. */
static inline int vsock_host_connect(
	struct vsock_host *host, uint32_t port, struct vsock_stream **ret)
{
	return host->ops->connect(host, port, ret);
}

/* Its streams are closed by then. NULL is fine. */
static inline void vsock_host_destroy(struct vsock_host *host)
{
	if (host)
		host->ops->destroy(host);
}

/* What is appended to the path: an underscore and a port. */
#define VSOCK_UNIX_SUFFIX_BYTES 11u

/*
 * Unix stream sockets. A client at path says "CONNECT PORT" and a newline, and gets
 * "OK HOSTPORT" and a newline once the guest agreed, or is closed. What the guest asks
 * for is a connection to path_PORT. path is borrowed.
 */
int vsock_unix_open(struct loop *loop, const char *path, const struct source_pos *pos,
	struct vsock_host **ret, struct error *err);

#endif
