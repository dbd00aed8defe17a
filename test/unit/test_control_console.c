/* SPDX-License-Identifier: Apache-2.0 */
/* bonsai-console: clients as the far end of a terminal that is something else already. */
#include "src/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/terminal.h"
#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

static struct control_rig rig;
static struct terminal *terminal;
static char typed[16384]; /* what the guest has read */
static size_t typed_count;
static bool guest_reads;

static void readable(struct terminal_user *user)
{
	if (guest_reads)
		typed_count += terminal_read(
			terminal, typed + typed_count, sizeof(typed) - 1 - typed_count);
}

static void nothing(struct terminal_user *user)
{
}

static const struct terminal_events events = {
	.readable = readable,
	.writable = nothing,
	.resized = nothing,
	.attached = nothing,
};

static struct terminal_user user = {.events = &events};

static void begin(void)
{
	rig_begin(&rig);
	memset(typed, 0, sizeof(typed));
	typed_count = 0;
	guest_reads = true;
	CHECK_EQ(terminal_null_create(&terminal, NULL), 0);
	terminal_set_user(terminal, &user);
	CHECK_EQ(control_add_terminal(rig.control, "hvc0", terminal, NULL), 0);
}

static void end(void)
{
	rig_end(&rig);
	terminal_destroy(terminal);
}

static void guest_writes(const char *text)
{
	CHECK_EQ(terminal_write(terminal, text, strlen(text)), strlen(text));
}

static int attach(const char *mode)
{
	char text[128];
	int fd = rig_client(&rig);

	snprintf(text, sizeof(text),
		"{\"execute\": \"bonsai-console\", \"arguments\": {\"device\": \"hvc0\", "
		"\"mode\": \"%s\"}}",
		mode);
	CHECK_STR(rig_ask(&rig, fd, text), "{\"return\": {}}");
	return fd;
}

/* All that there is to read now. */
static const char *hears(int fd)
{
	ssize_t n;

	rig_settle(&rig);
	n = recv(fd, rig.line, sizeof(rig.line) - 1, MSG_DONTWAIT);
	rig.line[n > 0 ? n : 0] = 0;
	return rig.line;
}

TEST(a_client_hears_what_was_said_before_and_then_what_is_said)
{
	int fd;

	begin();
	guest_writes("before ");
	fd = attach("ro");
	CHECK_STR(hears(fd), "before ");
	guest_writes("after");
	CHECK_STR(hears(fd), "after");
	control_event(rig.control, "STOP", NULL);
	CHECK_STR(hears(fd), "");
	close(fd);
	end();
}

TEST(what_a_client_types_reaches_the_guest_and_no_other_client)
{
	int watcher;
	int fd;

	begin();
	watcher = attach("ro");
	fd = attach("rw");
	rig_send(watcher, "quiet");
	rig_send(fd, "{\"execute\": \"quit\"}\r");
	rig_settle(&rig);
	CHECK_STR(typed, "{\"execute\": \"quit\"}\r");
	CHECK_EQ(rig.quits, 0);
	CHECK_STR(hears(watcher), "");
	close(fd);
	close(watcher);
	end();
}

TEST(what_comes_in_one_piece_with_the_command_is_typed_but_its_line_end)
{
	static const struct {
		const char *behind;
		const char *typed;
	} rows[] = {{"", ""}, {"\n", ""}, {"\r\n", ""}, {"ls\r", "ls\r"}, {"\n\n", "\n"}};
	char text[128];
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		fd = rig_client(&rig);
		snprintf(text, sizeof(text),
			"{\"execute\": \"bonsai-console\", \"arguments\": {\"device\": "
			"\"hvc0\"}}%s",
			rows[i].behind);
		CHECK_STR(rig_ask(&rig, fd, text), "{\"return\": {}}");
		rig_settle(&rig);
		CHECK_STR(typed, rows[i].typed);
		close(fd);
		end();
	}
}

TEST(one_types_at_a_time_and_the_next_when_it_has_left)
{
	static const char command[] = "{\"execute\": \"bonsai-console\", \"arguments\": "
				      "{\"device\": \"hvc0\", \"mode\": \"rw\"}}";
	char pid[32];
	int second;
	int first;

	begin();
	first = attach("rw");
	second = rig_client(&rig);
	snprintf(pid, sizeof(pid), "process %d types at 'hvc0'", (int)getpid());
	CHECK_HAS(rig_ask(&rig, second, command), pid);
	close(first);
	rig_settle(&rig);
	CHECK_STR(rig_ask(&rig, second, command), "{\"return\": {}}");
	close(second);
	end();
}

