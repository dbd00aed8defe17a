/* SPDX-License-Identifier: Apache-2.0 */
#include "host/lease.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/display.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/fake_kms.h"
#include "test/unit/test.h"

static char path[64];
static struct loop *loop;
static struct lessor *lessor;

static void start(void)
{
	struct error err;

	fake_kms_reset();
	snprintf(path, sizeof(path), "/tmp/bonsai-test-lease.%d", (int)getpid());
	CHECK_EQ(loop_create(&loop, &err), 0);
	CHECK_EQ(lessor_create(loop, "/dev/dri/card0", path, &lessor, &err), 0);
	CHECK(!fake_kms_is_open());
}

static void stop(void)
{
	lessor_destroy(lessor);
	loop_destroy(loop);
	CHECK(access(path, F_OK) < 0);
	CHECK(!fake_kms_is_open());
}

static void turn(void)
{
	for (int turns = 0; turns < 4; turns++)
		loop_turn(loop, 0);
}

static int connect_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What the lessor answers; "" where it is the end, "-" where it waits for more. */
static const char *answer(int fd)
{
	static char text[LEASE_REQUEST_BYTES];
	ssize_t got;

	turn();
	got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	if (got < 0)
		return "-";
	text[got] = '\0';
	return text;
}

static const char *ask(int fd, const char *request, size_t bytes)
{
	CHECK_EQ(send(fd, request, bytes, MSG_NOSIGNAL), bytes);
	return answer(fd);
}

TEST(leases_a_connector_with_its_crtc)
{
	int one, two;

	start();
	one = connect_client();
	CHECK_STR(ask(one, "lease HDMI-A-2\n", 15), "ok\n");
	CHECK_EQ(fake_kms.lease_objects, 2);
	CHECK_EQ(fake_kms.lease_object[0], 21);
	CHECK_EQ(fake_kms.lease_object[1], 11);
	CHECK(fake_kms_is_open());
	two = connect_client();
	CHECK_STR(ask(two, "lease HDMI-A-1\n", 15), "ok\n");
	CHECK_EQ(fake_kms.leases, 2);
	/* It ends with the client, and the card is let go with the last one. */
	close(one);
	turn();
	CHECK_EQ(fake_kms.leases, 1);
	CHECK(fake_kms_is_open());
	one = connect_client();
	CHECK_STR(ask(one, "lease HDMI-A-2\n", 15), "ok\n");
	close(one);
	close(two);
	turn();
	CHECK_EQ(fake_kms.leases, 0);
	CHECK(!fake_kms_is_open());
	stop();
}

