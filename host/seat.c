/* SPDX-License-Identifier: Apache-2.0 */
#include "host/seat.h"

#include <assert.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/input_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"

/* What may come between two seat_sync(); more is told in parts. */
#define PENDING 64

/* How many chords may wait to be typed, the one that is held among them. */
#define CHORDS 256

/* A pointer's step in units of a place: about a pixel of a screen. */
#define PLACE_STEP 32

struct seat_source {
	struct input_source base;
	struct seat *seat;
	struct seat_source *next; /* in the order of the file */
	enum input_kind kind;
	unsigned int pending_count;
	struct evdev_event pending[PENDING];
};

/* Keys that go down together. */
struct chord {
	uint64_t hold_ns;
	unsigned int count;
	uint16_t codes[SEAT_CHORD_KEYS];
};

struct place {
	int32_t x;
	int32_t y;
};

struct seat {
	struct loop *loop;
	struct seat_source *sources;
	struct seat_listener *listeners;
	uint8_t lit[INPUT_CODE_BYTES];  /* LED_*, of the keyboard */
	uint8_t down[INPUT_CODE_BYTES]; /* keys and buttons that a device was told of */
	struct place place;             /* the last; a pointer starts from there */
	bool placed;
	int32_t wheel[2];              /* parts of a notch: horizontal, vertical */
	int32_t fingers[SEAT_TOUCHES]; /* tracking id + 1; 0: lifted */
	unsigned int finger_count;
	uint16_t next_finger;
	struct loop_timer typing; /* armed while a chord is held */
	unsigned int chord;       /* the one that is, or would be */
	unsigned int chord_count;
	struct chord chords[CHORDS];
};

/* ---- who hears it ----------------------------------------------------------------- */

static struct seat_source *find(const struct seat *seat, enum input_kind kind)
{
	struct seat_source *source = seat->sources;

	while (source && source->kind != kind)
		source = source->next;
	return source;
}

bool seat_has(const struct seat *seat, enum input_kind kind)
{
	return find(seat, kind);
}

/* Of places, buttons and wheels. */
static struct seat_source *find_pointing(const struct seat *seat)
{
	struct seat_source *tablet = find(seat, INPUT_TABLET);

	return tablet ? tablet : find(seat, INPUT_POINTER);
}

static void flush(struct seat_source *source)
{
	if (!source->pending_count)
		return;
	source->pending[source->pending_count++] =
		(struct evdev_event){.type = EV_SYN, .code = SYN_REPORT};
	input_source_deliver(&source->base, source->pending, source->pending_count);
	source->pending_count = 0;
}

static void say(
	struct seat_source *source, unsigned int type, unsigned int code, int32_t value)
{
	if (source->pending_count == PENDING - 1)
		flush(source);
	source->pending[source->pending_count++] = (struct evdev_event){
		.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
}

void seat_sync(struct seat *seat)
{
	for (struct seat_source *source = seat->sources; source; source = source->next)
		flush(source);
}

/* ---- what the person does --------------------------------------------------------- */

void seat_key(struct seat *seat, uint16_t code, bool down)
{
	struct seat_source *source = code >= BTN_MOUSE && code < BTN_JOYSTICK
					     ? find_pointing(seat)
					     : find(seat, INPUT_KEYBOARD);

	if (!source || code > KEY_MAX ||
		!input_bit(source->base.info.codes[EV_KEY], code) ||
		input_bit(seat->down, code) == down)
		return;
	input_set_bit(seat->down, code, down);
	say(source, EV_KEY, code, down);
}

static int32_t clamp_place(int32_t place)
{
	return place < 0 ? 0 : place > SEAT_ABS_MAX ? SEAT_ABS_MAX : place;
}

void seat_motion(struct seat *seat, int32_t dx, int32_t dy)
{
	struct seat_source *source = find(seat, INPUT_POINTER);

	if (!source)
		return;
	if (dx)
		say(source, EV_REL, REL_X, dx);
	if (dy)
		say(source, EV_REL, REL_Y, dy);
}

/* What is left of a step counts for the next place. */
static int32_t go(int32_t *from, int32_t to)
{
	int32_t steps = (to - *from) / PLACE_STEP;

	*from += steps * PLACE_STEP;
	return steps;
}

void seat_place(struct seat *seat, int32_t x, int32_t y)
{
	struct seat_source *source = find(seat, INPUT_TABLET);
	struct place place = {clamp_place(x), clamp_place(y)};

	if (source) {
		say(source, EV_ABS, ABS_X, place.x);
		say(source, EV_ABS, ABS_Y, place.y);
	} else if (seat->placed) {
		int32_t dx = go(&seat->place.x, place.x);
		int32_t dy = go(&seat->place.y, place.y);

		seat_motion(seat, dx, dy);
		return;
	}
	seat->place = place;
	seat->placed = true;
}

static void turn(struct seat_source *source, int32_t *left, unsigned int fine,
	unsigned int coarse, int32_t amount)
{
	if (!amount)
		return;
	say(source, EV_REL, fine, amount);
	/* Who turns back starts a notch anew. */
	if ((*left < 0) != (amount < 0))
		*left = 0;
	*left += amount % SEAT_WHEEL_NOTCH;
	amount = amount / SEAT_WHEEL_NOTCH + *left / SEAT_WHEEL_NOTCH;
	*left %= SEAT_WHEEL_NOTCH;
	if (amount)
		say(source, EV_REL, coarse, amount);
}

void seat_place_axis(struct seat *seat, bool vertical, int32_t place)
{
	seat_place(
		seat, vertical ? seat->place.x : place, vertical ? place : seat->place.y);
}

void seat_wheel(struct seat *seat, int32_t horizontal, int32_t vertical)
{
	struct seat_source *source = find_pointing(seat);

	if (!source)
		return;
	turn(source, &seat->wheel[0], REL_HWHEEL_HI_RES, REL_HWHEEL, horizontal);
	turn(source, &seat->wheel[1], REL_WHEEL_HI_RES, REL_WHEEL, vertical);
}

/* The touch screen, which hears that what follows is of this finger; NULL without one. */
static struct seat_source *touch(struct seat *seat, unsigned int finger)
{
	struct seat_source *source = find(seat, INPUT_TOUCH);

