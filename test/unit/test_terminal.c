/* SPDX-License-Identifier: Apache-2.0 */
/* What all terminals share, driven through a kind whose far end is the test. */
#include "host/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "test/unit/terminal_probe.h"

struct fake {
	struct terminal base;
	size_t room;
	bool gone;
	bool output_watched;
	bool input_wanted;
	unsigned int losses;
	char sent[2 * TERMINAL_RING_BYTES];
	size_t sent_bytes;
};

static struct fake *fake_of(struct terminal *terminal)
{
	return container_of(terminal, struct fake, base);
}

static ssize_t fake_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	struct fake *fake = fake_of(terminal);

	if (fake->gone)
		return -EPIPE;
	if (!fake->room)
		return -EAGAIN;
	if (bytes > fake->room)
		bytes = fake->room;
	memcpy(fake->sent + fake->sent_bytes, buf, bytes);
	fake->sent_bytes += bytes;
	fake->room -= bytes;
	return (ssize_t)bytes;
}

static void fake_watch_output(struct terminal *terminal, bool on)
{
	fake_of(terminal)->output_watched = on;
}

static void fake_watch_input(struct terminal *terminal, bool on)
{
	fake_of(terminal)->input_wanted = on;
}

static void fake_lost(struct terminal *terminal)
{
	fake_of(terminal)->losses++;
}

static void fake_destroy(struct terminal *terminal)
{
	terminal_finish(terminal);
}

static const struct terminal_ops fake_ops = {
	.write = fake_write,
	.watch_output = fake_watch_output,
	.watch_input = fake_watch_input,
	.lost = fake_lost,
	.destroy = fake_destroy,
};

static struct fake *fake_create(struct probe *probe, bool attached, size_t room)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	probe_init(probe);
	terminal_init(&fake->base, &fake_ops, probe->loop, "fake", attached);
	fake->room = room;
	probe->terminal = &fake->base;
	probe_watch(probe);
	return fake;
}

static void fake_finish(struct fake *fake, struct probe *probe)
{
	probe_finish(probe);
	free(fake);
}

static size_t say(struct fake *fake, const char *text)
{
	return terminal_write(&fake->base, text, strlen(text));
}

/* Writes until it says that it has no room or a given number of bytes are gone. */
static void fill(struct fake *fake, size_t bytes, char with)
{
	char block[1000];

	memset(block, with, sizeof(block));
	while (bytes) {
		size_t part = bytes < sizeof(block) ? bytes : sizeof(block);

		CHECK_EQ(terminal_write(&fake->base, block, part), part);
		bytes -= part;
	}
}

TEST(takes_no_more_than_the_far_end_and_promises_room)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 3);

	CHECK_EQ(say(fake, "hello"), 3);
	CHECK(fake->output_watched);
	CHECK_EQ(say(fake, "lo"), 0);
	fake->room = 10;
	terminal_output_ready(&fake->base);
	CHECK_EQ(probe.writable, 1);
	CHECK(!fake->output_watched);
	CHECK_EQ(say(fake, "lo"), 2);
	CHECK_STR(fake->sent, "hello");
	CHECK(!fake->base.stall.loop);
	fake_finish(fake, &probe);
}

TEST(gives_a_new_client_first_what_nobody_read)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, false, 8);

	CHECK_EQ(say(fake, "before, "), 8);
	CHECK_EQ(say(fake, "more, "), 6);
	CHECK_EQ(fake->sent_bytes, 0);
	terminal_set_attached(&fake->base, true);
	CHECK_EQ(probe.attached, 1);
	CHECK_STR(fake->sent, "before, ");
	CHECK_EQ(say(fake, "after"), 0); /* older bytes wait */
	fake->room = 100;
	terminal_output_ready(&fake->base);
	CHECK_EQ(probe.writable, 1);
	CHECK_EQ(say(fake, "after"), 5);
	CHECK_STR(fake->sent, "before, more, after");
	fake_finish(fake, &probe);
}

