/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/test.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned int case_failures;

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	case_failures++;
	printf("%s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

bool test_equal(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	test_fail(file, line,
		"%s is %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")",
		what, got, got, want, want);
	return false;
}

bool test_string(
	const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got && strcmp(got, want) == 0)
		return true;
	test_fail(
		file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)", want);
	return false;
}

bool test_contains(
	const char *file, int line, const char *what, const char *got, const char *part)
{
	if (got && strstr(got, part))
		return true;
	test_fail(file, line, "%s is \"%s\", without \"%s\"", what, got ? got : "(null)",
		part);
	return false;
}

int test_main(const struct test_case *cases, size_t count, int argc, char **argv)
{
	unsigned int passed = 0;
	unsigned int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < count; i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
			continue;
		case_failures = 0;
		cases[i].run();
		if (case_failures)
			failed++;
		else
			passed++;
		printf("%s %s\n", case_failures ? "FAILED" : "ok", cases[i].name);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
