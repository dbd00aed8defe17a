/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "src/thread.h"
#include "test/unit/test.h"

#define STACK_BYTES (256u << 10)

struct seen {
	sigset_t mask;
	size_t stack_bytes;
};

static void *look(void *argument)
{
	struct seen *seen = argument;
	pthread_attr_t attr;

	pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
	if (!pthread_getattr_np(pthread_self(), &attr)) {
		pthread_attr_getstacksize(&attr, &seen->stack_bytes);
		pthread_attr_destroy(&attr);
	}
	return seen;
}

static struct seen run(size_t stack_bytes)
{
	struct seen seen = {.stack_bytes = 0};
	void *ret = NULL;
	pthread_t thread;

	sigemptyset(&seen.mask);
	if (!CHECK_EQ(thread_start(&thread, stack_bytes, look, &seen), 0))
		return seen;
	pthread_join(thread, &ret);
	CHECK(ret == &seen);
	return seen;
}

TEST(a_thread_gets_no_signal)
{
	struct seen seen = run(0);

	CHECK(sigismember(&seen.mask, SIGTERM));
	CHECK(sigismember(&seen.mask, SIGINT));
	CHECK(sigismember(&seen.mask, SIGPIPE));
	CHECK(sigismember(&seen.mask, SIGWINCH));
	CHECK(sigismember(&seen.mask, SIGUSR1));
}

TEST(its_creator_gets_signals_as_before)
{
	sigset_t before;
	sigset_t after;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	run(0);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CHECK(sigismember(&after, SIGUSR2));
	CHECK(!sigismember(&after, SIGTERM));
}

/* A C library may add its own part. */
TEST(its_stack_has_the_size_that_was_asked_for)
{
	size_t bytes = run(STACK_BYTES).stack_bytes;

	CHECK(bytes >= STACK_BYTES && bytes <= 2 * STACK_BYTES);
}

TEST(an_impossible_stack_is_an_error)
{
	struct seen seen;
	pthread_t thread;

	CHECK_EQ(thread_start(&thread, 1, look, &seen), -EINVAL);
}

/* ---- serving ------------------------------------------------------------------------
 */

static pthread_t main_thread;

static int is_main(void *argument)
{
	*(bool *)argument = pthread_equal(pthread_self(), main_thread);
	return -EDOM;
}

static void *set(void *argument)
{
	*(bool *)argument = true;
	return NULL;
}

struct served {
	bool asked_main;
	bool child_ran;
	int answer;
	int started;
};

static void *be_served(void *argument)
{
	struct served *served = argument;
	pthread_t thread;

	served->answer = thread_ask(is_main, &served->asked_main);
	served->started = thread_start(&thread, 0, set, &served->child_ran);
	if (!served->started)
		pthread_join(thread, NULL);
	return NULL;
}

TEST(a_served_thread_has_others_started_and_things_done_by_its_server)
{
	for (int round = 0; round < 2; round++) {
		struct served served = {.started = -1};

		main_thread = pthread_self();
		CHECK_EQ(thread_serve(STACK_BYTES, be_served, &served), 0);
		CHECK(served.asked_main);
		CHECK_EQ(served.answer, -EDOM);
		CHECK_EQ(served.started, 0);
		CHECK(served.child_ran);
	}
}

TEST(without_a_server_things_are_done_at_once)
{
	bool asked_main = false;

	main_thread = pthread_self();
	CHECK_EQ(thread_ask(is_main, &asked_main), -EDOM);
	CHECK(asked_main);
}

TEST_MAIN(CASE(a_thread_gets_no_signal), CASE(its_creator_gets_signals_as_before),
	CASE(its_stack_has_the_size_that_was_asked_for),
	CASE(an_impossible_stack_is_an_error),
	CASE(a_served_thread_has_others_started_and_things_done_by_its_server),
	CASE(without_a_server_things_are_done_at_once))