TEST(leases_several_connectors_at_once)
{
	char byte;
	int fd;

	start();
	fd = connect_client();
	CHECK_STR(ask(fd, "lease HDMI-A-2 HDMI-A-1\n", 24), "ok\n");
	CHECK_EQ(fake_kms.lease_objects, 4);
	CHECK_EQ(fake_kms.lease_object[2], 20);
	stop();
	CHECK_EQ(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
}

TEST(refuses_what_cannot_be_leased)
{
	static const struct {
		const char *request;
		const char *answer;
	} table[] = {
		{"lease HDMI-A-1\n", "error HDMI-A-1 is leased already\n"},
		{"lease HDMI-A-2 HDMI-A-2\n", "error HDMI-A-2 is leased already\n"},
		{"lease HDMI-A-2 HDMI-A-1\n", "error HDMI-A-1 is leased already\n"},
		{"lease DP-1\n", "error /dev/dri/card0 has no connector DP-1\n"},
		{"lease \n", "error no connector is named\n"},
		{"lease    \n", "error no connector is named\n"},
		{"\n", "error a request is \"lease NAME...\", once\n"},
		{"give HDMI-A-2\n", "error a request is \"lease NAME...\", once\n"},
	};
	int fd, holder;

	start();
	holder = connect_client();
	CHECK_STR(ask(holder, "lease HDMI-A-1\n", 15), "ok\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		fd = connect_client();
		CHECK_STR(ask(fd, table[i].request, strlen(table[i].request)),
			table[i].answer);
		CHECK_STR(answer(fd), "");
		close(fd);
	}
	/* Nothing of a refused one is left. */
	fd = connect_client();
	CHECK_STR(ask(fd, "lease HDMI-A-2\n", 15), "ok\n");
	CHECK_EQ(fake_kms.leases, 2);
	close(fd);
	close(holder);
	stop();
}

TEST(stands_hostile_clients)
{
	char noise[LEASE_REQUEST_BYTES + 100];
	int clients[LEASE_CLIENTS_MAX + 1], fd;

	start();
	/* A line without an end, a line with zeros, more than one line, bit by bit. */
	memset(noise, 'x', sizeof(noise));
	fd = connect_client();
	CHECK_STR(ask(fd, noise, LEASE_REQUEST_BYTES - 1), "-");
	CHECK_EQ(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	CHECK_STR(answer(fd), "");
	close(fd);
	fd = connect_client();
	CHECK_STR(ask(fd, "lease HDMI-A-1\0 HDMI-A-2\n", 25), "");
	close(fd);
	fd = connect_client();
	CHECK_STR(ask(fd, "lease HDMI-A-1\nlease HDMI-A-2\n", 30), "");
	close(fd);
	fd = connect_client();
	CHECK_STR(ask(fd, "lease HDM", 9), "-");
	CHECK_STR(ask(fd, "I-A-1\n", 6), "ok\n");
	CHECK_STR(ask(fd, "lease HDMI-A-2\n", 15),
		"error a request is \"lease NAME...\", once\n");
	CHECK_EQ(fake_kms.leases, 0);
	close(fd);
	/* More clients than there is room for; those that say nothing cost nothing. */
	for (unsigned int i = 0; i <= LEASE_CLIENTS_MAX; i++) {
		clients[i] = connect_client();
		turn();
	}
	for (int turns = 0; turns < 40; turns++)
		turn();
	CHECK_STR(answer(clients[LEASE_CLIENTS_MAX]), "");
	CHECK_STR(ask(clients[3], "lease HDMI-A-1\n", 15), "ok\n");
	/* One that asks and goes at once. */
	for (unsigned int i = 0; i <= LEASE_CLIENTS_MAX; i++)
		close(clients[i]);
	turn();
	fd = connect_client();
	CHECK_EQ(send(fd, "lease HDMI-A-1\n", 15, MSG_NOSIGNAL), 15);
	close(fd);
	for (int turns = 0; turns < 10; turns++)
		turn();
	CHECK_EQ(fake_kms.leases, 0);
	CHECK(!fake_kms_is_open());
	stop();
}

/* ---- a display on a lease
 * -------------------------------------------------------------- */

static volatile bool done;

static void *open_display(void *argument)
{
	static const struct display_drm_options options = {
		.lease = path, .connectors = "HDMI-A-2"};
	struct loop *own;
	struct error err;

	CHECK_EQ(loop_create(&own, &err), 0);
	CHECK_EQ(display_drm_open(own, &options, 1, argument, &err), 0);
	display_destroy(*(struct display **)argument);
	loop_destroy(own);
	done = true;
	return NULL;
}

TEST(gives_a_display_its_screens)
{
	struct display *display = NULL;
	pthread_t thread;

	start();
	done = false;
	CHECK_EQ(pthread_create(&thread, NULL, open_display, &display), 0);
	while (!done)
		loop_turn(loop, 10);
	pthread_join(thread, NULL);
	CHECK_EQ(fake_kms.lease_object[0], 21);
	turn();
	CHECK_EQ(fake_kms.leases, 0);
	stop();
}

TEST(says_why_there_is_no_lease)
{
	int card, connection;
	struct error err;

	CHECK_EQ(lease_take("/nowhere/lease", "HDMI-A-1", &card, &connection, NULL, &err),
		-ENOENT);
	CHECK_HAS(err.text, "cannot ask for a lease at /nowhere/lease: No such file");
	CHECK_EQ(card, -1);
	CHECK_EQ(connection, -1);
}

TEST_MAIN(CASE(leases_a_connector_with_its_crtc), CASE(leases_several_connectors_at_once),
	CASE(refuses_what_cannot_be_leased), CASE(stands_hostile_clients),
	CASE(gives_a_display_its_screens), CASE(says_why_there_is_no_lease))
