/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_input.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "host/seat.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/machine_control.h"
#include "src/qcode.h"

#define ACTIONS_MAX 256u
#define HOLD_DEFAULT_MS 100
#define HOLD_MAX_MS 60000
#define NS_PER_MS 1000000ull

static int no_device(const char *what, struct error *err)
{
	return error_set(
		err, -EOPNOTSUPP, NULL, "this machine has no input device for %s", what);
}

/* ---- Ctrl-Alt-Delete, which some machines know without a keyboard -------------------
 */

/* The bit of one of its keys; 0: another. */
static unsigned int reset_bit(unsigned int code)
{
	switch (code) {
	case KEY_LEFTCTRL:
	case KEY_RIGHTCTRL:
		return 1;
	case KEY_LEFTALT:
	case KEY_RIGHTALT:
		return 2;
	case KEY_DELETE:
		return 4;
	default:
		return 0;
	}
}

static int press_reset(
	struct machine_control *machine, unsigned int bits, struct error *err)
{
	if (bits != 7)
		return error_set(err, -EOPNOTSUPP, NULL,
			"this machine has no keyboard: only ctrl, alt and delete "
			"together "
			"can be sent");
	return machine->ops->press(machine, BOARD_CTRL_ALT_DEL, err);
}

/* ---- keys ------------------------------------------------------------------------- */

/* A key as QMP has it: {"type": "qcode", "data": NAME}. */
static int read_key(json_t *key, uint16_t *ret, struct error *err)
{
	json_error_t wrong;
	const char *type;
	const char *name;
	int code;

	if (json_unpack_ex(key, &wrong, 0, "{s:s, s:s !}", "type", &type, "data", &name))
		return control_arguments_wrong(&wrong, err);
	if (strcmp(type, "qcode") != 0)
		return error_set(
			err, -EINVAL, NULL, "type is '%s', allowed: qcode", type);
	code = qcode_find(name);
	if (code < 0)
		return error_set(err, -EINVAL, NULL, "there is no key '%s'", name);
	*ret = (uint16_t)code;
	return 0;
}

static int send_key(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	json_int_t hold_ms = HOLD_DEFAULT_MS;
	uint16_t codes[SEAT_CHORD_KEYS];
	unsigned int count = 0;
	unsigned int bits = 0;
	json_error_t wrong;
	json_t *list;
	json_t *key;
	int code = 0;
	size_t i;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:o, s?I !}", "keys", &list,
		    "hold-time", &hold_ms))
		return control_arguments_wrong(&wrong, err);
	if (!json_array_size(list) || json_array_size(list) > SEAT_CHORD_KEYS)
		return error_set(err, -EINVAL, NULL, "keys: 1 to %u of them are allowed",
			SEAT_CHORD_KEYS);
	if (hold_ms < 1 || hold_ms > HOLD_MAX_MS)
		return error_set(err, -EINVAL, NULL, "hold-time: 1 to %d ms are allowed",
			HOLD_MAX_MS);
	json_array_foreach(list, i, key)
	{
		code = code ? code : read_key(key, &codes[count], err);
		bits |= code ? 8 : reset_bit(codes[count]) ? reset_bit(codes[count]) : 8;
		count++;
	}
	if (code)
		return code;
	if (!seat_has(machine->seat, INPUT_KEYBOARD))
		return press_reset(machine, bits, err);
	code = seat_type(machine->seat, codes, count, (uint64_t)hold_ms * NS_PER_MS);
	return code ? error_set(err, code, NULL, "too many keys wait to be typed") : 0;
}

/* ---- any events ------------------------------------------------------------------- */

enum action_kind {
	ACTION_KEY,
	ACTION_WHEEL,
	ACTION_MOTION,
	ACTION_PLACE,
	ACTION_TOUCH_BUTTON,
	ACTION_TOUCH_BEGIN,
	ACTION_TOUCH_UPDATE,
	ACTION_TOUCH_END,
	ACTION_TOUCH_PLACE,
};

struct action {
	enum action_kind kind;
	uint16_t code;       /* key */
	unsigned int finger; /* touch */
	bool down;
	bool vertical; /* wheel, motion, place */
	int32_t value;
};

static int read_key_event(json_t *data, struct action *action, struct error *err)
{
	json_error_t wrong;
	json_t *key;
	int down;

	if (json_unpack_ex(data, &wrong, 0, "{s:b, s:o !}", "down", &down, "key", &key))
		return control_arguments_wrong(&wrong, err);
	action->kind = ACTION_KEY;
	action->down = down;
	return read_key(key, &action->code, err);
}

