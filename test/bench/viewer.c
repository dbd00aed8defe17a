/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of VNC (RFC 6143) that looks at nothing: asks for raw updates, one behind the
 * other, until SIGTERM, and says then how many pixels a second came and how many updates.
 *
 *	viewer PORT
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIXEL_BYTES 4u
#define CHUNK 65536u

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "viewer: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* False: it is time to stop. */
static int take(int fd, void *to, size_t bytes)
{
	char *at = to;

	while (bytes) {
		ssize_t got = read(fd, at, bytes);

		if (stopped)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("the server has gone");
		at += got;
		bytes -= (size_t)got;
	}
	return 1;
}

static void give(int fd, const void *from, size_t bytes)
{
	if (write(fd, from, bytes) != (ssize_t)bytes)
		die("the server takes nothing");
}

static int drop(int fd, uint64_t bytes)
{
	static char room[CHUNK];

	while (bytes) {
		size_t part = bytes < CHUNK ? (size_t)bytes : CHUNK;

		if (!take(fd, room, part))
			return 0;
		bytes -= part;
	}
	return 1;
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("no connection");
	return fd;
}

/* Shakes hands, without a password; 32-bit pixels as they are. */
static void begin(int fd, uint16_t *width, uint16_t *height)
{
	static const uint8_t format[] = {
		0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0};
	static const uint8_t encodings[] = {2, 0, 0, 1, 0, 0, 0, 0};
	uint8_t version[12], count, types[255], answer[4], head[24];
	uint32_t name_bytes;

	take(fd, version, sizeof(version));
	give(fd, "RFB 003.008\n", 12);
	take(fd, &count, 1);
	take(fd, types, count);
	give(fd, "\1", 1);
	take(fd, answer, sizeof(answer));
	give(fd, "\1", 1); /* others may look, too */
	take(fd, head, sizeof(head));
	memcpy(&name_bytes, &head[20], sizeof(name_bytes));
	drop(fd, be32toh(name_bytes));
	*width = (uint16_t)(head[0] << 8 | head[1]);
	*height = (uint16_t)(head[2] << 8 | head[3]);
	give(fd, format, sizeof(format));
	give(fd, encodings, sizeof(encodings));
}

static void ask(int fd, int incremental, uint16_t width, uint16_t height)
{
	const uint8_t request[] = {3, (uint8_t)incremental, 0, 0, 0, 0,
		(uint8_t)(width >> 8), (uint8_t)width, (uint8_t)(height >> 8),
		(uint8_t)height};

	give(fd, request, sizeof(request));
}

/* One update; its pixels, or 0 where it is time to stop. */
static uint64_t update(int fd)
{
	uint8_t head[4], rect[12];
	uint64_t pixels = 0;

	if (!take(fd, head, sizeof(head)))
		return 0;
	if (head[0])
		die("the server says something else");
	for (unsigned int left = (unsigned int)(head[2] << 8 | head[3]); left; left--) {
		uint64_t area;

		if (!take(fd, rect, sizeof(rect)))
			return 0;
		area = (uint64_t)(rect[4] << 8 | rect[5]) *
		       (uint64_t)(rect[6] << 8 | rect[7]);
		if (!drop(fd, area * PIXEL_BYTES))
			return 0;
		pixels += area;
	}
	return pixels;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = stop};
	uint64_t pixels = 0, updates = 0;
	uint16_t width, height;
	double start;
	int fd;

	if (argc != 2)
		return 2;
	sigaction(SIGTERM, &action, NULL);
	fd = connect_to((uint16_t)strtoul(argv[1], NULL, 10));
	begin(fd, &width, &height);
	ask(fd, 0, width, height);
	start = now();
	while (!stopped) {
		uint64_t more = update(fd);

		ask(fd, 1, width, height);
		pixels += more;
		updates += more > 0;
	}
	printf("%.2f %.2f\n", (double)updates / (now() - start),
		(double)pixels / (now() - start) / width / height);
	return 0;
}
