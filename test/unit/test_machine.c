/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole machine of an XML file, with a hypervisor whose guests are scripts: devices
 * answer at their planned addresses, a reboot makes a fresh VM, each end is told apart.
 */
#include "src/machine.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "src/boot.h"
#include "src/container_of.h"
#include "src/guest_mem.h"
#include "src/plan.h"
#include "src/window.h"
#include "test/unit/fake_hv.h"
#include "test/unit/test.h"

#define UART_GPA 0x09000000
#define UART_IRQ 33
#define RTC_IRQ 34
#define UART_IMSC 0x38
#define UART_INT_TX 0x20
#define GENERATION_GPA 0x090b0000
#define VIRTIO_GPA 0x0a000000
#define VIRTIO_STEP 0x200
#define VIRTIO_MAGIC 0x74726976

static char dir[64];
static struct problems problems;
static uint64_t magics[4];
static unsigned int boots;
static const char *more_devices; /* in the XML, before the last one */

static void write_file(const char *name, const void *bytes, size_t count, off_t size)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, count), count);
	CHECK_EQ(ftruncate(fd, size), 0);
	close(fd);
}

static void begin(void)
{
	uint8_t image[4096] = {0};
	uint64_t bytes = htole64(sizeof(image));

	memcpy(image + 16, &bytes, sizeof(bytes));
	memcpy(image + 56, "ARM\x64", 4);
	snprintf(dir, sizeof(dir), "/tmp/bonsai-machine-XXXXXX");
	CHECK(mkdtemp(dir));
	write_file("Image", image, sizeof(image), sizeof(image));
	write_file("disk.img", "", 0, 1 << 20);
	boots = 0;
	more_devices = "";
	memset(magics, 0, sizeof(magics));
	memset(&fake_hv, 0, sizeof(fake_hv));
}

static void end(void)
{
	static const char *const names[] = {"Image", "disk.img", "pmem.img", "uart.log"};
	char path[128];

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	CHECK_EQ(rmdir(dir), 0); /* nothing else was left behind */
}

/* Runs the VM; the result of machine_create() or machine_run(). */
static int run(const char *attributes, enum machine_end *ret,
	void (*script)(unsigned int vcpu, unsigned int step, struct hv_exit *exit))
{
	struct vm_config *config = NULL;
	struct board_plan *plan = NULL;
	struct machine *machine = NULL;
	struct host_caps caps;
	struct error err = {.text = ""};
	struct hv *hv = NULL;
	char path[128];
	char xml[2048];
	int code;

	snprintf(path, sizeof(path), "%s/vm.xml", dir);
	snprintf(xml, sizeof(xml),
		"<config kernel_rom='Image' ram_size='32M' gic_version='host' %s>"
		"<control socket='vm.sock'/><uart><file path='%s/uart.log'/></uart>"
		"<virtio_device name='hvc0' type='console'><null/></virtio_device>"
		"<virtio_device name='eth0' type='net'><null/></virtio_device>"
		"<virtio_device name='vda' type='block'><file "
		"path='disk.img'/></virtio_device>%s"
		"<virtio_device name='rng0' type='rng'/></config>",
		attributes, dir, more_devices);
	fake_hv.script = script;
	problems.count = 0;
	CHECK_EQ(config_parse(xml, strlen(xml), path, &(struct config_options){0},
			 &config, &problems),
		0);
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK_EQ(boot_plan(config, &caps, &plan, &problems), 0);
	for (unsigned int i = 0; i < problems.count; i++)
		printf("  %s\n", problems.list[i].text);
	code = machine_create(plan, hv, &machine, &err);
	if (!code)
		code = machine_run(machine, NULL, ret, &err);
	if (code)
		printf("  %s\n", err.text);
	machine_destroy(machine);
	board_plan_destroy(plan);
	config_destroy(config);
	CHECK_EQ(fake_hv.opened, fake_hv.destroyed);
	return code;
}