static int read_button_event(json_t *data, struct action *action, struct error *err)
{
	static const struct {
		const char *name;
		struct action action;
	} buttons[] = {
		{"left", {.kind = ACTION_KEY, .code = BTN_LEFT}},
		{"middle", {.kind = ACTION_KEY, .code = BTN_MIDDLE}},
		{"right", {.kind = ACTION_KEY, .code = BTN_RIGHT}},
		{"side", {.kind = ACTION_KEY, .code = BTN_SIDE}},
		{"extra", {.kind = ACTION_KEY, .code = BTN_EXTRA}},
		{"wheel-up", {ACTION_WHEEL, .vertical = true, .value = SEAT_WHEEL_NOTCH}},
		{"wheel-down",
			{ACTION_WHEEL, .vertical = true, .value = -SEAT_WHEEL_NOTCH}},
		{"wheel-left", {ACTION_WHEEL, .value = -SEAT_WHEEL_NOTCH}},
		{"wheel-right", {ACTION_WHEEL, .value = SEAT_WHEEL_NOTCH}},
		{"touch", {ACTION_TOUCH_BUTTON}},
	};
	json_error_t wrong;
	const char *name;
	int down;

	if (json_unpack_ex(
		    data, &wrong, 0, "{s:b, s:s !}", "down", &down, "button", &name))
		return control_arguments_wrong(&wrong, err);
	for (size_t i = 0; i < ARRAY_SIZE(buttons); i++) {
		if (strcmp(name, buttons[i].name) != 0)
			continue;
		*action = buttons[i].action;
		action->down = down;
		return 0;
	}
	return error_set(err, -EINVAL, NULL, "there is no button '%s'", name);
}

/* place: the value is one, and not how far it is to the next. */
static int set_axis(struct action *action, const char *axis, json_int_t value, bool place,
	struct error *err)
{
	json_int_t most = place ? SEAT_ABS_MAX : INT16_MAX;
	json_int_t least = place ? 0 : INT16_MIN;

	if (strcmp(axis, "x") != 0 && strcmp(axis, "y") != 0)
		return error_set(err, -EINVAL, NULL, "axis is '%s', allowed: x, y", axis);
	if (value < least || value > most)
		return error_set(err, -EINVAL, NULL, "value: %d to %d are allowed",
			(int)least, (int)most);
	action->vertical = axis[0] == 'y';
	action->value = (int32_t)value;
	return 0;
}

static int read_axis_event(
	json_t *data, enum action_kind kind, struct action *action, struct error *err)
{
	json_error_t wrong;
	const char *axis;
	json_int_t value;

	if (json_unpack_ex(
		    data, &wrong, 0, "{s:s, s:I !}", "axis", &axis, "value", &value))
		return control_arguments_wrong(&wrong, err);
	action->kind = kind;
	return set_axis(action, axis, value, kind == ACTION_PLACE, err);
}

/* A finger: "data" is where it is, in one direction. The seat makes tracking ids itself.
 */
static int read_touch_event(json_t *data, struct action *action, struct error *err)
{
	static const struct {
		const char *name;
		enum action_kind kind;
	} kinds[] = {
		{"begin", ACTION_TOUCH_BEGIN},
		{"update", ACTION_TOUCH_UPDATE},
		{"end", ACTION_TOUCH_END},
		{"cancel", ACTION_TOUCH_END},
		{"data", ACTION_TOUCH_PLACE},
	};
	json_error_t wrong;
	json_int_t tracking;
	json_int_t value;
	json_int_t slot;
	const char *type;
	const char *axis;
	size_t i = 0;

	if (json_unpack_ex(data, &wrong, 0, "{s:s, s:I, s:I, s:s, s:I !}", "type", &type,
		    "slot", &slot, "tracking-id", &tracking, "axis", &axis, "value",
		    &value))
		return control_arguments_wrong(&wrong, err);
	while (i < ARRAY_SIZE(kinds) && strcmp(type, kinds[i].name) != 0)
		i++;
	if (i == ARRAY_SIZE(kinds))
		return error_set(err, -EINVAL, NULL,
			"type is '%s', allowed: begin, update, end, cancel, data", type);
	if (slot < 0 || slot >= SEAT_TOUCHES)
		return error_set(err, -EINVAL, NULL, "slot: 0 to %u are allowed",
			SEAT_TOUCHES - 1);
	action->kind = kinds[i].kind;
	action->finger = (unsigned int)slot;
	return set_axis(action, axis, value, action->kind == ACTION_TOUCH_PLACE, err);
}

