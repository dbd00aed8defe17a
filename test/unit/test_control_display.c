/* SPDX-License-Identifier: Apache-2.0 */
/* The command that saves what is on a screen, and what takes a while to be answered. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/control.h"
#include "src/error.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

#define DUMP(arguments) "{\"execute\": \"screendump\", \"arguments\": {" arguments "}}"
#define GENERIC(text) "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}"

static struct control_rig rig;

TEST(screendump_names_a_screen_and_a_file)
{
	static const struct {
		const char *text;
		const char *dumped;
	} rows[] = {
		{DUMP("\"filename\": \"/a.ppm\""), "any 0 /a.ppm ppm"},
		{DUMP("\"filename\": \"b\", \"format\": \"png\""), "any 0 b png"},
		{DUMP("\"filename\": \"c\", \"device\": \"gpu1\", \"head\": 3, "
		      "\"format\": \"ppm\""),
			"gpu1 3 c ppm"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_send(fd, rows[i].text);
		rig_settle(&rig);
		CHECK_STR(rig.dumped, rows[i].dumped);
		rig_answer_dump(&rig, 0, NULL);
		CHECK_STR(rig_line(&rig, fd), "{\"return\": {}}");
	}
	close(fd);
	rig_end(&rig);
}

TEST(screendump_says_what_is_wrong)
{
	static const struct {
		const char *text;
		const char *answer;
	} rows[] = {
		{DUMP(""), GENERIC("arguments: Object item not found: filename")},
		{DUMP("\"filename\": \"a\", \"format\": \"jpg\""),
			GENERIC("format is 'jpg', allowed: ppm, png")},
		{DUMP("\"filename\": \"a\", \"head\": -1"),
			GENERIC("head is -1, allowed: 0 to 15")},
		{DUMP("\"filename\": \"a\", \"head\": 4294967296"),
			GENERIC("head is 4294967296, allowed: 0 to 15")},
		{DUMP("\"filename\": \"a\", \"device\": \"none\""),
			"{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": "
			"\"there is none\"}}"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), rows[i].answer);
	CHECK_STR(rig.dumped, "");
	close(fd);
	rig_end(&rig);
}

TEST(answers_when_the_file_is_there)
{
	static const struct error full = {.text = "cannot write b: it is full"};
	int fd, other;

	rig_begin(&rig);
	fd = rig_client(&rig);
	other = rig_client(&rig);
	CHECK_STR(rig_ask(&rig, fd,
			  "{\"execute\": \"screendump\", \"arguments\": {\"filename\": "
			  "\"a\"}, \"id\": [7]}"),
		"");
	/* Everybody else goes on. */
	CHECK_STR(rig_ask(&rig, other, "{\"execute\": \"stop\"}"), "{\"return\": {}}");
	rig_answer_dump(&rig, 0, NULL);
	CHECK_STR(rig_line(&rig, fd), "{\"return\": {}, \"id\": [7]}");

	rig_send(fd, DUMP("\"filename\": \"b\""));
	rig_settle(&rig);
	rig_answer_dump(&rig, -ENOSPC, &full);
	CHECK_STR(rig_line(&rig, fd), GENERIC("cannot write b: it is full"));
	close(fd);
	close(other);
	rig_end(&rig);
}

TEST(what_a_client_asks_for_behind_it_waits)
{
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	/* In one piece, and in another that comes later. */
	rig_send(fd, DUMP("\"filename\": \"a\"") DUMP("\"filename\": \"b\"") "{\"execu");
	rig_settle(&rig);
	rig_send(fd, "te\": \"stop\"}");
	CHECK_STR(rig_line(&rig, fd), "");
	CHECK_EQ(rig.dump_count, 1);
	CHECK_STR(rig.dumped, "any 0 a ppm");

	rig_answer_dump(&rig, 0, NULL);
	CHECK_STR(rig_line(&rig, fd), "{\"return\": {}}");
	rig_settle(&rig);
	CHECK_STR(rig.dumped, "any 0 b ppm");
	CHECK_EQ(rig.pauses, 0);
	rig_answer_dump(&rig, 0, NULL);
	CHECK_STR(rig_line(&rig, fd), "{\"return\": {}}");
	CHECK_STR(rig_line(&rig, fd), "{\"return\": {}}");
	CHECK_EQ(rig.pauses, 1);
	close(fd);
	rig_end(&rig);
}

