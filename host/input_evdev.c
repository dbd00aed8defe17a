/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device of the host that is the guest's: host/evdev.h has the kernel's side of it. It
 * is taken, and what happens on it told, while it is there, nobody has given it back by
 * the two control keys, and its grab has found all keys up: a key that somebody held down
 * before would stay down for the others at the host for ever.
 */
#include <errno.h>
#include <fnmatch.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "host/evdev.h"
#include "host/input_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"
#include "src/outside.h"

#define DEVICES_MAX 256u
#define RETRY_NS 1000000000ull
/* Events that belong together; a device that has more is asked how it is instead. */
#define BATCH_MAX 1024u
/* What one turn of the loop takes from a device. */
#define TURN_READS 8u

struct input_evdev {
	struct input_source base;
	struct loop *loop;
	struct input_evdev_group *group;
	struct input_evdev *next; /* in the group */
	char *path;
	char *match;
	bool grab;
	struct outside_job finding;

	struct loop_fd watch;           /* fd -1 while the device is away */
	struct loop_timer retry;        /* likewise */
	bool stranger;                  /* another device has come in its place */
	bool grabbed;                   /* at the kernel */
	bool toggle;                    /* when all keys are up */
	struct input_state actual;      /* whether the guest is told or not */
	struct input_state idle;        /* see let_go() */
	uint8_t leds[INPUT_CODE_BYTES]; /* as the guest wants them */
	bool lost;                      /* events are missing up to the next SYN_REPORT */
	unsigned int count;
	struct evdev_event batch[BATCH_MAX];
};

/* ---- finding it ------------------------------------------------------------------- */

struct found {
	int fd;
	struct input_info info;
	char place[EVDEV_PLACE_BYTES];
};

static int look_at(const char *path, struct found *ret)
{
	int code;

	ret->fd = evdev_open(path);
	if (ret->fd < 0)
		return ret->fd;
	code = evdev_describe(ret->fd, &ret->info, ret->place);
	if (code)
		evdev_close(ret->fd);
	return code;
}

static bool matches(const struct input_evdev *evdev, const struct found *found)
{
	return !fnmatch(evdev->match, found->info.name, 0) ||
	       !fnmatch(evdev->match, found->place, 0);
}

/* Another of this VM's, or of anybody else's, may have taken the first one. */
static bool is_free(const struct input_evdev *evdev, int fd)
{
	if (!evdev->grab)
		return true;
	if (evdev_grab(fd, true))
		return false;
	evdev_grab(fd, false);
	return true;
}

/* The first that matches and is free; else why there is none. */
static int search(const struct input_evdev *evdev, struct found *ret)
{
	unsigned int numbers[DEVICES_MAX];
	unsigned int count = evdev_list(numbers, DEVICES_MAX);
	int why = -ENODEV;

	for (unsigned int i = 0; i < count; i++) {
		char path[EVDEV_PATH_BYTES];
		int code;

		snprintf(path, sizeof(path), "/dev/input/event%u", numbers[i]);
		code = look_at(path, ret);
		if (code == -EACCES || code == -EPERM)
			why = code;
		if (code)
			continue;
		if (matches(evdev, ret)) {
			if (is_free(evdev, ret->fd))
				return 0;
			why = -EBUSY;
		}
		evdev_close(ret->fd);
	}
	return why;
}

static int find_here(const struct input_evdev *evdev, struct found *ret)
{
	int code;

	if (!evdev->path)
		return search(evdev, ret);
	code = look_at(evdev->path, ret);
	if (code || is_free(evdev, ret->fd))
		return code;
	evdev_close(ret->fd);
	return -EBUSY;
}

static int find_outside(struct outside_job *job, struct outside_message *message)
{
	struct found found;
	int code = find_here(container_of(job, struct input_evdev, finding), &found);

	if (code)
		return code;
	message->fds[0] = found.fd;
	message->fd_count = 1;
	return 0;
}

