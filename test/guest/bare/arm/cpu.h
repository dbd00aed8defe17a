/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instructions in which 32-bit and 64-bit guests differ. A register that both have is
 * named by one line: the 64-bit name beside the coprocessor's (Arm ARM, K8.2).
 */
#ifndef TEST_GUEST_BARE_ARM_CPU_H
#define TEST_GUEST_BARE_ARM_CPU_H

#include <stdbool.h>
#include <stdint.h>

#ifdef GUEST_SIMULATED
/* A unit test plays the machine. */
uint64_t simulated_read(const char *name);
void simulated_write(const char *name, uint64_t value);
#define WORD_REGISTER(name, reg64, reg32, type) REGISTER_SIMULATED(name, type)
#define LONG_REGISTER(name, reg64, reg32) REGISTER_SIMULATED(name, uint64_t)
#define REGISTER_SIMULATED(name, type)                                                   \
	static inline type read_##name(void)                                             \
	{                                                                                \
		return (type)simulated_read(#name);                                      \
	}                                                                                \
	static inline void write_##name(type value)                                      \
	{                                                                                \
		simulated_write(#name, value);                                           \
	}
#elif defined(__aarch64__)
#define WORD_REGISTER(name, reg64, reg32, type) REGISTER_64(name, reg64, type)
#define LONG_REGISTER(name, reg64, reg32) REGISTER_64(name, reg64, uint64_t)
#define REGISTER_64(name, reg64, type)                                                   \
	static inline type read_##name(void)                                             \
	{                                                                                \
		uint64_t value;                                                          \
		__asm__ volatile("isb; mrs %0, " reg64 : "=r"(value)::"memory");         \
		return (type)value;                                                      \
	}                                                                                \
	static inline void write_##name(type value)                                      \
	{                                                                                \
		__asm__ volatile("msr " reg64 ", %0; isb" ::"r"((uint64_t)value)         \
				 : "memory");                                            \
	}
#else
#define WORD_REGISTER(name, reg64, reg32, type)                                          \
	static inline type read_##name(void)                                             \
	{                                                                                \
		uint32_t value;                                                          \
		__asm__ volatile("isb; mrc " reg32 : "=r"(value)::"memory");             \
		return (type)value;                                                      \
	}                                                                                \
	static inline void write_##name(type value)                                      \
	{                                                                                \
		__asm__ volatile("mcr " reg32 "; isb" ::"r"(value) : "memory");          \
	}
#define LONG_REGISTER(name, reg64, reg32)                                                \
	static inline uint64_t read_##name(void)                                         \
	{                                                                                \
		uint64_t value;                                                          \
		__asm__ volatile("isb; mrrc " reg32 : "=r"(value)::"memory");            \
		return value;                                                            \
	}                                                                                \
	static inline void write_##name(uint64_t value)                                  \
	{                                                                                \
		__asm__ volatile("mcrr " reg32 "; isb" ::"r"(value) : "memory");         \
	}
#endif

/* Bit 7: an interrupt waits at this CPU's input, masked or not. */
WORD_REGISTER(isr, "isr_el1", "p15, 0, %0, c12, c1, 0", uint32_t)
WORD_REGISTER(mpidr, "mpidr_el1", "p15, 0, %0, c0, c0, 5", uint32_t)

/* The timers: Arm ARM, D11 and G6. */
WORD_REGISTER(cntfrq, "cntfrq_el0", "p15, 0, %0, c14, c0, 0", uint32_t)
LONG_REGISTER(cntvct, "cntvct_el0", "p15, 1, %Q0, %R0, c14")
LONG_REGISTER(cntpct, "cntpct_el0", "p15, 0, %Q0, %R0, c14")
WORD_REGISTER(cntv_ctl, "cntv_ctl_el0", "p15, 0, %0, c14, c3, 1", uint32_t)
LONG_REGISTER(cntv_cval, "cntv_cval_el0", "p15, 3, %Q0, %R0, c14")
WORD_REGISTER(cntp_ctl, "cntp_ctl_el0", "p15, 0, %0, c14, c2, 1", uint32_t)
LONG_REGISTER(cntp_cval, "cntp_cval_el0", "p15, 2, %Q0, %R0, c14")

/* The GICv3's CPU interface: Arm IHI 0069, 12.2 and 12.7. */
WORD_REGISTER(icc_sre, "s3_0_c12_c12_5", "p15, 0, %0, c12, c12, 5", uint32_t)
WORD_REGISTER(icc_pmr, "s3_0_c4_c6_0", "p15, 0, %0, c4, c6, 0", uint32_t)
WORD_REGISTER(icc_iar1, "s3_0_c12_c12_0", "p15, 0, %0, c12, c12, 0", uint32_t)
WORD_REGISTER(icc_eoir1, "s3_0_c12_c12_1", "p15, 0, %0, c12, c12, 1", uint32_t)
WORD_REGISTER(icc_hppir1, "s3_0_c12_c12_2", "p15, 0, %0, c12, c12, 2", uint32_t)
WORD_REGISTER(icc_bpr1, "s3_0_c12_c12_3", "p15, 0, %0, c12, c12, 3", uint32_t)
WORD_REGISTER(icc_ctlr, "s3_0_c12_c12_4", "p15, 0, %0, c12, c12, 4", uint32_t)
WORD_REGISTER(icc_igrpen1, "s3_0_c12_c12_7", "p15, 0, %0, c12, c12, 7", uint32_t)
WORD_REGISTER(icc_dir, "s3_0_c12_c11_1", "p15, 0, %0, c12, c11, 1", uint32_t)
WORD_REGISTER(icc_rpr, "s3_0_c12_c11_3", "p15, 0, %0, c12, c11, 3", uint32_t)
LONG_REGISTER(icc_sgi1r, "s3_0_c12_c11_5", "p15, 0, %Q0, %R0, c12")

#ifdef GUEST_SIMULATED
void mask_interrupts(void);
void unmask_interrupts(void);
uint32_t read_word(uintptr_t address);
void write_word(uintptr_t address, uint32_t value);
uint8_t read_byte(uintptr_t address);
void write_byte(uintptr_t address, uint8_t value);

static inline void barrier(void)
{
}

#else

/* Everything before is done, also what went to devices. */
static inline void barrier(void)
{
	__asm__ volatile("dsb sy; isb" ::: "memory");
}

static inline void wait_for_interrupt(void)
{
	__asm__ volatile("dsb sy; wfi" ::: "memory");
}

static inline void mask_interrupts(void)
{
#ifdef __aarch64__
	__asm__ volatile("msr daifset, #2" ::: "memory");
#else
	__asm__ volatile("cpsid i" ::: "memory");
#endif
}

static inline void unmask_interrupts(void)
{
#ifdef __aarch64__
	__asm__ volatile("msr daifclr, #2; isb" ::: "memory");
#else
	__asm__ volatile("cpsie i; isb" ::: "memory");
#endif
}

/* Device registers: single loads and stores without write-back, which KVM can decode. */
#ifdef __aarch64__
#define WORD "w"
#else
#define WORD ""
#endif

static inline uint32_t read_word(uintptr_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %" WORD "0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write_word(uintptr_t address, uint32_t value)
{
	__asm__ volatile("str %" WORD "0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline uint8_t read_byte(uintptr_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %" WORD "0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static inline void write_byte(uintptr_t address, uint8_t value)
{
	__asm__ volatile("strb %" WORD "0, [%1]" ::"r"((uint32_t)value), "r"(address)
			 : "memory");
}

#endif
#endif
