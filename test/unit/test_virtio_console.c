/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/terminal.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"

#define SIZE 1u
#define MULTIPORT 2u
#define EMERG_WRITE 4u

enum { READY = 0, ADD = 1, PORT_READY = 3, CONSOLE = 4, RESIZE = 5, OPEN = 6, NAME = 7 };

/* ---- terminals of our own, in place of host/terminal*.c --------------------------- */

struct terminal {
	struct terminal_user *user;
	char input[256];
	char output[512];
	size_t room; /* what it still takes */
	bool attached;
	uint16_t columns;
	uint16_t rows;
};

void terminal_set_user(struct terminal *terminal, struct terminal_user *user)
{
	terminal->user = user;
}

size_t terminal_read(struct terminal *terminal, void *buf, size_t room)
{
	size_t have = strlen(terminal->input);
	size_t bytes = have < room ? have : room;

	memcpy(buf, terminal->input, bytes);
	memmove(terminal->input, terminal->input + bytes, have - bytes + 1);
	return bytes;
}

size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	size_t have = strlen(terminal->output);
	size_t taken = bytes < terminal->room ? bytes : terminal->room;

	terminal->room -= taken;
	if (have + taken < sizeof(terminal->output))
		memcpy(terminal->output + have, buf, taken);
	return taken;
}

bool terminal_is_attached(const struct terminal *terminal)
{
	return terminal->attached;
}

bool terminal_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows)
{
	if (!terminal->columns)
		return false;
	*ret_columns = terminal->columns;
	*ret_rows = terminal->rows;
	return true;
}

static void type(struct terminal *terminal, const char *text)
{
	strncat(terminal->input, text,
		sizeof(terminal->input) - strlen(terminal->input) - 1);
	terminal->user->events->readable(terminal->user);
}

static void give_room(struct terminal *terminal, size_t bytes)
{
	terminal->room = bytes;
	terminal->user->events->writable(terminal->user);
}

static void resize(struct terminal *terminal, uint16_t columns, uint16_t rows)
{
	terminal->columns = columns;
	terminal->rows = rows;
	terminal->user->events->resized(terminal->user);
}

static void attach(struct terminal *terminal, bool attached)
{
	terminal->attached = attached;
	terminal->user->events->attached(terminal->user);
}

/* ---- the fixture ------------------------------------------------------------------ */

static struct terminal terminals[3]; /* the console's, and those of two ports */
static struct virtio_driver driver;
static struct loop *loop;

static void create_with(unsigned int further, uint16_t columns, uint16_t rows)
{
	struct virtio_console_port ports[] = {
		{"org.bonsai.a", &terminals[1]}, {"b", &terminals[2]}};
	struct virtio_device *dev = NULL;

	memset(terminals, 0, sizeof(terminals));
	for (unsigned int i = 0; i < ARRAY_SIZE(terminals); i++)
		terminals[i].room = SIZE_MAX;
	terminals[0].columns = columns;
	terminals[0].rows = rows;
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(virtio_console_create(
			 loop, "hvc0", &terminals[0], ports, further, &dev, NULL),
		0);
	driver_init(&driver, dev);
}

static void create(unsigned int further)
{
	create_with(further, 0, 0);
}

static void finish(void)
{
	driver_finish(&driver);
	CHECK(!terminals[0].user && !terminals[1].user);
	loop_destroy(loop);
}

/* The guest prints; the text goes over two buffers. */
static void print(unsigned int queue, const char *text)
{
	uint32_t bytes = (uint32_t)strlen(text);
	uint64_t gpa = driver_alloc(&driver, bytes, 1);

	memcpy(driver_hva(&driver, gpa, bytes), text, bytes);
	driver_add(&driver, queue,
		(struct driver_buffer[]){{gpa, 1, false}, {gpa + 1, bytes - 1, false}}, 2,
		false);
	driver_kick(&driver, queue);
}

static uint64_t buffer_gpa[VIRTIO_QUEUES_MAX][VIRTQ_SIZE_MAX];

static void add_buffer(unsigned int queue, uint32_t bytes)
{
	uint64_t gpa = driver_alloc(&driver, bytes, 8);
	uint16_t head = driver_add(
		&driver, queue, &(struct driver_buffer){gpa, bytes, true}, 1, false);

	buffer_gpa[queue][head] = gpa;
	driver_kick(&driver, queue);
}

