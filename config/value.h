/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribute values as text: what they must look like and what they mean. Pure functions;
 * each leaves *ret alone where it fails. Numbers are decimal and may have blanks around
 * them, as in XML Schema.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_CPU_MAX 1023u /* the highest host CPU that a cpu_set_t knows */

/* -EINVAL where it is no number, -ERANGE where it is beyond 64 bits. */
int value_number(const char *text, uint64_t *ret);

/* A number with one of the suffixes K, M, G (powers of 1024); errors as above. */
int value_size(const char *text, uint64_t *ret);

/* A size, or 1 to 16 hexadecimal digits after 0x; errors as above. */
int value_address(const char *text, uint64_t *ret);

/* Six pairs of hexadecimal digits with colons between them. */
int value_mac(const char *text, uint8_t ret[6]);

/*
 * Host CPUs such as "0,2-3", in the order given; *ret is the caller's to free. -EINVAL,
 * -ERANGE for a CPU above VALUE_CPU_MAX or more than VALUE_CPU_MAX + 1 entries, -ENOMEM.
 */
int value_cpus(const char *text, unsigned int **ret, unsigned int *ret_count);

/* 1 to 32 of A-Z a-z 0-9 . _ - */
bool value_is_name(const char *text);

/* A name that begins with a letter or _, or UID or UID:GID, each up to 1999999999. */
bool value_is_user(const char *text);

/* A numeric IPv4 or IPv6 address. */
bool value_is_address(const char *text);

/* UTF-8 without control characters. */
bool value_is_plain(const char *text);

/* So few slips of the finger apart that one was likely meant for the other. */
bool value_is_near(const char *a, const char *b);

/* text for a message, in buf: control characters as '?', a long one cut and marked. */
#define VALUE_QUOTE_BYTES 128
const char *value_quote(char buf[VALUE_QUOTE_BYTES], const char *text);

#endif
