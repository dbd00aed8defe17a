/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input device: virtio 1.2, section 5.8. A queue of events to the driver and one of
 * statuses from it. Runs with the lock of its loop held.
 */
#include "virtio/input.h"

#include <endian.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "host/input.h"
#include "host/input_state.h"
#include "src/container_of.h"
#include "src/error.h"
#include "virtio/virtio.h"

#define DEVICE_ID 18

/* What the driver may select of the config space. */
#define CONFIG_NAME 0x01
#define CONFIG_SERIAL 0x02
#define CONFIG_IDS 0x03
#define CONFIG_PROPERTIES 0x10
#define CONFIG_CODES 0x11
#define CONFIG_AXIS 0x12

#define CONFIG_DATA_BYTES 128

struct input_config {
	uint8_t select;
	uint8_t subselect;
	uint8_t bytes; /* of data; 0: there is no such thing */
	uint8_t reserved[5];
	uint8_t data[CONFIG_DATA_BYTES];
};

/* Of both queues. */
struct wire_event {
	uint16_t type;
	uint16_t code;
	uint32_t value;
};

/* What one attempt to make up for something tells at most. */
#define CATCH_UP_EVENTS 64u

_Static_assert(CATCH_UP_EVENTS >= INPUT_STATE_STEP_MAX, "it always gets on");

struct virtio_input {
	struct virtio_device dev;
	struct input_user user;
	struct input_source *source;
	struct input_config config;
	struct input_state known; /* to the driver */
	bool behind;              /* the source may be elsewhere */
	int32_t leds[LED_CNT];    /* as the driver wants them */
	int32_t sounds[SND_CNT];
	struct virtq_chain chain;
	uint16_t heads[VIRTQ_SIZE_MAX];
};

/* ---- the config space ------------------------------------------------------------- */

static uint8_t select_bytes(struct input_config *config, const void *from, size_t bytes)
{
	memcpy(config->data, from, bytes);
	return (uint8_t)bytes;
}

/* Without zeroes at its end, so that what has no bits has no bytes. */
static uint8_t select_bits(struct input_config *config, const uint8_t *map, size_t bytes)
{
	while (bytes && !map[bytes - 1])
		bytes--;
	return select_bytes(config, map, bytes);
}

static uint8_t select_ids(struct input_config *config, const struct input_info *info)
{
	const uint16_t ids[] = {htole16(info->bus), htole16(info->vendor),
		htole16(info->product), htole16(info->version)};

	return select_bytes(config, ids, sizeof(ids));
}

static uint8_t select_axis(
	struct input_config *config, const struct input_info *info, unsigned int code)
{
	const struct input_axis *axis = &info->axes[code];
	const uint32_t fields[] = {htole32((uint32_t)axis->minimum),
		htole32((uint32_t)axis->maximum), htole32((uint32_t)axis->fuzz),
		htole32((uint32_t)axis->flat), htole32((uint32_t)axis->resolution)};

	return select_bytes(config, fields, sizeof(fields));
}

static void select_config(struct virtio_input *input)
{
	const struct input_info *info = input_source_info(input->source);
	struct input_config *config = &input->config;
	uint8_t sub = config->subselect;

	memset(config->data, 0, sizeof(config->data));
	config->bytes = 0;
	if (config->select == CONFIG_CODES && sub < INPUT_TYPE_COUNT)
		config->bytes = select_bits(config, info->codes[sub], INPUT_CODE_BYTES);
	else if (config->select == CONFIG_AXIS && sub < INPUT_AXIS_COUNT &&
		 input_bit(info->codes[EV_ABS], sub))
		config->bytes = select_axis(config, info, sub);
	else if (config->select == CONFIG_NAME && !sub)
		config->bytes = select_bytes(config, info->name, strlen(info->name));
	else if (config->select == CONFIG_SERIAL && !sub)
		config->bytes = select_bytes(config, info->serial, strlen(info->serial));
	else if (config->select == CONFIG_IDS && !sub)
		config->bytes = select_ids(config, info);
	else if (config->select == CONFIG_PROPERTIES && !sub)
		config->bytes =
			select_bits(config, info->properties, sizeof(info->properties));
}

static void input_config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	struct virtio_input *input = container_of(dev, struct virtio_input, dev);

	for (unsigned int i = 0; i < bytes; i++, value >>= 8) {
		if (offset + i == offsetof(struct input_config, select))
			input->config.select = (uint8_t)value;
		else if (offset + i == offsetof(struct input_config, subselect))
			input->config.subselect = (uint8_t)value;
	}
	select_config(input);
}

/* ---- events ----------------------------------------------------------------------- */

/* All of them, or none where the driver has not so many buffers. */
static bool send(
	struct virtio_input *input, const struct evdev_event *events, unsigned int count)
{
	struct virtq *q = &input->dev.queues[VIRTIO_INPUT_EVENTS];
	struct virtq_chain *chain = &input->chain;
	uint16_t done = 0;

