/* SPDX-License-Identifier: Apache-2.0 */
/* The pty and the file, whose far end is a path. */
#include "host/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/terminal_probe.h"

static char folder[] = "/tmp/bonsai-test-XXXXXX";
static char path[64];

static void open_pty(struct probe *probe, const char *link)
{
	struct error err = {0};

	probe_init(probe);
	if (terminal_pty_create(probe->loop, link, NULL, &probe->terminal, &err))
		test_fail(__FILE__, __LINE__, "%s", err.text);
	probe_watch(probe);
}

static int open_slave(struct probe *probe)
{
	int fd = open(terminal_place(probe->terminal), O_RDWR | O_NOCTTY | O_NONBLOCK);

	PROBE_UNTIL(probe, terminal_is_attached(probe->terminal));
	return fd;
}

static void say(struct probe *probe, const char *text)
{
	CHECK_EQ(terminal_write(probe->terminal, text, strlen(text)), strlen(text));
}

static void expect(int fd, const char *text)
{
	char got[256] = {0};
	size_t bytes = 0;

	while (bytes < strlen(text)) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&wait, 1, 5000) != 1)
			break;
		n = read(fd, got + bytes, strlen(text) - bytes);
		if (n <= 0)
			break;
		bytes += (size_t)n;
	}
	CHECK_STR(got, text);
}

TEST(reader_comes_and_goes_and_gets_the_ring_first)
{
	struct probe probe;
	int fd;

	open_pty(&probe, NULL);
	CHECK(!terminal_is_attached(probe.terminal));
	say(&probe, "boot\n");
	fd = open_slave(&probe);
	say(&probe, "login: ");
	expect(fd, "boot\nlogin: ");
	CHECK_EQ(write(fd, "root\r", 5), 5);
	PROBE_UNTIL(&probe, probe.got_bytes >= 5);
	CHECK_STR(probe.got, "root\r");
	close(fd);
	PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	say(&probe, "meanwhile");
	fd = open_slave(&probe);
	expect(fd, "meanwhile");
	CHECK_EQ(probe.attached, 3);
	close(fd);
	probe_finish(&probe);
}

TEST(takes_what_was_written_and_closed_at_once)
{
	struct probe probe;
	int fd;

	open_pty(&probe, NULL);
	fd = open(terminal_place(probe.terminal), O_WRONLY | O_NOCTTY);
	CHECK_EQ(write(fd, "reboot\n", 7), 7);
	close(fd);
	PROBE_UNTIL(&probe, probe.got_bytes >= 7);
	CHECK_STR(probe.got, "reboot\n");
	PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	probe_finish(&probe);
}

TEST(notices_readers_without_inotify)
{
	struct probe probe;
	int fd;

	probe_init(&probe);
	CHECK_EQ(terminal_pty_open(probe.loop, NULL, false, NULL, &probe.terminal, NULL),
		0);
	probe_watch(&probe);
	for (int i = 0; i < 2; i++) {
		fd = open_slave(&probe);
		say(&probe, "seen");
		expect(fd, "seen");
		close(fd);
		PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	}
	probe_finish(&probe);
}

TEST(slave_is_raw_for_every_reader)
{
	struct probe probe;

	open_pty(&probe, NULL);
	for (int i = 0; i < 2; i++) {
		struct termios modes;
		int fd = open_slave(&probe);

		CHECK_EQ(tcgetattr(fd, &modes), 0);
		CHECK_EQ(modes.c_lflag & (ICANON | ECHO | ISIG), 0);
		CHECK_EQ(modes.c_oflag & OPOST, 0);
		modes.c_lflag |= ICANON | ECHO;
		CHECK_EQ(tcsetattr(fd, TCSANOW, &modes), 0);
		close(fd);
		PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	}
	probe_finish(&probe);
}

