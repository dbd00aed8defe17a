/* SPDX-License-Identifier: Apache-2.0 */
#include "src/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/loop.h"

#define WINDOW_NS 1000000000ull
#define WINDOW_LINES 10

static char vm_name[64];
static atomic_bool raw;

void log_set_name(const char *name)
{
	snprintf(vm_name, sizeof(vm_name), "%s: ", name);
}

void log_set_raw(bool is_raw)
{
	raw = is_raw;
}

/* One write() a line, so that lines of several threads do not mix. */
static void print(const char *source, const char *fmt, va_list args)
{
	char line[600];
	int used = snprintf(line, sizeof(line) - 3, "bonsai: %s%s%s", vm_name,
		source ? source : "", source ? ": " : "");
	size_t length;

	vsnprintf(line + used, sizeof(line) - 3 - (size_t)used, fmt, args);
	length = strlen(line);
	if (raw)
		line[length++] = '\r';
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* nobody is left to tell */
}

void log_host(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(NULL, fmt, args);
	va_end(args);
}

static void print_line(const char *source, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(source, fmt, args);
	va_end(args);
}

void guest_log(struct guest_log *log, const char *fmt, ...)
{
	uint64_t now = loop_now_ns();
	va_list args;

	if (log->lines >= WINDOW_LINES && now - log->window_ns < WINDOW_NS) {
		log->dropped++;
		return;
	}
	if (log->dropped)
		print_line(log->source, "%u more messages left out", log->dropped);
	log->dropped = 0;
	if (log->lines < WINDOW_LINES)
		log->lines++;
	log->window_ns = now;
	va_start(args, fmt);
	print(log->source, fmt, args);
	va_end(args);
}