static int read_event(json_t *event, struct action *action, struct error *err)
{
	json_error_t wrong;
	const char *type;
	json_t *data;

	if (json_unpack_ex(
		    event, &wrong, 0, "{s:s, s:o !}", "type", &type, "data", &data))
		return control_arguments_wrong(&wrong, err);
	if (!strcmp(type, "key"))
		return read_key_event(data, action, err);
	if (!strcmp(type, "btn"))
		return read_button_event(data, action, err);
	if (!strcmp(type, "rel"))
		return read_axis_event(data, ACTION_MOTION, action, err);
	if (!strcmp(type, "abs"))
		return read_axis_event(data, ACTION_PLACE, action, err);
	if (!strcmp(type, "mtt"))
		return read_touch_event(data, action, err);
	return error_set(err, -EINVAL, NULL,
		"type is '%s', allowed: key, btn, rel, abs, mtt", type);
}

static bool is_button(const struct action *action)
{
	return action->kind == ACTION_KEY && action->code >= BTN_MISC;
}

/* The guest has a device for it; a keyboard is looked for elsewhere. */
static int check_device(
	struct machine_control *machine, const struct action *action, struct error *err)
{
	const struct seat *seat = machine->seat;
	bool pointer = seat_has(seat, INPUT_POINTER);
	bool any = pointer || seat_has(seat, INPUT_TABLET);

	if (action->kind == ACTION_MOTION)
		return pointer ? 0 : no_device("motion, which wants a pointer", err);
	if (action->kind >= ACTION_TOUCH_BUTTON)
		return seat_has(seat, INPUT_TOUCH) ? 0 : no_device("touches", err);
	if (action->kind == ACTION_KEY && !is_button(action))
		return 0;
	return any ? 0 : no_device("places, buttons and wheels", err);
}

static void act(struct seat *seat, const struct action *action)
{
	int32_t x = action->vertical ? 0 : action->value;
	int32_t y = action->vertical ? action->value : 0;

	switch (action->kind) {
	case ACTION_KEY:
		seat_key(seat, action->code, action->down);
		break;
	case ACTION_WHEEL:
		if (action->down)
			seat_wheel(seat, x, y);
		break;
	case ACTION_MOTION:
		seat_motion(seat, x, y);
		break;
	case ACTION_PLACE:
		seat_place_axis(seat, action->vertical, action->value);
		break;
	case ACTION_TOUCH_BUTTON: /* follows from the fingers */
		break;
	case ACTION_TOUCH_BEGIN:
		seat_touch_end(seat, action->finger);
		seat_touch_begin(seat, action->finger);
		break;
	case ACTION_TOUCH_UPDATE:
		seat_touch_begin(seat, action->finger);
		break;
	case ACTION_TOUCH_END:
		seat_touch_end(seat, action->finger);
		break;
	case ACTION_TOUCH_PLACE:
		seat_touch_axis(seat, action->finger, action->vertical, action->value);
		break;
	}
}

/* Without a keyboard: the keys that go down mean a reset, or cannot be sent. */
static int check_keys(struct machine_control *machine, const struct action *actions,
	size_t count, struct error *err)
{
	unsigned int bits = 0;
	bool any = false;

	if (seat_has(machine->seat, INPUT_KEYBOARD))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct action *action = &actions[i];

		if (action->kind != ACTION_KEY || is_button(action) || !action->down)
			continue;
		any = true;
		bits |= reset_bit(action->code) ? reset_bit(action->code) : 8;
	}
	return any ? press_reset(machine, bits, err) : 0;
}

static int input_send_event(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct action actions[ACTIONS_MAX];
	const char *device = NULL;
	json_int_t head = 0;
	json_error_t wrong;
	json_t *list;
	json_t *event;
	size_t count;
	int code = 0;
	size_t i;

	/* There is one seat: whose display it is on makes no difference. */
	if (json_unpack_ex(arguments, &wrong, 0, "{s:o, s?s, s?I !}", "events", &list,
		    "device", &device, "head", &head))
		return control_arguments_wrong(&wrong, err);
	count = json_array_size(list);
	if (!json_is_array(list) || count > ACTIONS_MAX)
		return error_set(err, -EINVAL, NULL,
			"events: a list of at most %u is allowed", ACTIONS_MAX);
	/* All of them, or none. */
	memset(actions, 0, sizeof(actions));
	json_array_foreach(list, i, event)
	{
		code = code ? code : read_event(event, &actions[i], err);
		code = code ? code : check_device(machine, &actions[i], err);
	}
	if (!code)
		code = check_keys(machine, actions, count, err);
	for (i = 0; i < count && !code; i++)
		act(machine->seat, &actions[i]);
	seat_sync(machine->seat);
	return code;
}

const struct control_command control_input_commands[] = {
	{"input-send-event", input_send_event},
	{"send-key", send_key},
	{NULL, NULL},
};
