/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/cmd_tls.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/tls_fixture.h"
#include "test/unit/tls_rig.h"

#define TURNS_MAX 100000u
#define BULK_BYTES (1u << 20)

static const struct tls_rig_files server_files = {
	fixture_server, fixture_server_key, fixture_ca, NULL};
static const struct tls_rig_files client_files = {
	fixture_client, fixture_client_key, fixture_ca, NULL};
static const struct tls_rig_files stranger_files = {
	fixture_stranger, fixture_stranger_key, fixture_ca, NULL};

struct pair {
	struct loop *loop;
	struct tls *tls[2];
	struct tls_rig_end server;
	struct tls_rig_end client;
	int client_fd; /* for who forges its words */
};

/* Until both have opened, or one is over. */
static void meet(struct pair *pair, const struct tls_rig_files *server,
	const struct tls_rig_files *client, const char *host)
{
	int fds[2];

	CHECK_EQ(loop_create(&pair->loop, NULL), 0);
	CHECK_EQ(tls_rig_create(TLS_SERVER, server, &pair->tls[0], NULL), 0);
	CHECK_EQ(tls_rig_create(TLS_CLIENT, client, &pair->tls[1], NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
		0);
	pair->client_fd = dup(fds[1]);
	tls_rig_open(&pair->server, pair->loop, pair->tls[0], fds[0], NULL, TLS_AT_ONCE);
	tls_rig_open(&pair->client, pair->loop, pair->tls[1], fds[1], host, TLS_AT_ONCE);
	for (unsigned int i = 0; i < TURNS_MAX; i++) {
		bool opened = pair->server.plain >= 0 && pair->client.plain >= 0;

		if (opened || (pair->server.over && pair->client.over))
			break;
		loop_turn(pair->loop, 1000);
	}
}

static void part(struct pair *pair)
{
	tls_rig_close(&pair->server);
	tls_rig_close(&pair->client);
	close(pair->client_fd);
	tls_destroy(pair->tls[0]);
	tls_destroy(pair->tls[1]);
	loop_destroy(pair->loop);
}

TEST(who_has_a_certificate_and_is_whom_it_was_called_gets_in)
{
	static const char *const hosts[] = {
		"vm.example", "VM.example", "192.0.2.7", "2001:db8::7", "2001:DB8:0::7"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct pair pair;

		meet(&pair, &server_files, &client_files, hosts[i]);
		CHECK(pair.server.plain >= 0 && pair.client.plain >= 0);
		part(&pair);
	}
}

TEST(a_server_with_another_name_is_not_believed)
{
	static const char *const hosts[] = {
		"example", "m.example", "192.0.2.8", "2001:db8::8", "ops", "vm", ""};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct pair pair;

		meet(&pair, &server_files, &client_files, hosts[i]);
		CHECK(pair.server.plain < 0 && pair.client.over);
		CHECK_HAS(pair.client.fault, "has a certificate for another name");
		part(&pair);
	}
}