TEST(follows_the_readers_window)
{
	struct winsize size = {.ws_col = 100, .ws_row = 30};
	struct probe probe;
	uint16_t columns = 0;
	uint16_t rows = 0;
	int fd;

	open_pty(&probe, NULL);
	CHECK(!terminal_size(probe.terminal, &columns, &rows));
	fd = open_slave(&probe);
	CHECK_EQ(ioctl(fd, TIOCSWINSZ, &size), 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	PROBE_UNTIL(&probe, probe.resized);
	CHECK(terminal_size(probe.terminal, &columns, &rows));
	CHECK_EQ(columns, 100);
	CHECK_EQ(rows, 30);
	CHECK_EQ(probe.resized, 1);
	close(fd);
	probe_finish(&probe);
}

/* Reads until the terminal says that it has room again. */
static size_t read_until_room(struct probe *probe, int fd, size_t seen)
{
	unsigned int before = probe->writable;

	for (int turns = 0; probe->writable == before && turns < 5000; turns++) {
		char block[256];
		ssize_t got = read(fd, block, sizeof(block));

		for (ssize_t i = 0; i < got; i++)
			CHECK_EQ(block[i], 'a' + (char)(seen++ % 23));
		loop_turn(probe->loop, 1);
	}
	CHECK(probe->writable > before);
	return seen;
}

TEST(slow_reader_loses_nothing)
{
	struct probe probe;
	size_t sent = 0;
	size_t seen = 0;
	int fd;

	open_pty(&probe, NULL);
	fd = open_slave(&probe);
	while (seen < 300000) {
		char block[256];
		size_t n;

		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (char)('a' + (sent + i) % 23);
		n = terminal_write(probe.terminal, block, sizeof(block));
		sent += n;
		if (n < sizeof(block))
			seen = read_until_room(&probe, fd, seen);
	}
	CHECK_EQ(probe.attached, 1);
	close(fd);
	probe_finish(&probe);
}

TEST(link_leads_to_the_pty_and_replaces_an_older_one)
{
	struct probe probe;
	char half_made[80];
	char found[64] = {0};
	struct stat stat;

	snprintf(half_made, sizeof(half_made), "%s.new", path);
	CHECK_EQ(symlink("/dev/pts/997", half_made), 0);
	CHECK_EQ(symlink("/dev/pts/999", path), 0);
	open_pty(&probe, path);
	CHECK(lstat(half_made, &stat) < 0);
	CHECK(readlink(path, found, sizeof(found) - 1) > 0);
	CHECK_STR(found, terminal_place(probe.terminal));
	probe_finish(&probe);
	CHECK(lstat(path, &stat) < 0);
}

TEST(link_that_became_anothers_stays)
{
	struct probe probe;

	open_pty(&probe, path);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(symlink("/dev/pts/998", path), 0);
	probe_finish(&probe);
	CHECK_EQ(unlink(path), 0);
}

TEST(link_replaces_nothing_but_links)
{
	static const struct {
		const char *link;
		int code;
		const char *says;
	} links[] = {
		{"/etc/passwd", -EEXIST, "no symbolic link"},
		{"/tmp", -EEXIST, "no symbolic link"},
		{"/nonexistent-folder/link", -ENOENT, "/nonexistent-folder/link"},
	};
	struct loop *loop;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		struct terminal *terminal = NULL;
		struct error err = {0};

		CHECK_EQ(terminal_pty_create(loop, links[i].link, NULL, &terminal, &err),
			links[i].code);
		CHECK_HAS(err.text, links[i].says);
		CHECK(!terminal);
	}
	loop_destroy(loop);
}

static void open_file(struct probe *probe, const char *at, bool append)
{
	struct error err = {0};

	probe_init(probe);
	if (terminal_file_create(probe->loop, at, append, NULL, &probe->terminal, &err))
		test_fail(__FILE__, __LINE__, "%s", err.text);
	probe_watch(probe);
}