TEST(several_clients_wait_at_once)
{
	int fds[3];

	rig_begin(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = rig_client(&rig);
		rig_send(fds[i], DUMP("\"filename\": \"a\""));
		rig_settle(&rig);
	}
	CHECK_EQ(rig.dump_count, ARRAY_SIZE(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		CHECK_STR(rig_line(&rig, fds[i]), "");
		rig_answer_dump(&rig, 0, NULL);
		CHECK_STR(rig_line(&rig, fds[i]), "{\"return\": {}}");
		close(fds[i]);
	}
	rig_end(&rig);
}

/* Once its process has ended, and once it only sends no more. */
TEST(a_client_may_leave_while_it_waits)
{
	int fd, half;

	rig_begin(&rig);
	fd = rig_client(&rig);
	half = rig_client(&rig);
	rig_send(fd, DUMP("\"filename\": \"a\"") "{\"execute\": \"stop\"}");
	rig_send(half, DUMP("\"filename\": \"b\"") "{\"execute\": \"cont\"}");
	CHECK_EQ(shutdown(half, SHUT_WR), 0);
	rig_settle(&rig);
	close(fd);
	rig_settle(&rig);
	CHECK_EQ(rig.dump_count, 2);
	CHECK_EQ(rig.pauses, 0);

	rig_answer_dump(&rig, 0, NULL);
	rig_answer_dump(&rig, 0, NULL);
	rig_settle(&rig);
	CHECK_EQ(rig.pauses, 1);
	CHECK_EQ(rig.resumes, 1);
	CHECK_STR(rig_line(&rig, half), "{\"return\": {}}");
	CHECK_STR(rig_line(&rig, half), "{\"return\": {}}");
	CHECK_STR(rig_line(&rig, half), "");
	CHECK_EQ(recv(half, rig.line, 1, MSG_DONTWAIT), 0);
	close(half);
	rig_end(&rig);
}

/* It is not listened to any more, but its answer is still due. */
TEST(a_client_that_never_reads_is_dropped_while_it_waits)
{
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	rig_send(fd, DUMP("\"filename\": \"a\""));
	rig_settle(&rig);
	for (unsigned int i = 0; i < 200; i++) {
		static char text[20001];

		memset(text, 'x', sizeof(text) - 1);
		control_event(rig.control, "TEST", json_pack("{s:s}", "text", text));
	}
	rig_settle(&rig);
	rig_answer_dump(&rig, 0, NULL);
	rig_settle(&rig);
	while (recv(fd, rig.line, sizeof(rig.line), MSG_DONTWAIT) > 0)
		;
	CHECK_EQ(recv(fd, rig.line, 1, MSG_DONTWAIT), 0);
	close(fd);
	rig_end(&rig);
}

TEST(the_end_of_the_vm_is_an_answer)
{
	static char line[128];
	int fd, gone;

	rig_begin(&rig);
	fd = rig_client(&rig);
	gone = rig_client(&rig);
	rig_send(fd, DUMP("\"filename\": \"a\""));
	rig_send(gone, DUMP("\"filename\": \"b\""));
	rig_settle(&rig);
	close(gone);
	rig_settle(&rig);
	rig_end(&rig);
	CHECK(recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT) > 0);
	CHECK_STR(line, GENERIC("the VM has ended") "\r\n");
	close(fd);
}

TEST_MAIN(CASE(screendump_names_a_screen_and_a_file), CASE(screendump_says_what_is_wrong),
	CASE(answers_when_the_file_is_there),
	CASE(what_a_client_asks_for_behind_it_waits), CASE(several_clients_wait_at_once),
	CASE(a_client_may_leave_while_it_waits),
	CASE(a_client_that_never_reads_is_dropped_while_it_waits),
	CASE(the_end_of_the_vm_is_an_answer))
