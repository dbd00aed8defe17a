/* SPDX-License-Identifier: Apache-2.0 */
#include "host/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD_MS 5000
#define LOOK_AGAIN_MS 10
#define SEND_MS 10000

/* ---- what a request says -------------------------------------------------------------
 */

/* Bytes of the request; not ended by NUL. */
struct text {
	const char *at;
	size_t count;
};

static bool is(struct text text, const char *word)
{
	return text.count == strlen(word) && !strncasecmp(text.at, word, text.count);
}

static bool begins(struct text text, const char *word)
{
	size_t count = strlen(word);

	return text.count >= count && !strncasecmp(text.at, word, count);
}

/* What stands before the separator, which text loses with it; all where there is none. */
static struct text cut(struct text *text, const char *separator)
{
	const char *end = memmem(text->at, text->count, separator, strlen(separator));
	struct text ret = *text;
	size_t taken = text->count;

	if (end) {
		ret.count = (size_t)(end - text->at);
		taken = ret.count + strlen(separator);
	}
	text->at += taken;
	text->count -= taken;
	return ret;
}

static struct text trim(struct text text)
{
	while (text.count && (*text.at == ' ' || *text.at == '\t')) {
		text.at++;
		text.count--;
	}
	while (text.count &&
		(text.at[text.count - 1] == ' ' || text.at[text.count - 1] == '\t'))
		text.count--;
	return text;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
}

/* Leaves ret empty where no file of ours could be called that. */
static void read_path(struct text target, char *ret, size_t room)
{
	struct text path = cut(&target, "?");

	ret[0] = 0;
	if (!path.count || path.at[0] != '/' || path.count >= room)
		return;
	for (size_t i = 0; i < path.count; i++)
		if (!is_plain(path.at[i]))
			return;
	memcpy(ret, path.at, path.count);
	ret[path.count] = 0;
	/* Neither "..", nor what is hidden, nor another root. */
	if (strstr(ret, "/.") || strstr(ret, "//"))
		ret[0] = 0;
}

static bool is_address(struct text host)
{
	char name[INET6_ADDRSTRLEN];
	struct in6_addr address;
	bool six = host.count && host.at[0] == '[';

	if (six) {
		host.at++;
		host.count--;
		host = cut(&host, "]");
	} else {
		host = cut(&host, ":");
	}
	if (is(host, "localhost"))
		return true;
	if (host.count >= sizeof(name))
		return false;
	memcpy(name, host.at, host.count);
	name[host.count] = 0;
	return inet_pton(six ? AF_INET6 : AF_INET, name, &address) == 1;
}

static bool is_from(struct text origin, struct text host)
{
	struct text scheme = cut(&origin, "://");

	return (is(scheme, "http") || is(scheme, "https")) && host.count &&
	       origin.count == host.count && !strncasecmp(origin.at, host.at, host.count);
}

enum web_verdict web_parse(const char *bytes, size_t count, struct web_request *ret)
{
	struct text rest = {bytes, count};
	struct text head = {bytes, count};
	struct text host = {"", 0};
	struct text origin = {"", 0};
	struct text line;

	if (!memmem(bytes, count, "\r\n\r\n", 4))
		return count < WEB_HEAD_BYTES ? WEB_PARTIAL : WEB_WRONG;
	memset(ret, 0, sizeof(*ret));
	head = cut(&rest, "\r\n\r\n");
	ret->bytes = head.count + 4;
	line = cut(&head, "\r\n");
	if (!is(cut(&line, " "), "GET"))
		return WEB_WRONG;
	read_path(cut(&line, " "), ret->path, sizeof(ret->path));
	if (!begins(line, "HTTP/1."))
		return WEB_WRONG;
	while (head.count) {
		struct text value = cut(&head, "\r\n");
		struct text name = cut(&value, ":");

		value = trim(value);
		if (is(name, "host"))
			host = value;
		else if (is(name, "origin"))
			origin = value;
		else if (is(name, "upgrade"))
			ret->socket = is(value, "websocket");
	}
	ret->by_address = is_address(host);
	ret->ours = is_from(origin, host);
	return WEB_WHOLE;
}

/* ---- answering ------------------------------------------------------------------------
 */

static bool send_all(int fd, const char *bytes, size_t count)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};

	while (count) {
		ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (sent < 0 && poll(&wait, 1, SEND_MS) <= 0)
			return false;
		if (sent > 0) {
			bytes += sent;
			count -= (size_t)sent;
		}
	}
	return true;
}

static bool send_head(int fd, const char *status, const char *type,
	unsigned long long bytes, const char *more)
{
	char head[512];
	int count = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\n"
		"Cache-Control: no-cache\r\nX-Frame-Options: DENY\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n%s\r\n",
		status, type, bytes, more);

	return send_all(fd, head, (size_t)count);
}

