/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/error.h"
#include "src/plan.h"
#include "src/window.h"
#include "test/unit/test.h"

#define BYTES (2ull << 20)
#define GPA 0x100000000ull

/* One side of a file, as a VM of its own. */
struct side {
	struct vm_config config;
	struct board_plan plan;
	struct windows windows;
	struct error err;
};

static char path[64];

static void begin(void)
{
	char folder[] = "/tmp/test_windows.XXXXXX";

	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/shared", folder);
}

static void end(void)
{
	unlink(path);
	*strrchr(path, '/') = 0;
	CHECK_EQ(rmdir(path), 0);
}

static void add(struct side *side, char *file, bool readonly)
{
	unsigned int i = side->plan.shared_count++;

	side->plan.config = &side->config;
	side->config.shared_memories[i] = (struct config_shared_memory){
		.path = file,
		.bytes = BYTES,
		.readonly = readonly,
		.pos = {"vm.xml", (int)i + 2},
	};
	side->plan.shared[i] = (struct plan_range){GPA + i * BYTES, BYTES};
}

static int create(struct side *side)
{
	return machine_windows_create(&side->plan, &side->windows, &side->err);
}

static uint64_t file_bytes(void)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : (uint64_t)status.st_size;
}

static void make_file(uint64_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK_EQ(ftruncate(fd, (off_t)bytes), 0);
	close(fd);
}

TEST(two_machines_see_the_same_file_that_the_first_makes)
{
	struct side a = {0};
	struct side b = {0};

	begin();
	add(&a, path, false);
	add(&b, path, true);
	CHECK_EQ(create(&a), 0);
	CHECK_EQ(file_bytes(), BYTES);
	CHECK_EQ(create(&b), 0);
	CHECK(!a.windows.list[0].readonly && b.windows.list[0].readonly);
	CHECK_EQ(b.windows.list[0].gpa, GPA);
	memcpy(a.windows.list[0].hva + BYTES - 6, "hello", 6);
	CHECK_STR((char *)b.windows.list[0].hva + BYTES - 6, "hello");
	windows_finish(&a.windows);
	windows_finish(&b.windows);
	CHECK_EQ(file_bytes(), BYTES); /* and what is in it stay */
	end();
}

TEST(an_empty_file_gets_its_size_and_a_larger_one_keeps_it)
{
	static const uint64_t sizes[][2] = {
		{0, BYTES}, {BYTES, BYTES}, {3 * BYTES, 3 * BYTES}};

	for (unsigned int i = 0; i < 3; i++) {
		struct side side = {0};

		begin();
		make_file(sizes[i][0]);
		add(&side, path, false);
		CHECK_EQ(create(&side), 0);
		CHECK_EQ(file_bytes(), sizes[i][1]);
		windows_finish(&side.windows);
		end();
	}
}

TEST(a_file_that_does_not_fit_is_an_error_on_its_line)
{
	static const struct {
		uint64_t bytes;
		bool readonly;
		int code;
		const char *text;
	} rows[] = {
		{BYTES - 1, false, -EINVAL, "has 2097151 bytes, size is 2097152"},
		{BYTES - 1, true, -EINVAL, "has 2097151 bytes, size is 2097152"},
		{0, true, -EINVAL, "has 0 bytes, size is 2097152"},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct side side = {0};

		begin();
		make_file(rows[i].bytes);
		add(&side, path, rows[i].readonly);
		CHECK_EQ(create(&side), (uint64_t)rows[i].code);
		CHECK(strstr(side.err.text, rows[i].text));
		CHECK_EQ(side.err.pos.line, 2);
		windows_finish(&side.windows);
		CHECK_EQ(file_bytes(), rows[i].bytes);
		end();
	}
}

TEST(what_it_made_is_gone_where_another_one_fails)
{
	static char folder[] = "/tmp";
	static char none[] = "/none/file";
	char *const others[] = {folder, none};

	for (unsigned int i = 0; i < 2; i++) {
		struct side side = {0};

		begin();
		add(&side, path, false);
		add(&side, others[i], i == 0);
		CHECK(create(&side) < 0);
		CHECK_EQ(side.err.pos.line, 3);
		windows_finish(&side.windows);
		CHECK_EQ(access(path, F_OK), (uint64_t)-1);
		end();
	}
}

TEST(a_machine_without_any_has_none)
{
	struct side side = {.plan.config = &side.config};

	CHECK_EQ(create(&side), 0);
	CHECK_EQ(side.windows.count, 0);
	machine_windows_renew(&side.plan, &side.windows);
}

TEST_MAIN(CASE(two_machines_see_the_same_file_that_the_first_makes),
	CASE(an_empty_file_gets_its_size_and_a_larger_one_keeps_it),
	CASE(a_file_that_does_not_fit_is_an_error_on_its_line),
	CASE(what_it_made_is_gone_where_another_one_fails),
	CASE(a_machine_without_any_has_none))
