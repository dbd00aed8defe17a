/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/drm_card.h"
#include "host/drm_sys.h"
#include "host/lease.h"
#include "host/listener.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

struct client {
	struct lessor *lessor;
	struct loop_fd watch; /* fd -1: no client */
	char request[LEASE_REQUEST_BYTES];
	size_t request_bytes;
	uint32_t lessee;     /* 0: has no lease */
	uint32_t connectors; /* masks of the card's lists */
	uint32_t crtcs;
};

struct lessor {
	struct loop *loop;
	const char *card_path;
	struct listener listener;
	struct drm_card card; /* fd -1: nobody has a lease */
	struct drm_connector connector;
	struct client clients[LEASE_CLIENTS_MAX];
};

/* ---- the card
 * -------------------------------------------------------------------------- */

static int open_card(struct lessor *lessor, struct error *err)
{
	int fd, code;

	if (lessor->card.fd >= 0)
		return 0;
	fd = drm_sys_open(lessor->card_path);
	if (fd < 0)
		return error_set(err, fd, NULL, "cannot open %s: %s", lessor->card_path,
			strerror(-fd));
	code = drm_card_init(&lessor->card, fd, lessor->card_path, NULL, err);
	if (code)
		return code;
	code = drm_card_become_master(&lessor->card);
	if (!code)
		return 0;
	drm_card_finish(&lessor->card);
	return error_set(err, code, NULL, "%s belongs to another program: %s",
		lessor->card_path, strerror(-code));
}

/* What others of its clients have. */
static void taken(const struct lessor *lessor, uint32_t *connectors, uint32_t *crtcs)
{
	*connectors = *crtcs = 0;
	for (unsigned int i = 0; i < LEASE_CLIENTS_MAX; i++) {
		*connectors |= lessor->clients[i].connectors;
		*crtcs |= lessor->clients[i].crtcs;
	}
}

/* Without a lease there is nothing to keep from the console. */
static void close_unused_card(struct lessor *lessor)
{
	for (unsigned int i = 0; i < LEASE_CLIENTS_MAX; i++)
		if (lessor->clients[i].lessee)
			return;
	drm_card_finish(&lessor->card);
}

static void end_lease(struct client *client)
{
	struct lessor *lessor = client->lessor;
	struct drm_mode_revoke_lease revoke = {.lessee_id = client->lessee};

	if (!client->lessee)
		return;
	drm_sys_ioctl(lessor->card.fd, DRM_IOCTL_MODE_REVOKE_LEASE, &revoke);
	for (unsigned int i = 0; i < lessor->card.crtc_count; i++) {
		struct drm_mode_crtc dark = {.crtc_id = lessor->card.crtcs[i]};

		if (client->crtcs & 1u << i)
			drm_sys_ioctl(lessor->card.fd, DRM_IOCTL_MODE_SETCRTC, &dark);
	}
	client->lessee = client->connectors = client->crtcs = 0;
	close_unused_card(lessor);
}

/* Finds a connector by name, and a CRTC for it: they become the client's. */
static int take_connector(struct client *client, const char *name, size_t length,
	uint32_t *objects, struct error *err)
{
	struct lessor *lessor = client->lessor;
	const struct drm_card *card = &lessor->card;
	struct drm_connector *connector = &lessor->connector;
	uint32_t connectors, crtcs, others;
	int index = drm_card_find(card, name, length, connector);

	if (index < 0)
		return error_set(err, -ENOENT, NULL, "%s has no connector %.*s",
			lessor->card_path, (int)length, name);
	taken(lessor, &connectors, &crtcs);
	if (connectors & 1u << index)
		return error_set(
			err, -EBUSY, NULL, "%s is leased already", connector->name);
	client->connectors |= 1u << index;
	objects[0] = card->connectors[index];
	others = crtcs;
	index = drm_card_take_crtc(card, connector, &crtcs);
	if (index < 0)
		return error_set(err, -EBUSY, NULL,
			"%s: the card drives fewer screens at once", connector->name);
	client->crtcs |= crtcs & ~others;
	objects[1] = card->crtcs[index];
	return 0;
}

