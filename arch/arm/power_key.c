/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/power_key.h"

#include "arch/arm/layout.h"
#include "arch/arm/pl061.h"
#include "src/container_of.h"

static void let_go(struct loop_timer *timer)
{
	struct power_key *key = container_of(timer, struct power_key, timer);

	pl061_set_input(key->gpio, ARM_POWER_KEY_LINE, false);
}

void power_key_init(struct power_key *key, struct loop *loop, struct pl061 *gpio)
{
	key->gpio = gpio;
	key->loop = loop;
	key->timer.expired = let_go;
}

void power_key_finish(struct power_key *key)
{
	loop_timer_cancel(&key->timer);
}

void power_key_press(struct power_key *key)
{
	pl061_set_input(key->gpio, ARM_POWER_KEY_LINE, true);
	loop_timer_arm(key->loop, &key->timer, POWER_KEY_HELD_NS);
}

void power_key_reset(struct power_key *key)
{
	loop_timer_cancel(&key->timer);
	pl061_set_input(key->gpio, ARM_POWER_KEY_LINE, false);
}
