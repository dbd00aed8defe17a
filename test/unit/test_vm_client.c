/* SPDX-License-Identifier: Apache-2.0 */
#include "src/vm_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/fake_vm.h"
#include "test/unit/test.h"

#define SOON_MS 5000

static const struct fake_answer answers[] = {
	{"query-status", "{\"return\": {\"status\": \"running\"}}\r\n"},
	{"eventful", "{\"event\": \"STOP\", \"data\": {}}\r\n"
		     "{\"event\": \"RESUME\"}\r\n{\"return\": {\"a\": 1}}\r\n"},
	{"refused", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not "
		    "now\"}}\r\n"},
	{"odd", "{\"neither\": 1}\r\n"},
	{"garbage", "\"text\"\r\n"},
	{"dies", NULL},
	{"quit", "{\"return\": {}}\r\n{\"event\": \"SHUTDOWN\"}\r\n", .ends = true},
	{"stream", "{\"return\": {}}\r\n", .echoes = true},
	{NULL},
};

static struct vm_client *begin(struct fake_vm *vm)
{
	struct vm_client *client = NULL;
	struct error err = {.text = ""};

	*vm = (struct fake_vm){.answers = answers};
	fake_vm_begin();
	fake_vm_init(vm, "vm");
	CHECK_EQ(vm_client_open(vm->path, SOON_MS, &client, &err), 0);
	CHECK_STR(err.text, "");
	return client;
}

static void end(struct fake_vm *vm, struct vm_client *client)
{
	vm_client_close(client);
	fake_vm_finish(vm);
	fake_vm_end();
}

TEST(an_answer_is_given_whatever_events_come_first)
{
	struct fake_vm vm;
	struct vm_client *client = begin(&vm);
	json_t *answer = NULL;

	CHECK_EQ(vm_client_call(client, "query-status", NULL, &answer, NULL), 0);
	CHECK_STR(json_string_value(json_object_get(answer, "status")), "running");
	json_decref(answer);
	CHECK_EQ(vm_client_call(
			 client, "eventful", json_pack("{s:i}", "b", 2), &answer, NULL),
		0);
	CHECK_EQ(json_integer_value(json_object_get(answer, "a")), 1);
	json_decref(answer);
	end(&vm, client);
	CHECK_STR(vm.heard, "{\"execute\":\"query-status\"}\n"
			    "{\"execute\":\"eventful\",\"arguments\":{\"b\":2}}\n");
}

TEST(each_refusal_is_told_apart)
{
	static const struct {
		const char *command;
		int code;
		const char *says;
	} rows[] = {
		{"refused", -EREMOTEIO, "not now"},
		{"unknown", -ENOSYS, "no such command"},
		{"odd", -EPROTO, "is not QMP"},
		{"garbage", -EPROTO, "is not QMP"},
		{"dies", -ECONNRESET, "has just ended"},
	};
	struct fake_vm vm;
	struct vm_client *client = begin(&vm);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {.text = ""};
		json_t *answer = NULL;

		CHECK_EQ(vm_client_call(client, rows[i].command, NULL, &answer, &err),
			rows[i].code);
		CHECK(!answer);
		CHECK_HAS(err.text, rows[i].says);
	}
	end(&vm, client);
}

TEST(the_end_of_a_vm_is_waited_for)
{
	struct fake_vm vm;
	struct vm_client *client = begin(&vm);

	CHECK_EQ(vm_client_wait_end(client, 1), -ETIMEDOUT);
	CHECK_EQ(vm_client_call(client, "quit", NULL, NULL, NULL), 0);
	CHECK_EQ(vm_client_wait_end(client, SOON_MS), 0);
	end(&vm, client);
}

TEST(a_stream_begins_behind_the_line_of_the_answer)
{
	struct fake_vm vm;
	struct vm_client *client = begin(&vm);
	char all[32] = "";
	const char *rest = NULL;
	size_t bytes = 0;
	ssize_t n;
	int fd;

	CHECK_EQ(vm_client_call(client, "stream", NULL, NULL, NULL), 0);
	fd = vm_client_stream(client, &rest, &bytes);
	strncat(all, rest, bytes);
	CHECK_EQ(send(fd, "hello.", 6, 0), 6);
	while ((n = recv(fd, all + strlen(all), sizeof(all) - strlen(all) - 1, 0)) > 0)
		;
	CHECK_STR(all, "< hello.");
	end(&vm, client);
}

TEST(a_socket_that_is_no_vm_is_told_apart)
{
	static const struct {
		const char *greeting;
		int code;
		const char *says;
	} rows[] = {
		{"{\"error\": {\"class\": \"GenericError\", \"desc\": \"only the "
		 "owner\"}}\r\n",
			-EACCES, "only the owner"},
		{"{\"hello\": 1}\r\n", -EPROTO, "is no control socket of a VM"},
		{"HTTP/1.0 400 Bad Request\r\n\r\n{}", -EPROTO,
			"is no control socket of a VM"},
		{"", -ETIMEDOUT, "does not answer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_vm vm = {.greeting = rows[i].greeting, .answers = answers};
		struct vm_client *client = NULL;
		struct error err = {.text = ""};

		fake_vm_begin();
		fake_vm_init(&vm, "vm");
		CHECK_EQ(vm_client_open(vm.path, 50, &client, &err), rows[i].code);
		CHECK_HAS(err.text, rows[i].says);
		CHECK(!client);
		fake_vm_finish(&vm);
		fake_vm_end();
	}
}

TEST(without_a_vm_behind_it_a_socket_is_left_over)
{
	struct fake_vm vm = {.answers = answers};
	struct vm_client *client = NULL;
	struct error err = {.text = ""};
	char gone[200];

	fake_vm_begin();
	fake_vm_init(&vm, "vm");
	shutdown(vm.listener, SHUT_RDWR);
	pthread_join(vm.thread, NULL);
	close(vm.listener);
	CHECK_EQ(vm_client_open(vm.path, SOON_MS, &client, &err), -ECONNREFUSED);
	CHECK_HAS(err.text, "the VM has ended");
	unlink(vm.path);
	CHECK_EQ(vm_client_open(vm.path, SOON_MS, &client, &err), -ENOENT);
	CHECK_HAS(err.text, "there is no socket");
	memset(gone, 'x', sizeof(gone) - 1);
	gone[sizeof(gone) - 1] = '\0';
	CHECK_EQ(vm_client_open(gone, SOON_MS, &client, &err), -ENAMETOOLONG);
	fake_vm_end();
}

TEST_MAIN(CASE(an_answer_is_given_whatever_events_come_first),
	CASE(each_refusal_is_told_apart), CASE(the_end_of_a_vm_is_waited_for),
	CASE(a_stream_begins_behind_the_line_of_the_answer),
	CASE(a_socket_that_is_no_vm_is_told_apart),
	CASE(without_a_vm_behind_it_a_socket_is_left_over))