TEST(keeps_the_last_64_kib_while_nobody_is_there)
{
	static const size_t lengths[] = {1, TERMINAL_RING_BYTES - 1, TERMINAL_RING_BYTES,
		TERMINAL_RING_BYTES + 1, 3 * TERMINAL_RING_BYTES + 17};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct probe probe;
		struct fake *fake = fake_create(&probe, false, TERMINAL_RING_BYTES * 2);
		size_t kept = lengths[i] + 5 < TERMINAL_RING_BYTES ? lengths[i] + 5
								   : TERMINAL_RING_BYTES;

		fill(fake, lengths[i], 'x');
		CHECK_EQ(say(fake, "last\n"), 5);
		terminal_set_attached(&fake->base, true);
		CHECK_EQ(fake->sent_bytes, kept);
		CHECK(memcmp(fake->sent + kept - 5, "last\n", 5) == 0);
		fake_finish(fake, &probe);
	}
}

TEST(takes_one_write_larger_than_the_ring)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, false, TERMINAL_RING_BYTES * 2);
	char *much = malloc(100000);

	memset(much, 'x', 100000);
	much[99999] = 'y';
	CHECK_EQ(terminal_write(&fake->base, much, 100000), 100000);
	terminal_set_attached(&fake->base, true);
	CHECK_EQ(fake->sent_bytes, TERMINAL_RING_BYTES);
	CHECK_EQ(fake->sent[TERMINAL_RING_BYTES - 1], 'y');
	free(much);
	fake_finish(fake, &probe);
}

TEST(a_client_that_takes_nothing_counts_as_gone_until_it_reads)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 1);

	fake->base.stall_ns = 1;
	CHECK_EQ(say(fake, "abc"), 1);
	CHECK(terminal_is_attached(&fake->base));
	while (terminal_is_attached(&fake->base))
		loop_turn(probe.loop, 1000);
	CHECK_EQ(probe.attached, 1);
	CHECK_EQ(probe.writable, 1);
	CHECK_EQ(say(fake, "bc"), 2); /* the guest goes on */
	CHECK_EQ(fake->sent_bytes, 1);
	fake->room = 100;
	terminal_output_ready(&fake->base);
	CHECK(terminal_is_attached(&fake->base));
	CHECK_EQ(probe.attached, 2);
	CHECK_STR(fake->sent, "abc");
	fake_finish(fake, &probe);
}

TEST(a_client_that_takes_little_is_slow_and_not_gone)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 0);
	uint64_t first;

	CHECK_EQ(say(fake, "abc"), 0);
	first = fake->base.stall.deadline_ns;
	fake->room = 1;
	terminal_output_ready(&fake->base);
	CHECK_EQ(say(fake, "abc"), 1);
	CHECK(fake->base.stall.loop == probe.loop);
	CHECK(fake->base.stall.deadline_ns > first);
	fake_finish(fake, &probe);
}

TEST(a_loss_found_by_a_write_is_told_on_the_loop)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 2);

	CHECK_EQ(say(fake, "ab"), 2);
	fake->gone = true;
	CHECK_EQ(say(fake, "cd"), 2);
	CHECK(!terminal_is_attached(&fake->base));
	CHECK_EQ(probe.attached, 0);
	CHECK_EQ(fake->losses, 0);
	probe_settle(&probe);
	CHECK_EQ(probe.attached, 1);
	CHECK_EQ(fake->losses, 1);
	fake->gone = false;
	fake->room = 10;
	terminal_set_attached(&fake->base, true);
	CHECK_STR(fake->sent, "abcd");
	fake_finish(fake, &probe);
}

TEST(a_user_that_waits_for_room_hears_of_a_loss)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 0);

	CHECK_EQ(say(fake, "ab"), 0);
	terminal_set_attached(&fake->base, false);
	CHECK_EQ(probe.writable, 1);
	CHECK_EQ(say(fake, "ab"), 2);
	fake_finish(fake, &probe);
}