	if (count > VIRTQ_SIZE_MAX)
		return false;
	while (done < count && virtq_pop(q, chain)) {
		const struct wire_event wire = {htole16(events[done].type),
			htole16(events[done].code),
			htole32((uint32_t)events[done].value)};

		if (iov_copy_in(&chain->iov[chain->readable], chain->writable, 0, &wire,
			    sizeof(wire)) < sizeof(wire)) {
			virtio_device_broken(
				&input->dev, "a buffer is too small for an event");
			return false;
		}
		input->heads[done++] = chain->head;
	}
	if (done < count) {
		virtq_unpop(q, done);
		return false;
	}
	for (unsigned int i = 0; i < count; i++)
		virtq_stage(q, input->heads[i], sizeof(struct wire_event));
	virtq_publish(q);
	input_state_apply(&input->known, events, count);
	return true;
}

/*
 * Tells what the driver has missed, in pieces as large as it has room for. Each of them
 * takes buffers, so that a driver decides how long this goes on.
 */
static void catch_up(struct virtio_input *input)
{
	const struct input_state *state = input_source_state(input->source);
	struct evdev_event events[CATCH_UP_EVENTS];
	unsigned int room = CATCH_UP_EVENTS;

	while (input->behind && room > 1) {
		unsigned int count = input_state_step(&input->known, state, events, room);

		if (!count && room == CATCH_UP_EVENTS)
			input->behind = false;
		else if (count && send(input, events, count))
			room = CATCH_UP_EVENTS;
		else
			room = (count ? count : room) / 2;
	}
}

static void source_events(
	struct input_user *user, const struct evdev_event *events, unsigned int count)
{
	struct virtio_input *input = container_of(user, struct virtio_input, user);

	if (!input->dev.started)
		return;
	if (input->behind)
		catch_up(input);
	/* What comes now must not come before what is missing. */
	if (input->behind || !send(input, events, count))
		input->behind = true;
	virtio_device_signal(&input->dev, VIRTIO_INPUT_EVENTS);
}

/* ---- statuses --------------------------------------------------------------------- */

/* Says it to the source where it is something new. */
static void set_status(
	struct virtio_input *input, int32_t *known, const struct evdev_event *event)
{
	if (*known == event->value)
		return;
	*known = event->value;
	input_source_status(input->source, event);
}

static void take_statuses(struct virtio_input *input)
{
	struct virtq *q = &input->dev.queues[VIRTIO_INPUT_STATUS];
	struct virtq_chain *chain = &input->chain;

	while (virtq_pop(q, chain)) {
		struct wire_event wire = {0};
		struct evdev_event event;

		iov_copy_out(chain->iov, chain->readable, 0, &wire, sizeof(wire));
		event.type = le16toh(wire.type);
		event.code = le16toh(wire.code);
		event.value = (int32_t)le32toh(wire.value);
		if (event.type == EV_LED && event.code < LED_CNT)
			set_status(input, &input->leds[event.code], &event);
		else if (event.type == EV_SND && event.code < SND_CNT)
			set_status(input, &input->sounds[event.code], &event);
		virtq_push(q, chain->head, 0);
	}
}

/* Whoever comes next lights them anew; a tone would go on for ever. */
static void end_statuses(struct virtio_input *input)
{
	for (uint16_t i = 0; i < LED_CNT; i++)
		set_status(input, &input->leds[i],
			&(struct evdev_event){.type = EV_LED, .code = i});
	for (uint16_t i = 0; i < SND_CNT; i++)
		set_status(input, &input->sounds[i],
			&(struct evdev_event){.type = EV_SND, .code = i});
}

/* ---- the device ------------------------------------------------------------------- */

static void input_kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_input *input = container_of(dev, struct virtio_input, dev);

	if (queue == VIRTIO_INPUT_STATUS) {
		take_statuses(input);
		return;
	}
	catch_up(input);
	/* Whoever finds too few buffers asks for a kick then. */
	if (!input->behind)
		virtio_device_hold_kicks(dev, queue);
}

static void input_start(struct virtio_device *dev)
{
	struct virtio_input *input = container_of(dev, struct virtio_input, dev);

	/* The driver takes everything for 0. */
	input_state_clear(&input->known);
	input->behind = true;
}

static void input_stop(struct virtio_device *dev)
{
	end_statuses(container_of(dev, struct virtio_input, dev));
}

static void input_destroy(struct virtio_device *dev)
{
	struct virtio_input *input = container_of(dev, struct virtio_input, dev);

	input_source_set_user(input->source, NULL);
	input_state_finish(&input->known);
	free(input);
}

static const struct virtio_ops input_ops = {
	.device_id = DEVICE_ID,
	.kick = input_kick,
	.start = input_start,
	.stop = input_stop,
	.config_write = input_config_write,
	.config_is_memory = true,
	.destroy = input_destroy,
};

int virtio_input_create(struct loop *loop, const char *name, struct input_source *source,
	struct virtio_device **ret, struct error *err)
{
	static const struct input_listener_events events = {.events = source_events};
	struct virtio_input *input = calloc(1, sizeof(*input));

	if (!input || input_state_init(&input->known, input_source_info(source))) {
		free(input);
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	}
	input->dev.ops = &input_ops;
	input->dev.name = name;
	input->dev.loop = loop;
	input->dev.queue_count = 2;
	input->dev.config = &input->config;
	input->dev.config_bytes = sizeof(input->config);
	input->source = source;
	input->user.events = &events;
	input_source_set_user(source, &input->user);
	*ret = &input->dev;
	return 0;
}
