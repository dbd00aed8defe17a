/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_desk.h"

#include <string.h>

#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define HANDS 3u

/* Somebody who needs some steps, each of which is noted by his letter. */
struct hand {
	struct tls_turn turn;
	unsigned int steps;
	char letter;
};

static char noted[32];

static void take(struct tls_turn *turn)
{
	struct hand *hand = container_of(turn, struct hand, turn);
	size_t count = strlen(noted);

	noted[count] = hand->letter;
	noted[count + 1] = 0;
	if (--hand->steps)
		tls_turn_ask(turn);
}

struct rig {
	struct loop *loop;
	struct tls_desk desk;
	struct hand hands[HANDS];
};

static void begin(struct rig *rig)
{
	noted[0] = 0;
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
	tls_desk_init(&rig->desk, rig->loop);
	for (unsigned int i = 0; i < HANDS; i++) {
		rig->hands[i] = (struct hand){.steps = i + 1, .letter = (char)('a' + i)};
		tls_turn_init(&rig->hands[i].turn, &rig->desk, take);
	}
}

static void turn(struct rig *rig, unsigned int count)
{
	while (count--)
		CHECK_EQ(loop_turn(rig->loop, 0), 0);
}

TEST(one_step_a_turn_of_the_loop_and_the_first_to_come_is_through_first)
{
	struct rig rig;

	begin(&rig);
	for (unsigned int i = HANDS; i-- > 0;)
		tls_turn_ask(&rig.hands[i].turn);
	for (unsigned int i = 0; i < HANDS; i++)
		tls_turn_ask(&rig.hands[i].turn); /* they wait already */
	turn(&rig, 1);
	CHECK_STR(noted, "a");
	turn(&rig, 1);
	CHECK_STR(noted, "ab");
	turn(&rig, 10);
	CHECK_STR(noted, "abbccc");
	loop_destroy(rig.loop);
}

TEST(who_comes_back_goes_before_those_who_came_later)
{
	struct rig rig;

	begin(&rig);
	tls_turn_ask(&rig.hands[2].turn);
	turn(&rig, 1);
	tls_turn_ask(&rig.hands[0].turn);
	turn(&rig, 10);
	CHECK_STR(noted, "cacc");
	loop_destroy(rig.loop);
}

TEST(who_has_left_has_no_turn_and_leaves_nothing_to_be_done)
{
	struct rig rig;

	begin(&rig);
	for (unsigned int i = 0; i < HANDS; i++)
		tls_turn_ask(&rig.hands[i].turn);
	tls_turn_cancel(&rig.hands[0].turn);
	tls_turn_cancel(&rig.hands[0].turn);
	tls_turn_cancel(&rig.hands[2].turn);
	turn(&rig, 10);
	CHECK_STR(noted, "bb");
	tls_turn_ask(&rig.hands[0].turn);
	tls_turn_cancel(&rig.hands[0].turn);
	memset(&rig.desk, 0xa5, sizeof(rig.desk));
	turn(&rig, 2);
	CHECK_STR(noted, "bb");
	loop_destroy(rig.loop);
}

TEST_MAIN(CASE(one_step_a_turn_of_the_loop_and_the_first_to_come_is_through_first),
	CASE(who_comes_back_goes_before_those_who_came_later),
	CASE(who_has_left_has_no_turn_and_leaves_nothing_to_be_done))
