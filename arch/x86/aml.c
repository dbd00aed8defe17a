/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/aml.h"

#include <string.h>

#include "arch/x86/blob.h"

enum {
	OP_ZERO = 0x00,
	OP_ONE = 0x01,
	OP_NAME = 0x08,
	OP_BYTE = 0x0a,
	OP_WORD = 0x0b,
	OP_DWORD = 0x0c,
	OP_STRING = 0x0d,
	OP_QWORD = 0x0e,
	OP_SCOPE = 0x10,
	OP_BUFFER = 0x11,
	OP_PACKAGE = 0x12,
	OP_METHOD = 0x14,
	OP_EXTENDED = 0x5b,
	OP_IF = 0xa0,
	/* After OP_EXTENDED. */
	OP_REGION = 0x80,
	OP_FIELD = 0x81,
	OP_DEVICE = 0x82,
};

#define SEGMENT_CHARS 4

#define METHOD_SERIALIZED 0x08
#define REGION_SYSTEM_MEMORY 0
#define FIELD_DWORD 3
#define FIELD_WRITE_ZEROES 0x40

/* Resource descriptors (6.4.2 and 6.4.3); large ones have a length of two bytes. */
enum {
	RESOURCE_IRQ = 0x22, /* two bytes follow: no flags */
	RESOURCE_IO = 0x47,
	RESOURCE_END = 0x79,
	RESOURCE_MEMORY32 = 0x86,
	RESOURCE_INTERRUPT = 0x89,
	RESOURCE_ADDRESS64 = 0x8a,
};

#define IO_DECODES_16 1
#define MEMORY_WRITABLE 1
#define MEMORY_CACHEABLE 2
#define ADDRESS_MEMORY 0
#define ADDRESS_CONSUMER 0x01
#define ADDRESS_FIXED 0x0c /* at both ends */
#define INTERRUPT_CONSUMER 0x01
#define INTERRUPT_EDGE 0x02

static void put8(struct blob *blob, unsigned int value)
{
	blob_number(blob, value, 1);
}

void aml_reference(struct blob *blob, const char *name)
{
	char segment[SEGMENT_CHARS] = {'_', '_', '_', '_'};

	memcpy(segment, name, strnlen(name, SEGMENT_CHARS));
	blob_put(blob, segment, SEGMENT_CHARS);
}

/* --- what has a length before it ---------------------------------------------------- */

/* 20.2.4: the length counts itself; six bits in one byte, or four and further bytes. */
void aml_end(struct blob *blob, size_t mark)
{
	size_t content = blob->bytes - mark;
	unsigned int more = 0;
	uint8_t length[4];
	size_t value;

	if (content + 1 > 0x3f)
		for (more = 1; content + 1 + more > (16u << (8 * more)) - 1; more++)
			;
	value = content + 1 + more;
	length[0] = (uint8_t)(more ? more << 6 | (value & 0xf) : value);
	for (unsigned int i = 0; i < more; i++)
		length[1 + i] = (uint8_t)(value >> (4 + 8 * i));
	blob_insert(blob, mark, length, 1 + more);
}

static size_t begin(struct blob *blob, unsigned int op)
{
	put8(blob, op);
	return blob->bytes;
}

static size_t begin_named(struct blob *blob, unsigned int op, const char *name)
{
	size_t mark = begin(blob, op);

	aml_reference(blob, name);
	return mark;
}

size_t aml_begin_scope(struct blob *blob, const char *name)
{
	return begin_named(blob, OP_SCOPE, name);
}

size_t aml_begin_device(struct blob *blob, const char *name)
{
	put8(blob, OP_EXTENDED);
	return begin_named(blob, OP_DEVICE, name);
}

size_t aml_begin_method(
	struct blob *blob, const char *name, unsigned int arguments, bool serialized)
{
	size_t mark = begin_named(blob, OP_METHOD, name);

	put8(blob, arguments | (serialized ? METHOD_SERIALIZED : 0));
	return mark;
}

size_t aml_begin_if(struct blob *blob)
{
	return begin(blob, OP_IF);
}

size_t aml_begin_package(struct blob *blob, uint8_t elements)
{
	size_t mark = begin(blob, OP_PACKAGE);

	put8(blob, elements);
	return mark;
}

/* --- values ------------------------------------------------------------------------- */

void aml_name(struct blob *blob, const char *name)
{
	put8(blob, OP_NAME);
	aml_reference(blob, name);
}

void aml_operator(struct blob *blob, enum aml_op op)
{
	put8(blob, op);
}