TEST(clients_are_known_by_any_of_their_names_and_by_no_part_of_one)
{
	static const struct {
		const char *clients;
		bool good;
	} rows[] = {
		{"ops", true},
		{"admin ops", true},
		{" ops  admin", true},
		{"ops@example.org", true},
		{"ops@EXAMPLE.org", true},
		{"op", false},
		{"opss", false},
		{"admin", false},
		{" ", false},
		{"ops,admin", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_rig_files files = server_files;
		struct pair pair;

		files.clients = rows[i].clients;
		meet(&pair, &files, &client_files, "vm.example");
		CHECK_EQ(pair.server.plain >= 0, rows[i].good);
		if (!rows[i].good)
			CHECK_HAS(pair.server.fault, "for another name");
		part(&pair);
	}
}

TEST(one_of_another_authority_is_refused_whatever_its_name)
{
	struct tls_rig_files files = server_files;
	struct pair pair;

	files.clients = "ops";
	meet(&pair, &files, &stranger_files, "vm.example");
	CHECK_EQ(pair.server.plain, -1);
	CHECK_HAS(pair.server.fault, "of none of those that are trusted");
	/* By TLS 1.3 it is ready before the server has looked at its certificate. */
	if (pair.client.plain < 0)
		CHECK_HAS(pair.client.fault, "has refused this end");
	CHECK(pair.client.over);
	part(&pair);

	files = client_files;
	files.ca = fixture_other_ca;
	meet(&pair, &server_files, &files, "vm.example");
	CHECK(pair.server.plain < 0 && pair.client.plain < 0);
	CHECK_HAS(pair.client.fault, "of none of those that are trusted");
	part(&pair);
}

/* Both talk at once, in pieces of any size, and neither reads all that there is. */
TEST(bytes_come_out_as_they_went_in)
{
	static uint8_t sent[BULK_BYTES];
	static uint8_t got[2][BULK_BYTES];
	size_t done[2] = {0};
	size_t said[2] = {0};
	struct pair pair;
	int fds[2];

	meet(&pair, &server_files, &client_files, "vm.example");
	fds[0] = pair.server.plain;
	fds[1] = pair.client.plain;
	srand(1);
	for (size_t i = 0; i < BULK_BYTES; i++)
		sent[i] = (uint8_t)rand();
	for (unsigned int turn = 0; turn < TURNS_MAX; turn++) {
		for (unsigned int i = 0; i < 2; i++) {
			size_t piece = 1 + (size_t)rand() % 20000;
			size_t left = BULK_BYTES - said[i];
			ssize_t n = send(fds[i], sent + said[i],
				left < piece ? left : piece, MSG_DONTWAIT);

			said[i] += n > 0 ? (size_t)n : 0;
			left = BULK_BYTES - done[i];
			n = recv(fds[i], got[i] + done[i], left < piece ? left : piece,
				MSG_DONTWAIT);
			done[i] += n > 0 ? (size_t)n : 0;
		}
		if (done[0] == BULK_BYTES && done[1] == BULK_BYTES)
			break;
		loop_turn(pair.loop, 0);
	}
	CHECK(!memcmp(got[0], sent, BULK_BYTES));
	CHECK(!memcmp(got[1], sent, BULK_BYTES));
	part(&pair);
}

TEST(last_words_arrive_and_then_the_end)
{
	static char words[100000];
	struct pair pair;
	size_t count = 0;
	ssize_t n = 1;

	meet(&pair, &server_files, &client_files, "vm.example");
	CHECK_EQ(write(pair.server.plain, words, sizeof(words)), sizeof(words));
	close(pair.server.plain);
	pair.server.plain = -1;
	for (unsigned int i = 0; i < TURNS_MAX && n; i++) {
		loop_turn(pair.loop, 10);
		n = recv(pair.client.plain, words, sizeof(words), MSG_DONTWAIT);
		count += n > 0 ? (size_t)n : 0;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(count, sizeof(words));
	CHECK(pair.server.over && !pair.server.fault);
	CHECK(pair.client.over && !pair.client.fault);
	part(&pair);
}

/* Such as by TLS 1.3, where the client is ready before the server knows who it is. */
TEST(a_server_that_refuses_an_open_client_is_heard)
{
	static const struct {
		const char *first; /* of the server's words */
		const char *fault;
	} rows[] = {{"", "has refused this end"}, {"hello", "has broken off"}};
	/* A record of no key. */
	static const char wrong[] =
		"\x17\x03\x03\x00\x20 nonsense of 32 bytes in all ....";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t count = strlen(rows[i].first);
		char heard[8];
		struct pair pair;

		meet(&pair, &server_files, &client_files, "vm.example");
		CHECK_EQ(write(pair.server.plain, rows[i].first, count), count);
		for (unsigned int turn = 0; count && turn < TURNS_MAX; turn++) {
			loop_turn(pair.loop, 10);
			if (recv(pair.client.plain, heard, sizeof(heard), MSG_DONTWAIT) >
				0)
				break;
		}
		CHECK(write(pair.client_fd, wrong, 5 + 32) > 0);
		for (unsigned int turn = 0; turn < TURNS_MAX && !pair.client.over; turn++)
			loop_turn(pair.loop, 1000);
		CHECK(pair.client.over && !pair.server.fault);
		CHECK_HAS(pair.client.fault, rows[i].fault);
		part(&pair);
	}
}

static const char *fault_of(const char *said)
{
	static struct tls_rig_end end;
	struct loop *loop;
	struct tls *tls;
	int fds[2];

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(tls_rig_create(TLS_SERVER, &server_files, &tls, NULL), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
		0);
	tls_rig_open(&end, loop, tls, fds[0], NULL, TLS_AT_ONCE);
	CHECK_EQ(write(fds[1], said, strlen(said)), strlen(said));
	close(fds[1]);
	for (unsigned int i = 0; i < TURNS_MAX && !end.over; i++)
		loop_turn(loop, 1000);
	CHECK(end.over && end.plain < 0);
	tls_rig_close(&end);
	tls_destroy(tls);
	loop_destroy(loop);
	return end.fault ? end.fault : "";
}

TEST(who_speaks_something_else_is_told_apart_from_who_leaves)
{
	CHECK_STR(fault_of(""), "has left");
	CHECK_STR(fault_of("\x16\x03\x01"), "has left");
	CHECK_STR(fault_of("{\"execute\": \"quit\"}\n"), "speaks no TLS");
	CHECK_STR(fault_of("GET / HTTP/1.1\r\n\r\n"), "speaks no TLS");
}

TEST(files_that_do_not_do_are_told_by_their_names)
{
	static const struct {
		enum tls_end end;
		struct tls_rig_files files;
		const char *said;
	} rows[] = {
		{TLS_SERVER, {"", fixture_server_key, fixture_ca},
			"is no file of certificates in PEM"},
		{TLS_SERVER, {fixture_server, fixture_client_key, fixture_ca},
			"is not that of certificate"},
		{TLS_SERVER, {fixture_server, fixture_server, fixture_ca},
			"is no private key in PEM without a passphrase"},
		{TLS_SERVER, {fixture_server, fixture_server_key, fixture_server_key},
			"is no file of certificates in PEM"},
		{TLS_SERVER, {fixture_client, fixture_client_key, fixture_ca},
			"is not for a server"},
		{TLS_CLIENT, {fixture_server, fixture_server_key, fixture_ca},
			"is not for a client"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {.text = ""};
		struct tls *tls;

		CHECK_EQ(
			tls_rig_create(rows[i].end, &rows[i].files, &tls, &err), -EINVAL);
		CHECK_HAS(err.text, rows[i].said);
	}
}

TEST(places_have_a_host_a_port_and_perhaps_a_device)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: it is none */
		const char *port;
		const char *device;
	} rows[] = {
		{"tls://a:1", "a", "1", NULL},
		{"tls://a.b-c:65535/", "a.b-c", "65535", ""},
		{"tls://192.0.2.7:7/hvc0", "192.0.2.7", "7", "hvc0"},
		{"tls://[::1]:7/hvc0", "::1", "7", "hvc0"},
		{"tls://[::1]:7/a:b", "::1", "7", "a:b"},
		{"tls://", NULL},
		{"tls://a", NULL},
		{"tls://:1", NULL},
		{"tls://a:", NULL},
		{"tls://a:0", NULL},
		{"tls://a:65536", NULL},
		{"tls://a:x", NULL},
		{"tls://a:-1", NULL},
		{"tls://a/b:1", NULL},
		{"tls://::1:7", NULL},
		{"tls://[]:7", NULL},
		{"tls://[::1:7", NULL},
		{"tls://[::1]7", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cmd_tls_place place;
		struct error err = {.text = ""};
		int code = cmd_tls_read_place(rows[i].text, &place, &err);

		CHECK_EQ(code, rows[i].host ? 0 : -EINVAL);
		if (code) {
			CHECK_HAS(err.text, "is no place");
			continue;
		}
		CHECK_STR(place.host, rows[i].host);
		CHECK_STR(place.port, rows[i].port);
		CHECK_EQ(!place.device, !rows[i].device);
		if (place.device && rows[i].device)
			CHECK_STR(place.device, rows[i].device);
	}
}

TEST_MAIN(CASE(who_has_a_certificate_and_is_whom_it_was_called_gets_in),
	CASE(a_server_with_another_name_is_not_believed),
	CASE(clients_are_known_by_any_of_their_names_and_by_no_part_of_one),
	CASE(one_of_another_authority_is_refused_whatever_its_name),
	CASE(bytes_come_out_as_they_went_in), CASE(last_words_arrive_and_then_the_end),
	CASE(a_server_that_refuses_an_open_client_is_heard),
	CASE(who_speaks_something_else_is_told_apart_from_who_leaves),
	CASE(files_that_do_not_do_are_told_by_their_names),
	CASE(places_have_a_host_a_port_and_perhaps_a_device))
