/* SPDX-License-Identifier: Apache-2.0 */
#include "src/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "src/error.h"

#define BATCH 16

struct slot {
	struct loop_fd *watch; /* NULL: free */
	uint32_t age;          /* counts the watches that were here */
};

struct loop {
	int epoll_fd;
	int wake_fd;  /* eventfd: tasks, stop */
	int timer_fd; /* for the earliest timer */
	pthread_mutex_t lock;
	struct loop_timer *timers; /* by rising deadline */

	/*
	 * An event names its watch by slot and age: between epoll_wait() and the lock,
	 * any thread may remove a watch, free it, and add another in the same slot.
	 */
	unsigned int slot_count;
	struct slot *slots;

	pthread_mutex_t post_lock; /* guards the three below, innermost */
	struct loop_task *first_task;
	struct loop_task **last_task;
	atomic_bool stopping;
};

/* What epoll carries for the loop's own descriptors; no slot is that old. */
#define KEY_WAKE UINT64_MAX
#define KEY_TIMER (UINT64_MAX - 1)

static int watch_own(struct loop *loop, int fd, uint64_t key)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = key};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int loop_create(struct loop **ret, struct error *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	pthread_mutexattr_t attr;
	int code;

	if (!loop)
		return error_set(err, -ENOMEM, NULL, "no memory for the event loop");
	loop->last_task = &loop->first_task;
	loop->wake_fd = -1;
	loop->timer_fd = -1;
	/*
	 * Error checking catches a callback that takes the lock again: our own bug, and a
	 * silent deadlock otherwise.
	 */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&loop->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_mutex_init(&loop->post_lock, NULL);

	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		goto fail;
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0 || watch_own(loop, loop->wake_fd, KEY_WAKE) < 0)
		goto fail;
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer_fd < 0 || watch_own(loop, loop->timer_fd, KEY_TIMER) < 0)
		goto fail;
	*ret = loop;
	return 0;

fail:
	code = -errno;
	loop_destroy(loop);
	return error_set(err, code, NULL, "no event loop: %s", strerror(-code));
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop->slots);
	pthread_mutex_destroy(&loop->post_lock);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void loop_lock(struct loop *loop)
{
	if (pthread_mutex_lock(&loop->lock))
		abort(); /* taken twice by one thread */
}

void loop_unlock(struct loop *loop)
{
	pthread_mutex_unlock(&loop->lock);
}

static void wake(struct loop *loop)
{
	uint64_t one = 1;

	/* A full counter (EAGAIN) is awake already. */
	if (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort();
}

/* ---- descriptors ------------------------------------------------------------------ */

static int take_slot(struct loop *loop, unsigned int *ret)
{
	unsigned int slot = 0;

	while (slot < loop->slot_count && loop->slots[slot].watch)
		slot++;
	if (slot == loop->slot_count) {
		struct slot *slots =
			realloc(loop->slots, (slot + BATCH) * sizeof(loop->slots[0]));

		if (!slots)
			return -ENOMEM;
		memset(slots + slot, 0, BATCH * sizeof(slots[0]));
		loop->slots = slots;
		loop->slot_count += BATCH;
	}
	*ret = slot;
	return 0;
}

static uint64_t slot_key(const struct loop *loop, unsigned int slot)
{
	return (uint64_t)loop->slots[slot].age << 32 | slot;
}

int loop_fd_add(struct loop *loop, struct loop_fd *watch)
{
	struct epoll_event event = {.events = watch->events};
	int code = take_slot(loop, &watch->slot);

	if (code)
		return code;
	event.data.u64 = slot_key(loop, watch->slot);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		return -errno;
	loop->slots[watch->slot].watch = watch;
	watch->loop = loop;
	return 0;
}

int loop_fd_modify(struct loop_fd *watch, uint32_t events)
{
	struct epoll_event event = {.events = events};

	if (watch->events == events)
		return 0;
	event.data.u64 = slot_key(watch->loop, watch->slot);
	if (epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) < 0)
		return -errno;
	watch->events = events;
	return 0;
}

void loop_fd_remove(struct loop_fd *watch)
{
	struct loop *loop = watch->loop;

	if (!loop)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	loop->slots[watch->slot].watch = NULL;
	loop->slots[watch->slot].age++;
	watch->loop = NULL;
}

/* The watch that an event is for; NULL where it was removed meanwhile. */
static struct loop_fd *find_watch(const struct loop *loop, uint64_t key)
{
	unsigned int slot = (uint32_t)key;

	if (slot >= loop->slot_count || loop->slots[slot].age != key >> 32)
		return NULL;
	return loop->slots[slot].watch;
}

