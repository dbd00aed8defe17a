/* SPDX-License-Identifier: Apache-2.0 */
/* What a person at a terminal sees of a command that takes its time. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/cmd_progress.h"
#include "test/unit/test.h"

#define PATIENCE_MS 20000

/* In place of standard error: a terminal, or the other end of a pipe. */
struct desk {
	int error;
	int seen;
	char text[512];
};

static void sit_down(struct desk *desk, bool at_terminal)
{
	int ends[2] = {-1, -1};

	*desk = (struct desk){.error = dup(STDERR_FILENO)};
	if (at_terminal)
		CHECK_EQ(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
	else
		CHECK_EQ(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	desk->seen = ends[0];
}

/* Until the text is there, or nothing more comes. */
static void see(struct desk *desk, const char *text)
{
	struct pollfd seen = {.fd = desk->seen, .events = POLLIN};
	size_t have = strlen(desk->text);

	while (!strstr(desk->text, text) && poll(&seen, 1, PATIENCE_MS) == 1) {
		ssize_t bytes = read(
			desk->seen, desk->text + have, sizeof(desk->text) - 1 - have);

		if (bytes <= 0)
			break;
		have += (size_t)bytes;
	}
	CHECK_HAS(desk->text, text);
}

static void stand_up(struct desk *desk)
{
	fflush(stderr);
	dup2(desk->error, STDERR_FILENO);
	close(desk->error);
	close(desk->seen);
}

TEST(counts_the_seconds_on_a_terminal_and_leaves_an_empty_line)
{
	struct cmd_progress progress;
	struct desk desk;

	sit_down(&desk, true);
	cmd_progress_begin(&progress, "signing", "router.xml");
	see(&desk, "\rsigning router.xml: 1 s\033[K\r");
	see(&desk, "\rsigning router.xml: 2 s\033[K\r");
	cmd_progress_end(&progress);
	see(&desk, "2 s\033[K\r\r\033[K");
	stand_up(&desk);
}

TEST(says_nothing_of_what_is_done_at_once)
{
	struct cmd_progress progress;
	struct desk desk;

	sit_down(&desk, true);
	cmd_progress_begin(&progress, "signing", "router.xml");
	cmd_progress_end(&progress);
	cmd_progress_end(&progress);
	fputs("done\n", stderr);
	see(&desk, "done");
	CHECK_STR(desk.text, "done\r\n");
	stand_up(&desk);
}

TEST(says_nothing_where_nobody_looks)
{
	struct cmd_progress progress;
	struct desk desk;

	sit_down(&desk, false);
	cmd_progress_begin(&progress, "signing", "router.xml");
	CHECK(!progress.runs);
	cmd_progress_end(&progress);
	fputs("done\n", stderr);
	see(&desk, "done\n");
	CHECK_STR(desk.text, "done\n");
	stand_up(&desk);
}

TEST_MAIN(CASE(counts_the_seconds_on_a_terminal_and_leaves_an_empty_line),
	CASE(says_nothing_of_what_is_done_at_once), CASE(says_nothing_where_nobody_looks))
