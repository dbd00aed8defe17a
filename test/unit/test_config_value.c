/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/test.h"

TEST(reads_sizes)
{
	static const struct {
		const char *text;
		int code;
		uint64_t bytes;
	} cases[] = {
		{"0", 0, 0},
		{"128M", 0, 128 << 20},
		{" 64K\n", 0, 64 << 10},
		{"16G", 0, UINT64_C(16) << 30},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"17179869184G", -ERANGE, 0},
		{"17179869183G", 0, UINT64_C(17179869183) << 30},
		{"", -EINVAL, 0},
		{"M", -EINVAL, 0},
		{"1MM", -EINVAL, 0},
		{"1T", -EINVAL, 0},
		{"1m", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"99999999999999999999x", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 7;

		CHECK_EQ(value_size(cases[i].text, &bytes), cases[i].code);
		CHECK_EQ(bytes, cases[i].code ? 7 : cases[i].bytes);
	}
}

TEST(reads_addresses_as_people_write_them)
{
	static const struct {
		const char *text;
		int code;
		uint64_t gpa;
	} cases[] = {
		{"0x80000000", 0, 0x80000000},
		{" 0xfFfF0000aBcD \n", 0, 0xffff0000abcd},
		{"0xffffffffffffffff", 0, UINT64_MAX},
		{"4G", 0, UINT64_C(4) << 30},
		{"2097152", 0, 2 << 20},
		{"0x00000000000000001", -ERANGE, 0},
		{"0x", -EINVAL, 0},
		{"0X10", -EINVAL, 0},
		{"0x10M", -EINVAL, 0},
		{"0x1 0", -EINVAL, 0},
		{"-0x1", -EINVAL, 0},
		{"80000000h", -EINVAL, 0},
		{"", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t gpa = 7;

		CHECK_EQ(value_address(cases[i].text, &gpa), cases[i].code);
		CHECK_EQ(gpa, cases[i].code ? 7 : cases[i].gpa);
	}
}

TEST(reads_cpu_lists)
{
	unsigned int *cpus = NULL;
	unsigned int count = 0;

	CHECK_EQ(value_cpus("5,0-2,5", &cpus, &count), 0);
	CHECK_EQ(count, 5);
	CHECK(cpus && cpus[0] == 5 && cpus[1] == 0 && cpus[3] == 2 && cpus[4] == 5);
	free(cpus);
	CHECK_EQ(value_cpus("0-1023", &cpus, &count), 0);
	CHECK_EQ(count, 1024);
	free(cpus);
	CHECK_EQ(value_cpus("0-1023,1", &cpus, &count), -ERANGE);
	CHECK_EQ(value_cpus("0-18446744073709551615", &cpus, &count), -ERANGE);
	CHECK_EQ(value_cpus("1-0", &cpus, &count), -EINVAL);
	CHECK_EQ(value_cpus("1,,2", &cpus, &count), -EINVAL);
}

TEST(quotes_values_so_that_a_terminal_stays_as_it_is)
{
	char buf[VALUE_QUOTE_BYTES];
	char text[400];

	CHECK_STR(value_quote(buf, "a\033[2Jb\xc2\x9b\xc3\xa9"), "a?[2Jb??\xc3\xa9");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	for (unsigned int i = 100; i < 140; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	value_quote(buf, text);
	CHECK(strlen(buf) < sizeof(buf));
	CHECK_HAS(buf, "\xa9...");
}

TEST(knows_a_slip_of_the_finger_from_another_word)
{
	CHECK(value_is_near("cpu_cuont", "cpu_count"));
	CHECK(value_is_near("ram-size", "ram_size"));
	CHECK(value_is_near("ramsize", "ram_size"));
	CHECK(value_is_near("bloc", "block"));
	CHECK(!value_is_near("colour", "cpu_count"));
	CHECK(!value_is_near("rng", "net"));
	CHECK(!value_is_near("", "uart"));
	CHECK(!value_is_near(
		"a_name_that_is_longer_than_any", "a_name_that_is_longer_than_an"));
}

TEST_MAIN(CASE(reads_sizes), CASE(reads_addresses_as_people_write_them),
	CASE(reads_cpu_lists), CASE(quotes_values_so_that_a_terminal_stays_as_it_is),
	CASE(knows_a_slip_of_the_finger_from_another_word))