	assert(finger < SEAT_TOUCHES);
	if (!source)
		return NULL;
	say(source, EV_ABS, ABS_MT_SLOT, (int32_t)finger);
	if (!seat->fingers[finger]) {
		seat->fingers[finger] = seat->next_finger++ + 1;
		say(source, EV_ABS, ABS_MT_TRACKING_ID, seat->fingers[finger] - 1);
		if (!seat->finger_count++)
			say(source, EV_KEY, BTN_TOUCH, 1);
	}
	return source;
}

void seat_touch(struct seat *seat, unsigned int finger, int32_t x, int32_t y)
{
	struct seat_source *source = touch(seat, finger);

	if (!source)
		return;
	say(source, EV_ABS, ABS_MT_POSITION_X, clamp_place(x));
	say(source, EV_ABS, ABS_MT_POSITION_Y, clamp_place(y));
}

void seat_touch_begin(struct seat *seat, unsigned int finger)
{
	touch(seat, finger);
}

void seat_touch_axis(struct seat *seat, unsigned int finger, bool vertical, int32_t place)
{
	struct seat_source *source = touch(seat, finger);

	if (source)
		say(source, EV_ABS, vertical ? ABS_MT_POSITION_Y : ABS_MT_POSITION_X,
			clamp_place(place));
}

void seat_touch_end(struct seat *seat, unsigned int finger)
{
	struct seat_source *source = find(seat, INPUT_TOUCH);

	assert(finger < SEAT_TOUCHES);
	if (!source || !seat->fingers[finger])
		return;
	seat->fingers[finger] = 0;
	say(source, EV_ABS, ABS_MT_SLOT, (int32_t)finger);
	say(source, EV_ABS, ABS_MT_TRACKING_ID, -1);
	if (!--seat->finger_count)
		say(source, EV_KEY, BTN_TOUCH, 0);
}

void seat_release_all(struct seat *seat)
{
	for (unsigned int code = 0; code <= KEY_MAX; code++)
		if (input_bit(seat->down, code))
			seat_key(seat, (uint16_t)code, false);
	for (unsigned int finger = 0; finger < SEAT_TOUCHES; finger++)
		seat_touch_end(seat, finger);
	seat_sync(seat);
}

/* ---- typing ----------------------------------------------------------------------- */

static void chord_down(struct seat *seat)
{
	const struct chord *chord = &seat->chords[seat->chord];

	for (unsigned int i = 0; i < chord->count; i++)
		seat_key(seat, chord->codes[i], true);
	seat_sync(seat);
	loop_timer_arm(seat->loop, &seat->typing, chord->hold_ns);
}

static void chord_up(struct loop_timer *timer)
{
	struct seat *seat = container_of(timer, struct seat, typing);
	const struct chord *chord = &seat->chords[seat->chord];

	for (unsigned int i = chord->count; i-- > 0;)
		seat_key(seat, chord->codes[i], false);
	seat_sync(seat);
	seat->chord = (seat->chord + 1) % CHORDS;
	if (--seat->chord_count)
		chord_down(seat);
}

int seat_type(
	struct seat *seat, const uint16_t *codes, unsigned int count, uint64_t hold_ns)
{
	struct chord *chord = &seat->chords[(seat->chord + seat->chord_count) % CHORDS];