static int find(struct input_evdev *evdev, struct found *ret)
{
	struct outside_message *message = outside_message();
	int code = outside_do(&evdev->finding, message);

	if (code)
		return code;
	ret->fd = message->fds[0];
	code = evdev_describe(ret->fd, &ret->info, ret->place);
	if (code)
		evdev_close(ret->fd);
	return code;
}

/* ---- taking it and giving it back ------------------------------------------------- */

static const char *what(const struct input_evdev *evdev)
{
	return evdev->path ? evdev->path : evdev->match;
}

static bool is_there(const struct input_evdev *evdev)
{
	return evdev->watch.fd >= 0;
}

/* The guest is told of what happens. */
static bool is_taken(const struct input_evdev *evdev)
{
	return is_there(evdev) && (evdev->grabbed || !evdev->grab);
}

static bool all_up(const struct input_evdev *evdev)
{
	for (unsigned int i = 0; i < INPUT_CODE_BYTES; i++)
		if (evdev->actual.keys[i])
			return false;
	return true;
}

/* What the guest has of it while it is not the guest's: axes and switches stay. */
static void let_go(struct input_evdev *evdev)
{
	input_state_copy(&evdev->idle, &evdev->base.state);
	input_state_release(&evdev->idle);
	input_source_become(&evdev->base, &evdev->idle);
}

/* All LEDs of the device, or sounds, are those that are on. */
static void write_statuses(const struct input_evdev *evdev, uint16_t type,
	const uint8_t on[INPUT_CODE_BYTES])
{
	const uint8_t *has = evdev->base.info.codes[type];

	for (uint16_t code = 0; code < INPUT_CODE_BYTES * 8; code++)
		if (input_bit(has, code))
			evdev_write(evdev->watch.fd,
				&(struct evdev_event){type, code, input_bit(on, code)});
}

/* Takes it, or gives it back, as the group wants it, as soon as no key is down. */
static void settle(struct input_evdev *evdev)
{
	bool wanted = !evdev->group->away;
	static const uint8_t none[INPUT_CODE_BYTES];
	int code;

	if (!evdev->grab || !is_there(evdev) || evdev->grabbed == wanted ||
		!all_up(evdev))
		return;
	code = evdev_grab(evdev->watch.fd, wanted);
	if (code) {
		log_host("%s: cannot be grabbed: %s", what(evdev), strerror(-code));
		return;
	}
	evdev->grabbed = wanted;
	if (!wanted) {
		/* The guest could not end a tone any more. */
		write_statuses(evdev, EV_SND, none);
		let_go(evdev);
		return;
	}
	write_statuses(evdev, EV_LED, evdev->leds);
	input_source_become(&evdev->base, &evdev->actual);
}

/* Both control keys: all devices of the VM change hands. */
static void look_for_toggle(struct input_evdev *evdev)
{
	struct input_evdev_group *group = evdev->group;
	const uint8_t *keys = evdev->actual.keys;

	if (!evdev->grab)
		return;
	if (input_bit(keys, KEY_LEFTCTRL) && input_bit(keys, KEY_RIGHTCTRL))
		evdev->toggle = true;
	if (!evdev->toggle || !all_up(evdev))
		return;
	evdev->toggle = false;
	group->away = !group->away;
	for (struct input_evdev *each = group->devices; each; each = each->next)
		settle(each);
}

/* ---- what happens on it ----------------------------------------------------------- */

static void gone(struct input_evdev *evdev)
{
	log_host("%s is gone; it is taken again when it comes back", what(evdev));
	loop_fd_remove(&evdev->watch);
	evdev_close(evdev->watch.fd);
	evdev->watch.fd = -1;
	evdev->grabbed = false;
	evdev->toggle = false;
	let_go(evdev);
	loop_timer_arm(evdev->loop, &evdev->retry, RETRY_NS);
}

