/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/tls.h"
#include "host/tls_desk.h"
#include "host/tls_tunnel.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"
#include "src/sandbox.h"
#include "src/thread.h"

#define STACK_BYTES (256u << 10)
#define LEAVE_NS 1000000000ull /* for last words */

/* Descriptors on their way from one thread to the other. */
struct box {
	unsigned int count;
	int fds[TLS_GATE_CONNECTIONS];
};

struct slot {
	struct tls_gate *gate;
	struct tls_tunnel *tunnel; /* NULL: free */
	struct tls_tunnel_user user;
	bool admitted;
	uint64_t number; /* in the order of arrival */
};

struct tls_gate {
	struct loop *outer; /* the user's */
	struct tls_gate_user *user;
	struct loop_task admissions; /* the outer loop's */

	struct tls *tls;
	enum tls_prelude prelude;
	struct loop *inner; /* the thread's */
	struct tls_desk desk;
	struct loop_task arrivals;
	struct slot slots[TLS_GATE_CONNECTIONS];
	uint64_t arrived;
	struct guest_log log;
	bool leaving;
	struct loop_task leave;
	struct loop_timer left; /* those who take no more */

	pthread_t thread;
	bool running;

	pthread_mutex_t lock; /* guards the two below, innermost */
	struct box inbox;
	struct box outbox;
};

static void put(struct tls_gate *gate, struct box *box, int fd)
{
	bool full;

	pthread_mutex_lock(&gate->lock);
	full = box->count == TLS_GATE_CONNECTIONS;
	if (!full)
		box->fds[box->count++] = fd;
	pthread_mutex_unlock(&gate->lock);
	if (full)
		close(fd);
}

static struct box empty(struct tls_gate *gate, struct box *box)
{
	struct box ret;

	pthread_mutex_lock(&gate->lock);
	ret = *box;
	box->count = 0;
	pthread_mutex_unlock(&gate->lock);
	return ret;
}

static void close_all(const struct box *box)
{
	for (unsigned int i = 0; i < box->count; i++)
		close(box->fds[i]);
}

/* ---- the thread ------------------------------------------------------------------- */

static bool is_empty(const struct tls_gate *gate)
{
	for (unsigned int i = 0; i < TLS_GATE_CONNECTIONS; i++)
		if (gate->slots[i].tunnel)
			return false;
	return true;
}

static void release(struct slot *slot)
{
	tls_tunnel_destroy(slot->tunnel);
	slot->tunnel = NULL;
	slot->admitted = false;
	if (slot->gate->leaving && is_empty(slot->gate))
		loop_stop(slot->gate->inner);
}

static void refuse(struct slot *slot, const char *fault)
{
	guest_log(&slot->gate->log, "a client %s", fault);
	release(slot);
}

static void opened(struct tls_tunnel_user *user, int plain)
{
	struct slot *slot = container_of(user, struct slot, user);

	slot->admitted = true;
	put(slot->gate, &slot->gate->outbox, plain);
	loop_post(slot->gate->outer, &slot->gate->admissions);
}

static void over(struct tls_tunnel_user *user, const char *fault)
{
	struct slot *slot = container_of(user, struct slot, user);

	if (fault)
		refuse(slot, fault);
	else
		release(slot);
}

static const struct tls_tunnel_events tunnel_events = {.opened = opened, .over = over};

/* One for a stranger; NULL: all of them are those of good peers. */
static struct slot *find_slot(struct tls_gate *gate)
{
	struct slot *oldest = NULL;
	struct slot *unused = NULL;
	unsigned int strangers = 0;

	for (unsigned int i = 0; i < TLS_GATE_CONNECTIONS; i++) {
		struct slot *slot = &gate->slots[i];

		if (!slot->tunnel) {
			unused = slot;
		} else if (!slot->admitted) {
			strangers++;
			if (!oldest || slot->number < oldest->number)
				oldest = slot;
		}
	}
	if (unused && strangers < TLS_GATE_STRANGERS)
		return unused;
	if (oldest)
		refuse(oldest, "gave way to the next one, for there are too many");
	return oldest;
}