static void put(struct hv_exit *exit, uint64_t gpa, uint64_t value)
{
	exit->kind = HV_EXIT_MMIO;
	exit->mmio.gpa = gpa;
	exit->mmio.bytes = 4;
	exit->mmio.write = true;
	exit->mmio.value = value;
}

static void get(struct hv_exit *exit, uint64_t gpa)
{
	put(exit, gpa, 0);
	exit->mmio.write = false;
}

static void look_around(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step > 0 && step <= 4)
		magics[step - 1] = exit->mmio.value;
	if (step < 4)
		get(exit, VIRTIO_GPA + VIRTIO_STEP * step);
	else if (step == 4)
		put(exit, UART_GPA, 'U');
	else
		exit->kind = HV_EXIT_SHUTDOWN;
}

TEST(finds_every_device_at_its_planned_address)
{
	enum machine_end how = MACHINE_CRASHED;
	char text[8] = "";
	char path[128];
	FILE *log;

	begin();
	CHECK_EQ(run("cpu_count='1'", &how, look_around), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(magics[i], VIRTIO_MAGIC);
	snprintf(path, sizeof(path), "%s/uart.log", dir);
	log = fopen(path, "r");
	CHECK(log && fgets(text, sizeof(text), log));
	CHECK_STR(text, "U");
	if (log)
		fclose(log);
	CHECK_EQ(fake_hv.lines[0].irq, UART_IRQ);
	CHECK(!fake_hv.lines[0].edge);
	CHECK_EQ(fake_hv.line_count, 7);
	CHECK_EQ(fake_hv.lines[1].irq, RTC_IRQ);
	CHECK(fake_hv.lines[3].edge);
	/* console 2, net 2, block 1, rng 1 */
	CHECK_EQ(fake_hv.ioeventfd_count, 6);
	end();
}

static void reboot_twice(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step == 0) {
		boots++;
		put(exit, UART_GPA + UART_IMSC, UART_INT_TX);
	} else if (step == 1) {
		put(exit, UART_GPA, 'r');
	} else if (boots < 3) {
		exit->kind = HV_EXIT_RESET;
	} else {
		exit->kind = HV_EXIT_SHUTDOWN;
	}
}

TEST(a_reboot_makes_a_fresh_vm_and_keeps_the_devices)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	CHECK_EQ(run("cpu_count='1'", &how, reboot_twice), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK_EQ(boots, 3);
	CHECK_EQ(fake_hv.opened, 3);
	CHECK(fake_hv.lines[0].level); /* the last VM has its own line, raised anew */
	end();
}

TEST(a_reboot_gives_the_new_vm_the_memory_of_devices)
{
	unsigned int found = 0;
	enum machine_end how;

	begin();
	write_file("pmem.img", "", 0, 2 << 20);
	more_devices = "<virtio_device name='p' type='pmem' readonly='yes'>"
		       "<file path='pmem.img'/></virtio_device>"
		       "<virtio_device name='c' type='pmem'>"
		       "<file path='pmem.img' shared='no'/></virtio_device>";
	CHECK_EQ(run("cpu_count='1'", &how, reboot_twice), 0);
	CHECK_EQ(fake_hv.opened, 3);
	for (unsigned int i = 0; i < fake_hv.windows.count; i++) {
		const struct window *window = &fake_hv.windows.list[i];

		if (window->gpa < 1ull << 30)
			continue; /* of the board */
		CHECK_EQ(window->gpa, (2ull + found) << 30);
		CHECK_EQ(window->bytes, 2 << 20);
		CHECK_EQ(window->readonly, found == 0);
		CHECK(window->hva);
		found++;
	}
	CHECK_EQ(found, 2);
	end();
}

TEST(a_reboot_can_end_the_vm_instead)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	CHECK_EQ(run("cpu_count='1' on_reboot='exit'", &how, reboot_twice), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK_EQ(boots, 1);
	end();
}

