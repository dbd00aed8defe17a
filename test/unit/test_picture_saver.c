/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture_saver.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

/* A picture of so many pixels a side is packed for a quarter of a second and more. */
#define LARGE_SIDE 4096u

/* A request, and what became of it. */
struct order {
	struct picture_request request;
	uint32_t side;
	int refusal; /* what take() returns */
	unsigned int taken;
	unsigned int done;
	int code;
	struct error err;
	char path[96];
};

static struct loop *loop;
static struct picture_saver saver;
static char folder[64];
static unsigned int taken_count; /* that the saver has right now, or has had */

static int take(struct picture_request *request, struct picture *ret, struct error *err)
{
	struct order *order = container_of(request, struct order, request);

	order->taken = ++taken_count;
	if (order->refusal)
		return error_set(err, order->refusal, NULL, "there is no picture");
	ret->pixels = calloc(order->side, (size_t)order->side * 4);
	ret->width = ret->height = order->side;
	return 0;
}

static void done(struct picture_request *request, int code, const struct error *err)
{
	struct order *order = container_of(request, struct order, request);

	order->done++;
	order->code = code;
	order->err = *err;
}

static void begin(void)
{
	taken_count = 0;
	memset(&saver, 0, sizeof(saver));
	snprintf(folder, sizeof(folder), "/tmp/picture.XXXXXX");
	CHECK(mkdtemp(folder));
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(picture_saver_init(&saver, loop), 0);
}

static void end(void)
{
	picture_saver_finish(&saver);
	loop_destroy(loop);
	CHECK_EQ(rmdir(folder), 0);
}

/* How many files there are. */
static unsigned int count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned int count = 0;
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* In the folder, or anywhere. */
static void save(struct order *order, const char *name)
{
	snprintf(order->path, sizeof(order->path), "%s%s%s", name[0] == '/' ? "" : folder,
		name[0] == '/' ? "" : "/", name);
	order->request = (struct picture_request){
		.path = order->path,
		.format = PICTURE_PNG,
		.take = take,
		.done = done,
	};
	if (!order->side)
		order->side = 1;
	picture_save(&saver, &order->request);
	CHECK_EQ(order->done, 0);
}

static void wait_for(const struct order *order)
{
	while (!order->done)
		loop_turn(loop, -1);
}

TEST(says_when_the_file_is_there)
{
	struct order order = {.side = 100};

	begin();
	save(&order, "a.png");
	CHECK_EQ(count_files(), 0);
	wait_for(&order);
	CHECK_EQ(order.code, 0);
	CHECK_EQ(count_files(), 1);
	CHECK_EQ(unlink(order.path), 0);
	end();
}

TEST(replaces_a_file_at_the_end)
{
	struct order orders[3] = {0};
	char place[128];
	struct stat before, after;

	begin();
	save(&orders[0], "a.png");
	wait_for(&orders[0]);
	CHECK_EQ(stat(orders[0].path, &before), 0);
	/* Somebody has put something where it would be made. */
	snprintf(place, sizeof(place), "%s.%d.part", orders[0].path, (int)getpid());
	CHECK_EQ(symlink("/dev/null", place), 0);
	save(&orders[1], "a.png");
	wait_for(&orders[1]);
	CHECK_EQ(orders[1].code, -EEXIST);
	CHECK_EQ(unlink(place), 0);
	CHECK_EQ(stat(orders[0].path, &after), 0);
	CHECK_EQ(before.st_ino, after.st_ino);
	save(&orders[2], "a.png");
	wait_for(&orders[2]);
	CHECK_EQ(orders[2].code, 0);
	CHECK_EQ(count_files(), 1);
	CHECK_EQ(unlink(orders[2].path), 0);
	end();
}

