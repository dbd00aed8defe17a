/* SPDX-License-Identifier: Apache-2.0 */
#include "src/vcpu.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/error.h"
#include "src/log.h"
#include "src/sandbox.h"
#include "src/thread.h"

/* A vCPU thread calls nothing deep: registers of a device, a log line. */
#define STACK_BYTES (128u << 10)

struct vcpu {
	struct vcpu_set *set;
	struct hv_vcpu *hv_vcpu;
	unsigned int index;
	const unsigned int *host_cpu; /* NULL: any */
	int pinned;                   /* to that: 0 or -errno */
	pthread_t thread;
	_Atomic pid_t thread_id;
	const struct hv_exit *handed;          /* a write that another thread is to do */
	atomic_ulong exits[HV_EXIT_STUCK + 1]; /* by kind */
	struct guest_log log;
};

struct vcpu_set {
	const struct bus *bus;
	const struct bus *ports;
	const struct vcpu_events *events;
	void *user;
	atomic_bool stopping; /* these two are written with the lock held */
	atomic_bool pausing;
	pthread_mutex_t lock;
	pthread_cond_t parked;  /* running has become 0, or a vCPU has handed a write */
	pthread_cond_t served;  /* a write is done */
	pthread_cond_t resumed; /* or stopping */
	unsigned int running;   /* threads that may be in the guest or in a device */
	unsigned int count;     /* threads that exist */
	struct vcpu vcpus[];
};

/* ---- writes for others to do --------------------------------------------------------
 */

/* Until it is done, by the thread of the devices or by the one that pauses or ends. */
static void hand_over(struct vcpu *vcpu, const struct hv_exit *exit)
{
	struct vcpu_set *set = vcpu->set;

	pthread_mutex_lock(&set->lock);
	vcpu->handed = exit;
	pthread_cond_signal(&set->parked);
	pthread_mutex_unlock(&set->lock);
	set->events->handed(set->user);
	pthread_mutex_lock(&set->lock);
	while (vcpu->handed)
		pthread_cond_wait(&set->served, &set->lock);
	pthread_mutex_unlock(&set->lock);
}

/* With the lock held, which it gives up meanwhile; true where there was one. */
static bool serve_one(struct vcpu_set *set)
{
	for (unsigned int i = 0; i < set->count; i++) {
		struct vcpu *vcpu = &set->vcpus[i];
		const struct hv_exit *exit = vcpu->handed;

		if (!exit)
			continue;
		pthread_mutex_unlock(&set->lock);
		bus_write(exit->kind == HV_EXIT_PORT ? set->ports : set->bus,
			exit->mmio.gpa, exit->mmio.bytes, exit->mmio.value);
		pthread_mutex_lock(&set->lock);
		vcpu->handed = NULL;
		pthread_cond_broadcast(&set->served);
		return true;
	}
	return false;
}

void vcpu_set_serve(struct vcpu_set *set)
{
	pthread_mutex_lock(&set->lock);
	while (serve_one(set))
		;
	pthread_mutex_unlock(&set->lock);
}

/* With the lock held: until no vCPU is in the guest or in a device. */
static void await_all(struct vcpu_set *set)
{
	while (set->running)
		if (!serve_one(set))
			pthread_cond_wait(&set->parked, &set->lock);
}

/* ---- the thread of a vCPU -----------------------------------------------------------
 */

static void access_bus(struct vcpu *vcpu, const struct bus *bus, struct hv_exit *exit)
{
	bool found;

	if (exit->mmio.write && vcpu->set->events->handed &&
		bus_is_deep(bus, exit->mmio.gpa, exit->mmio.bytes, exit->mmio.value)) {
		hand_over(vcpu, exit);
		return;
	}
	if (exit->mmio.write)
		found = bus_write(
			bus, exit->mmio.gpa, exit->mmio.bytes, exit->mmio.value);
	else
		found = bus_read(
			bus, exit->mmio.gpa, exit->mmio.bytes, &exit->mmio.value);
	/* Probing ports that are not there is how a PC finds its devices. */
	if (!found && exit->kind != HV_EXIT_PORT)
		guest_log(&vcpu->log, "vCPU %u: stray %s of %u bytes at 0x%" PRIx64,
			vcpu->index, exit->mmio.write ? "write" : "read",
			exit->mmio.bytes, exit->mmio.gpa);
}