void aml_integer(struct blob *blob, uint64_t value)
{
	static const struct {
		uint64_t most;
		uint8_t prefix;
		uint8_t width;
	} encodings[] = {
		{UINT8_MAX, OP_BYTE, 1},
		{UINT16_MAX, OP_WORD, 2},
		{UINT32_MAX, OP_DWORD, 4},
		{UINT64_MAX, OP_QWORD, 8},
	};
	unsigned int i = 0;

	if (value <= 1) {
		put8(blob, value ? OP_ONE : OP_ZERO);
		return;
	}
	while (value > encodings[i].most)
		i++;
	put8(blob, encodings[i].prefix);
	blob_number(blob, value, encodings[i].width);
}

void aml_string(struct blob *blob, const char *text)
{
	put8(blob, OP_STRING);
	blob_put(blob, text, strlen(text) + 1);
}

void aml_uuid(struct blob *blob, const uint8_t uuid[16])
{
	size_t mark = begin(blob, OP_BUFFER);

	aml_integer(blob, 16);
	blob_put(blob, uuid, 16);
	aml_end(blob, mark);
}

static unsigned int hex_digit(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* 19.3.4: five bits a letter, four a digit, most significant byte first. */
void aml_eisa_id(struct blob *blob, const char *id)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 3; i++)
		value = value << 5 | (unsigned int)(id[i] - 'A' + 1);
	for (unsigned int i = 3; i < 7; i++)
		value = value << 4 | hex_digit(id[i]);
	put8(blob, OP_DWORD);
	for (int shift = 24; shift >= 0; shift -= 8)
		put8(blob, value >> shift & 0xff);
}

void aml_register(struct blob *blob, const char *region, const char *field, uint32_t gpa)
{
	size_t mark;

	put8(blob, OP_EXTENDED);
	put8(blob, OP_REGION);
	aml_reference(blob, region);
	put8(blob, REGION_SYSTEM_MEMORY);
	aml_integer(blob, gpa);
	aml_integer(blob, 4);
	put8(blob, OP_EXTENDED);
	mark = begin_named(blob, OP_FIELD, region);
	put8(blob, FIELD_DWORD | FIELD_WRITE_ZEROES);
	aml_reference(blob, field);
	put8(blob, 32); /* bits, as a package length of one byte */
	aml_end(blob, mark);
}

/* --- resources ---------------------------------------------------------------------- */

size_t aml_begin_resources(struct blob *blob)
{
	return begin(blob, OP_BUFFER);
}

void aml_end_resources(struct blob *blob, size_t mark)
{
	uint8_t bytes[4];
	struct blob size = {.buf = bytes, .room = sizeof(bytes)};

	put8(blob, RESOURCE_END);
	put8(blob, 0); /* instead of a checksum: good */
	aml_integer(&size, blob->bytes - mark);
	blob_insert(blob, mark, bytes, size.bytes);
	aml_end(blob, mark);
}

static void begin_large(struct blob *blob, unsigned int type, unsigned int bytes)
{
	put8(blob, type);
	blob_number(blob, bytes, 2);
}

void aml_memory32(struct blob *blob, uint32_t gpa, uint32_t bytes)
{
	begin_large(blob, RESOURCE_MEMORY32, 9);
	put8(blob, MEMORY_WRITABLE);
	blob_number(blob, gpa, 4);
	blob_number(blob, bytes, 4);
}

void aml_memory64(struct blob *blob, uint64_t gpa, uint64_t bytes, bool writable)
{
	begin_large(blob, RESOURCE_ADDRESS64, 43);
	put8(blob, ADDRESS_MEMORY);
	put8(blob, ADDRESS_CONSUMER | ADDRESS_FIXED);
	put8(blob, MEMORY_CACHEABLE | (writable ? MEMORY_WRITABLE : 0));
	blob_number(blob, 0, 8); /* granularity */
	blob_number(blob, gpa, 8);
	blob_number(blob, gpa + bytes - 1, 8);
	blob_number(blob, 0, 8); /* translation */
	blob_number(blob, bytes, 8);
}

void aml_ports(struct blob *blob, uint16_t port, uint8_t count)
{
	put8(blob, RESOURCE_IO);
	put8(blob, IO_DECODES_16);
	blob_number(blob, port, 2); /* the lowest that it could be set to, */
	blob_number(blob, port, 2); /* the highest, */
	put8(blob, 1);              /* and in what steps */
	put8(blob, count);
}

void aml_irq(struct blob *blob, unsigned int irq)
{
	put8(blob, RESOURCE_IRQ);
	blob_number(blob, 1u << irq, 2);
}

void aml_interrupt(struct blob *blob, uint32_t gsi)
{
	begin_large(blob, RESOURCE_INTERRUPT, 6);
	put8(blob, INTERRUPT_CONSUMER | INTERRUPT_EDGE);
	put8(blob, 1); /* one of them */
	blob_number(blob, gsi, 4);
}
