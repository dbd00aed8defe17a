/* SPDX-License-Identifier: Apache-2.0 */
#include "src/dts.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "src/error.h"
#include "test/unit/test.h"

static char text[4096];

static int print(const void *blob, size_t bytes, struct error *err)
{
	FILE *out = fmemopen(text, sizeof(text), "w");
	int code = dts_print(blob, bytes, out, err);

	fclose(out);
	return code;
}

TEST(prints_each_kind_of_property_as_its_source)
{
	static const char want[] = "/dts-v1/;\n\n"
				   "/ {\n"
				   "\tempty;\n"
				   "\tone = \"a \\\"b\\\" \\\\\";\n"
				   "\ttwo = \"arm,psci-1.0\", \"arm,psci\";\n"
				   "\tcells = <0x1 0xdeadbeef>;\n"
				   "\tzero = <0x0>;\n"
				   "\tbytes = [02 00 00 00 00 01];\n"
				   "\n"
				   "\tchild@0 {\n"
				   "\t\treg = <0x0 0x40000000>;\n"
				   "\t};\n"
				   "};\n";
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
	_Alignas(8) uint8_t blob[1024];
	int code = fdt_create(blob, sizeof(blob));

	code |= fdt_finish_reservemap(blob);
	code |= fdt_begin_node(blob, "");
	code |= fdt_property(blob, "empty", NULL, 0);
	code |= fdt_property_string(blob, "one", "a \"b\" \\");
	code |= fdt_property(blob, "two", "arm,psci-1.0\0arm,psci", 22);
	code |= fdt_property_u64(blob, "cells", 0x1deadbeef);
	code |= fdt_property_u32(blob, "zero", 0);
	code |= fdt_property(blob, "bytes", mac, sizeof(mac));
	code |= fdt_begin_node(blob, "child@0");
	code |= fdt_property_u64(blob, "reg", 0x40000000);
	code |= fdt_end_node(blob);
	code |= fdt_end_node(blob);
	code |= fdt_finish(blob);
	CHECK_EQ(code, 0);
	CHECK_EQ(print(blob, fdt_totalsize(blob), NULL), 0);
	CHECK_STR(text, want);
}

TEST(refuses_what_is_no_tree)
{
	_Alignas(8) uint8_t junk[128] = {0xd0, 0x0d, 0xfe, 0xed};
	struct error err;

	CHECK_EQ(print(junk, sizeof(junk), &err), -EINVAL);
	CHECK_EQ(print(junk, 3, &err), -EINVAL);
	CHECK_STR(err.text, "this is no device tree blob");
}

TEST_MAIN(CASE(prints_each_kind_of_property_as_its_source), CASE(refuses_what_is_no_tree))