static void report(struct vcpu *vcpu, const struct hv_exit *exit)
{
	if (exit->kind == HV_EXIT_CRASH)
		log_host("the guest reports a crash on vCPU %u", vcpu->index);
	if (exit->kind == HV_EXIT_STUCK)
		log_host("vCPU %u cannot run on: %s", vcpu->index, exit->text);
	if (exit->kind == HV_EXIT_CRASH || exit->kind == HV_EXIT_STUCK)
		hv_vcpu_dump(vcpu->hv_vcpu, stderr);
	vcpu->set->events->ended(vcpu->set->user, exit->kind);
}

/* With the lock held. */
static void stop_running(struct vcpu_set *set)
{
	if (!--set->running)
		pthread_cond_signal(&set->parked);
}

static void park(struct vcpu *vcpu)
{
	struct vcpu_set *set = vcpu->set;

	pthread_mutex_lock(&set->lock);
	stop_running(set);
	while (set->pausing && !set->stopping)
		pthread_cond_wait(&set->resumed, &set->lock);
	set->running++;
	pthread_mutex_unlock(&set->lock);
	hv_vcpu_paused(vcpu->hv_vcpu);
}

static void run_until_end(struct vcpu *vcpu)
{
	struct hv_exit exit = {.kind = HV_EXIT_NONE};

	while (!vcpu->set->stopping) {
		if (vcpu->set->pausing) {
			park(vcpu);
			continue;
		}
		hv_vcpu_run(vcpu->hv_vcpu, &exit);
		atomic_fetch_add_explicit(
			&vcpu->exits[exit.kind], 1, memory_order_relaxed);
		switch (exit.kind) {
		case HV_EXIT_NONE:
			break;
		case HV_EXIT_MMIO:
			access_bus(vcpu, vcpu->set->bus, &exit);
			break;
		case HV_EXIT_PORT:
			access_bus(vcpu, vcpu->set->ports, &exit);
			break;
		default:
			report(vcpu, &exit);
			return;
		}
	}
}

/* Of the calling thread, which no filter takes for another's. */
static int pin(unsigned int host_cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(host_cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) < 0 ? -errno : 0;
}

static void *run(void *argument)
{
	struct vcpu *vcpu = argument;

	vcpu->thread_id = (pid_t)syscall(SYS_gettid);
	if (vcpu->host_cpu)
		vcpu->pinned = pin(*vcpu->host_cpu);
	sandbox_enter(SANDBOX_VCPU);
	run_until_end(vcpu);
	pthread_mutex_lock(&vcpu->set->lock);
	stop_running(vcpu->set);
	pthread_mutex_unlock(&vcpu->set->lock);
	return NULL;
}

static int start_thread(struct vcpu *vcpu, struct error *err)
{
	int code;

	/* The hypervisor unblocks its kick, the only signal that a vCPU knows. */
	pthread_mutex_lock(&vcpu->set->lock);
	code = thread_start(&vcpu->thread, STACK_BYTES, run, vcpu);
	vcpu->set->running += !code;
	pthread_mutex_unlock(&vcpu->set->lock);
	if (code)
		return error_set(err, code, NULL, "no thread for vCPU %u: %s",
			vcpu->index, strerror(-code));
	vcpu->set->count++;
	return 0;
}

static int check_pinned(const struct vcpu *vcpu, struct error *err)
{
	if (vcpu->pinned == -EINVAL)
		return error_set(err, vcpu->pinned, NULL,
			"cpu_affinity names host CPU %u, which is not there or not "
			"allowed to this process",
			*vcpu->host_cpu);
	if (vcpu->pinned)
		return error_set(err, vcpu->pinned, NULL,
			"vCPU %u cannot be pinned to host CPU %u: %s", vcpu->index,
			*vcpu->host_cpu, strerror(-vcpu->pinned));
	return 0;
}

/*
 * None runs before all have shut themselves in: a filter takes the kernel its time, which
 * the first one's guest would spend waiting for the last.
 */
