/* SPDX-License-Identifier: Apache-2.0 */
/* A user of a terminal that writes down what it hears, for the terminals' tests. */
#ifndef TEST_UNIT_TERMINAL_PROBE_H
#define TEST_UNIT_TERMINAL_PROBE_H

#include <string.h>

#include "host/terminal_impl.h"
#include "src/container_of.h"
#include "test/unit/test.h"

struct probe {
	struct terminal_user user;
	struct loop *loop;
	struct terminal *terminal;
	bool deaf; /* takes no input */
	unsigned int readable;
	unsigned int writable;
	unsigned int resized;
	unsigned int attached;
	char got[16384];
	size_t got_bytes;
};

static void probe_take(struct probe *probe)
{
	probe->got_bytes += terminal_read(probe->terminal, probe->got + probe->got_bytes,
		sizeof(probe->got) - 1 - probe->got_bytes);
}

static void probe_readable(struct terminal_user *user)
{
	struct probe *probe = container_of(user, struct probe, user);

	probe->readable++;
	if (!probe->deaf)
		probe_take(probe);
}

static void probe_writable(struct terminal_user *user)
{
	container_of(user, struct probe, user)->writable++;
}

static void probe_resized(struct terminal_user *user)
{
	container_of(user, struct probe, user)->resized++;
}

static void probe_attached(struct terminal_user *user)
{
	container_of(user, struct probe, user)->attached++;
}

static const struct terminal_events probe_events = {
	.readable = probe_readable,
	.writable = probe_writable,
	.resized = probe_resized,
	.attached = probe_attached,
};

/* The terminal is created by the test, on probe->loop. */
static void probe_init(struct probe *probe)
{
	memset(probe, 0, sizeof(*probe));
	probe->user.events = &probe_events;
	CHECK_EQ(loop_create(&probe->loop, NULL), 0);
}

static void probe_watch(struct probe *probe)
{
	terminal_set_user(probe->terminal, &probe->user);
}

static void probe_finish(struct probe *probe)
{
	terminal_destroy(probe->terminal);
	loop_destroy(probe->loop);
}

/* Turns the loop until a condition holds, at most a few seconds: ptys have delays. */
#define PROBE_UNTIL(probe, condition)                                                    \
	do {                                                                             \
		int turns_left = 500;                                                    \
                                                                                         \
		while (!(condition) && turns_left--)                                     \
			loop_turn((probe)->loop, 10);                                    \
		CHECK(condition);                                                        \
	} while (0)

/* Lets everything happen that is ready to. */
static void probe_settle(struct probe *probe)
{
	for (int i = 0; i < 32; i++)
		loop_turn(probe->loop, 0);
}

#endif