TEST(a_guest_that_reads_nothing_holds_the_typist_up_and_loses_nothing)
{
	char text[8192];
	int fd;

	begin();
	guest_reads = false;
	memset(text, 'x', sizeof(text));
	text[0] = '<';
	text[sizeof(text) - 1] = '>';
	fd = attach("rw");
	CHECK_EQ(send(fd, text, sizeof(text), 0), sizeof(text));
	close(fd); /* and the rest is typed nevertheless */
	rig_settle(&rig);
	guest_reads = true;
	for (unsigned int i = 0; i < 100; i++) {
		readable(&user);
		loop_turn(rig.loop, 0);
	}
	CHECK_EQ(typed_count, sizeof(text));
	CHECK(!memcmp(typed, text, sizeof(text)));
	close(attach("rw"));
	end();
}

TEST(a_slow_watcher_loses_the_oldest_bytes_and_stops_nobody)
{
	char block[1024];
	size_t heard = 0;
	int fd;

	begin();
	fd = attach("ro");
	memset(block, '.', sizeof(block));
	for (unsigned int i = 0; i < 2048; i++) {
		CHECK_EQ(terminal_write(terminal, block, sizeof(block)), sizeof(block));
		loop_turn(rig.loop, 0);
	}
	guest_writes("end");
	for (const char *got = hears(fd); *got; got = hears(fd)) {
		heard += strlen(got);
		if (strlen(got) >= 3 && !strcmp(got + strlen(got) - 3, "end"))
			break;
	}
	CHECK_HAS(rig.line, "end");
	CHECK(heard >= 65536 && heard < 2048 * sizeof(block));
	close(fd);
	end();
}

TEST(a_watcher_that_sends_no_more_still_watches)
{
	int fd;

	begin();
	fd = attach("rw");
	shutdown(fd, SHUT_WR);
	rig_settle(&rig);
	guest_writes("still here");
	CHECK_STR(hears(fd), "still here");
	close(attach("rw")); /* it types no more */
	close(fd);
	end();
}

TEST(what_each_console_has_carried_is_told)
{
	int fd;
	int other;

	begin();
	fd = attach("rw");
	guest_writes("welcome");
	rig_send(fd, "you");
	rig_settle(&rig);
	other = rig_client(&rig);
	CHECK_HAS(rig_ask(&rig, other, "{\"execute\": \"bonsai-stats\"}"),
		"\"consoles\": [{\"device\": \"hvc0\", \"written-bytes\": 7, "
		"\"read-bytes\": 3}]");
	close(fd);
	close(other);
	end();
}

TEST(says_what_is_wrong)
{
	static const struct {
		const char *arguments;
		const char *why;
	} rows[] = {
		{"{\"device\": \"hvc1\"}", "there is no console 'hvc1'"},
		{"{\"device\": \"hvc0\", \"mode\": \"wo\"}", "allowed: rw, ro"},
		{"{}", "arguments: "},
		{"{\"device\": \"hvc0\", \"more\": 1}", "arguments: "},
	};
	char text[160];
	int fd;

	begin();
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text),
			"{\"execute\": \"bonsai-console\", \"arguments\": %s}",
			rows[i].arguments);
		CHECK_HAS(rig_ask(&rig, fd, text), rows[i].why);
	}
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"query-chardev\"}"),
		"{\"return\": [{\"label\": \"hvc0\", \"filename\": \"\", "
		"\"frontend-open\": true}]}");
	close(fd);
	end();
}

TEST_MAIN(CASE(a_client_hears_what_was_said_before_and_then_what_is_said),
	CASE(what_a_client_types_reaches_the_guest_and_no_other_client),
	CASE(what_comes_in_one_piece_with_the_command_is_typed_but_its_line_end),
	CASE(one_types_at_a_time_and_the_next_when_it_has_left),
	CASE(a_guest_that_reads_nothing_holds_the_typist_up_and_loses_nothing),
	CASE(a_slow_watcher_loses_the_oldest_bytes_and_stops_nobody),
	CASE(a_watcher_that_sends_no_more_still_watches),
	CASE(what_each_console_has_carried_is_told), CASE(says_what_is_wrong))
