/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd_tls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "host/tls.h"
#include "host/tls_call.h"
#include "src/error.h"
#include "src/vm_client.h"

#define SCHEME "tls://"
#define PORT_MAX 65535u

bool cmd_tls_is_place(const char *text)
{
	return !strncmp(text, SCHEME, strlen(SCHEME));
}

static bool is_port(const char *text)
{
	uint64_t number = 0;

	return !value_number(text, &number) && number && number <= PORT_MAX;
}

/* An IPv6 address stands between brackets, for its colons. */
int cmd_tls_read_place(const char *text, struct cmd_tls_place *ret, struct error *err)
{
	const char *host = text + strlen(SCHEME);
	const char *slash = strchr(host, '/');
	const char *end = slash ? slash : host + strlen(host);
	const char *colon = memrchr(host, ':', (size_t)(end - host));
	bool six = *host == '[';
	size_t host_chars;
	size_t port_chars;

	if (colon) {
		host += six;
		host_chars = (size_t)(colon - host);
		port_chars = (size_t)(end - colon - 1);
		if (six && host_chars && host[host_chars - 1] == ']')
			host_chars--;
		else if (six || memchr(host, ':', host_chars))
			host_chars = 0;
		if (host_chars && host_chars < sizeof(ret->host) && port_chars &&
			port_chars < sizeof(ret->port)) {
			snprintf(ret->host, sizeof(ret->host), "%.*s", (int)host_chars,
				host);
			snprintf(ret->port, sizeof(ret->port), "%.*s", (int)port_chars,
				colon + 1);
			ret->device = slash ? slash + 1 : NULL;
			if (is_port(ret->port))
				return 0;
		}
	}
	return error_set(err, -EINVAL, NULL,
		"%s is no place, allowed: tls://HOST:PORT, tls://[ADDRESS]:PORT and, for "
		"a console, a slash and its name behind that",
		text);
}

/* What was said, else this user's own file. */
static const char *find_file(const char *said, const char *name, char buf[PATH_MAX])
{
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (said)
		return said;
	if (base && base[0] == '/')
		snprintf(buf, PATH_MAX, "%s/bonsai/%s", base, name);
	else
		snprintf(buf, PATH_MAX, "%s/.config/bonsai/%s", home ? home : "", name);
	return buf;
}

int cmd_tls_call(const struct cmd_target *target, const struct cmd_tls_place *place,
	struct tls_call **ret, int *ret_fd, struct error *err)
{
	char paths[3][PATH_MAX];
	const struct tls_files files = {
		.certificate =
			find_file(target->certificate, "certificate.pem", paths[0]),
		.key = find_file(target->key, "key.pem", paths[1]),
		.ca = find_file(target->ca, "ca.pem", paths[2]),
	};

	return tls_call_open(
		&files, place->host, place->port, VM_CLIENT_ANSWER_MS, ret, ret_fd, err);
}
