/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_desk.h"

#include "src/container_of.h"

static void run_next(struct loop_task *task)
{
	struct tls_desk *desk = container_of(task, struct tls_desk, next);
	struct tls_turn *turn = desk->first;

	if (!turn)
		return;
	tls_turn_cancel(turn);
	/* In the next turn of the loop, after those who have something to carry. */
	if (desk->first)
		loop_post(desk->loop, &desk->next);
	turn->take(turn);
}

void tls_desk_init(struct tls_desk *desk, struct loop *loop)
{
	*desk = (struct tls_desk){.loop = loop, .next = {.run = run_next}};
}

void tls_turn_init(
	struct tls_turn *turn, struct tls_desk *desk, void (*take)(struct tls_turn *turn))
{
	*turn = (struct tls_turn){.take = take, .desk = desk, .number = desk->came++};
}

void tls_turn_ask(struct tls_turn *turn)
{
	struct tls_turn **at = &turn->desk->first;

	if (turn->waits)
		return;
	while (*at && (*at)->number < turn->number)
		at = &(*at)->next;
	turn->next = *at;
	*at = turn;
	turn->waits = true;
	loop_post(turn->desk->loop, &turn->desk->next);
}

void tls_turn_cancel(struct tls_turn *turn)
{
	struct tls_turn **at = &turn->desk->first;

	if (!turn->waits)
		return;
	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	turn->waits = false;
	if (!turn->desk->first)
		loop_task_cancel(turn->desk->loop, &turn->desk->next);
}
