/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interrupt costs, for tools/bench, by the virtual counter: prints lines of
 * "figure NAME NUMBER". Runs on QEMU's virt too, which has the same map.
 *
 *   timer-ns    from the deadline until the handler has acknowledged it; median
 *   sgi-ns      there and back between two CPUs that sleep; median
 *   self        SGIs a second to itself, each of them taken and ended
 *   block       reads of 4 KiB a second from the first disk, one at a time
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/disk.h"
#include "test/guest/bare/arm/gic.h"

#define RUNS 201u
#define SELF_RUNS 1000u
#define BLOCK_RUNS 500u
#define WARM_RUNS 20u
#define DELAY_US 500
#define PING 1u
#define PONG 2u
#define STOP 3u
#define LINES_END 80u /* of QEMU's virtio devices */

static volatile bool came[2]; /* of each CPU; its handler sets it */
static volatile uint64_t deadline;
static volatile uint64_t late;
static volatile bool stopped;

void interrupt(void)
{
	uint32_t value = gic_acknowledge();
	uint32_t intid = value & 1023;

	if (intid == VIRTUAL_TIMER) {
		late = read_cntvct() - deadline;
		write_cntv_ctl(0);
	} else if (intid == PING) {
		gic_send(PONG, SGI_TO_SET, 1);
	} else if (intid == STOP) {
		stopped = true;
	} else if (intid > VIRTUAL_TIMER && intid != NONE) {
		disk_acknowledge();
	}
	if (intid == NONE)
		return;
	gic_end(value);
	came[this_cpu()] = true;
}

static void sleep_until_it_comes(void)
{
	unsigned int cpu = this_cpu();

	while (!came[cpu]) {
		wait_for_interrupt();
		unmask_interrupts();
		mask_interrupts();
	}
	came[cpu] = false;
}

static void open_line(uint32_t intid)
{
	gic_set_priority(intid, 0x80);
	gic_set(ENABLED, intid, true);
}

static void print_figure(const char *name, uint64_t value)
{
	put("figure ");
	put(name);
	put(" ");
	put_number(value);
	put("\n");
}

static void print_rate(const char *name, uint64_t ticks, uint32_t count)
{
	print_figure(name, divide((uint64_t)count * read_cntfrq(), ticks));
}

static uint64_t values[RUNS];

static void measure_timer(void)
{
	open_line(VIRTUAL_TIMER);
	for (unsigned int run = 0; run < RUNS; run++) {
		deadline = read_cntvct() + ticks_of_us(DELAY_US);
		write_cntv_cval(deadline);
		write_cntv_ctl(1);
		sleep_until_it_comes();
		values[run] = late;
	}
	print_figure("timer-ns", ns_of_ticks(median(values, RUNS)));
}

static void measure_self(void)
{
	uint64_t start = 0;

	open_line(PONG);
	for (unsigned int run = 0; run < WARM_RUNS + SELF_RUNS; run++) {
		if (run == WARM_RUNS)
			start = read_cntvct();
		gic_send(PONG, SGI_TO_SELF, 0);
		sleep_until_it_comes();
	}
	print_rate("self", read_cntvct() - start, SELF_RUNS);
}

static bool answer(void)
{
	gic_cpu_init();
	open_line(PING);
	open_line(STOP);
	while (!stopped)
		sleep_until_it_comes();
	return true;
}

static void measure_sgi(void)
{
	if (!cpu_start(1, answer))
		return;
	open_line(PONG);
	for (unsigned int run = 0; run < WARM_RUNS + RUNS; run++) {
		uint64_t start = read_cntvct();

		gic_send(PING, SGI_TO_SET, 2);
		sleep_until_it_comes();
		if (run >= WARM_RUNS)
			values[run - WARM_RUNS] = read_cntvct() - start;
	}
	gic_send(STOP, SGI_TO_SET, 2);
	cpu_join(1);
	print_figure("sgi-ns", ns_of_ticks(median(values, RUNS)));
}

/* The boards differ in a disk's line, so any will do. */
static void measure_block(void)
{
	uint64_t start = 0;

	if (!disk_open())
		return;
	for (uint32_t intid = UART_LINE + 1; intid < LINES_END; intid++) {
		gic_set_target(intid, 0);
		gic_set_edge(intid, true);
		open_line(intid);
	}
	for (unsigned int run = 0; run < WARM_RUNS + BLOCK_RUNS; run++) {
		if (run == WARM_RUNS)
			start = read_cntvct();
		disk_read(run);
		while (!disk_is_done())
			sleep_until_it_comes();
	}
	print_rate("block", read_cntvct() - start, BLOCK_RUNS);
}

void guest_main(void)
{
	gic_init();
	gic_cpu_init();
	measure_timer();
	measure_self();
	measure_sgi();
	measure_block();
	put("guest is done\n");
}
