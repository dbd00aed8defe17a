/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop that owns devices and host backends: descriptors (epoll), timers, and
 * tasks posted from other threads. It has one lock, held around every callback. A vCPU
 * thread that touches a device takes that lock first, so a device and its backend never
 * see two threads at once and need no locks of their own.
 *
 * Every function but loop_run() and loop_create() is called with the lock held or
 * before loop_run() starts, except loop_post(), loop_stop() and loop_lock(), which are
 * for any thread. Objects are embedded by their owner; remove them before freeing.
 */
#ifndef SRC_LOOP_H
#define SRC_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;

int loop_create(struct loop **ret, struct error *err);
void loop_destroy(struct loop *loop);

/* Runs callbacks until loop_stop(); returns 0, or -errno where epoll itself failed. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

void loop_lock(struct loop *loop);
void loop_unlock(struct loop *loop);

/*
 * A watched descriptor. ready() gets EPOLLIN/EPOLLOUT/EPOLLHUP/EPOLLERR bits; it may
 * remove or free any watch, its own included. Level-triggered. fd is the caller's to
 * close, after loop_fd_remove(). The struct is zeroed before its first use.
 */
struct loop_fd {
	int fd;
	uint32_t events;
	void (*ready)(struct loop_fd *watch, uint32_t events);
	struct loop *loop; /* NULL while not added */
	unsigned int slot; /* the loop's */
};

int loop_fd_add(struct loop *loop, struct loop_fd *watch);
/* Changes the events waited for; 0 pauses it (EPOLLHUP and EPOLLERR still come). */
int loop_fd_modify(struct loop_fd *watch, uint32_t events);
void loop_fd_remove(struct loop_fd *watch); /* does nothing where not added */

/* One-shot timer on CLOCK_MONOTONIC. expired() may arm it again. */
struct loop_timer {
	uint64_t deadline_ns;
	void (*expired)(struct loop_timer *timer);
	struct loop *loop; /* NULL while not armed */
	struct loop_timer *next;
};

uint64_t loop_now_ns(void);
/* Arms or re-arms to fire delay_ns from now. */
void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ns);
void loop_timer_cancel(struct loop_timer *timer); /* does nothing where not armed */

/*
 * A task runs once on the loop's thread. Posting one that is queued already does nothing;
 * one posted by a task, itself for instance, runs in the next turn.
 */
struct loop_task {
	void (*run)(struct loop_task *task);
	bool queued;
	struct loop_task *next;
};

void loop_post(struct loop *loop, struct loop_task *task);
/* Runs those that are queued here and now; with nobody else running the loop. */
void loop_run_posted(struct loop *loop);
/* Forgets a queued task; on the loop's thread or with it not running. */
void loop_task_cancel(struct loop *loop, struct loop_task *task);

/* Turns the loop once: waits at most timeout_ms (-1: no limit). For tests. */
int loop_turn(struct loop *loop, int timeout_ms);

#endif
