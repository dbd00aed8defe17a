/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where those who shake hands on one loop wait for their turn: arithmetic takes a small
 * CPU a second, so that a turn of the loop has one step of it, of whoever came first.
 * Nobody who has shaken hands waits for longer than that, and of many who came at once
 * the first are through while the last still wait.
 *
 * All on the loop's thread.
 */
#ifndef HOST_TLS_DESK_H
#define HOST_TLS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/loop.h"

struct tls_turn;

/* Embedded in its owner; outlives its turns. */
struct tls_desk {
	struct loop *loop;
	struct loop_task next;
	struct tls_turn *first; /* in the order in which they came */
	uint64_t came;
};

void tls_desk_init(struct tls_desk *desk, struct loop *loop);

/* Embedded in whoever shakes hands. */
struct tls_turn {
	/* Takes a step; may ask for another turn, or be gone afterwards. */
	void (*take)(struct tls_turn *turn);
	struct tls_desk *desk;
	uint64_t number;
	bool waits; /* the desk's */
	struct tls_turn *next;
};

void tls_turn_init(struct tls_turn *turn, struct tls_desk *desk,
	void (*take)(struct tls_turn *turn));
/* Does nothing where it waits already. */
void tls_turn_ask(struct tls_turn *turn);
/* Does nothing where it does not wait. */
void tls_turn_cancel(struct tls_turn *turn);

#endif
