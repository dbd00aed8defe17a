/* SPDX-License-Identifier: Apache-2.0 */
#include "src/vcpu.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/sandbox.h"
#include "test/unit/fake_hv.h"
#include "test/unit/test.h"

#define REGISTER_GPA 0x1000

static sem_t ended;
static _Atomic enum hv_exit_kind ended_kind;
static uint64_t written;
static _Atomic uint64_t read_back;

static uint64_t reg_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	return 0x11223344 + offset;
}

static void reg_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	written = value + (offset << 32);
}

static const struct mmio_ops reg_ops = {.read = reg_read, .write = reg_write};

static void on_end(void *user, enum hv_exit_kind kind)
{
	ended_kind = kind;
	sem_post(&ended);
}

static const struct vcpu_events events = {.ended = on_end};

/* Runs the script on count vCPUs until one of them ends, or not at all. */
static void run(unsigned int count, bool wait,
	void (*script)(unsigned int vcpu, unsigned int step, struct hv_exit *exit))
{
	struct mmio_region region = {
		.ops = &reg_ops, .gpa = REGISTER_GPA, .bytes = 0x100, .name = "register"};
	struct bus bus = {0};
	struct bus ports = {0};
	struct vcpu_set *set = NULL;
	struct host_caps caps;
	struct hv *hv = NULL;

	sem_init(&ended, 0, 0);
	ended_kind = HV_EXIT_NONE;
	fake_hv.script = script;
	CHECK_EQ(bus_add(&bus, &region, NULL), 0);
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK_EQ(vcpu_set_create(hv, &bus, &ports, count, NULL, 0, false, &events, NULL,
			 &set, NULL),
		0);
	if (wait)
		sem_wait(&ended);
	vcpu_set_destroy(set);
	hv_destroy(hv);
	sem_destroy(&ended);
}

static void write_then_read(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step == 1)
		exit->mmio.write = false;
	if (step == 0) {
		exit->kind = HV_EXIT_MMIO;
		exit->mmio.gpa = REGISTER_GPA + 4;
		exit->mmio.bytes = 4;
		exit->mmio.write = true;
		exit->mmio.value = 77;
	} else if (step == 1) {
		exit->kind = HV_EXIT_MMIO;
		exit->mmio.gpa = REGISTER_GPA + 8;
	} else {
		read_back = exit->mmio.value; /* comes back with the next entry */
		exit->kind = HV_EXIT_SHUTDOWN;
	}
}

TEST(carries_accesses_to_the_bus_and_back)
{
	run(1, true, write_then_read);
	CHECK_EQ(written, 77 + (4ull << 32));
	CHECK_EQ(read_back, 0x11223344 + 8);
	CHECK_EQ(ended_kind, HV_EXIT_SHUTDOWN);
}

static void stray(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (step == 0) {
		exit->kind = HV_EXIT_MMIO;
		exit->mmio.gpa = 0xdead0000;
		exit->mmio.bytes = 8;
		exit->mmio.write = false;
		exit->mmio.value = ~0ull;
	} else {
		read_back = exit->mmio.value;
		exit->kind = HV_EXIT_RESET;
	}
}

TEST(a_stray_read_gives_zero_and_the_guest_goes_on)
{
	run(1, true, stray);
	CHECK_EQ(read_back, 0);
	CHECK_EQ(ended_kind, HV_EXIT_RESET);
}

static void wait_forever(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
}

TEST(kicks_vcpus_out_of_a_guest_that_never_exits)
{
	run(4, false, wait_forever);
	CHECK_EQ(ended_kind, HV_EXIT_NONE);
}

/* ---- how they begin: the linker puts this between them and the sandbox ---------------
 */

void __real_sandbox_enter(enum sandbox_role role);
void __wrap_sandbox_enter(enum sandbox_role role);

static bool takes_long;
static atomic_uint entering;
static atomic_uint shut_in;
static atomic_uint shut_in_at_first;

/* All but the first have a while to go. */
void __wrap_sandbox_enter(enum sandbox_role role)
{
	if (takes_long && atomic_fetch_add(&entering, 1))
		usleep(20000);
	__real_sandbox_enter(role);
	shut_in++;
}

static void look_who_is_there(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	unsigned int none = 0;

	atomic_compare_exchange_strong(&shut_in_at_first, &none, shut_in);
	exit->kind = HV_EXIT_SHUTDOWN;
}

TEST(none_runs_before_all_have_shut_themselves_in)
{
	takes_long = true;
	shut_in = 0;
	run(4, true, look_who_is_there);
	takes_long = false;
	CHECK_EQ(shut_in_at_first, 4);
}

static void third_crashes(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	if (vcpu == 2)
		exit->kind = HV_EXIT_CRASH;
}

TEST(one_vcpu_that_crashes_ends_all)
{
	run(4, true, third_crashes);
	CHECK_EQ(ended_kind, HV_EXIT_CRASH);
}

static atomic_uint steps;
static sem_t stepped;

static void step_for_good(unsigned int vcpu, unsigned int step, struct hv_exit *exit)
{
	steps++;
	sem_post(&stepped);
	exit->kind = HV_EXIT_MMIO;
	exit->mmio.gpa = REGISTER_GPA;
	exit->mmio.bytes = 4;
	exit->mmio.write = false;
}

