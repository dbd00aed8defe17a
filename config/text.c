/* SPDX-License-Identifier: Apache-2.0 */
#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/value.h"
#include "src/error.h"
#include "src/read_full.h"

bool text_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The line at xml + bytes. */
static int count_lines(const char *xml, size_t bytes)
{
	int line = 1;

	for (; bytes; bytes--)
		line += *xml++ == '\n';
	return line;
}

/* The encoding that the text declares in buf, "" where it declares none. */
static void find_encoding(const char *xml, size_t bytes, char buf[VALUE_QUOTE_BYTES])
{
	static const char start[] = "<?xml";
	static const char word[] = "encoding";
	const size_t word_bytes = sizeof(word) - 1;
	const char *end = xml + bytes;
	const char *at = xml;
	size_t used = 0;
	char quote;

	buf[0] = 0;
	if (bytes < sizeof(start) || memcmp(xml, start, sizeof(start) - 1) ||
		!text_is_space(xml[sizeof(start) - 1]))
		return;
	while ((size_t)(end - at) > word_bytes && memcmp(at, word, word_bytes))
		if (*at++ == '>')
			return;
	if ((size_t)(end - at) <= word_bytes)
		return;
	at += word_bytes;
	while (at < end - 1 && (text_is_space(*at) || *at == '='))
		at++;
	quote = *at++;
	while (at < end && *at != quote && used < VALUE_QUOTE_BYTES - 1)
		buf[used++] = *at++;
	buf[used] = 0;
}

int text_check(const char *xml, size_t bytes, const char *file, struct problems *problems)
{
	const char *zero =
		memchr(xml, 0, bytes < TEXT_BYTES_MAX ? bytes : TEXT_BYTES_MAX);
	struct source_pos pos = {.file = file};
	char encoding[VALUE_QUOTE_BYTES];
	char quoted[VALUE_QUOTE_BYTES];
	size_t at = 0;

	if (bytes > TEXT_BYTES_MAX)
		return problems_add(problems, &pos, "is larger than the %u KiB allowed",
			TEXT_BYTES_MAX / 1024);
	if (bytes >= 3 && !memcmp(xml, "\xef\xbb\xbf", 3))
		at = 3;
	while (at < bytes && text_is_space(xml[at]))
		at++;
	if (at == bytes) {
		pos.line = 1;
		return problems_add(
			problems, &pos, "is empty, a <config> element is needed");
	}
	zero = memchr(xml, 0, bytes);
	pos.line = count_lines(xml, zero ? (size_t)(zero - xml) : at);
	if (zero)
		return problems_add(problems, &pos,
			"holds a zero byte: it is no XML, or not saved as UTF-8");
	if (xml[at] != '<')
		return problems_add(problems, &pos, "is not XML, which starts with '<'");
	find_encoding(xml + at, bytes - at, encoding);
	if (encoding[0] && strcasecmp(encoding, "UTF-8"))
		return problems_add(problems, &pos,
			"the encoding is '%s', allowed: UTF-8",
			value_quote(quoted, encoding));
	return 0;
}

int text_read(int fd, const char *file, char **ret, size_t *ret_bytes,
	struct problems *problems)
{
	const size_t room = TEXT_BYTES_MAX + 1;
	struct source_pos pos = {.file = file};
	char *buf = malloc(room);
	int code = buf ? read_full(fd, buf, room, ret_bytes) : -ENOMEM;

	if (!code) {
		*ret = buf;
		return 0;
	}
	free(buf);
	problems_add(problems, &pos, "cannot be read: %s", strerror(-code));
	return code;
}

/* A FIFO that nobody writes to is an empty file, not a wait without end. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return -errno;
	return fd;
}

int text_load(const char *file, char **ret, size_t *ret_bytes, struct problems *problems)
{
	struct source_pos pos = {.file = file};
	int fd = open_file(file);
	int code = fd;

	if (fd < 0) {
		problems_add(problems, &pos, "cannot be read: %s", strerror(-code));
		return code;
	}
	code = text_read(fd, file, ret, ret_bytes, problems);
	close(fd);
	return code;
}
