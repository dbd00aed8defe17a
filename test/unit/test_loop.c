/* SPDX-License-Identifier: Apache-2.0 */
#include "src/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/test.h"

struct counter {
	struct loop_fd watch;
	struct loop_timer timer;
	struct loop_task task;
	struct loop *loop;
	struct loop_fd *victim;
	struct loop_fd replacement;
	bool stale;              /* the replacement was called */
	struct counter *earlier; /* its timer expires before this one's */
	bool in_order;
	unsigned int count;
};

static void count_fd(struct loop_fd *watch, uint32_t events)
{
	struct counter *counter = container_of(watch, struct counter, watch);

	counter->count++;
	if (counter->victim)
		loop_fd_remove(counter->victim);
}

static void count_timer(struct loop_timer *timer)
{
	struct counter *counter = container_of(timer, struct counter, timer);

	counter->count++;
	counter->in_order = counter->earlier && counter->earlier->count;
}

static void count_task(struct loop_task *task)
{
	container_of(task, struct counter, task)->count++;
}

static void stop_task(struct loop_task *task)
{
	loop_stop(container_of(task, struct counter, task)->loop);
}

static struct loop *make_loop(void)
{
	struct loop *loop = NULL;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	return loop;
}

TEST(calls_a_watch_while_its_descriptor_is_readable)
{
	struct loop *loop = make_loop();
	struct counter a = {.watch = {.events = EPOLLIN, .ready = count_fd}};
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	a.watch.fd = ends[0];
	CHECK_EQ(loop_fd_add(loop, &a.watch), 0);
	loop_turn(loop, 0);
	CHECK_EQ(a.count, 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	CHECK_EQ(a.count, 2);
	CHECK_EQ(loop_fd_modify(&a.watch, 0), 0);
	loop_turn(loop, 0);
	CHECK_EQ(a.count, 2);
	loop_fd_remove(&a.watch);
	loop_fd_remove(&a.watch);
	close(ends[0]);
	close(ends[1]);
	loop_destroy(loop);
}

TEST(does_not_call_a_watch_removed_in_the_same_turn)
{
	struct loop *loop = make_loop();
	struct counter a = {.watch = {.events = EPOLLIN, .ready = count_fd}};
	struct counter b = {.watch = {.events = EPOLLIN, .ready = count_fd}};
	int ends[2][2];

	CHECK_EQ(pipe(ends[0]) + pipe(ends[1]), 0);
	a.watch.fd = ends[0][0];
	b.watch.fd = ends[1][0];
	a.victim = &b.watch;
	b.victim = &a.watch;
	CHECK_EQ(loop_fd_add(loop, &a.watch) + loop_fd_add(loop, &b.watch), 0);
	CHECK_EQ(write(ends[0][1], "x", 1) + write(ends[1][1], "x", 1), 2);
	loop_turn(loop, 0);
	CHECK_EQ(a.count + b.count, 1); /* whichever came first removed the other */
	loop_fd_remove(&a.watch);
	loop_fd_remove(&b.watch);
	for (int i = 0; i < 4; i++)
		close(ends[i / 2][i % 2]);
	loop_destroy(loop);
}

static void be_stale(struct loop_fd *watch, uint32_t events)
{
	container_of(watch, struct counter, replacement)->stale = true;
}

/* Removes the other's watch and puts a new one on the same descriptor, thus its slot. */
static void replace_victim(struct loop_fd *watch, uint32_t events)
{
	struct counter *counter = container_of(watch, struct counter, watch);
	struct loop *loop = counter->loop;
	struct loop_fd *victim = counter->victim;

	counter->count++;
	if (!victim->loop)
		return;
	loop_fd_remove(victim);
	CHECK_EQ(loop_fd_add(loop, &counter->replacement), 0);
}

TEST(does_not_give_an_old_event_to_a_new_watch)
{
	struct loop *loop = make_loop();
	struct counter a = {
		.watch = {.events = EPOLLIN, .ready = replace_victim}, .loop = loop};
	struct counter b = a;
	int ends[2][2];

	CHECK_EQ(pipe(ends[0]) + pipe(ends[1]), 0);
	a.watch.fd = ends[0][0];
	b.watch.fd = ends[1][0];
	a.victim = &b.watch;
	b.victim = &a.watch;
	/* The replacement listens to the writing end: it has nothing to read. */
	a.replacement =
		(struct loop_fd){.fd = ends[1][1], .events = EPOLLIN, .ready = be_stale};
	b.replacement =
		(struct loop_fd){.fd = ends[0][1], .events = EPOLLIN, .ready = be_stale};
	CHECK_EQ(loop_fd_add(loop, &a.watch) + loop_fd_add(loop, &b.watch), 0);
	CHECK_EQ(write(ends[0][1], "x", 1) + write(ends[1][1], "x", 1), 2);
	loop_turn(loop, 0);
	CHECK_EQ(a.count + b.count, 1);
	CHECK(!a.stale && !b.stale);
	loop_fd_remove(&a.watch);
	loop_fd_remove(&b.watch);
	loop_fd_remove(&a.replacement);
	loop_fd_remove(&b.replacement);
	for (int i = 0; i < 4; i++)
		close(ends[i / 2][i % 2]);
	loop_destroy(loop);
}

TEST(fires_timers_in_order_and_once)
{
	struct loop *loop = make_loop();
	struct counter early = {.timer = {.expired = count_timer}};
	struct counter late = {.timer = {.expired = count_timer}, .earlier = &early};
	struct counter never = {.timer = {.expired = count_timer}};

	loop_timer_arm(loop, &late.timer, 40000000);
	loop_timer_arm(loop, &never.timer, 20000000);
	loop_timer_arm(loop, &early.timer, 3600000000000ull);
	loop_timer_arm(loop, &early.timer, 1000000); /* moved to the front */
	loop_timer_cancel(&never.timer);
	loop_timer_cancel(&never.timer);
	while (!late.count)
		loop_turn(loop, 1000);
	CHECK(late.in_order);
	CHECK_EQ(early.count, 1);
	CHECK_EQ(never.count, 0);
	loop_destroy(loop);
}

TEST(runs_a_posted_task_once_however_often_posted)
{
	struct loop *loop = make_loop();
	struct counter a = {.task = {.run = count_task}};
	struct counter b = {.task = {.run = count_task}};
	struct counter c = {.task = {.run = count_task}};

	loop_post(loop, &a.task);
	loop_post(loop, &a.task);
	loop_post(loop, &b.task);
	loop_post(loop, &c.task);
	loop_task_cancel(loop, &c.task);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	CHECK_EQ(a.count, 1);
	CHECK_EQ(b.count, 1);
	CHECK_EQ(c.count, 0);
	loop_post(loop, &c.task);
	loop_turn(loop, 0);
	CHECK_EQ(c.count, 1);
	loop_destroy(loop);
}

static void post_again(struct loop_task *task)
{
	struct counter *counter = container_of(task, struct counter, task);

	counter->count++;
	loop_post(counter->loop, task);
}

TEST(runs_a_task_that_posts_itself_once_a_turn)
{
	struct loop *loop = make_loop();
	struct counter a = {.task = {.run = post_again}, .loop = loop};

	loop_post(loop, &a.task);
	for (unsigned int turn = 1; turn <= 3; turn++) {
		loop_turn(loop, 0);
		CHECK_EQ(a.count, turn);
	}
	loop_task_cancel(loop, &a.task);
	loop_turn(loop, 0);
	CHECK_EQ(a.count, 3);
	loop_destroy(loop);
}

TEST(runs_what_was_posted_without_a_turn)
{
	struct loop *loop = make_loop();
	struct counter a = {.task = {.run = post_again}, .loop = loop};
	struct counter due = {.timer = {.expired = count_timer}};

	loop_timer_arm(loop, &due.timer, 0);
	loop_run_posted(loop);
	loop_post(loop, &a.task);
	loop_run_posted(loop);
	CHECK_EQ(a.count, 1);
	CHECK_EQ(due.count, 0);
	loop_turn(loop, 10);
	CHECK_EQ(a.count, 2);
	CHECK_EQ(due.count, 1);
	loop_task_cancel(loop, &a.task);
	loop_timer_cancel(&due.timer);
	loop_destroy(loop);
}

struct poster {
	struct loop *loop;
	struct counter work;
	struct counter stop;
};

static void *post_many(void *argument)
{
	struct poster *poster = argument;

	for (int i = 0; i < 1000; i++)
		loop_post(poster->loop, &poster->work.task);
	loop_post(poster->loop, &poster->stop.task);
	return NULL;
}

TEST(takes_tasks_from_other_threads_until_stopped)
{
	struct loop *loop = make_loop();
	struct poster poster = {.loop = loop,
		.work = {.task = {.run = count_task}},
		.stop = {.task = {.run = stop_task}, .loop = loop}};
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, post_many, &poster), 0);
	CHECK_EQ(loop_run(loop), 0);
	pthread_join(thread, NULL);
	CHECK(poster.work.count >= 1 && poster.work.count <= 1000);
	loop_destroy(loop);
}

TEST_MAIN(CASE(calls_a_watch_while_its_descriptor_is_readable),
	CASE(does_not_call_a_watch_removed_in_the_same_turn),
	CASE(does_not_give_an_old_event_to_a_new_watch),
	CASE(fires_timers_in_order_and_once),
	CASE(runs_a_posted_task_once_however_often_posted),
	CASE(runs_a_task_that_posts_itself_once_a_turn),
	CASE(runs_what_was_posted_without_a_turn),
	CASE(takes_tasks_from_other_threads_until_stopped))
