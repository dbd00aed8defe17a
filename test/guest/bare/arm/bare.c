/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/arm/bare.h"

#include "test/guest/bare/arm/cpu.h"

/* ---- output ------------------------------------------------------------------------ */

void put(const char *text)
{
	for (; *text; text++)
		write_word(UART, (uint8_t)*text);
}

void put_number(uint64_t value)
{
	char text[21];
	unsigned int at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		uint64_t rest = divide(value, 10);

		text[--at] = (char)('0' + (value - rest * 10));
		value = rest;
	} while (value);
	put(&text[at]);
}

void put_hex(uint32_t value)
{
	char digit[2] = "";

	put("0x");
	for (unsigned int i = 0; i < 8; i++, value <<= 4) {
		digit[0] = (char)((value >> 28) + (value >> 28 < 10 ? '0' : 'a' - 10));
		put(digit);
	}
}

/* ---- claims ------------------------------------------------------------------------ */

static volatile struct {
	const char *what; /* NULL: none so far */
	unsigned int line;
	unsigned int cpu;
	uint32_t is;
	uint32_t wanted;
} failure;

bool failed(unsigned int line, const char *what, uint32_t is, uint32_t wanted)
{
	if (failure.what)
		return false;
	failure.line = line;
	failure.cpu = this_cpu();
	failure.is = is;
	failure.wanted = wanted;
	failure.what = what;
	return false;
}

void claim(const char *name, bool (*test)(void))
{
	bool held;

	failure.what = 0;
	held = test();
	put(held ? "ok " : "FAILED ");
	put(name);
	if (!held && failure.what) {
		put(": line ");
		put_number(failure.line);
		put(", CPU ");
		put_number(failure.cpu);
		put(": ");
		put(failure.what);
		put(" is ");
		put_hex(failure.is);
		put(" instead of ");
		put_hex(failure.wanted);
	}
	put("\n");
}

/* Called by the vectors. */
_Noreturn void unexpected_exception(unsigned int vector, uintptr_t address);

void unexpected_exception(unsigned int vector, uintptr_t address)
{
	put("\nFAILED no other exception: vector ");
	put_number(vector);
	put(" at ");
	put_hex((uint32_t)address);
	put("\n");
	machine_off();
}

/* ---- time -------------------------------------------------------------------------- */

/* By hand: the compiler's helper for 32-bit CPUs is in a library that wants an OS. */
uint64_t divide(uint64_t number, uint64_t by)
{
	uint64_t result = 0;
	uint64_t rest = 0;

	for (unsigned int bit = 64; bit--;) {
		rest = rest << 1 | (number >> bit & 1);
		if (rest >= by) {
			rest -= by;
			result |= 1ull << bit;
		}
	}
	return result;
}

uint64_t ticks_of_us(uint32_t us)
{
	return divide((uint64_t)us * read_cntfrq(), 1000000);
}

uint64_t ns_of_ticks(uint64_t ticks)
{
	return divide(ticks * 1000000000, read_cntfrq());
}

/* By insertion: it is for a few hundred. */
uint64_t median(uint64_t *values, unsigned int count)
{
	for (unsigned int i = 1; i < count; i++)
		for (unsigned int j = i; j && values[j - 1] > values[j]; j--) {
			uint64_t other = values[j];

			values[j] = values[j - 1];
			values[j - 1] = other;
		}
	return values[count / 2];
}

/* ---- PSCI -------------------------------------------------------------------------- */

int32_t psci(uint32_t function, uintptr_t a, uintptr_t b, uintptr_t c)
{
#ifdef __aarch64__
	register uintptr_t r0 __asm__("x0") = function;
	register uintptr_t r1 __asm__("x1") = a;
	register uintptr_t r2 __asm__("x2") = b;
	register uintptr_t r3 __asm__("x3") = c;
#else
	register uintptr_t r0 __asm__("r0") = function;
	register uintptr_t r1 __asm__("r1") = a;
	register uintptr_t r2 __asm__("r2") = b;
	register uintptr_t r3 __asm__("r3") = c;
#endif
	__asm__ volatile("hvc #0"
			 : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory", "cc");
	return (int32_t)r0;
}

void machine_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wait_for_interrupt();
}

/* ---- CPUs -------------------------------------------------------------------------- */

static volatile struct {
	bool (*job)(void);
	bool result;
	bool done;
} jobs[CPUS_MAX];

/* The first instructions of a CPU that was started, and what it comes to. */
__attribute__((visibility("hidden"))) void cpu_entry(void);
_Noreturn void cpu_main(uintptr_t context);

unsigned int this_cpu(void)
{
	return read_mpidr() & 0xff;
}

unsigned int cpu_count(void)
{
	unsigned int count = 1;

	while (count < CPUS_MAX &&
		psci(PSCI_AFFINITY_INFO, count, 0, 0) != PSCI_INVALID_PARAMETERS)
		count++;
	return count;
}

void cpu_main(uintptr_t context)
{
	unsigned int cpu = this_cpu();

	jobs[cpu].result = context == cpu && jobs[cpu].job();
	mask_interrupts();
	barrier();
	jobs[cpu].done = true;
	barrier();
	psci(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wait_for_interrupt();
}

bool cpu_start(unsigned int cpu, bool (*job)(void))
{
	jobs[cpu].job = job;
	jobs[cpu].result = jobs[cpu].done = false;
	barrier();
	EXPECT(psci(PSCI_CPU_ON, cpu, (uintptr_t)cpu_entry, cpu), PSCI_SUCCESS);
	return true;
}

bool cpu_join(unsigned int cpu)
{
	EXPECT(WAIT_FOR(jobs[cpu].done), true);
	EXPECT(WAIT_FOR(psci(PSCI_AFFINITY_INFO, cpu, 0, 0) == PSCI_OFF), true);
	barrier();
	return jobs[cpu].result;
}

bool cpus_run(bool (*job)(void))
{
	unsigned int count = cpu_count();
	bool held = true;

	for (unsigned int cpu = 1; cpu < count; cpu++)
		held &= cpu_start(cpu, job);
	held &= job();
	for (unsigned int cpu = 1; cpu < count; cpu++)
		held &= cpu_join(cpu);
	return held;
}
