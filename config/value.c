/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlstring.h>

#include "config/config.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* Digits at *text, which is moved behind them. */
static int digits(const char **text, uint64_t *ret)
{
	uint64_t value = 0;
	bool over = false;

	if (!is_digit(**text))
		return -EINVAL;
	for (; is_digit(**text); (*text)++) {
		unsigned int digit = (unsigned int)(**text - '0');

		if (value > (UINT64_MAX - digit) / 10)
			over = true;
		else
			value = value * 10 + digit;
	}
	if (over)
		return -ERANGE;
	*ret = value;
	return 0;
}

int value_number(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	int code;

	text = skip_blanks(text);
	code = digits(&text, &value);
	if (*skip_blanks(text))
		return -EINVAL;
	if (!code)
		*ret = value;
	return code;
}

int value_size(const char *text, uint64_t *ret)
{
	static const char suffixes[] = "KMG";
	unsigned int shift = 0;
	uint64_t value = 0;
	const char *suffix;
	int code;

	text = skip_blanks(text);
	code = digits(&text, &value);
	suffix = *text ? strchr(suffixes, *text) : NULL;
	if (suffix) {
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
		text++;
	}
	if (*skip_blanks(text))
		return -EINVAL;
	if (code)
		return code;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret = value << shift;
	return 0;
}

int value_address(const char *text, uint64_t *ret)
{
	const char *at = skip_blanks(text);
	size_t digits;

	if (strncmp(at, "0x", 2))
		return value_size(text, ret);
	at += 2;
	digits = strspn(at, "0123456789abcdefABCDEF");
	if (!digits || *skip_blanks(at + digits))
		return -EINVAL;
	if (digits > 16)
		return -ERANGE;
	*ret = strtoull(at, NULL, 16);
	return 0;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int value_mac(const char *text, uint8_t ret[6])
{
	uint8_t mac[6];

	if (strlen(text) != 17)
		return -EINVAL;
	for (unsigned int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : 0))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

/* One "3" or "2-5"; text is moved behind it. */
static int cpu_range(const char **text, uint64_t *ret_first, uint64_t *ret_last)
{
	int code = digits(text, ret_first);

	*ret_last = *ret_first;
	if (!code && **text == '-') {
		(*text)++;
		code = digits(text, ret_last);
	}
	if (code)
		return code;
	if (*ret_last < *ret_first)
		return -EINVAL;
	return *ret_last > VALUE_CPU_MAX ? -ERANGE : 0;
}

int value_cpus(const char *text, unsigned int **ret, unsigned int *ret_count)
{
	unsigned int *cpus = calloc(VALUE_CPU_MAX + 1, sizeof(*cpus));
	unsigned int count = 0;
	int code;

	if (!cpus)
		return -ENOMEM;
	for (;; text++) {
		uint64_t first = 0;
		uint64_t last = 0;

		code = cpu_range(&text, &first, &last);
		if (!code && count + (last - first) > VALUE_CPU_MAX)
			code = -ERANGE;
		if (code)
			break;
		for (; first <= last; first++)
			cpus[count++] = (unsigned int)first;
		if (*text != ',')
			break;
	}
	if (!code && *text)
		code = -EINVAL;
	if (code) {
		free(cpus);
		return code;
	}
	*ret = cpus;
	*ret_count = count;
	return 0;
}

bool value_is_name(const char *text)
{
	size_t bytes = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._-");

	return bytes && bytes <= CONFIG_NAME_CHARS && !text[bytes];
}

/* Far from what 32 bits have for "none", and one pattern in the schema. */
static bool is_account_number(const char *text, size_t digits)
{
	return digits && (digits < 10 || (digits == 10 && text[0] == '1'));
}

bool value_is_user(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits)
		return value_is_name(text) && !strchr(".-", text[0]);
	if (!is_account_number(text, digits))
		return false;
	text += digits;
	digits = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;
	return text[0] ? is_account_number(text + 1, digits) && !text[1 + digits] : true;
}

bool value_is_address(const char *text)
{
	struct in6_addr address;

	/* The dotted tail of an IPv6 address is left out: nobody writes it here. */
	if (strchr(text, ':') && strchr(text, '.'))
		return false;
	return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, &address) == 1;
}

bool value_is_plain(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at; at++)
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0))
			return false;
	return xmlCheckUTF8((const unsigned char *)text) == 1;
}

#define NEAR_CHARS 24u

/* Levenshtein's distance by rows. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAR_CHARS + 1];
	unsigned int b_chars = (unsigned int)strlen(b);

	for (unsigned int j = 0; j <= b_chars; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= b_chars; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j] = best;
		}
	}
	return row[b_chars];
}

bool value_is_near(const char *a, const char *b)
{
	size_t chars = strlen(a);

	if (chars > NEAR_CHARS || strlen(b) > NEAR_CHARS)
		return false;
	return distance(a, b) <= (chars < 5 ? 1 : 2);
}

const char *value_quote(char buf[VALUE_QUOTE_BYTES], const char *text)
{
	static const char mark[] = "...";
	const size_t room = VALUE_QUOTE_BYTES - sizeof(mark);
	size_t bytes = 0;

	for (; text[bytes] && bytes < room; bytes++) {
		unsigned char c = (unsigned char)text[bytes];
		bool control = c < 0x20 || c == 0x7f;

		buf[bytes] = control ? '?' : text[bytes];
		/* C1 controls, which some terminals obey: two bytes in UTF-8. */
		if (bytes && (unsigned char)text[bytes - 1] == 0xc2 && c < 0xa0)
			buf[bytes - 1] = buf[bytes] = '?';
	}
	if (text[bytes]) {
		while (bytes && (text[bytes] & 0xc0) == 0x80)
			bytes--;
		memcpy(buf + bytes, mark, sizeof(mark));
		return buf;
	}
	buf[bytes] = 0;
	return buf;
}
