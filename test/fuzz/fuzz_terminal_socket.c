/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of the host that visit a console's unix socket, several at a time and in any
 * state of leaving. What they say and what the guest says are numbered, so that it shows
 * whose a byte is: the guest hears one visitor after the other, each from the beginning
 * and without a gap; a visitor hears the guest's words without a gap, or that somebody is
 * there already and nothing else. Who comes when all have left hears the guest's last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/terminal.h"
#include "src/container_of.h"
#include "src/loop.h"
#include "test/fuzz/rings.h"

#define VISITORS 4u
#define TURNS 16u /* all of them are heard */

/* A visitor's words: his number in the upper bits, then how far he is. */
#define IDS 8u
#define STEPS 32u
/* The guest's are none of those of the line for whom it has no time. */
#define GUEST_FIRST 0x80u
#define GUEST_WORDS 127u

static const char busy[] = "bonsai: another client is at this console\r\n";

struct visitor {
	int fd; /* -1: not there */
	uint8_t id;
	unsigned int said;
	size_t heard;
	uint8_t last; /* of what he heard */
	bool refused;
	bool ended; /* says no more, and has to give way to the next one */
};

static struct {
	char folder[32];
	char path[64];
	struct loop *loop;
	struct terminal *terminal;
	struct terminal_user user;
	struct visitor visitors[VISITORS];
	uint8_t ids;             /* given out so far */
	int speaks;              /* whose words the guest hears; -1: nobody's yet */
	unsigned int words[IDS]; /* of each, that were heard */
	bool silenced[IDS];      /* another one was heard since */
	unsigned int told;       /* the guest's words */
	bool attached;
} world;

static void demand(bool held)
{
	if (!held)
		abort();
}

/* ---- the guest ------------------------------------------------------------------------
 */

static void hear_visitor(uint8_t word)
{
	unsigned int id = word / STEPS;

	if (world.speaks >= 0 && world.speaks != (int)id)
		world.silenced[world.speaks] = true;
	world.speaks = (int)id;
	demand(!world.silenced[id]);
	demand(word % STEPS == world.words[id]++ % STEPS);
}

static void read_some(size_t room)
{
	uint8_t bytes[256];
	size_t count = terminal_read(world.terminal, bytes, room);

	for (size_t i = 0; i < count; i++)
		hear_visitor(bytes[i]);
}

static void tell(size_t count)
{
	uint8_t bytes[256 * 64];
	size_t taken;

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(GUEST_FIRST + (world.told + i) % GUEST_WORDS);
	taken = terminal_write(world.terminal, bytes, count);
	demand(taken <= count);
	world.told += (unsigned int)taken;
}

static void readable(struct terminal_user *user)
{
}

static void writable(struct terminal_user *user)
{
	tell(1);
}

static void resized(struct terminal_user *user)
{
	abort();
}

static void attached(struct terminal_user *user)
{
	demand(world.attached != terminal_is_attached(world.terminal));
	world.attached = !world.attached;
}

static const struct terminal_events events = {.readable = readable,
	.writable = writable,
	.resized = resized,
	.attached = attached};

/* ---- the visitors ---------------------------------------------------------------------
 */

static void turn(unsigned int count)
{
	while (count--)
		demand(loop_turn(world.loop, 0) == 0);
}

