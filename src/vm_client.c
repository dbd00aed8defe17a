/* SPDX-License-Identifier: Apache-2.0 */
#include "src/vm_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/tls_call.h"
#include "src/error.h"
#include "src/json_frame.h"
#include "src/loop.h"

#define CHUNK_BYTES 4096u
#define NS_PER_MS 1000000ull

struct vm_client {
	int fd;
	struct tls_call *call; /* that fd belongs to, or NULL */
	struct json_frame frame;
	char chunk[CHUNK_BYTES];
	const char *at; /* what of the chunk is not taken yet */
	const char *end;
	char path[];
};

/* ---- bytes ------------------------------------------------------------------------ */

static uint64_t deadline_in(int ms)
{
	return loop_now_ns() + (uint64_t)ms * NS_PER_MS;
}

/* 0 where the descriptor is ready, -ETIMEDOUT, another -errno. */
static int wait_for(int fd, short events, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = events};
		uint64_t now = loop_now_ns();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		int n = poll(&poll_fd, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS));

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* Fills the empty chunk; -ECONNRESET at the end of the stream. */
static int fill(struct vm_client *client, uint64_t deadline_ns)
{
	int code = wait_for(client->fd, POLLIN, deadline_ns);
	ssize_t n;

	if (code)
		return code;
	do
		n = recv(client->fd, client->chunk, sizeof(client->chunk), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n && errno != ECONNRESET ? -errno : -ECONNRESET;
	client->at = client->chunk;
	client->end = client->chunk + n;
	return 0;
}

static int send_all(
	struct vm_client *client, const char *text, size_t bytes, uint64_t deadline_ns)
{
	while (bytes) {
		ssize_t n = send(client->fd, text, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
		int code = 0;

		if (n >= 0) {
			text += n;
			bytes -= (size_t)n;
		} else if (errno == EAGAIN) {
			code = wait_for(client->fd, POLLOUT, deadline_ns);
		} else if (errno != EINTR) {
			code = errno == EPIPE ? -ECONNRESET : -errno;
		}
		if (code)
			return code;
	}
	return 0;
}

/* The next object. -EPROTO where what came is none. */
static int receive(struct vm_client *client, uint64_t deadline_ns, json_t **ret)
{
	for (;;) {
		int code = 0;

		if (client->at == client->end)
			code = fill(client, deadline_ns);
		if (!code)
			code = json_frame_feed(&client->frame, &client->at, client->end);
		if (code == -EMSGSIZE)
			return -EPROTO;
		if (code < 0)
			return code;
		if (!code)
			continue;
		*ret = json_loadb(client->frame.bytes, client->frame.count, 0, NULL);
		if (json_is_object(*ret))
			return 0;
		json_decref(*ret);
		return -EPROTO;
	}
}

/* ---- what went wrong -------------------------------------------------------------- */

static int failed(const struct vm_client *client, int code, struct error *err)
{
	const char *fault = NULL;

	switch (code) {
	case -ECONNRESET:
		if (client->call)
			fault = tls_call_fault(client->call);
		if (fault)
			return error_set(
				err, -EACCES, NULL, "TLS: %s %s", client->path, fault);
		return error_set(
			err, code, NULL, "the VM behind %s has just ended", client->path);
	case -ETIMEDOUT:
		return error_set(err, code, NULL, "the VM behind %s does not answer",
			client->path);
	case -EPROTO:
		return error_set(err, code, NULL,
			"%s is no control socket of a VM: what it says is not QMP",
			client->path);
	default:
		return error_set(
			err, code, NULL, "%s: %s", client->path, strerror(-code));
	}
}

static int not_connected(const struct vm_client *client, int code, struct error *err)
{
	switch (code) {
	case -ENOENT:
		return error_set(err, code, NULL, "there is no socket %s", client->path);
	case -ECONNREFUSED:
		return error_set(err, code, NULL,
			"the VM has ended: nobody listens at %s", client->path);
	case -EACCES:
	case -EPERM:
		return error_set(err, -EACCES, NULL,
			"%s: this user may not: only the VM's owner and root may "
			"control it",
			client->path);
	default:
		return failed(client, code, err);
	}
}

/* ---- opening ---------------------------------------------------------------------- */

static int connect_to(struct vm_client *client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(client->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, client->path, strlen(client->path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	return connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0
		       ? -errno
		       : 0;
}

/* Who may connect is not always who may control. */
static int take_greeting(struct vm_client *client, int timeout_ms, struct error *err)
{
	const char *desc = NULL;
	json_t *greeting = NULL;
	int code = receive(client, deadline_in(timeout_ms), &greeting);

	if (code)
		return failed(client, code, err);
	if (!json_unpack(greeting, "{s:{s:s}}", "error", "desc", &desc))
		code = error_set(err, -EACCES, NULL, "%s: %s", client->path, desc);
	else if (!json_object_get(greeting, "QMP"))
		code = failed(client, -EPROTO, err);
	json_decref(greeting);
	return code;
}

static struct vm_client *create(const char *path, int fd, struct tls_call *call)
{
	struct vm_client *client = calloc(1, sizeof(*client) + strlen(path) + 1);

	if (!client)
		return NULL;
	memcpy(client->path, path, strlen(path) + 1);
	client->fd = fd;
	client->call = call;
	return client;
}

/* The client is closed where that fails. */
static int greet(struct vm_client *client, int timeout_ms, struct vm_client **ret,
	struct error *err)
{
	int code = take_greeting(client, timeout_ms, err);

	if (!code)
		code = vm_client_call(client, "qmp_capabilities", NULL, NULL, err);
	if (code) {
		vm_client_close(client);
		return code;
	}
	*ret = client;
	return 0;
}

int vm_client_open(
	const char *path, int timeout_ms, struct vm_client **ret, struct error *err)
{
	struct vm_client *client = create(path, -1, NULL);
	int code;

	if (!client)
		return error_set(err, -ENOMEM, NULL, "no memory for a connection");
	code = connect_to(client);
	if (!code)
		return greet(client, timeout_ms, ret, err);
	code = not_connected(client, code, err);
	vm_client_close(client);
	return code;
}

int vm_client_open_call(struct tls_call *call, int fd, const char *name, int timeout_ms,
	struct vm_client **ret, struct error *err)
{
	struct vm_client *client = create(name, fd, call);

	if (client)
		return greet(client, timeout_ms, ret, err);
	close(fd);
	tls_call_close(call);
	return error_set(err, -ENOMEM, NULL, "no memory for a connection");
}

void vm_client_close(struct vm_client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	tls_call_close(client->call);
	json_frame_finish(&client->frame);
	free(client);
}

const char *vm_client_path(const struct vm_client *client)
{
	return client->path;
}

pid_t vm_client_process(const struct vm_client *client)
{
	struct ucred peer = {.pid = 0};
	socklen_t bytes = sizeof(peer);

	if (!client->call)
		getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes);
	return peer.pid;
}

/* ---- asking ----------------------------------------------------------------------- */

/* In one piece: a VM that is told to end may be gone before a second one. */
static int send_command(struct vm_client *client, const char *command, json_t *arguments,
	uint64_t deadline_ns)
{
	json_t *request =
		json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
	char *json = request ? json_dumps(request, JSON_COMPACT) : NULL;
	char *line = NULL;
	int bytes = json ? asprintf(&line, "%s\n", json) : -1;
	int code = -ENOMEM;

	if (bytes >= 0) {
		code = send_all(client, line, (size_t)bytes, deadline_ns);
		free(line);
	}
	free(json);
	json_decref(request);
	return code;
}

/* Events may come before it. */
static int take_answer(struct vm_client *client, uint64_t deadline_ns, json_t **ret)
{
	int code;

	while (!(code = receive(client, deadline_ns, ret))) {
		if (!json_object_get(*ret, "event"))
			return 0;
		json_decref(*ret);
	}
	return code;
}

static int refused(json_t *answer, struct error *err)
{
	const char *class = "";
	const char *desc = "";

	if (json_unpack(
		    answer, "{s:{s:s, s:s}}", "error", "class", &class, "desc", &desc))
		return -EPROTO;
	return error_set(err, strcmp(class, "CommandNotFound") ? -EREMOTEIO : -ENOSYS,
		NULL, "%s", desc);
}

int vm_client_call(struct vm_client *client, const char *command, json_t *arguments,
	json_t **ret, struct error *err)
{
	uint64_t deadline_ns = deadline_in(VM_CLIENT_ANSWER_MS);
	int code = send_command(client, command, arguments, deadline_ns);
	json_t *answer = NULL;
	json_t *value;

	if (!code)
		code = take_answer(client, deadline_ns, &answer);
	if (code)
		return failed(client, code, err);
	value = json_object_get(answer, "return");
	if (value && ret)
		*ret = json_incref(value);
	if (!value)
		code = refused(answer, err);
	json_decref(answer);
	return code == -EPROTO ? failed(client, code, err) : code;
}

int vm_client_wait_end(struct vm_client *client, int timeout_ms)
{
	uint64_t deadline_ns = deadline_in(timeout_ms);

	for (;;) {
		int code = fill(client, deadline_ns);

		client->at = client->end;
		if (code)
			return code == -ETIMEDOUT ? code : 0;
	}
}

int vm_client_stream(struct vm_client *client, const char **ret_rest, size_t *ret_bytes)
{
	uint64_t deadline_ns = deadline_in(VM_CLIENT_ANSWER_MS);

	/* The answer's own line ends with CR and LF, the stream begins behind that. */
	for (const char *expected = "\r\n"; *expected; expected++) {
		if (client->at == client->end && fill(client, deadline_ns))
			break;
		if (*client->at++ != *expected)
			break;
	}
	*ret_rest = client->at;
	*ret_bytes = (size_t)(client->end - client->at);
	return client->fd;
}