static int await_start(struct vcpu_set *set, struct error *err)
{
	int code = 0;

	pthread_mutex_lock(&set->lock);
	await_all(set);
	pthread_mutex_unlock(&set->lock);
	for (unsigned int i = 0; i < set->count && !code; i++)
		code = check_pinned(&set->vcpus[i], err);
	return code;
}

int vcpu_set_create(struct hv *hv, const struct bus *bus, const struct bus *ports,
	unsigned int count, const unsigned int *affinity, unsigned int affinity_count,
	bool paused, const struct vcpu_events *events, void *user, struct vcpu_set **ret,
	struct error *err)
{
	struct vcpu_set *set = calloc(1, sizeof(*set) + count * sizeof(set->vcpus[0]));
	int code = 0;

	if (!set)
		return error_set(
			err, -ENOMEM, NULL, "no memory for %u vCPU threads", count);
	set->bus = bus;
	set->ports = ports;
	set->events = events;
	set->user = user;
	set->pausing = true;
	pthread_mutex_init(&set->lock, NULL);
	pthread_cond_init(&set->parked, NULL);
	pthread_cond_init(&set->served, NULL);
	pthread_cond_init(&set->resumed, NULL);
	for (unsigned int i = 0; i < count && !code; i++) {
		struct vcpu *vcpu = &set->vcpus[i];

		vcpu->set = set;
		vcpu->hv_vcpu = hv_vcpu(hv, i);
		vcpu->index = i;
		vcpu->log.source = "guest";
		if (affinity_count)
			vcpu->host_cpu = &affinity[i % affinity_count];
		code = start_thread(vcpu, err);
	}
	if (!code)
		code = await_start(set, err);
	if (code) {
		vcpu_set_destroy(set);
		return code;
	}
	if (!paused)
		vcpu_set_resume(set);
	*ret = set;
	return 0;
}

static void kick_all(struct vcpu_set *set)
{
	for (unsigned int i = 0; i < set->count; i++)
		hv_vcpu_kick(set->vcpus[i].hv_vcpu);
}

void vcpu_set_pause(struct vcpu_set *set)
{
	pthread_mutex_lock(&set->lock);
	set->pausing = true;
	pthread_mutex_unlock(&set->lock);
	kick_all(set);
	pthread_mutex_lock(&set->lock);
	await_all(set);
	pthread_mutex_unlock(&set->lock);
}

void vcpu_set_resume(struct vcpu_set *set)
{
	pthread_mutex_lock(&set->lock);
	set->pausing = false;
	pthread_cond_broadcast(&set->resumed);
	pthread_mutex_unlock(&set->lock);
}

static uint64_t thread_cpu_ns(pthread_t thread)
{
	struct timespec used;
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &used))
		return 0;
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

void vcpu_set_counts(struct vcpu_set *set, unsigned int index, struct vcpu_counts *ret)
{
	struct vcpu *vcpu = &set->vcpus[index];

	ret->cpu_ns = thread_cpu_ns(vcpu->thread);
	ret->kicks = vcpu->exits[HV_EXIT_NONE];
	ret->mmio_exits = vcpu->exits[HV_EXIT_MMIO];
	ret->port_exits = vcpu->exits[HV_EXIT_PORT];
}

pid_t vcpu_set_thread(struct vcpu_set *set, unsigned int index)
{
	return set->vcpus[index].thread_id;
}

void vcpu_set_destroy(struct vcpu_set *set)
{
	if (!set)
		return;
	pthread_mutex_lock(&set->lock);
	set->stopping = true;
	pthread_cond_broadcast(&set->resumed);
	pthread_mutex_unlock(&set->lock);
	kick_all(set);
	pthread_mutex_lock(&set->lock);
	await_all(set);
	pthread_mutex_unlock(&set->lock);
	for (unsigned int i = 0; i < set->count; i++)
		pthread_join(set->vcpus[i].thread, NULL);
	pthread_cond_destroy(&set->resumed);
	pthread_cond_destroy(&set->served);
	pthread_cond_destroy(&set->parked);
	pthread_mutex_destroy(&set->lock);
	free(set);
}