/* Each id is somebody's once. */
static void come(struct visitor *visitor)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (visitor->fd >= 0 || world.ids == IDS)
		return;
	*visitor = (struct visitor){.id = world.ids++};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", world.path);
	visitor->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	demand(visitor->fd >= 0);
	if (connect(visitor->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return;
	demand(errno == EAGAIN); /* too many wait to be let in */
	close(visitor->fd);
	visitor->fd = -1;
	world.ids--;
}

static void leave(struct visitor *visitor)
{
	if (visitor->fd >= 0)
		close(visitor->fd);
	visitor->fd = -1;
}

static void say(struct visitor *visitor, size_t count)
{
	uint8_t bytes[256];
	ssize_t n;

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(visitor->id * STEPS + (visitor->said + i) % STEPS);
	n = send(visitor->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		visitor->said += (unsigned int)n;
}

static void hear_guest(struct visitor *visitor, uint8_t byte)
{
	if (!visitor->heard)
		visitor->refused = byte < GUEST_FIRST;
	if (visitor->refused)
		demand(visitor->heard < sizeof(busy) - 1 &&
			byte == (uint8_t)busy[visitor->heard]);
	else if (visitor->heard)
		demand(byte ==
			GUEST_FIRST + (visitor->last - GUEST_FIRST + 1) % GUEST_WORDS);
	visitor->heard++;
	visitor->last = byte;
}

/* Nobody is sent away but for those two reasons. True where there was something. */
static bool hear(struct visitor *visitor, size_t room)
{
	uint8_t bytes[4096];
	ssize_t n = recv(visitor->fd, bytes, room, MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		hear_guest(visitor, bytes[i]);
	if (room && (n == 0 || (n < 0 && errno != EAGAIN)))
		demand(visitor->ended ||
			(visitor->refused && visitor->heard == sizeof(busy) - 1));
	return n > 0;
}

static void act(struct rings_input *input)
{
	uint32_t step = rings_take(input, 1);
	struct visitor *visitor = &world.visitors[step / 8 % VISITORS];
	size_t count = rings_take(input, 1);

	if (step % 8 == 0)
		come(visitor);
	else if (step % 8 == 5)
		read_some(count);
	else if (step % 8 == 6)
		tell(step & 64 ? count * 64 : count);
	else if (step % 8 == 7)
		turn(1);
	else if (visitor->fd < 0)
		return;
	else if (step % 8 == 1)
		leave(visitor);
	else if (step % 8 == 2)
		say(visitor, count);
	else if (step % 8 == 3)
		hear(visitor, step & 64 ? count * 16 : count);
	else
		visitor->ended = !shutdown(visitor->fd, SHUT_WR);
}

/* What was said last is heard, although the one who said it has left. */
static void leave_last(struct visitor *visitor)
{
	unsigned int *words = &world.words[visitor->id];
	unsigned int before;

	while (visitor->fd >= 0 && hear(visitor, 4096))
		turn(1);
	if (visitor->fd < 0)
		return;
	say(visitor, world.told % 256);
	leave(visitor);
	if (visitor->refused || visitor->ended)
		return;
	do {
		before = *words;
		for (unsigned int i = 0; i < TURNS; i++) {
			turn(1);
			read_some(256);
		}
	} while (*words != before);
	demand(*words == visitor->said);
}

/* Who comes when nobody else is there. */
static void come_last(void)
{
	struct visitor *visitor = &world.visitors[0];

	turn(TURNS);
	for (unsigned int i = 0; i < VISITORS; i++)
		leave_last(&world.visitors[i]);
	turn(TURNS);
	demand(!terminal_is_attached(world.terminal));
	tell(1);
	world.ids = 0;
	come(visitor);
	turn(TURNS);
	demand(terminal_is_attached(world.terminal));
	while (hear(visitor, 4096))
		turn(1);
	demand(visitor->heard && !visitor->refused);
	demand(visitor->last == GUEST_FIRST + (world.told - 1) % GUEST_WORDS);
	leave(visitor);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct rings_input input = {bytes, count};

	memset(&world, 0, sizeof(world));
	world.speaks = -1;
	snprintf(world.folder, sizeof(world.folder), "/tmp/bonsai-fuzz-XXXXXX");
	demand(mkdtemp(world.folder));
	snprintf(world.path, sizeof(world.path), "%s/console", world.folder);
	demand(!loop_create(&world.loop, NULL));
	demand(!terminal_unix_create(
		world.loop, world.path, NULL, &world.terminal, NULL));
	world.user.events = &events;
	terminal_set_user(world.terminal, &world.user);
	for (unsigned int i = 0; i < VISITORS; i++)
		world.visitors[i].fd = -1;
	while (input.left)
		act(&input);
	come_last();
	terminal_destroy(world.terminal);
	loop_destroy(world.loop);
	demand(!rmdir(world.folder));
	return 0;
}