TEST(file_is_private_and_truncated_or_appended_to)
{
	static const struct {
		bool append;
		const char *after;
	} steps[] = {{false, "text"}, {true, "texttext"}, {false, "text"}};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct probe probe;
		struct stat stat;
		char found[64] = {0};
		int fd;

		open_file(&probe, path, steps[i].append);
		CHECK(terminal_is_attached(probe.terminal));
		say(&probe, "text");
		CHECK_EQ(terminal_read(probe.terminal, found, 1), 0);
		probe_finish(&probe);
		fd = open(path, O_RDONLY);
		CHECK(read(fd, found, sizeof(found) - 1) > 0);
		CHECK_STR(found, steps[i].after);
		CHECK_EQ(fstat(fd, &stat), 0);
		CHECK_EQ(stat.st_mode & 0777, 0600);
		close(fd);
	}
	CHECK_EQ(unlink(path), 0);
}

/* As when another device of the VM is refused. */
TEST(file_of_a_vm_that_never_ran_is_as_before)
{
	struct probe probe;
	char found[16] = {0};
	int fd;

	open_file(&probe, path, false);
	CHECK_EQ(access(path, F_OK), 0);
	probe_finish(&probe);
	CHECK_EQ(access(path, F_OK), -1);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK_EQ(write(fd, "before", 6), 6);
	open_file(&probe, path, false);
	probe_finish(&probe);
	CHECK_EQ(pread(fd, found, sizeof(found), 0), 6);
	CHECK_STR(found, "before");
	open_file(&probe, path, false);
	probe_settle(&probe);
	CHECK_EQ(pread(fd, found, sizeof(found), 0), 0);
	probe_finish(&probe);
	close(fd);
	CHECK_EQ(unlink(path), 0);
}

TEST(full_disk_costs_output_and_not_the_guest)
{
	struct probe probe;

	open_file(&probe, "/dev/full", true);
	say(&probe, "lost");
	say(&probe, "lost as well");
	probe_settle(&probe);
	CHECK(terminal_is_attached(probe.terminal));
	CHECK_EQ(probe.writable, 0);
	probe_finish(&probe);
}

TEST(file_errors_name_the_file)
{
	struct terminal *terminal;
	struct error err = {0};
	struct loop *loop;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(terminal_file_create(
			 loop, "/nonexistent-folder/log", false, NULL, &terminal, &err),
		-ENOENT);
	CHECK_HAS(err.text, "/nonexistent-folder/log");
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(terminal_file_create(loop, path, true, NULL, &terminal, &err), -ENXIO);
	CHECK_HAS(err.text, "FIFO");
	CHECK_EQ(unlink(path), 0);
	loop_destroy(loop);
}

TEST(fifo_is_waited_for)
{
	struct probe probe;
	char block[4096] = {0};
	size_t taken;
	int fd;

	CHECK_EQ(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	open_file(&probe, path, true);
	do
		taken = terminal_write(probe.terminal, block, sizeof(block));
	while (taken == sizeof(block));
	while (read(fd, block, sizeof(block)) > 0)
		;
	PROBE_UNTIL(&probe, probe.writable);
	say(&probe, "on");
	close(fd);
	probe_finish(&probe);
	CHECK_EQ(unlink(path), 0);
}

TEST(makes_its_folder)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/place", folder);
}

TEST(leaves_nothing_behind)
{
	CHECK_EQ(rmdir(folder), 0);
}

TEST_MAIN(CASE(makes_its_folder), CASE(reader_comes_and_goes_and_gets_the_ring_first),
	CASE(takes_what_was_written_and_closed_at_once),
	CASE(notices_readers_without_inotify), CASE(slave_is_raw_for_every_reader),
	CASE(follows_the_readers_window), CASE(slow_reader_loses_nothing),
	CASE(link_leads_to_the_pty_and_replaces_an_older_one),
	CASE(link_that_became_anothers_stays), CASE(link_replaces_nothing_but_links),
	CASE(file_is_private_and_truncated_or_appended_to),
	CASE(file_of_a_vm_that_never_ran_is_as_before),
	CASE(full_disk_costs_output_and_not_the_guest), CASE(file_errors_name_the_file),
	CASE(fifo_is_waited_for), CASE(leaves_nothing_behind))