/* ---- timers ----------------------------------------------------------------------- */

uint64_t loop_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void set_timer_fd(struct loop *loop)
{
	struct itimerspec spec = {0};

	if (loop->timers) {
		uint64_t deadline = loop->timers->deadline_ns;

		spec.it_value.tv_sec = (time_t)(deadline / 1000000000u);
		spec.it_value.tv_nsec = (long)(deadline % 1000000000u);
	}
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* Takes the timer out of the list; true where it was the one that timer_fd waits for. */
static bool unlink_timer(struct loop_timer *timer)
{
	struct loop_timer **at = &timer->loop->timers;
	bool first = *at == timer;

	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	timer->loop = NULL;
	return first;
}

void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ns)
{
	struct loop_timer **at = &loop->timers;
	bool was_first = timer->loop && unlink_timer(timer);

	timer->deadline_ns = loop_now_ns() + delay_ns;
	timer->loop = loop;
	while (*at && (*at)->deadline_ns <= timer->deadline_ns)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
	if (was_first || loop->timers == timer)
		set_timer_fd(loop);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	struct loop *loop = timer->loop;

	if (loop && unlink_timer(timer))
		set_timer_fd(loop);
}

static void run_timers(struct loop *loop)
{
	uint64_t count;
	uint64_t now;

	if (read(loop->timer_fd, &count, sizeof(count)) < 0)
		return; /* re-armed meanwhile */
	now = loop_now_ns();
	while (loop->timers && loop->timers->deadline_ns <= now) {
		struct loop_timer *timer = loop->timers;

		unlink_timer(timer);
		timer->expired(timer);
	}
	set_timer_fd(loop);
}

/* ---- tasks ------------------------------------------------------------------------ */

void loop_post(struct loop *loop, struct loop_task *task)
{
	bool first = false;

	pthread_mutex_lock(&loop->post_lock);
	if (!task->queued) {
		first = !loop->first_task;
		task->queued = true;
		task->next = NULL;
		*loop->last_task = task;
		loop->last_task = &task->next;
	}
	pthread_mutex_unlock(&loop->post_lock);
	if (first)
		wake(loop);
}

void loop_task_cancel(struct loop *loop, struct loop_task *task)
{
	pthread_mutex_lock(&loop->post_lock);
	if (task->queued) {
		struct loop_task **at = &loop->first_task;

		while (*at != task)
			at = &(*at)->next;
		*at = task->next;
		if (loop->last_task == &task->next)
			loop->last_task = at;
		task->queued = false;
	}
	pthread_mutex_unlock(&loop->post_lock);
}

static unsigned int count_tasks(struct loop *loop)
{
	unsigned int count = 0;

	pthread_mutex_lock(&loop->post_lock);
	for (const struct loop_task *task = loop->first_task; task; task = task->next)
		count++;
	pthread_mutex_unlock(&loop->post_lock);
	return count;
}

static struct loop_task *take_task(struct loop *loop)
{
	struct loop_task *task;

	pthread_mutex_lock(&loop->post_lock);
	task = loop->first_task;
	if (task) {
		loop->first_task = task->next;
		if (!loop->first_task)
			loop->last_task = &loop->first_task;
		task->queued = false;
	}
	pthread_mutex_unlock(&loop->post_lock);
	return task;
}

static void run_tasks(struct loop *loop)
{
	struct loop_task *task;
	unsigned int left;
	uint64_t count;

	if (read(loop->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		abort();
	/* Those posted meanwhile wait for the next turn: a task may post itself for good
	 * and starves nobody. */
	for (left = count_tasks(loop); left && (task = take_task(loop)); left--)
		task->run(task);
	if (count_tasks(loop))
		wake(loop);
}

void loop_run_posted(struct loop *loop)
{
	loop_lock(loop);
	run_tasks(loop);
	loop_unlock(loop);
}

/* ---- turning ---------------------------------------------------------------------- */

int loop_turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[BATCH];
	int count = epoll_wait(loop->epoll_fd, events, BATCH, timeout_ms);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	loop_lock(loop);
	for (int i = 0; i < count; i++) {
		uint64_t key = events[i].data.u64;
		struct loop_fd *watch;

		if (key == KEY_TIMER) {
			run_timers(loop);
		} else if (key == KEY_WAKE) {
			run_tasks(loop);
		} else {
			watch = find_watch(loop, key);
			if (watch)
				watch->ready(watch, events[i].events);
		}
	}
	loop_unlock(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	int code = 0;

	while (!code && !loop->stopping)
		code = loop_turn(loop, -1);
	loop->stopping = false;
	return code;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
	wake(loop);
}
