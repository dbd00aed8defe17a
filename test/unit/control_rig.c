/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/control_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/seat.h"
#include "src/container_of.h"
#include "src/control.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

/* Far more turns than any exchange of a test takes. */
#define TURNS 64

static struct control_rig *rig_of(struct machine_control *machine)
{
	return container_of(machine, struct control_rig, machine);
}

static void pause_machine(struct machine_control *machine)
{
	machine->paused = true;
	rig_of(machine)->pauses++;
}

static void resume_machine(struct machine_control *machine)
{
	machine->paused = false;
	rig_of(machine)->resumes++;
}

static void reset_machine(struct machine_control *machine)
{
	rig_of(machine)->resets++;
}

static void quit_machine(struct machine_control *machine)
{
	rig_of(machine)->quits++;
}

static int press(
	struct machine_control *machine, enum board_button button, struct error *err)
{
	if (rig_of(machine)->no_buttons)
		return error_set(err, -EOPNOTSUPP, NULL, "there is none");
	rig_of(machine)->presses[button]++;
	return 0;
}

static pid_t cpu_thread(struct machine_control *machine, unsigned int index)
{
	return 1000 + (pid_t)index;
}

static bool balloon(struct machine_control *machine, struct machine_balloon *ret)
{
	struct control_rig *rig = container_of(machine, struct control_rig, machine);

	*ret = rig->balloon;
	return rig->balloon.name;
}

static void take_memory(struct machine_control *machine, uint64_t bytes)
{
	container_of(machine, struct control_rig, machine)->memory_asked = bytes;
}

static int screendump(struct machine_control *machine,
	const struct machine_screendump *what, struct error *err)
{
	struct control_rig *rig = rig_of(machine);

	if (what->device && !strcmp(what->device, "none"))
		return error_set(err, -ENXIO, NULL, "there is none");
	if (rig->dump_count == sizeof(rig->dumps) / sizeof(rig->dumps[0]))
		return error_set(err, -ENOMEM, NULL, "there are enough");
	snprintf(rig->dumped, sizeof(rig->dumped), "%s %u %s %s",
		what->device ? what->device : "any", what->scanout, what->path,
		what->png ? "png" : "ppm");
	rig->dumps[rig->dump_count++] = *what;
	return 0;
}

void rig_answer_dump(struct control_rig *rig, int code, const struct error *err)
{
	struct machine_screendump first = rig->dumps[0];

	rig->dump_count--;
	memmove(rig->dumps, rig->dumps + 1, rig->dump_count * sizeof(first));
	first.done(first.user, code, err);
}

static void set_stats_interval(struct machine_control *machine, unsigned int seconds)
{
	container_of(machine, struct control_rig, machine)->balloon.stats_interval =
		seconds;
}

static bool get_disk(
	struct machine_control *machine, unsigned int index, struct machine_disk *ret)
{
	*ret = (struct machine_disk){
		.name = "vda",
		.path = "/tmp/disk",
		.bytes = rig_of(machine)->disk_bytes,
		.readonly = true,
		.counts.requests[DISK_WRITE] = 3,
		.counts.bytes[DISK_WRITE] = 3072,
	};
	return index == 0;
}

static bool get_net(
	struct machine_control *machine, unsigned int index, struct machine_net *ret)
{
	*ret = (struct machine_net){
		.name = "eth0",
		.link_up = true,
		.counts = {.sent_frames = 2,
			.sent_bytes = 128,
			.received_frames = 1,
			.received_bytes = 60,
			.lost_frames = 4},
	};
	return index == 0;
}

static int resize_disk(struct machine_control *machine, const char *name, uint64_t bytes,
	struct error *err)
{
	if (strcmp(name, "vda"))
		return error_set(err, -ENOENT, NULL, "no such disk");
	rig_of(machine)->disk_bytes = bytes;
	return 0;
}

static void cpu_counts(
	struct machine_control *machine, unsigned int index, struct vcpu_counts *ret)
{
	*ret = (struct vcpu_counts){
		.cpu_ns = 77, .kicks = 1, .mmio_exits = 2, .port_exits = index};
}

static const struct machine_control_ops ops = {
	.pause = pause_machine,
	.resume = resume_machine,
	.reset = reset_machine,
	.quit = quit_machine,
	.press = press,
	.disk = get_disk,
	.net = get_net,
	.resize_disk = resize_disk,
	.cpu_counts = cpu_counts,
	.cpu_thread = cpu_thread,
	.balloon = balloon,
	.take_memory = take_memory,
	.set_stats_interval = set_stats_interval,
	.screendump = screendump,
};

static struct vm_config config = {.name = (char *)"rig"};
static const struct board_plan plan = {
	.config = &config,
	.arch = CONFIG_ARCH_ARMV7,
	.cpu_count = 2,
	.ram_count = 2,
	.ram = {{.bytes = 3ull << 30}, {.bytes = 1ull << 30}},
};

void rig_begin(struct control_rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->machine.ops = &ops;
	rig->machine.plan = &plan;
	rig->disk_bytes = 1 << 20;
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/bonsai-control-XXXXXX");
	CHECK(mkdtemp(rig->folder));
	snprintf(rig->path, sizeof(rig->path), "%s/vm.sock", rig->folder);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
	CHECK_EQ(seat_create(rig->loop, &rig->machine.seat, NULL), 0);
	CHECK_EQ(control_create(
			 rig->loop, rig->path, &rig->machine, NULL, &rig->control, NULL),
		0);
}

void rig_end(struct control_rig *rig)
{
	const struct error ended = {.text = "the VM has ended"};

	while (rig->dump_count)
		rig_answer_dump(rig, -ECANCELED, &ended);
	control_destroy(rig->control);
	seat_destroy(rig->machine.seat);
	loop_destroy(rig->loop);
	CHECK_EQ(rmdir(rig->folder), 0);
}

void rig_settle(struct control_rig *rig)
{
	for (unsigned int i = 0; i < TURNS; i++)
		loop_turn(rig->loop, 0);
}

int rig_connect(struct control_rig *rig)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, rig->path, strlen(rig->path));
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	rig_settle(rig);
	return fd;
}

int rig_client(struct control_rig *rig)
{
	int fd = rig_connect(rig);

	CHECK_HAS(rig_line(rig, fd), "{\"QMP\": {\"version\": {\"qemu\": {");
	CHECK_STR(rig_ask(rig, fd, "{\"execute\": \"qmp_capabilities\"}"),
		"{\"return\": {}}");
	return fd;
}

void rig_send(int fd, const char *text)
{
	size_t bytes = strlen(text);

	CHECK_EQ(send(fd, text, bytes, MSG_NOSIGNAL), bytes);
}

const char *rig_line(struct control_rig *rig, int fd)
{
	char *line = rig->line;

	for (unsigned int turn = 0; turn < TURNS; turn++) {
		ssize_t n =
			recv(fd, line, sizeof(rig->line) - 1, MSG_DONTWAIT | MSG_PEEK);
		char *end = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;

		if (end) {
			CHECK_EQ(recv(fd, line, (size_t)(end - line) + 1, 0),
				end - line + 1);
			CHECK(end > line && end[-1] == '\r');
			end[-1] = 0;
			return line;
		}
		if (n == 0)
			break;
		loop_turn(rig->loop, 0);
	}
	line[0] = 0;
	return line;
}

const char *rig_ask(struct control_rig *rig, int fd, const char *text)
{
	rig_send(fd, text);
	return rig_line(rig, fd);
}