/* Until so many more steps have been taken than were waited for. */
static void wait_for_steps(unsigned int count)
{
	while (count--)
		sem_wait(&stepped);
}

TEST(paused_vcpus_stand_still_until_they_are_resumed)
{
	struct mmio_region region = {
		.ops = &reg_ops, .gpa = REGISTER_GPA, .bytes = 0x100, .name = "register"};
	struct bus bus = {0};
	struct bus ports = {0};
	struct vcpu_set *set = NULL;
	struct host_caps caps;
	struct hv *hv = NULL;
	unsigned int before;

	sem_init(&stepped, 0, 0);
	steps = 0;
	fake_hv.script = step_for_good;
	CHECK_EQ(bus_add(&bus, &region, NULL), 0);
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK_EQ(vcpu_set_create(
			 hv, &bus, &ports, 3, NULL, 0, true, &events, NULL, &set, NULL),
		0);
	vcpu_set_pause(set);
	CHECK_EQ(steps, 0); /* they began paused */
	/* A busy machine may park a vCPU before the pause finds it running. */
	for (unsigned int i = 0; i < 50 || (fake_hv.pauses < 3 && i < 5000); i++) {
		vcpu_set_resume(set);
		vcpu_set_resume(set);
		wait_for_steps(10);
		vcpu_set_pause(set);
		vcpu_set_pause(set);
		before = steps;
		for (unsigned int yield = 0; yield < 10; yield++)
			sched_yield();
		CHECK_EQ(steps, before);
	}
	CHECK(vcpu_set_thread(set, 2) > 0);
	CHECK(fake_hv.pauses >= 3);
	vcpu_set_destroy(set); /* paused */
	hv_destroy(hv);
	sem_destroy(&stepped);
}

TEST(refuses_a_host_cpu_that_is_not_there)
{
	static const unsigned int affinity[] = {1000};
	struct bus bus = {0};
	struct bus ports = {0};
	struct vcpu_set *set = NULL;
	struct host_caps caps;
	struct hv *hv = NULL;
	struct error err;

	fake_hv.script = wait_forever;
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK(vcpu_set_create(hv, &bus, &ports, 1, affinity, 1, false, &events, NULL,
		      &set, &err) < 0);
	CHECK_HAS(err.text, "host CPU 1000");
	hv_destroy(hv);
}

/* ---- deep writes --------------------------------------------------------------------
 */

static pthread_t server;
static atomic_bool served_here;
static sem_t handed;

static void deep_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	written = value;
	served_here = pthread_equal(pthread_self(), server);
}

static bool is_deep(const struct mmio_region *region, uint64_t offset, uint64_t value)
{
	return value == 77;
}

static const struct mmio_ops deep_ops = {
	.read = reg_read, .write = deep_write, .is_deep = is_deep};

static void on_handed(void *user)
{
	sem_post(&handed);
}

static const struct vcpu_events deep_events = {.ended = on_end, .handed = on_handed};

enum server { SERVES, PAUSES, ENDS };

/* The first write of the script is deep, and waits for one of these. */
static void run_deep(enum server who)
{
	struct mmio_region region = {.ops = &deep_ops,
		.gpa = REGISTER_GPA,
		.bytes = 0x100,
		.name = "register"};
	struct bus bus = {0};
	struct bus ports = {0};
	struct vcpu_set *set = NULL;
	struct host_caps caps;
	struct hv *hv = NULL;

	sem_init(&ended, 0, 0);
	sem_init(&handed, 0, 0);
	server = pthread_self();
	served_here = false;
	written = 0;
	fake_hv.script = write_then_read;
	CHECK_EQ(bus_add(&bus, &region, NULL), 0);
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK_EQ(vcpu_set_create(hv, &bus, &ports, 1, NULL, 0, false, &deep_events, NULL,
			 &set, NULL),
		0);
	sem_wait(&handed);
	if (who == PAUSES) {
		vcpu_set_pause(set);
		CHECK(served_here);
		vcpu_set_resume(set);
	}
	if (who == SERVES)
		vcpu_set_serve(set);
	if (who != ENDS)
		sem_wait(&ended);
	vcpu_set_destroy(set);
	CHECK(served_here);
	CHECK_EQ(written, 77);
	hv_destroy(hv);
	sem_destroy(&handed);
	sem_destroy(&ended);
}

TEST(a_deep_write_is_done_by_who_serves_the_vcpus)
{
	run_deep(SERVES);
}

TEST(a_deep_write_is_done_by_who_pauses_them)
{
	run_deep(PAUSES);
}

TEST(a_deep_write_is_done_by_who_ends_them)
{
	run_deep(ENDS);
}

TEST_MAIN(CASE(carries_accesses_to_the_bus_and_back),
	CASE(a_stray_read_gives_zero_and_the_guest_goes_on),
	CASE(kicks_vcpus_out_of_a_guest_that_never_exits),
	CASE(none_runs_before_all_have_shut_themselves_in),
	CASE(one_vcpu_that_crashes_ends_all),
	CASE(paused_vcpus_stand_still_until_they_are_resumed),
	CASE(refuses_a_host_cpu_that_is_not_there),
	CASE(a_deep_write_is_done_by_who_serves_the_vcpus),
	CASE(a_deep_write_is_done_by_who_pauses_them),
	CASE(a_deep_write_is_done_by_who_ends_them))
