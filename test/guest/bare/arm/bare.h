/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bare ARM guests in C share: output on the PL011, claims, PSCI (ARM DEN 0022), CPUs
 * that are started for one job. The same source makes a 64-bit and a 32-bit guest. There
 * are no atomics, for the MMU is off: CPUs share what only one of them writes.
 */
#ifndef TEST_GUEST_BARE_ARM_BARE_H
#define TEST_GUEST_BARE_ARM_BARE_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX 8u
#define UART 0x09000000u

/* ---- of the program ---------------------------------------------------------------- */

/* On the first CPU, with interrupts masked; the machine powers off behind it. */
void guest_main(void);

/* An interrupt, on the CPU's own stack, masked. */
void interrupt(void);

/* ---- output: by the first CPU alone ------------------------------------------------ */

void put(const char *text);
void put_number(uint64_t value);
void put_hex(uint32_t value);

/* ---- claims ------------------------------------------------------------------------ */

/* Runs the test and prints "ok NAME", or "FAILED NAME: what" as EXPECT found it. */
void claim(const char *name, bool (*test)(void));

/* False, and what the first one was, for claim(); on any CPU. */
bool failed(unsigned int line, const char *what, uint32_t is, uint32_t wanted);

/* Leaves the function with false unless it is as it is to be. */
#define EXPECT(what, wanted)                                                             \
	do {                                                                             \
		uint32_t is_ = (uint32_t)(what), wanted_ = (uint32_t)(wanted);           \
                                                                                         \
		if (is_ != wanted_)                                                      \
			return failed(__LINE__, #what, is_, wanted_);                    \
	} while (0)

/* ---- time -------------------------------------------------------------------------- */

uint64_t ticks_of_us(uint32_t us);
uint64_t ns_of_ticks(uint64_t ticks);
uint64_t divide(uint64_t number, uint64_t by);

/* Sorts them. */
uint64_t median(uint64_t *values, unsigned int count);

/* Waits until the condition holds, for two seconds at most; says whether it does. */
#define WAIT_FOR(condition)                                                              \
	({                                                                               \
		uint64_t end_ = read_cntvct() + ticks_of_us(2000000);                    \
                                                                                         \
		while (!(condition) && read_cntvct() < end_)                             \
			;                                                                \
		!!(condition);                                                           \
	})

/* ---- PSCI -------------------------------------------------------------------------- */

enum psci_result {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_ALREADY_ON = -4,
};

enum psci_state { PSCI_ON, PSCI_OFF };

#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_FEATURES 0x8400000au
/* Functions that take addresses have a form of their own for 64-bit callers. */
#ifdef __aarch64__
#define PSCI_NATIVE 0x40000000u
#else
#define PSCI_NATIVE 0u
#endif
#define PSCI_CPU_ON (0x84000003u | PSCI_NATIVE)
#define PSCI_AFFINITY_INFO (0x84000004u | PSCI_NATIVE)

int32_t psci(uint32_t function, uintptr_t a, uintptr_t b, uintptr_t c);
_Noreturn void machine_off(void);

/* ---- CPUs -------------------------------------------------------------------------- */

/* How many there are: those that PSCI knows. */
unsigned int cpu_count(void);
unsigned int this_cpu(void);

/* Runs the job on another CPU, which is off before and will be afterwards. */
bool cpu_start(unsigned int cpu, bool (*job)(void));

/* Whether it came to its end with true. */
bool cpu_join(unsigned int cpu);

/* On all CPUs at once, this one included. */
bool cpus_run(bool (*job)(void));

#endif
