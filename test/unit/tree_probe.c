/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/tree_probe.h"

#include <libfdt.h>

#include "test/unit/test.h"

const void *tree_property(
	const void *tree, const char *path, const char *name, int *ret_bytes)
{
	int node = fdt_path_offset(tree, path);
	const void *value = NULL;

	*ret_bytes = 0;
	if (node >= 0)
		value = fdt_getprop(tree, node, name, ret_bytes);
	if (!value)
		test_fail(__FILE__, __LINE__, "%s has no %s", path, name);
	return value;
}

uint32_t tree_cell(
	const void *tree, const char *path, const char *name, unsigned int index)
{
	int bytes;
	const uint8_t *value = tree_property(tree, path, name, &bytes);

	if (!value || (int)(4 * index + 4) > bytes) {
		test_fail(__FILE__, __LINE__, "%s %s has no cell %u", path, name, index);
		return 0;
	}
	return fdt32_ld((const fdt32_t *)(value + 4 * index));
}

const char *tree_text(const void *tree, const char *path, const char *name)
{
	int bytes;

	return tree_property(tree, path, name, &bytes);
}

bool tree_has_node(const void *tree, const char *path)
{
	return fdt_path_offset(tree, path) >= 0;
}

bool tree_has_property(const void *tree, const char *path, const char *name)
{
	int node = fdt_path_offset(tree, path);

	return node >= 0 && fdt_getprop(tree, node, name, NULL);
}

size_t tree_make_overlay(
	const char *target, const char *reference, void *buf, size_t room)
{
	CHECK_EQ(fdt_create(buf, (int)room), 0);
	fdt_finish_reservemap(buf);
	fdt_begin_node(buf, "");
	fdt_begin_node(buf, "fragment@0");
	fdt_property_u32(buf, "target", UINT32_MAX);
	fdt_begin_node(buf, "__overlay__");
	fdt_property_string(buf, "status", "okay");
	fdt_property_u32(buf, "bonsai,reference", UINT32_MAX);
	fdt_end_node(buf);
	fdt_end_node(buf);
	fdt_begin_node(buf, "__fixups__");
	fdt_property_string(buf, target, "/fragment@0:target:0");
	fdt_property_string(buf, reference, "/fragment@0/__overlay__:bonsai,reference:0");
	fdt_end_node(buf);
	fdt_end_node(buf);
	CHECK_EQ(fdt_finish(buf), 0);
	return fdt_totalsize(buf);
}
