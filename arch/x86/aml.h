/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes AML (ACPI 6.3, chapter 20) and resource descriptors (6.4) into a blob, in the
 * shortest encoding, which is the one that iasl chooses too.
 *
 * A begin returns a mark for its aml_end(); they nest. A name is one segment of up to
 * four characters, in or above the scope where it stands. A value follows aml_name() or
 * stands in a package or as an operand.
 */
#ifndef ARCH_X86_AML_H
#define ARCH_X86_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;

/* Opcodes of a byte whose operands the caller writes after them. */
enum aml_op {
	AML_NO_TARGET = 0x00,
	AML_LOCAL0 = 0x60,
	AML_STORE = 0x70,
	AML_AND = 0x7b,
	AML_NOTIFY = 0x86,
};

size_t aml_begin_scope(struct blob *blob, const char *name);
size_t aml_begin_device(struct blob *blob, const char *name);
size_t aml_begin_method(
	struct blob *blob, const char *name, unsigned int arguments, bool serialized);
size_t aml_begin_if(struct blob *blob);
size_t aml_begin_package(struct blob *blob, uint8_t elements);
void aml_end(struct blob *blob, size_t mark);

void aml_name(struct blob *blob, const char *name);
void aml_reference(struct blob *blob, const char *name);
void aml_operator(struct blob *blob, enum aml_op op);
void aml_integer(struct blob *blob, uint64_t value);
void aml_string(struct blob *blob, const char *text);
/* As a buffer of 16 bytes, in the order of the blob and not of the text. */
void aml_uuid(struct blob *blob, const uint8_t uuid[16]);
/* "PNP0501": three capitals and four hexadecimal digits. */
void aml_eisa_id(struct blob *blob, const char *id);

/* A region of memory and one 32-bit field at its start, read and written as a whole. */
void aml_register(struct blob *blob, const char *region, const char *field, uint32_t gpa);

/* A resource template: a value. Between begin and end stand the descriptors. */
size_t aml_begin_resources(struct blob *blob);
void aml_end_resources(struct blob *blob, size_t mark);
void aml_memory32(struct blob *blob, uint32_t gpa, uint32_t bytes);
/* Cacheable memory. */
void aml_memory64(struct blob *blob, uint64_t gpa, uint64_t bytes, bool writable);
void aml_ports(struct blob *blob, uint16_t port, uint8_t count);
/* An ISA interrupt: edge, active high, exclusive. */
void aml_irq(struct blob *blob, unsigned int irq);
/* A GSI: the same. */
void aml_interrupt(struct blob *blob, uint32_t gsi);

#endif