	assert(count <= SEAT_CHORD_KEYS);
	if (seat->chord_count == CHORDS)
		return -EAGAIN;
	chord->hold_ns = hold_ns;
	chord->count = count;
	memcpy(chord->codes, codes, count * sizeof(codes[0]));
	if (!seat->chord_count++)
		chord_down(seat);
	return 0;
}

/* ---- LEDs ------------------------------------------------------------------------- */

static void source_status(struct input_source *base, const struct evdev_event *event)
{
	struct seat_source *source = container_of(base, struct seat_source, base);
	struct seat *seat = source->seat;

	/* The first keyboard is the one that is typed on. */
	if (event->type != EV_LED || source != find(seat, INPUT_KEYBOARD))
		return;
	input_set_bit(seat->lit, event->code, event->value);
	for (struct seat_listener *l = seat->listeners; l; l = l->next)
		l->led(l, event->code, event->value);
}

void seat_listen(struct seat *seat, struct seat_listener *listener)
{
	listener->next = seat->listeners;
	seat->listeners = listener;
	for (unsigned int code = 0; code <= LED_MAX; code++)
		if (input_bit(seat->lit, code))
			listener->led(listener, (uint16_t)code, true);
}

void seat_unlisten(struct seat *seat, struct seat_listener *listener)
{
	for (struct seat_listener **at = &seat->listeners; *at; at = &(*at)->next)
		if (*at == listener) {
			*at = listener->next;
			return;
		}
}

/* ---- what its devices are --------------------------------------------------------- */

static void set_bits(uint8_t *map, unsigned int first, unsigned int last)
{
	for (unsigned int bit = first; bit <= last; bit++)
		input_set_bit(map, bit, true);
}

static void add_range(struct input_info *info, unsigned int axis, int32_t maximum)
{
	input_set_bit(info->codes[EV_ABS], axis, true);
	info->axes[axis].maximum = maximum;
}

static void describe_keyboard(struct input_info *info)
{
	set_bits(info->codes[EV_KEY], KEY_ESC, KEY_MICMUTE);
	set_bits(info->codes[EV_LED], LED_NUML, LED_SCROLLL);
	set_bits(info->codes[EV_REP], REP_DELAY, REP_PERIOD);
}

/* What a pointer and a tablet have in common. */
static void describe_pointing(struct input_info *info)
{
	set_bits(info->codes[EV_KEY], BTN_LEFT, BTN_TASK);
	input_set_bit(info->codes[EV_REL], REL_HWHEEL, true);
	input_set_bit(info->codes[EV_REL], REL_WHEEL, true);
	set_bits(info->codes[EV_REL], REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES);
	input_set_bit(info->properties, INPUT_PROP_POINTER, true);
}

static void describe_touch(struct input_info *info)
{
	input_set_bit(info->codes[EV_KEY], BTN_TOUCH, true);
	add_range(info, ABS_MT_SLOT, SEAT_TOUCHES - 1);
	add_range(info, ABS_MT_TRACKING_ID, UINT16_MAX);
	add_range(info, ABS_MT_POSITION_X, SEAT_ABS_MAX);
	add_range(info, ABS_MT_POSITION_Y, SEAT_ABS_MAX);
	input_set_bit(info->properties, INPUT_PROP_DIRECT, true);
}

static void describe(struct input_info *info, enum input_kind kind)
{
	info->bus = BUS_VIRTUAL;
	info->product = (uint16_t)(kind + 1);
	info->version = 1;
	switch (kind) {
	case INPUT_KEYBOARD:
		describe_keyboard(info);
		break;
	case INPUT_POINTER:
		describe_pointing(info);
		set_bits(info->codes[EV_REL], REL_X, REL_Y);
		break;
	case INPUT_TABLET:
		describe_pointing(info);
		add_range(info, ABS_X, SEAT_ABS_MAX);
		add_range(info, ABS_Y, SEAT_ABS_MAX);
		break;
	case INPUT_TOUCH:
		describe_touch(info);
		break;
	}
}

/* ---- making it -------------------------------------------------------------------- */

static void source_destroy(struct input_source *base)
{
	struct seat_source *source = container_of(base, struct seat_source, base);

	for (struct seat_source **at = &source->seat->sources; *at; at = &(*at)->next)
		if (*at == source) {
			*at = source->next;
			break;
		}
	input_source_finish(base);
	free(source);
}

static const struct input_source_ops source_ops = {
	.status = source_status,
	.destroy = source_destroy,
};

int seat_source_create(struct seat *seat, enum input_kind kind, const char *name,
	struct input_source **ret, struct error *err)
{
	struct seat_source *source = calloc(1, sizeof(*source));
	struct seat_source **at = &seat->sources;

	if (source) {
		source->seat = seat;
		source->kind = kind;
		snprintf(source->base.info.name, sizeof(source->base.info.name), "%s",
			name);
		describe(&source->base.info, kind);
	}
	if (!source || input_source_init(&source->base, &source_ops)) {
		free(source);
		return error_set(err, -ENOMEM, NULL, "%s: no memory", name);
	}
	while (*at)
		at = &(*at)->next;
	*at = source;
	*ret = &source->base;
	return 0;
}

int seat_create(struct loop *loop, struct seat **ret, struct error *err)
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (!seat)
		return error_set(err, -ENOMEM, NULL, "no memory for a seat");
	seat->loop = loop;
	seat->typing.expired = chord_up;
	*ret = seat;
	return 0;
}

void seat_destroy(struct seat *seat)
{
	if (!seat)
		return;
	assert(!seat->sources);
	loop_timer_cancel(&seat->typing);
	free(seat);
}
