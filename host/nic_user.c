/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User-mode networking without privileges: a passt process at the other end of a socket
 * pair. Runs with the loop's lock held; events on the loop's thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/nic_stream.h"
#include "host/passt.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define READY_TIMEOUT_MS 20000
#define RETRY_NS_MAX (32 * NIC_STREAM_RETRY_NS)

struct user_nic {
	struct nic_stream stream;
	struct passt passt;
	uint64_t retry_ns; /* doubled with each start that fails */
	char **arguments;  /* each allocated */
	unsigned int argument_count;
};

/* ---- arguments -------------------------------------------------------------------- */

static int add_argument(struct user_nic *user_nic, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	user_nic->arguments[user_nic->argument_count++] = copy;
	return 0;
}

static int add_forward(struct user_nic *user_nic, const struct nic_forward *forward)
{
	char text[80];

	snprintf(text, sizeof(text), "%s%s%u:%u",
		forward->address ? forward->address : "", forward->address ? "/" : "",
		forward->host_port, forward->guest_port);
	if (add_argument(user_nic, forward->udp ? "-u" : "-t") < 0)
		return -ENOMEM;
	return add_argument(user_nic, text);
}

static int make_arguments(struct user_nic *user_nic, const struct nic_forward *forwards,
	unsigned int forward_count, uint16_t mtu)
{
	static const char *const fixed[] = {"passt", "--foreground", "--quiet", "--fd",
		PASST_SOCKET, "--pid", PASST_READY};
	char text[8];
	int code = 0;

	user_nic->arguments = calloc(
		ARRAY_SIZE(fixed) + 2 + 2 * (size_t)forward_count + 1, sizeof(char *));
	if (!user_nic->arguments)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(fixed) && !code; i++)
		code = add_argument(user_nic, fixed[i]);
	if (mtu && !code) {
		snprintf(text, sizeof(text), "%u", mtu);
		code = add_argument(user_nic, "--mtu");
		if (!code)
			code = add_argument(user_nic, text);
	}
	for (unsigned int i = 0; i < forward_count && !code; i++)
		code = add_forward(user_nic, &forwards[i]);
	return code;
}

/* ---- forwards --------------------------------------------------------------------- */

static int try_bind(const struct nic_forward *forward, const struct sockaddr *address,
	socklen_t address_bytes)
{
	int type = forward->udp ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);
	int on = 1;
	int code = 0;

	if (fd < 0)
		return -errno;
	if (!forward->udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, address_bytes) < 0 || (!forward->udp && listen(fd, 1) < 0))
		code = -errno;
	close(fd);
	return code;
}

/* passt starts without a word where a port is taken, and does not forward it. */
static int check_forward(const struct nic_forward *forward, const struct source_pos *pos,
	struct error *err)
{
	struct sockaddr_in in4 = {
		.sin_family = AF_INET, .sin_port = htons(forward->host_port)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(forward->host_port)};
	const char *address = forward->address;
	int code;

	if (!address || inet_pton(AF_INET, address, &in4.sin_addr) == 1)
		code = try_bind(forward, (struct sockaddr *)&in4, sizeof(in4));
	else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
		code = try_bind(forward, (struct sockaddr *)&in6, sizeof(in6));
	else
		return error_set(err, -EINVAL, pos,
			"forward address %s is no IPv4 or IPv6 address", address);
	if (!code)
		return 0;
	return error_set(err, code, pos, "forwarded %s port %s%s%u of the host %s%s",
		forward->udp ? "udp" : "tcp", address ? address : "", address ? " " : "",
		forward->host_port,
		code == -EADDRINUSE ? "is in use by another program" : "cannot be had: ",
		code == -EADDRINUSE ? "; choose another host_port" : strerror(-code));
}

/* ---- the process ------------------------------------------------------------------ */

static struct user_nic *user_nic_of(struct nic_stream *stream)
{
	return container_of(stream, struct user_nic, stream);
}

static void try_later(struct user_nic *user_nic)
{
	user_nic->passt.quiet = true; /* said once, until it runs again */
	nic_stream_retry(&user_nic->stream, user_nic->retry_ns);
	if (user_nic->retry_ns < RETRY_NS_MAX)
		user_nic->retry_ns *= 2;
}

