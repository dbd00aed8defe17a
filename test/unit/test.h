/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest test harness: a program is a list of claims. Each prints "ok NAME" or the
 * place where it failed; TEST_MAIN ends with "N passed, N failed" and the exit status.
 *
 *	TEST(rejects_overlapping_ram)
 *	{
 *		CHECK(guest_mem_add(…) == -EEXIST);
 *		CHECK_EQ(mem.count, 1);
 *		CHECK_STR(err.text, "…");
 *	}
 *	TEST_MAIN(CASE(rejects_overlapping_ram), …)
 */
#ifndef TEST_UNIT_TEST_H
#define TEST_UNIT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_case {
	const char *name;
	void (*run)(void);
};

/* Counts the failure and prints it; the case goes on. */
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool test_equal(
	const char *file, int line, const char *what, uint64_t got, uint64_t want);
bool test_string(
	const char *file, int line, const char *what, const char *got, const char *want);
/* True where got contains part. */
bool test_contains(
	const char *file, int line, const char *what, const char *got, const char *part);
int test_main(const struct test_case *cases, size_t count, int argc, char **argv);

/* A sanitizer makes system calls of its own, which no filter knows. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

#define TEST(name) static void name(void)
#define CASE(name)                                                                       \
	{                                                                                \
#name, name                                                              \
	}
#define CHECK(cond)                                                                      \
	((cond) ? (void)0 : test_fail(__FILE__, __LINE__, "not true: %s", #cond))
#define CHECK_EQ(got, want)                                                              \
	test_equal(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))
#define CHECK_STR(got, want) test_string(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_HAS(got, part) test_contains(__FILE__, __LINE__, #got, (got), (part))

#define TEST_MAIN(...)                                                                   \
	int main(int argc, char **argv)                                                  \
	{                                                                                \
		static const struct test_case cases[] = {__VA_ARGS__};                   \
		return test_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);   \
	}

#endif
