/* SPDX-License-Identifier: Apache-2.0 */
/* What bare x86 guests in C have; in 64-bit mode, interrupts off (start.S). */
#ifndef TEST_GUEST_BARE_X86_64_BARE_H
#define TEST_GUEST_BARE_X86_64_BARE_H

#include <stdbool.h>
#include <stdint.h>

/* Of the program; the machine powers off behind it. */
void guest_main(void);

void put(const char *text);
void put_number(uint64_t value);

static inline uint32_t read_word(uintptr_t address)
{
	uint32_t value;

	__asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write_word(uintptr_t address, uint32_t value)
{
	__asm__ volatile("movl %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

static inline void barrier(void)
{
	__asm__ volatile("mfence" ::: "memory");
}

#endif