/* What came into the next used buffer, as a string; "" where there is none. */
static const char *received(unsigned int queue)
{
	static char text[256];
	struct driver_used used;

	memset(text, 0, sizeof(text));
	if (driver_used(&driver, queue, &used) && used.bytes)
		memcpy(text,
			driver_hva(&driver, buffer_gpa[queue][used.head], used.bytes),
			used.bytes < 255 ? used.bytes : 255);
	return text;
}

static void send_control(uint32_t port, uint16_t event, uint16_t value)
{
	struct driver_used used;
	uint64_t gpa = driver_alloc(&driver, 8, 8);

	memcpy(driver_hva(&driver, gpa, 8), &port, 4);
	memcpy(driver_hva(&driver, gpa + 4, 2), &event, 2);
	memcpy(driver_hva(&driver, gpa + 6, 2), &value, 2);
	driver_add(&driver, 3, &(struct driver_buffer){gpa, 8, false}, 1, false);
	CHECK(driver_kick(&driver, 3));
	CHECK(driver_used(&driver, 3, &used));
}

/* The next control message as "port event value", with its payload after that. */
static const char *control(void)
{
	static char line[128];
	struct driver_used used;
	uint16_t words[4];
	char rest[65] = "";

	if (!driver_used(&driver, 2, &used))
		return "none";
	memcpy(words, driver_hva(&driver, buffer_gpa[2][used.head], 8), 8);
	memcpy(rest, driver_hva(&driver, buffer_gpa[2][used.head] + 8, 64),
		used.bytes - 8);
	if (words[2] == RESIZE)
		snprintf(rest, sizeof(rest), "%ux%u", *(uint16_t *)rest,
			*(uint16_t *)(rest + 2));
	snprintf(line, sizeof(line), "%u %u %u %s", words[0], words[2], words[3], rest);
	add_buffer(2, 80);
	return line;
}

static void start_multiport(unsigned int control_buffers)
{
	create(2);
	CHECK(driver_start(&driver, SIZE | MULTIPORT));
	while (control_buffers--)
		add_buffer(2, 80);
}

/* ---- a plain console -------------------------------------------------------------- */

TEST(a_plain_console_has_two_queues)
{
	create(0);
	CHECK_EQ(driver_read(&driver, 8), 3);
	CHECK_EQ(driver.dev->queue_count, 2);
	CHECK_EQ(driver_offered(&driver) & 7, SIZE | EMERG_WRITE);
	finish();
	create(2);
	CHECK_EQ(driver.dev->queue_count, 8);
	CHECK_EQ(driver_offered(&driver) & 7, SIZE | MULTIPORT | EMERG_WRITE);
	CHECK_EQ(driver_config(&driver, 4, 4), 3);
	finish();
}

TEST(prints_and_reads)
{
	struct driver_used used;

	create(0);
	CHECK(driver_start(&driver, 0));
	print(1, "Linux version 6.1\n");
	CHECK_STR(terminals[0].output, "Linux version 6.1\n");
	CHECK(driver_used(&driver, 1, &used));
	CHECK_EQ(used.bytes, 0);
	add_buffer(0, 4);
	add_buffer(0, 16);
	driver_take_interrupt(&driver);
	type(&terminals[0], "root\n");
	CHECK_EQ(driver_take_interrupt(&driver), 1);
	CHECK_STR(received(0), "root");
	CHECK_STR(received(0), "\n");
	CHECK_STR(terminals[0].input, "");
	finish();
}

TEST(input_waits_for_buffers)
{
	create(0);
	type(&terminals[0], "early");
	CHECK(driver_start(&driver, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)));
	CHECK_STR(terminals[0].input, "early");
	type(&terminals[0], "bird");
	add_buffer(0, 3);
	CHECK_STR(received(0), "ear");
	add_buffer(0, 100);
	CHECK_STR(received(0), "lybird");
	/* An empty buffer is given back and takes nothing. */
	type(&terminals[0], "x");
	add_buffer(0, 0);
	CHECK_STR(received(0), "");
	add_buffer(0, 1);
	CHECK_STR(received(0), "x");
	/* Without input the buffer stays with the device. */
	add_buffer(0, 8);
	CHECK_EQ(driver.dev->queues[0].in_flight, 0);
	type(&terminals[0], "y");
	CHECK_STR(received(0), "y");
	finish();
}

