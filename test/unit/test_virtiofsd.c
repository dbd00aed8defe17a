/* SPDX-License-Identifier: Apache-2.0 */
/* virtiofsd is a script here, which is all that starting and ending it takes. */
#include "host/virtiofsd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/vhost_user.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

/* Long for a busy machine. */
#define PATIENCE_MS 20000u

static char dir[64];
static char binary[80];
static char arguments[80];
static struct error err;

static void begin(const char *script)
{
	FILE *file;

	snprintf(dir, sizeof(dir), "/tmp/bonsai-virtiofsd-XXXXXX");
	CHECK(mkdtemp(dir));
	snprintf(binary, sizeof(binary), "%s/virtiofsd", dir);
	snprintf(arguments, sizeof(arguments), "%s/arguments", dir);
	file = fopen(binary, "we");
	CHECK(file);
	fprintf(file, "#!/bin/sh\necho $$ \"$@\" >%s\n%s\n", arguments, script);
	CHECK_EQ(fchmod(fileno(file), 0755), 0);
	fclose(file);
}

static void finish(void)
{
	unlink(arguments);
	unlink(binary);
	CHECK_EQ(rmdir(dir), 0);
}

static void unused(void *user, const char *why)
{
	test_fail(__FILE__, __LINE__, "told of a connection that never was: %s", why);
}

static const struct vhost_user_events events = {.gone = unused};

/* What the greeting of the script comes to. */
static int greet(const char *folder, bool readonly, unsigned int timeout_ms)
{
	const struct virtiofsd_options options = {
		.folder = folder, .readonly = readonly, .binary = binary};
	const struct source_pos pos = {"vm.xml", 7};
	struct vhost_source *source;
	struct vhost_user *vu = NULL;
	struct loop *loop;
	int code;

	err = (struct error){0};
	CHECK_EQ(loop_create(&loop, NULL), 0);
	code = vhost_source_virtiofsd_create(loop, &options, &pos, &source, &err);
	if (!code)
		code = vhost_user_open(
			loop, "fs0", source, 2, timeout_ms, &events, NULL, &vu, &err);
	vhost_user_destroy(vu);
	loop_destroy(loop);
	return code;
}

/* "PID ARGUMENT…", as the script saw them. */
static const char *seen(void)
{
	static char line[256];
	FILE *file = fopen(arguments, "re");

	line[0] = '\0';
	CHECK(file);
	if (file) {
		CHECK(fgets(line, sizeof(line), file));
		fclose(file);
	}
	return line;
}

TEST(shares_a_folder_by_its_whole_path)
{
	char folder[160];
	char wanted[200];

	begin("exit 0");
	snprintf(folder, sizeof(folder), "%s/../%s/.", dir, strrchr(dir, '/') + 1);
	CHECK(greet(folder, true, PATIENCE_MS) < 0);
	snprintf(wanted, sizeof(wanted), " --fd=3 -o source=%s --readonly\n", dir);
	CHECK_STR(strchr(seen(), ' '), wanted);
	finish();
}

TEST(says_the_last_that_it_said)
{
	begin("echo first >&2; echo 'no way to share' >&2; exit 3");
	CHECK(greet(dir, false, PATIENCE_MS) < 0);
	CHECK_STR(err.text, "fs0: virtiofsd: no way to share");
	finish();
}

TEST(ends_one_that_does_not_answer)
{
	pid_t pid;

	begin("exec sleep 1000");
	CHECK_EQ(greet(dir, false, 1000), -ETIMEDOUT);
	CHECK_HAS(err.text, "fs0: the back end does not answer GET_FEATURES");
	pid = (pid_t)strtol(seen(), NULL, 10);
	CHECK(pid > 1);
	CHECK_EQ(kill(pid, 0), -1);
	finish();
}

TEST(says_what_is_not_there)
{
	begin("exit 0");
	CHECK_EQ(greet("/nonexistent", false, PATIENCE_MS), -ENOENT);
	CHECK_STR(err.text, "folder /nonexistent: No such file or directory");
	CHECK_EQ(err.pos.line, 7);
	snprintf(binary + strlen(binary), sizeof(binary) - strlen(binary), "2");
	CHECK_EQ(greet(dir, false, PATIENCE_MS), -ENOENT);
	CHECK_HAS(err.text, "virtiofsd2: No such file or directory");
	binary[strlen(binary) - 1] = '\0';
	finish();
}

TEST_MAIN(CASE(shares_a_folder_by_its_whole_path), CASE(says_the_last_that_it_said),
	CASE(ends_one_that_does_not_answer), CASE(says_what_is_not_there))