static void passt_started(struct passt *passt, int socket_fd)
{
	struct user_nic *user_nic = container_of(passt, struct user_nic, passt);
	int code = socket_fd;

	if (socket_fd >= 0)
		code = nic_stream_connected(&user_nic->stream, socket_fd);
	if (code < 0) {
		passt_stop(passt);
		try_later(user_nic);
		return;
	}
	passt->quiet = false;
	user_nic->retry_ns = NIC_STREAM_RETRY_NS;
	log_host("passt runs again");
}

static void user_connect(struct nic_stream *stream)
{
	struct user_nic *user_nic = user_nic_of(stream);

	if (passt_start(&user_nic->passt) < 0)
		try_later(user_nic);
}

static void user_disconnected(struct nic_stream *stream, const char *why)
{
	struct user_nic *user_nic = user_nic_of(stream);
	int status = passt_stop(&user_nic->passt);

	if (status >= 0)
		log_host("passt ended with status %d; link down, trying again", status);
	else
		log_host("passt: %s; link down, trying again", why);
	try_later(user_nic);
}

static void user_destroy(struct nic_stream *stream)
{
	struct user_nic *user_nic = user_nic_of(stream);

	nic_stream_finish(stream);
	passt_finish(&user_nic->passt);
	for (unsigned int i = 0; i < user_nic->argument_count; i++)
		free(user_nic->arguments[i]);
	free(user_nic->arguments);
	free(user_nic);
}

static const struct nic_stream_ops user_ops = {
	.connect = user_connect,
	.disconnected = user_disconnected,
	.destroy = user_destroy,
};

/* ---- opening ---------------------------------------------------------------------- */

static int first_start(
	struct user_nic *user_nic, const struct source_pos *pos, struct error *err)
{
	struct passt *passt = &user_nic->passt;
	int fd = passt_start(passt);

	if (fd == -ENOENT)
		return error_set(
			err, fd, pos, "passt not found: install the package passt");
	if (fd < 0)
		return error_set(err, fd, pos, "passt: %s", strerror(-fd));
	fd = passt_wait(passt, READY_TIMEOUT_MS);
	if (fd == -ETIMEDOUT)
		return error_set(err, fd, pos, "passt is not ready after %d s",
			READY_TIMEOUT_MS / 1000);
	if (fd < 0) {
		int status = passt_stop(passt);

		if (passt->message[0])
			return error_set(err, fd, pos, "passt: %s", passt->message);
		return error_set(err, fd, pos, "passt ended with status %d", status);
	}
	fd = nic_stream_connected(&user_nic->stream, fd);
	return fd ? error_set(err, fd, pos, "passt's socket: %s", strerror(-fd)) : 0;
}

int nic_user_open(struct loop *loop, const struct nic_forward *forwards,
	unsigned int forward_count, uint16_t mtu, const struct source_pos *pos,
	struct nic **ret, struct error *err)
{
	struct user_nic *user_nic = calloc(1, sizeof(*user_nic));
	int code = 0;

	if (!user_nic)
		return error_set(err, -ENOMEM, pos, "no memory for a network");
	user_nic->retry_ns = NIC_STREAM_RETRY_NS;
	user_nic->passt.child.loop = loop;
	user_nic->passt.started = passt_started;
	if (passt_init(&user_nic->passt) < 0 ||
		nic_stream_init(&user_nic->stream, loop, &user_ops) < 0 ||
		make_arguments(user_nic, forwards, forward_count, mtu) < 0)
		code = error_set(err, -ENOMEM, pos, "no memory for a network");
	user_nic->passt.arguments = user_nic->arguments;
	for (unsigned int i = 0; i < forward_count && !code; i++)
		code = check_forward(&forwards[i], pos, err);
	if (!code)
		code = first_start(user_nic, pos, err);
	if (code) {
		user_destroy(&user_nic->stream);
		return code;
	}
	*ret = &user_nic->stream.nic;
	return 0;
}
