/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser, or somebody who claims to be one, says to the port of a VNC server: no
 * path leads out of the folder, and a head that is whole stays what it is. On a
 * connection each whole head has one answer, as long as that says, and nothing else is
 * taken from it. The last bit of the last byte says whether silence is to be expected.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/web.h"

#define SAID_BYTES 8192u
#define ANSWERS_BYTES (1u << 18)

static void check(const char *head, size_t count, const struct web_request *request)
{
	struct web_request again;

	assert(request->bytes <= count);
	assert(strlen(request->path) < sizeof(request->path));
	assert(!request->path[0] || request->path[0] == '/');
	assert(!strstr(request->path, "/.") && !strstr(request->path, "//"));
	/* What follows the head changes nothing, and nothing less is enough. */
	assert(web_parse(head, request->bytes, &again) == WEB_WHOLE);
	assert(!memcmp(&again, request, sizeof(again)));
	assert(web_parse(head, request->bytes - 1, &again) != WEB_WHOLE);
}

static unsigned int count_heads(const char *said, size_t count)
{
	struct web_request request;
	unsigned int ret = 0;

	for (size_t at = 0; at < count; at += request.bytes) {
		assert(web_parse(said + at, count - at, &request) == WEB_WHOLE);
		ret++;
	}
	return ret;
}

static unsigned int count_answers(char *text, size_t count)
{
	static const char length[] = "\r\nContent-Length: ";
	unsigned int ret = 0;
	char *end = text + count;

	for (text[count] = 0; text < end; ret++) {
		char *body = strstr(text, "\r\n\r\n");
		char *bytes = strstr(text, length);

		assert(!strncmp(text, "HTTP/1.1 ", 9) && body && bytes && bytes < body);
		text = body + 4 + strtoul(bytes + strlen(length), NULL, 10);
		assert(text <= end);
	}
	return ret;
}

static char folder[] = "/tmp/bonsai-fuzz-XXXXXX";
static int root = -1;

static void remove_folder(void)
{
	unlinkat(root, "a.js", 0);
	rmdir(folder);
}

static void make_folder(void)
{
	int file;

	if (!mkdtemp(folder))
		abort();
	atexit(remove_folder);
	root = open(folder, O_DIRECTORY | O_PATH | O_CLOEXEC);
	file = openat(root, "a.js", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (write(file, "let a;", 6) != 6)
		abort();
	close(file);
}

static void talk(const char *said, size_t bytes)
{
	static char answers[ANSWERS_BYTES];
	struct web_rules rules = {.root = root, .speaks_first = said[bytes - 1] & 1};
	struct web_request request;
	enum web_greeting greeting;
	char rest[SAID_BYTES];
	size_t count = 0;
	ssize_t left, got;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	if (send(pair[1], said, bytes, MSG_DONTWAIT) != (ssize_t)bytes)
		abort();
	shutdown(pair[1], SHUT_WR);
	greeting = web_greet(pair[0], &rules);
	left = recv(pair[0], rest, sizeof(rest), 0);
	close(pair[0]);
	while ((got = read(pair[1], answers + count, sizeof(answers) - 1 - count)) > 0)
		count += (size_t)got;
	close(pair[1]);
	assert(left >= 0 && (size_t)left <= bytes);
	assert(count_heads(said, bytes - (size_t)left) == count_answers(answers, count));
	if (greeting == WEB_SOCKET)
		assert(web_parse(rest, (size_t)left, &request) == WEB_WHOLE &&
			request.socket && request.ours && request.by_address);
	if (greeting == WEB_NOTHING)
		assert((size_t)left == bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	const char *head = (const char *)input;
	struct web_request request;

	if (root < 0)
		make_folder();
	if (web_parse(head, bytes, &request) == WEB_WHOLE)
		check(head, bytes, &request);
	if (bytes && bytes <= SAID_BYTES)
		talk(head, bytes);
	return 0;
}
