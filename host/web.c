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

/* Whether the word is one of those between commas. */
static bool lists(struct text text, const char *word)
{
	while (text.count)
		if (is(trim(cut(&text, ",")), word))
			return true;
	return false;
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
	ret->stays = !is(line, "HTTP/1.0");
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
		else if (is(name, "connection"))
			ret->stays = ret->stays && !lists(value, "close");
		else if (is(name, "content-length") || is(name, "transfer-encoding"))
			ret->stays = false; /* what follows is not the next one's head */
	}
	ret->by_address = is_address(host);
	ret->ours = is_from(origin, host);
	return WEB_WHOLE;
}

/* ---- answering ------------------------------------------------------------------------
 */

struct connection {
	int fd;
	bool stays; /* for another request */
};

/* What is not sent whole is the connection's end: who asked has counted on all of it. */
static bool send_all(struct connection *to, const char *bytes, size_t count)
{
	struct pollfd wait = {.fd = to->fd, .events = POLLOUT};

	while (count) {
		ssize_t sent = send(to->fd, bytes, count, MSG_NOSIGNAL);
		bool waits = sent < 0 && (errno == EAGAIN || errno == EINTR);

		if ((sent < 0 && !waits) || (waits && poll(&wait, 1, SEND_MS) <= 0)) {
			to->stays = false;
			return false;
		}
		if (sent > 0) {
			bytes += sent;
			count -= (size_t)sent;
		}
	}
	return true;
}

static bool send_head(struct connection *to, const char *status, const char *type,
	unsigned long long bytes, const char *more)
{
	char head[512];
	int count = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\n"
		"Cache-Control: no-cache\r\nX-Frame-Options: DENY\r\n"
		"X-Content-Type-Options: nosniff\r\n%s%s\r\n",
		status, type, bytes, to->stays ? "" : "Connection: close\r\n", more);

	return send_all(to, head, (size_t)count);
}

static void send_text(
	struct connection *to, const char *status, const char *text, const char *more)
{
	if (send_head(to, status, "text/plain; charset=utf-8", strlen(text), more))
		send_all(to, text, strlen(text));
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

static void send_file(struct connection *to, int file, const char *type)
{
	char bytes[8192];
	struct stat stat;
	off_t left;

	if (fstat(file, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		send_text(to, "404 Not Found", "There is no such file.\n", "");
		return;
	}
	left = stat.st_size;
	if (!send_head(to, "200 OK", type, (unsigned long long)left, ""))
		return;
	while (left > 0) {
		ssize_t got = read(file, bytes, sizeof(bytes));

		/* It has become shorter, or longer, since its size was told. */
		if (got <= 0 || got > left) {
			to->stays = false;
			return;
		}
		if (!send_all(to, bytes, (size_t)got))
			return;
		left -= got;
	}
}

static void answer(struct connection *to, int root, const char *path)
{
	int file;

	if (!strcmp(path, "/")) {
		send_text(to, "302 Found", "The screen is at /vnc.html.\n",
			"Location: /vnc.html?autoconnect=true&resize=scale\r\n");
		return;
	}
	/* "/" in front makes it beside root, not below the host's. */
	file = path[0] ? openat(root, path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (file < 0) {
		send_text(to, "404 Not Found", "There is no such file.\n", "");
		return;
	}
	send_file(to, file, type_of(path));
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

enum word {
	WORD_REQUEST,
	WORD_OTHER, /* not of HTTP */
	WORD_LAST,  /* it is gone, or will not get to the end of a request */
};

/* Looks at what it says without taking it, once there is something. */
static enum word hear(int fd, struct web_request *ret)
{
	static const char get[] = "GET ";
	char bytes[WEB_HEAD_BYTES];
	enum word word = WORD_LAST;
	bool last = false;

	for (int waited = 0; waited < WEB_PATIENCE_MS; waited += LOOK_AGAIN_MS) {
		ssize_t count = recv(fd, bytes, sizeof(bytes), MSG_PEEK);
		enum web_verdict verdict;

		if (count <= 0)
			return WORD_LAST;
		if (memcmp(bytes, get, count < 4 ? (size_t)count : 4) != 0)
			return WORD_OTHER;
		word = count < 4 ? WORD_OTHER : WORD_LAST;
		verdict = web_parse(bytes, (size_t)count, ret);
		if (verdict == WEB_WHOLE)
			return WORD_REQUEST;
		if (verdict == WEB_WRONG || last)
			break;
		last = has_said_all(fd);
	}
	return word;
}

/* What was looked at is taken, or closing would throw the answer away. */
static void take(int fd, size_t count)
{
	char bytes[WEB_HEAD_BYTES];

	if (recv(fd, bytes, count, 0) < 0)
		return;
}

static void serve(struct connection *to, int root, const struct web_request *asked)
{
	take(to->fd, asked->bytes);
	if (asked->socket)
		send_text(to, "403 Forbidden",
			"The screen is for pages that came from here, and, without a "
			"password, under an address or as localhost.\n",
			"");
	else
		answer(to, root, asked->path);
}

enum web_greeting web_greet(int fd, const struct web_rules *rules)
{
	struct connection to = {.fd = fd, .stays = true};
	bool guesses = !rules->speaks_first;
	struct web_request asked;

	for (unsigned int served = 0; to.stays; guesses = false) {
		enum word word;

		if (!wait_for_more(fd, guesses ? WEB_FIRST_WORD_MS : WEB_PATIENCE_MS))
			return guesses ? WEB_NOTHING : WEB_DONE;
		word = hear(fd, &asked);
		if (word != WORD_REQUEST)
			return word == WORD_OTHER && !served ? WEB_NOTHING : WEB_DONE;
		if (asked.socket && asked.ours && (rules->any_name || asked.by_address))
			return WEB_SOCKET;
		to.stays = asked.stays && ++served < WEB_REQUESTS_MAX;
		serve(&to, rules->root, &asked);
	}
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