TEST(output_waits_for_room_and_keeps_its_place)
{
	struct driver_used used;

	create(0);
	CHECK(driver_start(&driver, VIRTIO_BIT(VIRTIO_F_EVENT_IDX)));
	terminals[0].room = 3;
	print(1, "abcdef");
	print(1, "ghi");
	CHECK_STR(terminals[0].output, "abc");
	CHECK(!driver_used(&driver, 1, &used));
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1); /* does not repeat anything */
	give_room(&terminals[0], 1);
	CHECK_STR(terminals[0].output, "abcd");
	give_room(&terminals[0], 2);
	CHECK_STR(terminals[0].output, "abcdef");
	CHECK(driver_used(&driver, 1, &used));
	CHECK(!driver_used(&driver, 1, &used));
	driver_take_interrupt(&driver);
	give_room(&terminals[0], 100);
	CHECK_STR(terminals[0].output, "abcdefghi");
	CHECK(driver_used(&driver, 1, &used));
	CHECK_EQ(driver_take_interrupt(&driver), 1);
	finish();
}

TEST(a_reset_forgets_half_written_output)
{
	struct driver_used used;

	create(0);
	CHECK(driver_start(&driver, 0));
	terminals[0].room = 2;
	print(1, "old life");
	CHECK(driver_start(&driver, 0));
	give_room(&terminals[0], 100);
	CHECK_STR(terminals[0].output, "ol");
	print(1, "new");
	CHECK_STR(terminals[0].output, "olnew");
	CHECK(driver_used(&driver, 1, &used));
	finish();
}