/* The lease's descriptor, or -errno. Planes come with their CRTCs. */
static int make_lease(struct client *client, const char *names, struct error *err)
{
	uint32_t objects[2 * DRM_CARD_OBJECTS];
	struct drm_mode_create_lease create = {
		.object_ids = drm_sys_address(objects),
		.flags = O_CLOEXEC | O_NONBLOCK,
	};
	int code = open_card(client->lessor, err);

	while (!code && *names) {
		size_t length = strcspn(names, " ");

		/* No more than there are, for none is given twice. */
		if (length)
			code = take_connector(client, names, length,
				objects + create.object_count, err);
		create.object_count += length ? 2 : 0;
		names += length;
		names += strspn(names, " ");
	}
	if (!code && !create.object_count)
		code = error_set(err, -EINVAL, NULL, "no connector is named");
	if (code)
		return code;
	code = drm_sys_ioctl(
		client->lessor->card.fd, DRM_IOCTL_MODE_CREATE_LEASE, &create);
	if (code < 0)
		return error_set(err, code, NULL, "the kernel gives no lease: %s",
			strerror(-code));
	client->lessee = create.lessee_id;
	return (int)create.fd;
}

/* ---- clients
 * --------------------------------------------------------------------------- */

static void drop(struct client *client)
{
	end_lease(client);
	client->connectors = client->crtcs = 0;
	close_unused_card(client->lessor);
	loop_fd_remove(&client->watch);
	close(client->watch.fd);
	client->watch.fd = -1;
}

/* A client that does not read its answer is none. */
static bool answer(const struct client *client, const char *text, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.room = {0}};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(client->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)iov.iov_len;
}

/* Returns whether the client stays. */
static bool serve(struct client *client, char *request)
{
	static const char verb[] = "lease ";
	char text[ERROR_TEXT_BYTES + sizeof("error \n")];
	struct error err = {.text = "a request is \"lease NAME...\", once"};
	int fd = -EINVAL;
	bool stays;

	if (!client->lessee && !strncmp(request, verb, sizeof(verb) - 1))
		fd = make_lease(client, request + sizeof(verb) - 1, &err);
	if (fd < 0) {
		snprintf(text, sizeof(text), "error %s\n", err.text);
		answer(client, text, -1);
		return false;
	}
	stays = answer(client, "ok\n", fd);
	close(fd);
	return stays;
}

static void client_ready(struct loop_fd *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);
	size_t room = sizeof(client->request) - client->request_bytes;
	ssize_t got = recv(watch->fd, client->request + client->request_bytes, room, 0);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(client);
		return;
	}
	client->request_bytes += (size_t)got;
	end = memchr(client->request, '\n', client->request_bytes);
	if (!end && client->request_bytes < sizeof(client->request))
		return;
	if (end)
		*end = '\0';
	/* Nothing is to follow, and no zeros are to be within. */
	if (!end || end + 1 != client->request + client->request_bytes ||
		strlen(client->request) != (size_t)(end - client->request) ||
		!serve(client, client->request))
		drop(client);
	client->request_bytes = 0;
}

static void accepted(struct listener *listener, int fd)
{
	struct lessor *lessor = container_of(listener, struct lessor, listener);

	for (unsigned int i = 0; i < LEASE_CLIENTS_MAX; i++) {
		struct client *client = &lessor->clients[i];

		if (client->watch.fd >= 0)
			continue;
		client->watch.fd = fd;
		client->request_bytes = 0;
		if (!loop_fd_add(lessor->loop, &client->watch))
			return;
		client->watch.fd = -1;
		break;
	}
	close(fd);
}

/* ---- life
 * ------------------------------------------------------------------------------ */

int lessor_create(struct loop *loop, const char *card_path, const char *socket_path,
	struct lessor **ret, struct error *err)
{
	struct lessor *lessor = calloc(1, sizeof(*lessor));
	int code;

	if (!lessor)
		return error_set(err, -ENOMEM, NULL, "no memory");
	lessor->loop = loop;
	lessor->card_path = card_path;
	lessor->card.fd = -1;
	for (unsigned int i = 0; i < LEASE_CLIENTS_MAX; i++) {
		lessor->clients[i].lessor = lessor;
		lessor->clients[i].watch.fd = -1;
		lessor->clients[i].watch.events = EPOLLIN;
		lessor->clients[i].watch.ready = client_ready;
	}
	/* A wrong card is better told of now. */
	code = open_card(lessor, err);
	if (!code)
		close_unused_card(lessor);
	lessor->listener.watch.fd = -1;
	if (!code)
		code = listener_open_unix(&lessor->listener, loop, socket_path,
			LEASE_CLIENTS_MAX, accepted, NULL, err);
	if (code) {
		lessor_destroy(lessor);
		return code;
	}
	*ret = lessor;
	return 0;
}

void lessor_destroy(struct lessor *lessor)
{
	if (!lessor)
		return;
	for (unsigned int i = 0; i < LEASE_CLIENTS_MAX; i++)
		if (lessor->clients[i].watch.fd >= 0)
			drop(&lessor->clients[i]);
	listener_close(&lessor->listener);
	drm_card_finish(&lessor->card);
	free(lessor);
}
