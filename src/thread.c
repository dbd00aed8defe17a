/* SPDX-License-Identifier: Apache-2.0 */
#include "src/thread.h"

#include <signal.h>
#include <stdbool.h>

struct wish {
	int (*act)(void *argument);
	void *argument;
	int code;
	bool done;
};

struct start {
	pthread_t *ret;
	size_t stack_bytes;
	void *(*run)(void *argument);
	void *argument;
};

/* Between a thread and the one that serves it. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct wish *wish; /* on the stack of who waits for it */
	bool over;
} service = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static _Thread_local bool is_served;

static int start(
	pthread_t *ret, size_t stack_bytes, void *(*run)(void *argument), void *argument)
{
	pthread_attr_t attr;
	sigset_t all;
	sigset_t old;
	int code = pthread_attr_init(&attr);

	if (code)
		return -code;
	if (stack_bytes)
		code = pthread_attr_setstacksize(&attr, stack_bytes);
	if (!code) {
		/* It inherits the mask, so that there is no moment with another. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		code = pthread_create(ret, &attr, run, argument);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return -code;
}

int thread_ask(int (*act)(void *argument), void *argument)
{
	struct wish wish = {act, argument, 0, false};

	if (!is_served)
		return act(argument);
	pthread_mutex_lock(&service.lock);
	service.wish = &wish;
	pthread_cond_broadcast(&service.changed);
	while (!wish.done)
		pthread_cond_wait(&service.changed, &service.lock);
	pthread_mutex_unlock(&service.lock);
	return wish.code;
}

static int act_start(void *argument)
{
	const struct start *wanted = argument;

	return start(wanted->ret, wanted->stack_bytes, wanted->run, wanted->argument);
}

int thread_start(
	pthread_t *ret, size_t stack_bytes, void *(*run)(void *argument), void *argument)
{
	struct start wanted = {ret, stack_bytes, run, argument};

	return thread_ask(act_start, &wanted);
}

static void *run_served(void *argument)
{
	const struct start *own = argument;

	is_served = true;
	own->run(own->argument);
	pthread_mutex_lock(&service.lock);
	service.over = true;
	pthread_cond_broadcast(&service.changed);
	pthread_mutex_unlock(&service.lock);
	return NULL;
}

int thread_serve(size_t stack_bytes, void *(*run)(void *argument), void *argument)
{
	struct start own = {.run = run, .argument = argument};
	pthread_t thread;
	int code;

	service.over = false;
	code = start(&thread, stack_bytes, run_served, &own);
	if (code)
		return code;
	pthread_mutex_lock(&service.lock);
	while (!service.over) {
		struct wish *wish = service.wish;

		if (wish) {
			wish->code = wish->act(wish->argument);
			wish->done = true;
			service.wish = NULL;
			pthread_cond_broadcast(&service.changed);
		} else {
			pthread_cond_wait(&service.changed, &service.lock);
		}
	}
	pthread_mutex_unlock(&service.lock);
	pthread_join(thread, NULL);
	return 0;
}
