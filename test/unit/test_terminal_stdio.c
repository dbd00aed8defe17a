/* SPDX-License-Identifier: Apache-2.0 */
/* stdio over the slave of a pty pair, pipes and files; no tty of the tester's own. */
#include "host/terminal_impl.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/terminal_probe.h"

struct desk {
	struct probe probe;
	int master; /* where the person sits */
	int slave;
	unsigned int quits;
};

static void count_quit(void *quit_data)
{
	(*(unsigned int *)quit_data)++;
}

static void open_stdio(struct desk *desk, int in, int out)
{
	struct error err = {0};

	if (terminal_stdio_open(desk->probe.loop, in, out, count_quit, &desk->quits,
		    &desk->probe.terminal, &err))
		test_fail(__FILE__, __LINE__, "%s", err.text);
	else
		probe_watch(&desk->probe);
}

static void desk_init(struct desk *desk)
{
	struct winsize size = {.ws_col = 80, .ws_row = 25};

	probe_init(&desk->probe);
	desk->quits = 0;
	CHECK_EQ(openpty(&desk->master, &desk->slave, NULL, NULL, &size), 0);
	fcntl(desk->master, F_SETFL, O_NONBLOCK);
	open_stdio(desk, desk->slave, desk->slave);
}

static void desk_finish(struct desk *desk)
{
	probe_finish(&desk->probe);
	close(desk->master);
	close(desk->slave);
}

static void press(struct desk *desk, const char *keys)
{
	CHECK_EQ(write(desk->master, keys, strlen(keys)), strlen(keys));
}

static void screen(struct desk *desk, char *to, size_t room)
{
	struct pollfd wait = {.fd = desk->master, .events = POLLIN};
	ssize_t n;

	CHECK_EQ(poll(&wait, 1, 5000), 1);
	n = read(desk->master, to, room - 1);
	to[n < 0 ? 0 : n] = '\0';
}

TEST(passes_keys_and_text_unchanged)
{
	struct desk desk;
	char seen[64];

	desk_init(&desk);
	press(&desk, "ls\r\x03\x04\x1a");
	PROBE_UNTIL(&desk.probe, desk.probe.got_bytes >= 6);
	CHECK_STR(desk.probe.got, "ls\r\x03\x04\x1a");
	CHECK_EQ(terminal_write(desk.probe.terminal, "a\nb\r\n", 5), 5);
	screen(&desk, seen, sizeof(seen));
	CHECK_STR(seen, "a\nb\r\n");
	desk_finish(&desk);
}

