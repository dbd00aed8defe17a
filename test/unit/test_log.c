/* SPDX-License-Identifier: Apache-2.0 */
#include "src/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/test.h"

static char seen[65536];

/* stderr goes into a pipe from here to end_capture(). */
static int kept_stderr;
static int ends[2];

static void begin_capture(void)
{
	CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
	kept_stderr = dup(STDERR_FILENO);
	CHECK_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
}

static const char *end_capture(void)
{
	ssize_t n;

	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	n = read(ends[0], seen, sizeof(seen) - 1);
	seen[n < 0 ? 0 : n] = '\0';
	close(ends[0]);
	close(ends[1]);
	return seen;
}

static unsigned int lines_in(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

TEST(a_line_carries_the_vm_once_it_has_a_name)
{
	begin_capture();
	log_host("%s %d", "before", 1);
	log_set_name("router");
	log_host("after");
	CHECK_STR(end_capture(), "bonsai: before 1\nbonsai: router: after\n");
}

TEST(lines_end_for_a_raw_terminal)
{
	begin_capture();
	log_set_raw(true);
	log_host("raw");
	log_set_raw(false);
	log_host("cooked");
	CHECK_STR(end_capture(), "bonsai: router: raw\r\nbonsai: router: cooked\n");
}

TEST(a_long_line_is_cut_and_still_ends)
{
	char text[2000];
	const char *got;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin_capture();
	log_host("%s", text);
	got = end_capture();
	CHECK(strlen(got) > 100 && strlen(got) <= 600);
	CHECK_EQ(got[strlen(got) - 1], '\n');
	CHECK_EQ(lines_in(got), 1);
}

TEST(a_guest_has_ten_lines_and_then_one_a_second)
{
	struct guest_log log = {.source = "eth0"};

	begin_capture();
	for (int i = 0; i < 1000; i++)
		guest_log(&log, "mistake %d", i);
	CHECK_EQ(lines_in(end_capture()), 10);
	CHECK_HAS(seen, "bonsai: router: eth0: mistake 9\n");
	CHECK_EQ(log.dropped, 990);

	log.window_ns -= 1000000000; /* a second later */
	begin_capture();
	for (int i = 0; i < 1000; i++)
		guest_log(&log, "again %d", i);
	CHECK_EQ(lines_in(end_capture()), 2);
	CHECK_HAS(seen, "eth0: 990 more messages left out\n");
	CHECK_HAS(seen, "eth0: again 0\n");
}

TEST(one_guest_device_does_not_use_up_anothers_lines)
{
	struct guest_log noisy = {.source = "eth0"};
	struct guest_log quiet = {.source = "vda"};

	begin_capture();
	for (int i = 0; i < 100; i++)
		guest_log(&noisy, "mistake");
	guest_log(&quiet, "mine");
	CHECK_HAS(end_capture(), "vda: mine\n");
}

TEST_MAIN(CASE(a_line_carries_the_vm_once_it_has_a_name),
	CASE(lines_end_for_a_raw_terminal), CASE(a_long_line_is_cut_and_still_ends),
	CASE(a_guest_has_ten_lines_and_then_one_a_second),
	CASE(one_guest_device_does_not_use_up_anothers_lines))