TEST(says_why_there_is_no_file)
{
	static const struct {
		const char *name;
		int code;
		const char *text;
	} rows[] = {
		{"/dev/null", -EINVAL,
			"/dev/null does not end in .png or .ppm, as a picture does"},
		{"/tmp/bonsai-none/a.png", -ENOENT,
			"cannot write /tmp/bonsai-none/a.png: No such file or "
			"directory"},
	};
	struct order folder_order = {0};
	char text[160];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct order order = {0};

		save(&order, rows[i].name);
		wait_for(&order);
		CHECK_EQ(order.code, rows[i].code);
		CHECK_STR(order.err.text, rows[i].text);
	}
	snprintf(text, sizeof(text), "%s/a.png", folder);
	CHECK_EQ(mkdir(text, 0700), 0);
	save(&folder_order, "a.png");
	wait_for(&folder_order);
	CHECK_EQ(folder_order.code, -EINVAL);
	snprintf(text, sizeof(text), "%s/a.png is no regular file", folder);
	CHECK_STR(folder_order.err.text, text);
	CHECK_EQ(rmdir(folder_order.path), 0);
	CHECK_EQ(count_files(), 0);
	end();
}

/* Only one of them has a picture at a time. */
TEST(saves_one_after_another)
{
	struct order orders[4] = {
		{.side = 300}, {.refusal = -ENOENT}, {.side = 10}, {.side = 300}};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char name[] = "0.png";

		name[0] = (char)('0' + i);
		save(&orders[i], name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		wait_for(&orders[i]);
		CHECK_EQ(orders[i].taken, i + 1);
		CHECK_EQ(orders[i].code, orders[i].refusal);
		CHECK(taken_count <= i + 1);
	}
	CHECK_STR(orders[1].err.text, "there is no picture");
	CHECK_EQ(count_files(), 3);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		CHECK_EQ(unlink(orders[i].path), orders[i].code ? -1 : 0);
	end();
}

static unsigned int ticks;

static void tick(struct loop_task *task)
{
	ticks++;
	loop_post(loop, task);
}

/* The loop would have three turns if it did the packing itself. */
TEST(the_loop_goes_on_meanwhile)
{
	struct order order = {.side = LARGE_SIDE};
	struct loop_task task = {.run = tick};

	begin();
	ticks = 0;
	save(&order, "a.png");
	loop_post(loop, &task);
	wait_for(&order);
	CHECK_EQ(order.code, 0);
	CHECK(ticks > 3);
	loop_task_cancel(loop, &task);
	CHECK_EQ(unlink(order.path), 0);
	end();
}

TEST(the_end_leaves_nothing_half_done)
{
	struct order orders[3] = {
		{.side = LARGE_SIDE}, {.side = LARGE_SIDE}, {.side = 1}};

	begin();
	save(&orders[0], "a.png");
	save(&orders[1], "b.png");
	save(&orders[2], "c.png");
	while (!saver.writes)
		loop_turn(loop, -1);
	CHECK_EQ(count_files(), 1);
	picture_saver_finish(&saver);
	/* Where this test had to wait long enough, the first one is whole. */
	CHECK(orders[0].code == -ECANCELED || access(orders[0].path, R_OK) == 0);
	CHECK(orders[0].code == 0 || count_files() == 0);
	for (size_t i = 1; i < ARRAY_SIZE(orders); i++) {
		CHECK_EQ(orders[i].done, 1);
		CHECK_EQ(orders[i].code, -ECANCELED);
		CHECK_STR(orders[i].err.text, "the VM has ended");
		CHECK_EQ(orders[i].taken, 0);
	}
	unlink(orders[0].path);
	CHECK_EQ(count_files(), 0);
	end();
}

TEST(may_end_before_it_has_begun)
{
	memset(&saver, 0, sizeof(saver));
	picture_saver_finish(&saver);
	begin();
	end();
}

TEST_MAIN(CASE(says_when_the_file_is_there), CASE(replaces_a_file_at_the_end),
	CASE(says_why_there_is_no_file), CASE(saves_one_after_another),
	CASE(the_loop_goes_on_meanwhile), CASE(the_end_leaves_nothing_half_done),
	CASE(may_end_before_it_has_begun))