static void crash(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (vcpu != 1)
		return;
	exit->kind = ++boots == 1 ? HV_EXIT_CRASH : HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text), "a test's crash");
	if (boots == 3)
		exit->kind = HV_EXIT_SHUTDOWN;
}

TEST(tells_a_crash_from_a_power_off)
{
	enum machine_end how = MACHINE_POWERED_OFF;

	begin();
	CHECK_EQ(run("cpu_count='3'", &how, crash), 0);
	CHECK_EQ(how, MACHINE_CRASHED);
	CHECK_EQ(boots, 1);
	end();
}

TEST(starts_again_after_a_crash_where_asked_to)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	CHECK_EQ(run("cpu_count='2' on_crash='restart'", &how, crash), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK_EQ(boots, 3);
	end();
}

static uint8_t generations[3][16];

static void remember_generation(
	unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	const struct window *window = &fake_hv.mem->windows->list[0];

	CHECK_EQ(window->gpa, GENERATION_GPA);
	CHECK(window->readonly);
	memcpy(generations[boots], window->hva, sizeof(generations[0]));
	exit->kind = ++boots == 3 ? HV_EXIT_SHUTDOWN : HV_EXIT_RESET;
}

TEST(each_boot_is_another_generation)
{
	static const uint8_t none[16];
	enum machine_end how;

	begin();
	CHECK_EQ(run("cpu_count='1'", &how, remember_generation), 0);
	CHECK_EQ(boots, 3);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(memcmp(generations[i], none, sizeof(none)));
		for (unsigned int j = 0; j < i; j++)
			CHECK(memcmp(generations[i], generations[j], sizeof(none)));
	}
	end();
}

static void reboot_forever(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (++boots == 20)
		kill(getpid(), SIGTERM);
	exit->kind = HV_EXIT_RESET;
}

TEST(no_reboot_swallows_a_request_to_end)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	CHECK_EQ(run("cpu_count='1'", &how, reboot_forever), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK(boots >= 20);
	end();
}

static void crash_forever(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (++boots == 20)
		kill(getpid(), SIGTERM);
	exit->kind = HV_EXIT_CRASH;
}

TEST(a_request_to_end_is_no_crash_where_those_restart)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	CHECK_EQ(run("cpu_count='1' on_crash='restart'", &how, crash_forever), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK(boots >= 20);
	end();
}

#define GPIO_GPA 0x09030000
#define GPIO_RISING 0x40c
#define GPIO_ENABLE 0x410
#define GPIO_MASKED_STATUS 0x418
#define GPIO_POWER_KEY 0x08

static unsigned int heard;

/* Sees the key being pressed, and does nothing about it. */
static void hear_the_power_key(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step > 3 && exit->mmio.value == GPIO_POWER_KEY && !heard++)
		kill(getpid(), SIGTERM);
	if (step == 2)
		kill(getpid(), SIGTERM);
	if (step == 0)
		put(exit, GPIO_GPA + GPIO_RISING, GPIO_POWER_KEY);
	else if (step == 1)
		put(exit, GPIO_GPA + GPIO_ENABLE, GPIO_POWER_KEY);
	else
		get(exit, GPIO_GPA + GPIO_MASKED_STATUS);
}

TEST(a_sigterm_can_press_the_power_key_first)
{
	enum machine_end how = MACHINE_CRASHED;

	begin();
	heard = 0;
	CHECK_EQ(run("cpu_count='1' on_stop='powerdown'", &how, hear_the_power_key), 0);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK(heard);
	end();
}

/* ---- steered over its control socket ---------------------------------------------- */

static sem_t started;

/* In a device, or on the way to one, most of the time. */
static void stay_in_devices(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step == 0)
		sem_post(&started);
	get(exit, VIRTIO_GPA + VIRTIO_STEP * (step % 4));
}

