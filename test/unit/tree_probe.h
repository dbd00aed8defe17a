/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into a device tree; what is not there is a failure of the test. */
#ifndef TEST_UNIT_TREE_PROBE_H
#define TEST_UNIT_TREE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const void *tree_property(
	const void *tree, const char *path, const char *name, int *ret_bytes);
uint32_t tree_cell(
	const void *tree, const char *path, const char *name, unsigned int index);
const char *tree_text(const void *tree, const char *path, const char *name);

bool tree_has_node(const void *tree, const char *path);
bool tree_has_property(const void *tree, const char *path, const char *name);

/*
 * &target { status = "okay"; bonsai,reference = <&reference>; }; as dtc -@ writes it;
 * both are labels. buf is aligned to 8 bytes. Its size.
 */
size_t tree_make_overlay(
	const char *target, const char *reference, void *buf, size_t room);

#endif
