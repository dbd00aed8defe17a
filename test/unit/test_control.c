/* SPDX-License-Identifier: Apache-2.0 */
/* The wire: what clients may do to the control socket, and what it does then. */
#include "src/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

static struct control_rig rig;

TEST(refuses_commands_before_negotiation)
{
	int fd;

	rig_begin(&rig);
	fd = rig_connect(&rig);
	rig_line(&rig, fd);
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"query-status\", \"id\": [1]}"),
		"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"Expecting "
		"capabilities negotiation with 'qmp_capabilities'\"}, \"id\": [1]}");
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"qmp_capabilities\"}"),
		"{\"return\": {}}");
	CHECK_HAS(rig_ask(&rig, fd, "{\"execute\": \"qmp_capabilities\"}"),
		"already complete");
	close(fd);
	rig_end(&rig);
}

TEST(answers_each_command_and_echoes_its_id)
{
	static const struct {
		const char *text;
		const char *answer;
	} rows[] = {
		{"{\"execute\": \"query-status\", \"id\": \"a\"}",
			"{\"return\": {\"status\": \"running\", \"running\": true}, "
			"\"id\": \"a\"}"},
		{"{\"execute\": \"no-such\", \"id\": {\"x\": null}}",
			"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The "
			"command no-such has not been found\"}, \"id\": {\"x\": null}}"},
		{"{\"execute\": \"query-status\", \"arguments\": {\"a\": 1}}",
			"\"class\": \"GenericError\""},
		{"{\"execute\": 1}", "must be a string"},
		{"{\"execute\": \"stop\", \"arguments\": []}", "must be an object"},
		{"{\"execute\": \"stop\", \"more\": 1}", "a member other than"},
		{"{}", "lacks member 'execute'"},
		{"[]", "must be a JSON object"},
		{"\"stop\"", "must be a JSON object"},
		{"stop\n", "\"class\": \"GenericError\""},
		{"{\"execute\" \"stop\"}", "\"class\": \"GenericError\""},
		{"{\"execute\": \"stop\", \"execute\": \"cont\"}", "duplicate"},
		{"{\"execute\": \"\\ud800\"}", "\"class\": \"GenericError\""},
		{"{\"execute\": \"\xff\"}", "\"class\": \"GenericError\""},
		{"}", "\"class\": \"GenericError\""},
		{"{\"execute\": \"query-version\"}", "\"package\": \"bonsai "},
		{"{\"execute\": \"query-commands\"}", "{\"name\": \"query-status\"}"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_HAS(rig_ask(&rig, fd, rows[i].text), rows[i].answer);
	close(fd);
	rig_end(&rig);
}

TEST(acts_for_a_client_that_writes_everything_and_leaves)
{
	int fd;

	rig_begin(&rig);
	fd = rig_connect(&rig);
	rig_send(fd, "{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}");
	close(fd);
	rig_settle(&rig);
	CHECK_EQ(rig.quits, 1);
	rig_end(&rig);
}

TEST(answers_a_client_that_has_closed_its_sending_side)
{
	int fd;

	rig_begin(&rig);
	fd = rig_connect(&rig);
	rig_send(fd, "{\"execute\":\"qmp_capabilities\"} {\"execute\":\"query-status\"}");
	shutdown(fd, SHUT_WR);
	CHECK_HAS(rig_line(&rig, fd), "QMP");
	CHECK_STR(rig_line(&rig, fd), "{\"return\": {}}");
	CHECK_HAS(rig_line(&rig, fd), "running");
	rig_settle(&rig);
	CHECK_EQ(recv(fd, rig.line, 1, 0), 0);
	close(fd);
	rig_end(&rig);
}

TEST(tells_every_negotiated_client_of_an_event)
{
	int first;
	int second;
	int silent;

	rig_begin(&rig);
	first = rig_client(&rig);
	second = rig_client(&rig);
	silent = rig_connect(&rig);
	rig_line(&rig, silent);
	control_event(rig.control, "RESET", json_pack("{s:b}", "guest", 1));
	control_event(rig.control, "STOP", NULL);
	control_event(NULL, "STOP", json_object());
	CHECK_HAS(rig_line(&rig, first),
		"{\"event\": \"RESET\", \"data\": {\"guest\": true}, \"timestamp\": "
		"{\"seconds\": ");
	CHECK_HAS(rig_line(&rig, first), "{\"event\": \"STOP\", \"timestamp\"");
	CHECK_HAS(rig_line(&rig, second), "RESET");
	CHECK_STR(rig_line(&rig, silent), "");
	close(first);
	close(second);
	close(silent);
	rig_end(&rig);
}

TEST(drops_a_client_that_sends_too_much_or_too_deep_after_an_error)
{
	char *text = malloc(100000);
	int fd;

	for (unsigned int i = 0; i < 2; i++) {
		memset(text, i ? '[' : ' ', 99999);
		text[0] = '[';
		text[99999] = 0;
		rig_begin(&rig);
		fd = rig_client(&rig);
		rig_send(fd, text);
		CHECK_HAS(rig_line(&rig, fd), "longer than 65536 bytes or deeper");
		CHECK_STR(rig_line(&rig, fd), "");
		CHECK(send(fd, "{", 1, MSG_NOSIGNAL) < 0);
		close(fd);
		rig_end(&rig);
	}
	free(text);
}

TEST(drops_a_client_that_never_reads_its_events)
{
	char text[1024];
	unsigned int events = 0;
	int reader;
	int fd;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	rig_begin(&rig);
	fd = rig_client(&rig);
	reader = rig_client(&rig);
	while (events < 100000 && (send(fd, "\n", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ||
					  errno == EAGAIN)) {
		control_event(rig.control, "TEST", json_pack("{s:s}", "text", text));
		CHECK_HAS(rig_line(&rig, reader), "TEST");
		events++;
	}
	CHECK(events > 1000 && events < 100000);
	close(fd);
	close(reader);
	rig_end(&rig);
}

TEST(takes_no_more_commands_than_it_can_answer)
{
	static const char command[] = "{\"execute\": \"query-commands\"}";
	unsigned int sent = 0;
	unsigned int answered = 0;
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	while (send(fd, command, strlen(command), MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)strlen(command)) {
		rig_settle(&rig);
		sent++;
	}
	CHECK_EQ(errno, EAGAIN);
	while (*rig_line(&rig, fd))
		answered++;
	CHECK(answered >= sent);
	close(fd);
	rig_end(&rig);
}

TEST(takes_32_clients_and_lets_others_in_when_they_leave)
{
	int fds[32];
	int extra;

	rig_begin(&rig);
	for (unsigned int i = 0; i < 32; i++)
		fds[i] = rig_client(&rig);
	extra = rig_connect(&rig);
	CHECK_EQ(recv(extra, rig.line, 10, 0), 10);
	CHECK_HAS(rig.line, "{\"error\": ");
	close(extra);
	for (unsigned int i = 0; i < 32; i++)
		close(fds[i]);
	rig_settle(&rig);
	for (unsigned int i = 0; i < 100; i++)
		close(rig_connect(&rig));
	close(rig_client(&rig));
	rig_end(&rig);
}

/* In a process of its own: connects as that user, and returns whether it hears so much.
 */
static int hears_as(uid_t uid, const char *expected)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[128] = "";

	memcpy(address.sun_path, rig.path, strlen(rig.path));
	if (seteuid(uid) || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return 2;
	recv(fd, text, sizeof(text) - 1, 0);
	return strncmp(text, expected, strlen(expected)) != 0;
}

/* Only root can be somebody else. */
TEST(refuses_other_users_whatever_the_mode_of_its_socket)
{
	static const struct {
		uid_t uid;
		const char *hears;
	} rows[] = {
		{65534, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"only the "
			"VM's "
			"owner and root may control it\"}}"},
		{0, "{\"QMP\": "},
	};

	if (geteuid())
		return;
	rig_begin(&rig);
	CHECK_EQ(chmod(rig.folder, 0755), 0);
	CHECK_EQ(chmod(rig.path, 0666), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t child = fork();
		int status;

		if (!child)
			_exit(hears_as(rows[i].uid, rows[i].hears));
		while (!waitpid(child, &status, WNOHANG))
			loop_turn(rig.loop, 10);
		CHECK_EQ(status, 0);
		rig_settle(&rig);
	}
	rig_end(&rig);
}

TEST(refuses_a_second_vm_of_the_name_and_replaces_a_dead_one)
{
	struct control *second = NULL;
	struct stat stat_buf;
	struct error err = {.text = ""};

	rig_begin(&rig);
	CHECK_EQ(control_create(rig.loop, rig.path, &rig.machine, NULL, &second, &err),
		-EADDRINUSE);
	CHECK_HAS(err.text, "a VM of this name runs");
	CHECK_EQ(stat(rig.path, &stat_buf), 0);
	CHECK_EQ(stat_buf.st_mode & 0777, 0600);
	rig_end(&rig);
}

/* The process at the other end of a new connection. */
static pid_t peer_of(struct control_rig *client)
{
	struct ucred peer = {0};
	socklen_t bytes = sizeof(peer);
	int fd = rig_connect(client);

	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes), 0);
	close(fd);
	rig_settle(client);
	return peer.pid;
}

TEST(serves_a_socket_that_a_manager_has_bound_and_leaves_it_there)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int bound = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct control *own;
	struct stat stat_buf;
	char path[sizeof(rig.path)];
	pid_t manager;
	int early;

	rig_begin(&rig);
	own = rig.control;
	memcpy(path, rig.path, sizeof(path));
	snprintf(rig.path, sizeof(rig.path), "%s/handed", rig.folder);
	memcpy(address.sun_path, rig.path, strlen(rig.path));
	CHECK_EQ(bind(bound, (struct sockaddr *)&address, sizeof(address)), 0);
	manager = fork();
	if (!manager)
		_exit(listen(bound, 1));
	CHECK_EQ(waitpid(manager, NULL, 0), manager);
	/* One that does not wait for the VM. */
	early = rig_connect(&rig);
	rig_send(early, "{\"execute\": \"qmp_capabilities\"}{\"execute\": \"stop\"}");
	CHECK_EQ(control_create_at(rig.loop, bound, &rig.machine, &rig.control, NULL), 0);
	CHECK_HAS(rig_line(&rig, early), "{\"QMP\": ");
	rig_settle(&rig);
	CHECK_EQ(rig.pauses, 1);
	CHECK_EQ(peer_of(&rig), getpid());
	close(early);
	control_destroy(rig.control);
	rig.control = own;
	CHECK_EQ(stat(rig.path, &stat_buf), 0);
	CHECK_EQ(unlink(rig.path), 0);
	memcpy(rig.path, path, sizeof(path));
	rig_end(&rig);
}

TEST_MAIN(CASE(refuses_commands_before_negotiation),
	CASE(answers_each_command_and_echoes_its_id),
	CASE(acts_for_a_client_that_writes_everything_and_leaves),
	CASE(answers_a_client_that_has_closed_its_sending_side),
	CASE(tells_every_negotiated_client_of_an_event),
	CASE(drops_a_client_that_sends_too_much_or_too_deep_after_an_error),
	CASE(drops_a_client_that_never_reads_its_events),
	CASE(takes_no_more_commands_than_it_can_answer),
	CASE(takes_32_clients_and_lets_others_in_when_they_leave),
	CASE(refuses_other_users_whatever_the_mode_of_its_socket),
	CASE(refuses_a_second_vm_of_the_name_and_replaces_a_dead_one),
	CASE(serves_a_socket_that_a_manager_has_bound_and_leaves_it_there))