/* False where the device is gone meanwhile. */
static bool catch_up(struct input_evdev *evdev)
{
	if (evdev_get_state(evdev->watch.fd, &evdev->base.info, &evdev->actual))
		return false;
	if (is_taken(evdev))
		input_source_become(&evdev->base, &evdev->actual);
	return true;
}

/* A whole one. */
static bool take_batch(struct input_evdev *evdev)
{
	unsigned int count = evdev->count;
	bool lost = evdev->lost;

	evdev->count = 0;
	evdev->lost = false;
	if (lost && !catch_up(evdev))
		return false;
	if (!lost) {
		/* With nothing but its end it was a key that repeats. */
		if (is_taken(evdev) && count > 1)
			input_source_deliver(&evdev->base, evdev->batch, count);
		input_state_apply(&evdev->actual, evdev->batch, count);
	}
	look_for_toggle(evdev);
	settle(evdev);
	return true;
}

static bool take_event(struct input_evdev *evdev, const struct evdev_event *event)
{
	if (event->type == EV_SYN && event->code == SYN_DROPPED)
		evdev->lost = true;
	else if (event->type == EV_KEY && event->value == 2)
		return true; /* the guest repeats */
	/* What the guest has switched comes back to whoever wrote it: no news for it, and
	 * without end if it were, since its kernel would write that as well. */
	else if (event->type == EV_LED || event->type == EV_SND)
		return true;
	if (evdev->count == BATCH_MAX - 1)
		evdev->lost = true;
	if (evdev->lost)
		evdev->count = 0;
	evdev->batch[evdev->count++] = *event;
	return event->type != EV_SYN || event->code != SYN_REPORT || take_batch(evdev);
}

static void ready(struct loop_fd *watch, uint32_t epoll)
{
	struct input_evdev *evdev = container_of(watch, struct input_evdev, watch);
	struct evdev_event events[64];

	for (unsigned int i = 0; i < TURN_READS; i++) {
		int count = evdev_read(watch->fd, events, ARRAY_SIZE(events));

		if (count == -EAGAIN)
			return;
		for (int j = 0; j < count; j++)
			if (!take_event(evdev, &events[j])) {
				gone(evdev);
				return;
			}
		if (count < 0) {
			gone(evdev);
			return;
		}
	}
}

/* ---- coming ----------------------------------------------------------------------- */

/* Takes found over, whose info is the source's by now. */
static int come(struct input_evdev *evdev, const struct found *found)
{
	int code;

	evdev->watch.fd = found->fd;
	evdev->count = 0;
	evdev->lost = false;
	code = evdev_get_state(found->fd, &evdev->base.info, &evdev->actual);
	if (!code)
		code = loop_fd_add(evdev->loop, &evdev->watch);
	if (code) {
		evdev_close(found->fd);
		evdev->watch.fd = -1;
		return code;
	}
	if (!evdev->grab) {
		write_statuses(evdev, EV_LED, evdev->leds);
		input_source_become(&evdev->base, &evdev->actual);
	}
	settle(evdev);
	return 0;
}

/* What the guest was told of the device still holds. */
static bool is_the_same(const struct input_info *a, const struct input_info *b)
{
	return !memcmp(a->properties, b->properties, sizeof(a->properties)) &&
	       !memcmp(a->codes, b->codes, sizeof(a->codes)) &&
	       !memcmp(a->axes, b->axes, sizeof(a->axes));
}

static void look_again(struct loop_timer *timer)
{
	struct input_evdev *evdev = container_of(timer, struct input_evdev, retry);
	struct found found;
	bool stranger = false;
	int code = find(evdev, &found);

	if (!code && !is_the_same(&found.info, &evdev->base.info)) {
		evdev_close(found.fd);
		stranger = true;
		if (!evdev->stranger)
			log_host("%s has come back as another device, \"%s\", with other "
				 "keys or axes: the guest does not get it",
				what(evdev), found.info.name);
	} else if (!code) {
		code = come(evdev, &found);
	}
	evdev->stranger = stranger;
	if (code || stranger)
		loop_timer_arm(evdev->loop, &evdev->retry, RETRY_NS);
	else
		log_host("%s is back", what(evdev));
}