static void send_text(int fd, const char *status, const char *text, const char *more)
{
	if (send_head(fd, status, "text/plain; charset=utf-8", strlen(text), more))
		send_all(fd, text, strlen(text));
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *end;
		const char *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".json", "application/json"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".woff", "font/woff"},
		{".ttf", "font/ttf"},
		{".mp3", "audio/mpeg"},
		{".oga", "audio/ogg"},
	};
	size_t length = strlen(path);

	for (size_t i = 0; i < COUNT(types); i++) {
		size_t end = strlen(types[i].end);

		if (length >= end && !strcmp(path + length - end, types[i].end))
			return types[i].type;
	}
	return "application/octet-stream";
}

static void send_file(int fd, int file, const char *type)
{
	char bytes[8192];
	struct stat stat;
	off_t left;

	if (fstat(file, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		send_text(fd, "404 Not Found", "There is no such file.\n", "");
		return;
	}
	left = stat.st_size;
	if (!send_head(fd, "200 OK", type, (unsigned long long)left, ""))
		return;
	while (left > 0) {
		ssize_t got = read(file, bytes, sizeof(bytes));

		if (got <= 0 || got > left || !send_all(fd, bytes, (size_t)got))
			return;
		left -= got;
	}
}

static void answer(int fd, int root, const char *path)
{
	int file;

	if (!strcmp(path, "/")) {
		send_text(fd, "302 Found", "The screen is at /vnc.html.\n",
			"Location: /vnc.html?autoconnect=true&resize=scale\r\n");
		return;
	}
	/* "/" in front makes it beside root, not below the host's. */
	file = path[0] ? openat(root, path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (file < 0) {
		send_text(fd, "404 Not Found", "There is no such file.\n", "");
		return;
	}
	send_file(fd, file, type_of(path));
	close(file);
}

/* ---- a connection ---------------------------------------------------------------------
 */

static bool wait_for_more(int fd, int timeout_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, timeout_ms) > 0;
}

/* Whether it says no more: all that it ever said is there to be read. */
static bool has_said_all(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLRDHUP};

	return poll(&wait, 1, LOOK_AGAIN_MS) > 0;
}

/* Looks at the head without taking it. The verdict on none at all is WEB_PARTIAL. */
static enum web_verdict look(int fd, char *bytes, size_t *ret_count)
{
	static const char get[] = "GET ";
	enum web_verdict verdict = WEB_PARTIAL;
	struct web_request request;
	bool last = false;

	*ret_count = 0;
	for (int waited = 0; waited < HEAD_MS; waited += LOOK_AGAIN_MS) {
		ssize_t count = recv(fd, bytes, WEB_HEAD_BYTES, MSG_PEEK);

		if (count <= 0)
			return WEB_WRONG;
		*ret_count = (size_t)count;
		if (memcmp(bytes, get, *ret_count < 4 ? *ret_count : 4) != 0)
			return WEB_WRONG;
		verdict = web_parse(bytes, *ret_count, &request);
		if (verdict != WEB_PARTIAL || last)
			break;
		last = has_said_all(fd);
	}
	return verdict;
}

/* What was looked at is taken, or closing would throw the answer away. */
static void take(int fd, size_t count)
{
	char bytes[WEB_HEAD_BYTES];

	if (recv(fd, bytes, count, 0) < 0)
		return;
}

enum web_greeting web_greet(int fd, int root, bool password)
{
	char bytes[WEB_HEAD_BYTES];
	struct web_request request;
	size_t count;

	if (!wait_for_more(fd, (int)WEB_FIRST_WORD_MS))
		return WEB_NOTHING;
	if (look(fd, bytes, &count) != WEB_WHOLE) {
		if (count >= 4 && !memcmp(bytes, "GET ", 4))
			return WEB_DONE;
		return count ? WEB_NOTHING : WEB_DONE;
	}
	web_parse(bytes, count, &request);
	if (request.socket && request.ours && (password || request.by_address))
		return WEB_SOCKET;
	take(fd, request.bytes);
	if (request.socket)
		send_text(fd, "403 Forbidden",
			"The screen is for pages that came from here, and, without a "
			"password, under an address or as localhost.\n",
			"");
	else
		answer(fd, root, request.path);
	shutdown(fd, SHUT_WR);
	return WEB_DONE;
}

int web_open(
	const char *path, const struct source_pos *pos, int *ret_root, struct error *err)
{
	int root = open(path, O_DIRECTORY | O_PATH | O_CLOEXEC);

	if (root < 0)
		return error_set(err, -errno, pos, "cannot open the folder %s: %s", path,
			strerror(errno));
	if (faccessat(root, "vnc.html", R_OK, 0) < 0) {
		close(root);
		return error_set(err, -ENOENT, pos,
			"there is no vnc.html in %s; Debian's package novnc has one, or "
			"web_root names its folder",
			path);
	}
	*ret_root = root;
	return 0;
}
