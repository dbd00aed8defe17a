/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/aml.h"

#include <string.h>

#include "arch/x86/blob.h"
#include "src/container_of.h"
#include "test/unit/test.h"

static uint8_t room[0x200000];
static struct blob blob;

static void fresh(void)
{
	blob = (struct blob){.buf = room, .room = sizeof(room)};
}

static void check_bytes(int line, const void *want, size_t bytes)
{
	CHECK(!blob.full);
	test_equal(__FILE__, line, "bytes", blob.bytes, bytes);
	for (size_t i = 0; i < bytes && i < blob.bytes; i++)
		test_equal(__FILE__, line, "byte", room[i], ((const uint8_t *)want)[i]);
}

/* text is a string literal of the bytes that must stand there. */
#define CHECK_BYTES(text) check_bytes(__LINE__, text, sizeof(text) - 1)

TEST(integers_take_their_shortest_form)
{
	static const struct {
		uint64_t value;
		const char *bytes;
		size_t count;
	} table[] = {
		{0, "\x00", 1},
		{1, "\x01", 1},
		{2, "\x0a\x02", 2},
		{0xff, "\x0a\xff", 2},
		{0x100, "\x0b\x00\x01", 3},
		{0xffff, "\x0b\xff\xff", 3},
		{0x10000, "\x0c\x00\x00\x01\x00", 5},
		{0xffffffff, "\x0c\xff\xff\xff\xff", 5},
		{0x100000000, "\x0e\x00\x00\x00\x00\x01\x00\x00\x00", 9},
		{UINT64_MAX, "\x0e\xff\xff\xff\xff\xff\xff\xff\xff", 9},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		fresh();
		aml_integer(&blob, table[i].value);
		check_bytes(__LINE__, table[i].bytes, table[i].count);
	}
}

TEST(names_are_padded)
{
	fresh();
	aml_name(&blob, "GED");
	CHECK_BYTES("\x08GED_");
	fresh();
	aml_end(&blob, aml_begin_scope(&blob, "_SB"));
	CHECK_BYTES("\x10\x05_SB_");
	fresh();
	aml_string(&blob, "QEMU0002");
	CHECK_BYTES("\x0dQEMU0002\0");
}

TEST(an_eisa_id_is_packed_with_its_first_byte_first)
{
	fresh();
	aml_eisa_id(&blob, "PNP0501");
	CHECK_BYTES("\x0c\x41\xd0\x05\x01");
	fresh();
	aml_eisa_id(&blob, "PNP0C0C");
	CHECK_BYTES("\x0c\x41\xd0\x0c\x0c");
}

/* What 20.2.4 says of a length, read again. */
static size_t package_length(const uint8_t *at, unsigned int *ret_bytes)
{
	unsigned int more = at[0] >> 6;
	size_t length = more ? at[0] & 0x0f : at[0] & 0x3f;

	for (unsigned int i = 0; i < more; i++)
		length |= (size_t)at[1 + i] << (4 + 8 * i);
	*ret_bytes = 1 + more;
	return length;
}

TEST(a_package_length_counts_itself_in_as_few_bytes_as_can_be)
{
	static const struct {
		size_t content;
		unsigned int bytes; /* of the length */
	} table[] = {
		{4, 1},
		{0x3e, 1},
		{0x3f, 2},
		{0xffd, 2},
		{0xffe, 3},
		{0xffffc, 3},
		{0xffffd, 4},
		{0x100000, 4},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned int bytes;
		size_t mark;

		fresh();
		mark = aml_begin_scope(&blob, "_SB");
		blob_zero(&blob, table[i].content - 4);
		aml_end(&blob, mark);
		CHECK_EQ(package_length(room + 1, &bytes), blob.bytes - 1);
		CHECK_EQ(bytes, table[i].bytes);
		CHECK_EQ(blob.bytes, 1 + bytes + table[i].content);
		CHECK_EQ(memcmp(room + 1 + bytes, "_SB_", 4), 0);
	}
}