TEST(a_flood_of_output_leaves_the_loop_its_turns)
{
	struct driver_used used;
	struct driver_buffer all[4];

	create(0);
	CHECK(driver_start(&driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = (struct driver_buffer){
			DRIVER_RAM_GPA, (uint32_t)DRIVER_RAM_BYTES, false};
	driver_add(&driver, 1, all, ARRAY_SIZE(all), true);
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	CHECK_EQ(SIZE_MAX - terminals[0].room, 65536);
	loop_turn(loop, 0);
	CHECK_EQ(SIZE_MAX - terminals[0].room, 2 * 65536);
	for (unsigned int i = 2; i < 4096; i++) {
		CHECK(!driver_used(&driver, 1, &used));
		loop_turn(loop, 0);
	}
	loop_turn(loop, 0);
	CHECK(driver_used(&driver, 1, &used));
	CHECK_EQ(SIZE_MAX - terminals[0].room, 4 * DRIVER_RAM_BYTES);
	finish();
}

TEST(the_size_follows_the_terminal)
{
	create(0);
	terminals[0].columns = 80;
	terminals[0].rows = 25;
	CHECK(driver_start(&driver, SIZE));
	CHECK_EQ(driver_config(&driver, 0, 4), 0); /* it had none at creation */
	resize(&terminals[0], 132, 50);
	CHECK_EQ(driver_config(&driver, 0, 2), 132);
	CHECK_EQ(driver_config(&driver, 2, 2), 50);
	CHECK_EQ(driver_take_interrupt(&driver), 2);
	resize(&terminals[0], 132, 50);
	CHECK_EQ(driver_take_interrupt(&driver), 0);
	terminals[0].columns = 0;
	terminals[0].user->events->resized(terminals[0].user);
	CHECK_EQ(driver_config(&driver, 0, 2), 132);
	finish();
}

/* Waits for the config interrupt that tells of the size. */
static void wait_for_hint(void)
{
	unsigned int cause = 0;

	while (!(cause & 2)) {
		loop_turn(loop, 1000);
		cause = driver_take_interrupt(&driver);
	}
}

TEST(tells_a_guest_of_the_size_when_it_has_printed_and_is_quiet)
{
	create_with(0, 80, 25);
	CHECK_EQ(driver.dev->queue_count, 2);
	CHECK(driver_start(&driver, SIZE));
	CHECK_EQ(driver_config(&driver, 0, 2), 80);
	CHECK_EQ(driver_config(&driver, 2, 2), 25);
	loop_turn(loop, 0);
	CHECK(!(driver_take_interrupt(&driver) & 2));
	print(1, "Linux version 6.1\n");
	wait_for_hint();
	print(1, "login: ");
	wait_for_hint();
	finish();
}

TEST(an_emergency_write_needs_no_driver)
{
	create(0);
	driver_write_sized(&driver, 0x108, 4, 'p');
	driver_write_sized(&driver, 0x108, 1, 'a');
	driver_write_sized(&driver, 0x108, 2, 0x4100 + 'n');
	driver_write_sized(&driver, 0x100, 4, 'x');
	driver_write_sized(&driver, 0x109, 1, 'x');
	driver_write_sized(&driver, 0x10c, 1, 'x');
	CHECK_STR(terminals[0].output, "pan");
	CHECK_EQ(driver_config(&driver, 8, 4), 0);
	finish();
}

/* ---- further ports ---------------------------------------------------------------- */

TEST(introduces_its_ports)
{
	start_multiport(8);
	terminals[0].columns = 80;
	terminals[0].rows = 24;
	terminals[1].attached = true;
	CHECK_STR(control(), "none");
	send_control(UINT32_MAX, READY, 1);
	CHECK_STR(control(), "0 1 0 ");
	CHECK_STR(control(), "1 1 0 ");
	CHECK_STR(control(), "2 1 0 ");
	CHECK_STR(control(), "none");
	send_control(0, PORT_READY, 1);
	CHECK_STR(control(), "0 4 1 ");
	CHECK_STR(control(), "0 5 0 80x24");
	CHECK_STR(control(), "0 6 1 "); /* open, though nobody is attached */
	CHECK_STR(control(), "none");
	send_control(1, PORT_READY, 1);
	CHECK_STR(control(), "1 7 0 org.bonsai.a");
	CHECK_STR(control(), "1 6 1 ");
	send_control(2, PORT_READY, 1);
	CHECK_STR(control(), "2 7 0 b");
	CHECK_STR(control(), "2 6 0 ");
	CHECK_STR(control(), "none");
	finish();
}

TEST(tells_of_clients_and_sizes_when_they_change)
{
	start_multiport(8);
	attach(&terminals[1], true); /* before anybody asked: kept for later */
	send_control(0, PORT_READY, 1);
	send_control(1, PORT_READY, 1);
	while (strcmp(control(), "none") != 0)
		;
	attach(&terminals[1], false);
	CHECK_STR(control(), "1 6 0 ");
	attach(&terminals[1], true);
	CHECK_STR(control(), "1 6 1 ");
	attach(&terminals[0], true);
	CHECK_STR(control(), "none");
	resize(&terminals[0], 100, 30);
	CHECK_STR(control(), "0 5 0 100x30");
	resize(&terminals[1], 90, 20);
	CHECK_STR(control(), "1 5 0 90x20");
	resize(&terminals[2], 90, 20); /* the driver does not know it yet */
	CHECK_STR(control(), "none");
	CHECK_EQ(driver_config(&driver, 0, 2), 100);
	finish();
}

TEST(control_messages_wait_for_buffers)
{
	start_multiport(1);
	send_control(0, READY, 1);
	send_control(1, PORT_READY, 1);
	attach(&terminals[1], true);
	attach(&terminals[1], false);
	attach(&terminals[1], true);
	/* Each answer is read before the next buffer is given. */
	CHECK_STR(control(), "0 1 0 ");
	CHECK_STR(control(), "1 7 0 org.bonsai.a");
	CHECK_STR(control(), "1 6 1 "); /* once, with what holds now */
	CHECK_STR(control(), "2 1 0 ");
	CHECK_STR(control(), "none");
	finish();
}

TEST(ports_carry_bytes_once_the_guest_opened_them)
{
	start_multiport(8);
	send_control(1, PORT_READY, 1);
	add_buffer(4, 16);
	type(&terminals[1], "hello");
	CHECK_STR(received(4), "");
	send_control(1, OPEN, 1);
	CHECK_STR(received(4), "hello");
	add_buffer(4, 16);
	send_control(1, OPEN, 0);
	type(&terminals[1], "more");
	CHECK_STR(received(4), "");
	print(7, "to b");
	print(5, "to a");
	CHECK_STR(terminals[1].output, "to a");
	CHECK_STR(terminals[2].output, "to b");
	CHECK_STR(terminals[0].output, "");
	/* A fresh driver has to open it again. */
	CHECK(driver_start(&driver, MULTIPORT));
	add_buffer(4, 16);
	CHECK_STR(received(4), "");
	send_control(1, OPEN, 1);
	CHECK_STR(received(4), "more");
	finish();
}

TEST(a_driver_without_multiport_has_the_console_alone)
{
	create(2);
	CHECK(driver_start(&driver, SIZE));
	print(1, "plain");
	print(5, "stray");
	CHECK_STR(terminals[0].output, "plain");
	CHECK_STR(terminals[1].output, "");
	add_buffer(0, 16);
	type(&terminals[0], "in");
	CHECK_STR(received(0), "in");
	finish();
}

TEST(ignores_nonsense_on_the_control_queue)
{
	static const struct {
		uint32_t port;
		uint16_t event;
		uint16_t value;
	} table[] = {{3, PORT_READY, 1}, {UINT32_MAX, OPEN, 1}, {0x80000000u, OPEN, 0},
		{0, ADD, 1}, {0, 2, 1}, {1, 0xffff, 0xffff}, {0, READY, 0},
		{0, PORT_READY, 0}, {1, NAME, 1}, {0, CONSOLE, 1}};
	struct driver_used used;

	start_multiport(4);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		send_control(table[i].port, table[i].event, table[i].value);
	/* Too short, and nothing but room to write to. */
	driver_add(
		&driver, 3, &(struct driver_buffer){DRIVER_RAM_GPA, 7, false}, 1, false);
	driver_add(
		&driver, 3, &(struct driver_buffer){DRIVER_RAM_GPA, 8, true}, 1, false);
	CHECK(driver_kick(&driver, 3));
	CHECK(driver_used(&driver, 3, &used));
	CHECK(driver_used(&driver, 3, &used));
	CHECK_STR(control(), "none");
	CHECK(!(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET));
	/* A buffer too small gets what fits. */
	CHECK(driver_start(&driver, MULTIPORT));
	add_buffer(2, 3);
	add_buffer(2, 0);
	send_control(0, READY, 1);
	CHECK(driver_used(&driver, 2, &used));
	CHECK_EQ(used.bytes, 3);
	CHECK(driver_used(&driver, 2, &used));
	CHECK_EQ(used.bytes, 0);
	finish();
}

TEST(refuses_more_ports_than_it_has_queues_for)
{
	struct virtio_console_port ports[VIRTIO_CONSOLE_PORTS_MAX + 1];
	struct virtio_device *dev = NULL;
	struct error err;

	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		ports[i] = (struct virtio_console_port){"p", &terminals[1]};
	CHECK_EQ(virtio_console_create(NULL, "hvc0", &terminals[0], ports,
			 ARRAY_SIZE(ports), &dev, &err),
		-EINVAL);
	CHECK_HAS(err.text, "hvc0 has 16 further ports, the limit is 15");
	CHECK(!dev);
	CHECK_EQ(virtio_console_create(NULL, "hvc0", &terminals[0], ports,
			 VIRTIO_CONSOLE_PORTS_MAX, &dev, &err),
		0);
	CHECK(dev->queue_count <= VIRTIO_QUEUES_MAX);
	virtio_device_destroy(dev);
}

TEST_MAIN(CASE(a_plain_console_has_two_queues), CASE(prints_and_reads),
	CASE(input_waits_for_buffers), CASE(output_waits_for_room_and_keeps_its_place),
	CASE(a_reset_forgets_half_written_output),
	CASE(a_flood_of_output_leaves_the_loop_its_turns),
	CASE(the_size_follows_the_terminal),
	CASE(tells_a_guest_of_the_size_when_it_has_printed_and_is_quiet),
	CASE(an_emergency_write_needs_no_driver), CASE(introduces_its_ports),
	CASE(tells_of_clients_and_sizes_when_they_change),
	CASE(control_messages_wait_for_buffers),
	CASE(ports_carry_bytes_once_the_guest_opened_them),
	CASE(a_driver_without_multiport_has_the_console_alone),
	CASE(ignores_nonsense_on_the_control_queue),
	CASE(refuses_more_ports_than_it_has_queues_for))
