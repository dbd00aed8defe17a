/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source form of a device tree (Devicetree Specification 0.4, chapter 6). The blob does
 * not say what type a property has, so its bytes decide: printable strings, else cells,
 * else bytes.
 */
#include "src/dts.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdbool.h>

#include "src/error.h"

static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* One or more non-empty strings, each with its terminator. */
static bool is_strings(const char *value, int bytes)
{
	int start = 0;

	if (bytes == 0 || value[bytes - 1] != '\0')
		return false;
	for (int i = 0; i < bytes; i++) {
		if (value[i] == '\0') {
			if (i == start)
				return false;
			start = i + 1;
		} else if (!printable(value[i])) {
			return false;
		}
	}
	return true;
}

static void print_strings(const char *value, int bytes, FILE *out)
{
	for (int i = 0; i < bytes; i++) {
		if (i == 0 || value[i - 1] == '\0')
			fprintf(out, "%s\"", i ? ", " : "");
		if (value[i] == '\0')
			fputc('"', out);
		else if (value[i] == '"' || value[i] == '\\')
			fprintf(out, "\\%c", value[i]);
		else
			fputc(value[i], out);
	}
}

static void print_property(const char *name, const void *value, int bytes, FILE *out)
{
	const unsigned char *octets = value;

	fprintf(out, "%s", name);
	if (bytes == 0) {
		fprintf(out, ";\n");
		return;
	}
	fprintf(out, " = ");
	if (is_strings(value, bytes)) {
		print_strings(value, bytes, out);
	} else if (bytes % 4 == 0) {
		for (int i = 0; i < bytes; i += 4)
			fprintf(out, "%s0x%" PRIx32, i ? " " : "<",
				(uint32_t)fdt32_ld((const fdt32_t *)(octets + i)));
		fputc('>', out);
	} else {
		for (int i = 0; i < bytes; i++)
			fprintf(out, "%s%02x", i ? " " : "[", octets[i]);
		fputc(']', out);
	}
	fprintf(out, ";\n");
}

static void indent(int depth, FILE *out)
{
	for (int i = 0; i < depth; i++)
		fputc('\t', out);
}

int dts_print(const void *blob, size_t bytes, FILE *out, struct error *err)
{
	int offset = 0;
	int next = 0;
	int depth = 0;
	uint32_t tag;

	if (bytes < FDT_V17_SIZE || fdt_check_full(blob, bytes))
		return error_set(err, -EINVAL, NULL, "this is no device tree blob");
	fprintf(out, "/dts-v1/;\n\n");
	do {
		offset = next;
		tag = fdt_next_tag(blob, offset, &next);
		if (tag == FDT_BEGIN_NODE) {
			const char *name = fdt_get_name(blob, offset, NULL);

			if (depth)
				fputc('\n', out);
			indent(depth++, out);
			fprintf(out, "%s {\n", name[0] ? name : "/");
		} else if (tag == FDT_PROP) {
			const char *name;
			int length;
			const void *value =
				fdt_getprop_by_offset(blob, offset, &name, &length);

			indent(depth, out);
			print_property(name, value, length, out);
		} else if (tag == FDT_END_NODE) {
			indent(--depth, out);
			fprintf(out, "};\n");
		}
	} while (tag != FDT_END);
	if (fflush(out) || ferror(out))
		return error_set(err, -EIO, NULL, "the device tree cannot be written");
	return 0;
}