TEST(what_nests_has_its_lengths_right)
{
	size_t scope, device;

	fresh();
	scope = aml_begin_scope(&blob, "_SB");
	device = aml_begin_device(&blob, "GED");
	aml_name(&blob, "_UID");
	aml_integer(&blob, 7);
	aml_end(&blob, device);
	aml_end(&blob, scope);
	CHECK_BYTES("\x10\x13_SB_"
		    "\x5b\x82\x0c"
		    "GED_"
		    "\x08_UID\x0a\x07");
}

TEST(a_package_says_how_many_elements_it_has)
{
	size_t mark;

	fresh();
	mark = aml_begin_package(&blob, 2);
	aml_integer(&blob, 5);
	aml_integer(&blob, 0);
	aml_end(&blob, mark);
	CHECK_BYTES("\x12\x05\x02\x0a\x05\x00");
}

TEST(a_method_says_its_arguments_and_whether_it_is_serialized)
{
	size_t mark;

	fresh();
	mark = aml_begin_method(&blob, "_EVT", 1, true);
	aml_operator(&blob, AML_STORE);
	aml_reference(&blob, "ESEL");
	aml_operator(&blob, AML_LOCAL0);
	aml_end(&blob, mark);
	CHECK_BYTES("\x14\x0c_EVT\x09\x70"
		    "ESEL\x60");
	fresh();
	aml_end(&blob, aml_begin_method(&blob, "_STA", 0, false));
	CHECK_BYTES("\x14\x06_STA\x00");
}

TEST(a_register_is_a_region_and_its_field)
{
	fresh();
	aml_register(&blob, "EREG", "ESEL", 0xfea00000);
	CHECK_BYTES("\x5b\x80"
		    "EREG\x00\x0c\x00\x00\xa0\xfe\x0a\x04"
		    "\x5b\x81\x0b"
		    "EREG\x43"
		    "ESEL\x20");
}

TEST(resources_end_with_a_tag_and_know_their_size)
{
	size_t mark;

	fresh();
	mark = aml_begin_resources(&blob);
	aml_ports(&blob, 0x3f8, 8);
	aml_irq(&blob, 4);
	aml_end_resources(&blob, mark);
	CHECK_BYTES("\x11\x10\x0a\x0d"
		    "\x47\x01\xf8\x03\xf8\x03\x01\x08"
		    "\x22\x10\x00"
		    "\x79\x00");
	fresh();
	mark = aml_begin_resources(&blob);
	aml_memory32(&blob, 0xfeb00200, 0x200);
	aml_interrupt(&blob, 25);
	aml_end_resources(&blob, mark);
	CHECK_BYTES("\x11\x1a\x0a\x17"
		    "\x86\x09\x00\x01\x00\x02\xb0\xfe\x00\x02\x00\x00"
		    "\x89\x06\x00\x03\x01\x19\x00\x00\x00"
		    "\x79\x00");
}

TEST(what_does_not_fit_is_dropped_and_remembered)
{
	for (size_t bytes = 0; bytes < 40; bytes++) {
		size_t scope, resources;

		memset(room, 0xee, 64);
		blob = (struct blob){.buf = room, .room = bytes};
		scope = aml_begin_scope(&blob, "_SB");
		aml_name(&blob, "_CRS");
		resources = aml_begin_resources(&blob);
		aml_memory32(&blob, 0, 0);
		aml_interrupt(&blob, 1);
		aml_end_resources(&blob, resources);
		aml_end(&blob, scope);
		CHECK_EQ(blob.full, bytes < 38);
		CHECK(blob.bytes <= bytes);
		CHECK_EQ(room[bytes], 0xee);
	}
}

TEST_MAIN(CASE(integers_take_their_shortest_form), CASE(names_are_padded),
	CASE(an_eisa_id_is_packed_with_its_first_byte_first),
	CASE(a_package_length_counts_itself_in_as_few_bytes_as_can_be),
	CASE(what_nests_has_its_lengths_right),
	CASE(a_package_says_how_many_elements_it_has),
	CASE(a_method_says_its_arguments_and_whether_it_is_serialized),
	CASE(a_register_is_a_region_and_its_field),
	CASE(resources_end_with_a_tag_and_know_their_size),
	CASE(what_does_not_fit_is_dropped_and_remembered))