TEST(understands_the_escape_keys)
{
	static const struct {
		const char *keys;
		const char *more; /* arrives later */
		const char *guest;
		unsigned int quits;
	} keys[] = {
		{"a\001xb", "", "ab", 1},
		{"\001", "x", "", 1},
		{"\001\001", "x", "\001x", 0},
		{"\001ax", "", "\001x", 0},
		{"\001", "a", "\001", 0},
		{"\001z", "", "\001z", 0},
		{"\001", "", "", 0},
		{"\001h", "q", "q", 0},
		{"\001x\001x", "", "", 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct desk desk;

		desk_init(&desk);
		press(&desk, keys[i].keys);
		loop_turn(desk.probe.loop, 0); /* may come in one piece or two */
		if (*keys[i].more)
			press(&desk, keys[i].more);
		PROBE_UNTIL(&desk.probe, desk.probe.got_bytes >= strlen(keys[i].guest) &&
						 desk.quits >= keys[i].quits);
		CHECK_STR(desk.probe.got, keys[i].guest);
		CHECK_EQ(desk.quits, keys[i].quits);
		desk_finish(&desk);
	}
}

TEST(lists_the_escape_keys)
{
	struct desk desk;
	char seen[512];

	desk_init(&desk);
	press(&desk, "\001hq");
	PROBE_UNTIL(&desk.probe, desk.probe.got_bytes);
	screen(&desk, seen, sizeof(seen));
	CHECK_HAS(seen, "Ctrl-A x");
	CHECK_HAS(seen, "Ctrl-A a");
	desk_finish(&desk);
}

TEST(leaves_while_the_guest_reads_nothing)
{
	struct desk desk;

	desk_init(&desk);
	desk.probe.deaf = true;
	press(&desk, "hello?\001x");
	PROBE_UNTIL(&desk.probe, desk.quits);
	desk_finish(&desk);
}

static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

TEST(is_raw_while_it_lives_and_restores_the_modes)
{
	/* Some C libraries fill c_cc only as far as the kernel's goes. */
	struct termios before = {0};
	struct termios during;
	struct termios after = {0};
	struct desk desk = {.slave = -1};

	for (int by_signal = 0; by_signal < 2; by_signal++) {
		probe_init(&desk.probe);
		CHECK_EQ(openpty(&desk.master, &desk.slave, NULL, NULL, NULL), 0);
		CHECK_EQ(tcgetattr(desk.slave, &before), 0);
		open_stdio(&desk, desk.slave, desk.slave);
		CHECK_EQ(tcgetattr(desk.slave, &during), 0);
		CHECK_EQ(during.c_lflag & (ICANON | ECHO | ISIG), 0);
		CHECK_EQ(during.c_oflag & OPOST, 0);
		if (by_signal) {
			terminal_restore();
			terminal_restore();
			tcgetattr(desk.slave, &after);
			CHECK(same_modes(&before, &after));
		}
		terminal_destroy(desk.probe.terminal);
		tcgetattr(desk.slave, &after);
		CHECK(same_modes(&before, &after));
		CHECK_EQ(fcntl(desk.slave, F_GETFL) & O_NONBLOCK, 0);
		loop_destroy(desk.probe.loop);
		close(desk.master);
		close(desk.slave);
	}
}

TEST(does_not_make_the_shared_tty_non_blocking)
{
	struct desk desk;

	desk_init(&desk);
	CHECK_EQ(fcntl(desk.slave, F_GETFL) & O_NONBLOCK, 0);
	desk_finish(&desk);
}

TEST(follows_the_window)
{
	struct winsize size = {.ws_col = 132, .ws_row = 50};
	struct desk desk;
	uint16_t columns = 0;
	uint16_t rows = 0;

	desk_init(&desk);
	CHECK(terminal_size(desk.probe.terminal, &columns, &rows));
	CHECK_EQ(columns, 80);
	CHECK_EQ(rows, 25);
	CHECK_EQ(ioctl(desk.master, TIOCSWINSZ, &size), 0);
	raise(SIGWINCH); /* blocked by the terminal: read from its signalfd */
	probe_settle(&desk.probe);
	CHECK_EQ(desk.probe.resized, 1);
	CHECK(terminal_size(desk.probe.terminal, &columns, &rows));
	CHECK_EQ(columns, 132);
	CHECK_EQ(rows, 50);
	desk_finish(&desk);
}

TEST(is_raw_again_after_it_was_continued)
{
	struct termios modes;
	struct desk desk;

	desk_init(&desk);
	CHECK_EQ(tcgetattr(desk.slave, &modes), 0);
	modes.c_lflag |= ICANON | ECHO; /* what a shell does to a stopped job's tty */
	CHECK_EQ(tcsetattr(desk.slave, TCSANOW, &modes), 0);
	raise(SIGCONT);
	probe_settle(&desk.probe);
	CHECK_EQ(tcgetattr(desk.slave, &modes), 0);
	CHECK_EQ(modes.c_lflag & (ICANON | ECHO), 0);
	desk_finish(&desk);
}

TEST(slow_tty_loses_nothing)
{
	struct desk desk;
	size_t sent = 0;
	size_t seen = 0;
	char byte;

	desk_init(&desk);
	for (; sent < 200000; sent++) {
		byte = (char)('a' + sent % 26);
		if (terminal_write(desk.probe.terminal, &byte, 1) == 1)
			continue;
		desk.probe.writable = 0;
		while (!desk.probe.writable) {
			char block[4096];
			ssize_t n = read(desk.master, block, sizeof(block));

			for (ssize_t i = 0; i < n; i++)
				CHECK_EQ(block[i], 'a' + (char)(seen++ % 26));
			loop_turn(desk.probe.loop, 1);
		}
		sent--;
	}
	CHECK(seen > 50000);
	desk_finish(&desk);
}

TEST(reads_input_that_is_no_tty)
{
	static const char *const kinds[] = {"file", "pipe", "socket", "null"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct desk desk = {.master = -1};
		char path[] = "/tmp/bonsai-test-XXXXXX";
		int ends[2] = {-1, -1};

		probe_init(&desk.probe);
		if (i == 0) {
			ends[0] = mkstemp(path);
			CHECK_EQ(write(ends[0], "in\001x\nput", 8), 8);
			lseek(ends[0], 0, SEEK_SET);
			unlink(path);
		} else if (i == 1) {
			CHECK_EQ(pipe(ends), 0);
		} else if (i == 2) {
			CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		} else {
			ends[0] = open("/dev/null", O_RDONLY);
		}
		if (ends[1] >= 0) {
			CHECK_EQ(write(ends[1], "in\001x\nput", 8), 8);
			close(ends[1]);
		}
		open_stdio(&desk, ends[0], STDERR_FILENO);
		probe_settle(&desk.probe);
		CHECK_STR(desk.probe.got, i == 3 ? "" : "in\nput");
		CHECK_EQ(desk.quits, i == 3 ? 0 : 1);
		probe_finish(&desk.probe);
		close(ends[0]);
	}
}

TEST(feeds_a_large_file_only_as_it_is_taken)
{
	struct desk desk = {0};
	char path[] = "/tmp/bonsai-test-XXXXXX";
	char block[10000];
	int fd = mkstemp(path);

	probe_init(&desk.probe);
	unlink(path);
	memset(block, 'x', sizeof(block));
	CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	lseek(fd, 0, SEEK_SET);
	desk.probe.deaf = true;
	open_stdio(&desk, fd, STDERR_FILENO);
	probe_settle(&desk.probe);
	CHECK(desk.probe.readable > 0 && desk.probe.readable < 20);
	while (desk.probe.got_bytes < sizeof(block) && desk.probe.readable < 1000) {
		probe_take(&desk.probe);
		probe_settle(&desk.probe);
		desk.probe.readable++;
	}
	CHECK_EQ(desk.probe.got_bytes, sizeof(block));
	probe_finish(&desk.probe);
	close(fd);
}

TEST(lives_on_without_stdin_and_after_its_reader)
{
	struct desk desk = {0};
	int ends[2];

	signal(SIGPIPE, SIG_IGN); /* the process's business, as in the machine */
	probe_init(&desk.probe);
	CHECK_EQ(pipe(ends), 0);
	open_stdio(&desk, -1, ends[1]);
	CHECK_EQ(terminal_write(desk.probe.terminal, "a", 1), 1);
	close(ends[0]);
	CHECK_EQ(terminal_write(desk.probe.terminal, "b", 1), 1);
	probe_settle(&desk.probe);
	CHECK(!terminal_is_attached(desk.probe.terminal));
	CHECK_EQ(terminal_write(desk.probe.terminal, "c", 1), 1);
	probe_finish(&desk.probe);
	close(ends[1]);
}

static bool is_raw(int tty)
{
	struct termios modes;

	return tcgetattr(tty, &modes) == 0 && !(modes.c_lflag & ICANON);
}

/* A job of its own, on its controlling tty. Exits with 0 where all went as it should. */
static int run_job(int tty, int told)
{
	struct desk desk = {0};

	setpgid(0, 0);
	probe_init(&desk.probe);
	open_stdio(&desk, tty, tty);
	if (is_raw(tty) || desk.probe.got_bytes)
		return 1;
	if (terminal_write(desk.probe.terminal, "job", 3) != 3)
		return 2;
	if (write(told, "b", 1) != 1)
		return 3;
	PROBE_UNTIL(&desk.probe, is_raw(tty));
	PROBE_UNTIL(&desk.probe, desk.probe.got_bytes);
	if (!is_raw(tty) || desk.probe.got_bytes != 4)
		return 4;
	probe_finish(&desk.probe);
	return is_raw(tty) ? 5 : 0;
}

/* What a shell does: starts the job in the background, then gives it the tty. */
static int run_shell(const char *tty_path, int master)
{
	int told[2];
	int status;
	int tty;
	pid_t job;
	char byte;

	setsid();
	tty = open(tty_path, O_RDWR); /* becomes the controlling tty */
	if (tty < 0 || pipe(told))
		return 10;
	job = fork();
	if (job == 0)
		_exit(run_job(tty, told[1]));
	close(told[1]);
	if (read(told[0], &byte, 1) != 1)
		return 11;
	if (tcsetpgrp(tty, job))
		return 12;
	if (write(master, "keys", 4) != 4)
		return 13;
	if (waitpid(job, &status, WUNTRACED) != job || !WIFEXITED(status))
		return 14;
	return WEXITSTATUS(status);
}

TEST(waits_in_the_background_until_it_is_in_front)
{
	char name[64];
	int master;
	int slave;
	int status = -1;
	pid_t shell;

	CHECK_EQ(openpty(&master, &slave, name, NULL, NULL), 0);
	fflush(stdout);
	shell = fork();
	if (shell == 0) {
		signal(SIGHUP, SIG_IGN);
		_exit(run_shell(name, master));
	}
	CHECK_EQ(waitpid(shell, &status, 0), shell);
	CHECK_EQ(status, 0);
	CHECK(!is_raw(slave));
	close(master);
	close(slave);
}

TEST(exists_once)
{
	struct desk desk;
	struct terminal *second;
	struct error err = {0};

	desk_init(&desk);
	CHECK(terminal_stdio_open(
		      desk.probe.loop, 0, 1, count_quit, NULL, &second, &err) < 0);
	CHECK_HAS(err.text, "already");
	desk_finish(&desk);
	desk_init(&desk);
	desk_finish(&desk);
}

TEST_MAIN(CASE(passes_keys_and_text_unchanged), CASE(understands_the_escape_keys),
	CASE(lists_the_escape_keys), CASE(leaves_while_the_guest_reads_nothing),
	CASE(is_raw_while_it_lives_and_restores_the_modes),
	CASE(does_not_make_the_shared_tty_non_blocking), CASE(follows_the_window),
	CASE(is_raw_again_after_it_was_continued), CASE(slow_tty_loses_nothing),
	CASE(reads_input_that_is_no_tty), CASE(feeds_a_large_file_only_as_it_is_taken),
	CASE(lives_on_without_stdin_and_after_its_reader),
	CASE(waits_in_the_background_until_it_is_in_front), CASE(exists_once))