TEST(reads_as_far_as_there_is_room_and_goes_on_after_that)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 0);
	char block[TERMINAL_CHUNK_BYTES] = {0};
	size_t total = 0;
	int ends[2];
	ssize_t n;

	CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(ends[1], block, sizeof(block)), sizeof(block));
	fake->input_wanted = true;
	probe.deaf = true;
	while ((n = terminal_read_fd(&fake->base, ends[0])) > 0)
		total += (size_t)n;
	CHECK_EQ(n, -ENOBUFS);
	CHECK(!fake->input_wanted);
	CHECK(total >= TERMINAL_INPUT_BYTES - 2 && total <= TERMINAL_INPUT_BYTES);
	probe_take(&probe);
	CHECK_EQ(probe.got_bytes, total);
	CHECK(fake->input_wanted);
	while ((n = terminal_read_fd(&fake->base, ends[0])) > 0)
		probe_take(&probe);
	CHECK_EQ(n, -EAGAIN);
	CHECK_EQ(probe.got_bytes, 16 * sizeof(block));
	close(ends[1]);
	CHECK_EQ(terminal_read_fd(&fake->base, ends[0]), 0);
	close(ends[0]);
	fake_finish(fake, &probe);
}

TEST(a_later_user_hears_of_earlier_input)
{
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 0);
	int ends[2];

	CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
	terminal_set_user(&fake->base, NULL);
	CHECK_EQ(write(ends[1], "typed", 5), 5);
	CHECK_EQ(terminal_read_fd(&fake->base, ends[0]), 5);
	CHECK_EQ(probe.got_bytes, 0);
	probe_watch(&probe);
	probe_settle(&probe);
	CHECK_STR(probe.got, "typed");
	close(ends[0]);
	close(ends[1]);
	fake_finish(fake, &probe);
}

struct listener {
	struct terminal_listener base;
	struct terminal *terminal; /* it stops listening at the first byte */
	char heard[32];
};

static void listener_wrote(struct terminal_listener *base, const void *buf, size_t bytes)
{
	struct listener *listener = container_of(base, struct listener, base);

	strncat(listener->heard, buf, bytes);
	if (listener->terminal)
		terminal_unlisten(listener->terminal, base);
}

TEST(listeners_hear_each_byte_that_is_taken_once)
{
	struct listener all = {.base.wrote = listener_wrote};
	struct listener first = {.base.wrote = listener_wrote};
	struct probe probe;
	struct fake *fake = fake_create(&probe, true, 3);

	first.terminal = &fake->base;
	terminal_listen(&fake->base, &all.base);
	terminal_listen(&fake->base, &first.base);
	CHECK_EQ(say(fake, "abcde"), 3);
	CHECK_EQ(say(fake, "de"), 0);
	terminal_set_attached(&fake->base, false);
	CHECK_EQ(say(fake, "de"), 2); /* which nobody reads yet */
	CHECK_STR(all.heard, "abcde");
	CHECK_STR(first.heard, "abc");
	terminal_unlisten(&fake->base, &all.base);
	terminal_unlisten(&fake->base, &all.base);
	CHECK_EQ(say(fake, "f"), 1);
	CHECK_STR(all.heard, "abcde");
	fake_finish(fake, &probe);
}

TEST(null_takes_everything_and_has_nothing)
{
	struct terminal *terminal;
	uint16_t columns;
	uint16_t rows;
	char byte;

	CHECK_EQ(terminal_null_create(&terminal, NULL), 0);
	terminal_set_user(terminal, NULL);
	CHECK(terminal_is_attached(terminal));
	CHECK_EQ(terminal_write(terminal, "gone", 4), 4);
	CHECK_EQ(terminal_read(terminal, &byte, 1), 0);
	CHECK(!terminal_size(terminal, &columns, &rows));
	CHECK(!terminal_place(terminal));
	terminal_destroy(terminal);
	terminal_destroy(NULL);
}

TEST_MAIN(CASE(takes_no_more_than_the_far_end_and_promises_room),
	CASE(gives_a_new_client_first_what_nobody_read),
	CASE(keeps_the_last_64_kib_while_nobody_is_there),
	CASE(takes_one_write_larger_than_the_ring),
	CASE(a_client_that_takes_nothing_counts_as_gone_until_it_reads),
	CASE(a_client_that_takes_little_is_slow_and_not_gone),
	CASE(a_loss_found_by_a_write_is_told_on_the_loop),
	CASE(a_user_that_waits_for_room_hears_of_a_loss),
	CASE(reads_as_far_as_there_is_room_and_goes_on_after_that),
	CASE(a_later_user_hears_of_earlier_input),
	CASE(listeners_hear_each_byte_that_is_taken_once),
	CASE(null_takes_everything_and_has_nothing))
