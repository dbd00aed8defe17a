/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser, or somebody who claims to be one, says to the port of a VNC server: no
 * path leads out of the folder, and a head that is whole stays what it is.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "host/web.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
	const char *head = (const char *)input;
	struct web_request request;

	if (web_parse(head, bytes, &request) == WEB_WHOLE)
		check(head, bytes, &request);
	return 0;
}