struct steering {
	int fd;
	FILE *lines;         /* that come from it */
	unsigned int events; /* that were told meanwhile */
	char line[1024];
};

static void ask(struct steering *steering, const char *command, const char *answer)
{
	dprintf(steering->fd, "{\"execute\": \"%s\"}", command);
	do {
		if (!fgets(steering->line, sizeof(steering->line), steering->lines))
			break;
		steering->events += !strncmp(steering->line, "{\"event\"", 8);
	} while (!strncmp(steering->line, "{\"event\"", 8));
	CHECK_HAS(steering->line, answer);
}

static void *steer(void *argument)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct steering *steering = argument;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sem_wait(&started);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/vm.sock", dir);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	steering->fd = fd;
	steering->lines = fdopen(fd, "r");
	CHECK(fgets(steering->line, sizeof(steering->line), steering->lines));
	ask(steering, "qmp_capabilities", "{\"return\": {}}");
	for (unsigned int i = 0; i < 20; i++) {
		ask(steering, "stop", "{\"return\": {}}");
		ask(steering, "query-status", "paused");
		ask(steering, "cont", "{\"return\": {}}");
	}
	ask(steering, "stop", "{\"return\": {}}");
	ask(steering, "system_reset", "{\"return\": {}}");
	ask(steering, "query-status", "paused");
	ask(steering, "cont", "{\"return\": {}}");
	ask(steering, "bonsai-stats", "\"cpu-time-ns\"");
	sem_wait(&started); /* the second vCPU of the first boot, or one of the second */
	ask(steering, "system_powerdown", "{\"return\": {}}");
	ask(steering, "quit", "{\"return\": {}}");
	while (fgets(steering->line, sizeof(steering->line), steering->lines))
		steering->events++;
	CHECK_HAS(steering->line, "\"reason\": \"host-qmp-quit\"");
	fclose(steering->lines);
	return NULL;
}

TEST(obeys_its_control_socket_while_vcpus_are_in_devices)
{
	enum machine_end how = MACHINE_CRASHED;
	struct steering steering = {0};
	pthread_t thread;

	begin();
	sem_init(&started, 0, 0);
	CHECK_EQ(pthread_create(&thread, NULL, steer, &steering), 0);
	CHECK_EQ(run("cpu_count='2' on_reboot='exit'", &how, stay_in_devices), 0);
	pthread_join(thread, NULL);
	sem_destroy(&started);
	CHECK_EQ(how, MACHINE_POWERED_OFF);
	CHECK_EQ(fake_hv.opened, 2);
	/* 21 times STOP and RESUME, RESET, POWERDOWN, SHUTDOWN */
	CHECK_EQ(steering.events, 45);
	end();
}

TEST(a_back_end_that_does_not_open_names_its_line_and_leaves_nothing)
{
	enum machine_end how = MACHINE_CRASHED;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[128];
	int fd;

	begin();
	snprintf(path, sizeof(path), "%s/disk.img", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_OFD_SETLK, &whole), 0);
	CHECK_EQ(run("cpu_count='1'", &how, look_around), -EBUSY);
	close(fd);
	end();
}

TEST_MAIN(CASE(finds_every_device_at_its_planned_address),
	CASE(a_reboot_makes_a_fresh_vm_and_keeps_the_devices),
	CASE(a_reboot_gives_the_new_vm_the_memory_of_devices),
	CASE(a_reboot_can_end_the_vm_instead), CASE(tells_a_crash_from_a_power_off),
	CASE(starts_again_after_a_crash_where_asked_to),
	CASE(each_boot_is_another_generation), CASE(no_reboot_swallows_a_request_to_end),
	CASE(a_request_to_end_is_no_crash_where_those_restart),
	CASE(a_sigterm_can_press_the_power_key_first),
	CASE(obeys_its_control_socket_while_vcpus_are_in_devices),
	CASE(a_back_end_that_does_not_open_names_its_line_and_leaves_nothing))