static void arrive(struct tls_gate *gate, int fd)
{
	struct slot *slot = find_slot(gate);

	if (!slot) {
		close(fd);
		return;
	}
	slot->gate = gate;
	slot->user.events = &tunnel_events;
	slot->number = gate->arrived++;
	if (tls_tunnel_create(&gate->desk, gate->tls, fd, NULL, gate->prelude,
		    &slot->user, &slot->tunnel))
		slot->tunnel = NULL;
}

static void run_arrivals(struct loop_task *task)
{
	struct tls_gate *gate = container_of(task, struct tls_gate, arrivals);
	struct box box = empty(gate, &gate->inbox);

	for (unsigned int i = 0; i < box.count; i++)
		arrive(gate, box.fds[i]);
}

static void run_left(struct loop_timer *timer)
{
	loop_stop(container_of(timer, struct tls_gate, left)->inner);
}

/* The user has closed what it was given: what it said last is on its way. */
static void run_leave(struct loop_task *task)
{
	struct tls_gate *gate = container_of(task, struct tls_gate, leave);
	struct box box = empty(gate, &gate->outbox);

	close_all(&box);
	gate->leaving = true;
	for (unsigned int i = 0; i < TLS_GATE_CONNECTIONS; i++)
		if (gate->slots[i].tunnel && !gate->slots[i].admitted)
			release(&gate->slots[i]);
	if (is_empty(gate))
		loop_stop(gate->inner);
	loop_timer_arm(gate->inner, &gate->left, LEAVE_NS);
}

static void *run(void *argument)
{
	struct tls_gate *gate = argument;

	sandbox_enter(SANDBOX_TLS);
	loop_run(gate->inner);
	return NULL;
}

/* ---- the user's side -------------------------------------------------------------- */

static void run_admissions(struct loop_task *task)
{
	struct tls_gate *gate = container_of(task, struct tls_gate, admissions);
	struct box box = empty(gate, &gate->outbox);

	for (unsigned int i = 0; i < box.count; i++)
		gate->user->admitted(gate->user, box.fds[i]);
}

void tls_gate_try(struct tls_gate *gate, int fd)
{
	if (!gate->running)
		gate->running = !thread_start(&gate->thread, STACK_BYTES, run, gate);
	if (!gate->running) {
		close(fd);
		return;
	}
	put(gate, &gate->inbox, fd);
	loop_post(gate->inner, &gate->arrivals);
}

int tls_gate_create(struct loop *loop, const struct tls_files *files,
	enum tls_prelude prelude, const char *name, struct tls_gate_user *user,
	struct tls_gate **ret, struct error *err)
{
	struct tls_gate *gate = calloc(1, sizeof(*gate));
	int code;

	if (!gate)
		return error_set(err, -ENOMEM, files->pos, "no memory for TLS");
	pthread_mutex_init(&gate->lock, NULL);
	gate->outer = loop;
	gate->prelude = prelude;
	gate->user = user;
	gate->log.source = name;
	gate->admissions.run = run_admissions;
	gate->arrivals.run = run_arrivals;
	gate->leave.run = run_leave;
	gate->left.expired = run_left;
	code = loop_create(&gate->inner, err);
	tls_desk_init(&gate->desk, gate->inner);
	if (!code)
		code = tls_create(TLS_SERVER, files, &gate->tls, err);
	if (code) {
		tls_gate_destroy(gate);
		return code;
	}
	*ret = gate;
	return 0;
}

void tls_gate_destroy(struct tls_gate *gate)
{
	if (!gate)
		return;
	if (gate->running) {
		loop_post(gate->inner, &gate->leave);
		pthread_join(gate->thread, NULL);
	}
	loop_task_cancel(gate->outer, &gate->admissions);
	for (unsigned int i = 0; i < TLS_GATE_CONNECTIONS; i++)
		tls_tunnel_destroy(gate->slots[i].tunnel);
	loop_timer_cancel(&gate->left);
	close_all(&gate->inbox);
	close_all(&gate->outbox);
	loop_destroy(gate->inner);
	tls_destroy(gate->tls);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}