/* ---- the source ------------------------------------------------------------------- */

static void evdev_status(struct input_source *base, const struct evdev_event *event)
{
	struct input_evdev *evdev = container_of(base, struct input_evdev, base);

	if (event->type == EV_LED)
		input_set_bit(evdev->leds, event->code, event->value);
	/* One that cannot be written to, or is busy, shows what it shows. */
	if (is_taken(evdev))
		evdev_write(evdev->watch.fd, event);
}

static void evdev_destroy(struct input_source *base)
{
	struct input_evdev *evdev = container_of(base, struct input_evdev, base);
	struct input_evdev **at = &evdev->group->devices;

	while (*at && *at != evdev)
		at = &(*at)->next;
	if (*at)
		*at = evdev->next;
	loop_timer_cancel(&evdev->retry);
	loop_fd_remove(&evdev->watch);
	if (is_there(evdev))
		evdev_close(evdev->watch.fd);
	input_state_finish(&evdev->actual);
	input_state_finish(&evdev->idle);
	input_source_finish(base);
	outside_remove(&evdev->finding);
	free(evdev->path);
	free(evdev->match);
	free(evdev);
}

static const struct input_source_ops evdev_ops = {
	.status = evdev_status,
	.destroy = evdev_destroy,
};

static int not_found(const struct input_evdev *evdev, int code,
	const struct source_pos *pos, struct error *err)
{
	const char *hint = code == -EBUSY ? "; another program has grabbed it"
			   : code == -EACCES || code == -EPERM
				   ? "; the group input may read and write it"
				   : "";

	if (!evdev->path && code == -ENODEV)
		return error_set(err, code, pos,
			"no input device in /dev/input has a name or place like '%s'",
			evdev->match);
	return error_set(err, code, pos, "input device %s cannot be used: %s%s",
		what(evdev), strerror(-code), hint);
}

static int open_first(
	struct input_evdev *evdev, const struct source_pos *pos, struct error *err)
{
	struct found found;
	int code = find(evdev, &found);

	if (code)
		return not_found(evdev, code, pos, err);
	evdev->base.info = found.info;
	code = input_source_init(&evdev->base, &evdev_ops);
	if (!code)
		code = input_state_init(&evdev->actual, &evdev->base.info);
	if (!code)
		code = input_state_init(&evdev->idle, &evdev->base.info);
	if (code) {
		evdev_close(found.fd);
		return error_set(err, code, pos, "%s: no memory", what(evdev));
	}
	code = come(evdev, &found);
	return code ? not_found(evdev, code, pos, err) : 0;
}

int input_evdev_open(struct loop *loop, const struct input_evdev_options *options,
	struct input_evdev_group *group, struct input_source **ret, struct error *err)
{
	struct input_evdev *evdev = calloc(1, sizeof(*evdev));
	int code;

	if (!evdev)
		return error_set(err, -ENOMEM, options->pos, "no memory for a device");
	evdev->loop = loop;
	evdev->group = group;
	evdev->next = group->devices;
	group->devices = evdev;
	evdev->path = options->path ? strdup(options->path) : NULL;
	evdev->match = options->match ? strdup(options->match) : NULL;
	evdev->grab = options->grab;
	evdev->watch = (struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = ready};
	evdev->retry.expired = look_again;
	/* The kernel removes /dev/input with the last device. */
	if ((evdev->path || evdev->match) &&
		!outside_add(&evdev->finding, find_outside) && !outside_writes("/dev"))
		code = open_first(evdev, options->pos, err);
	else
		code = error_set(err, -ENOMEM, options->pos, "no memory for a device");
	if (code) {
		evdev_destroy(&evdev->base);
		return code;
	}
	*ret = &evdev->base;
	return 0;
}
