/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets between a guest and its host, for the tests: runs in either. The connection is
 * the COMMAND's standard input and output, else it is joined to this program's own, each
 * direction ending on its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static const char usage[] =
	"usage: vsock connect CID PORT [COMMAND...]     to a port of the guest, or of "
	"the host (2)\n"
	"       vsock listen PORT [COMMAND...]          once, for whoever comes\n"
	"       vsock ask PATH PORT [COMMAND...]        through a monitor's unix socket\n"
	"       vsock serve PATH [COMMAND...]           once, at a unix socket\n";

union address {
	struct sockaddr any;
	struct sockaddr_vm vm;
	struct sockaddr_un un;
};

static void fail(const char *what)
{
	fprintf(stderr, "vsock: %s: %s\n", what, strerror(errno));
	exit(1);
}

static union address vm_address(const char *cid, const char *port)
{
	return (union address){
		.vm = {.svm_family = AF_VSOCK,
			.svm_cid = (unsigned int)strtoul(cid, NULL, 10),
			.svm_port = (unsigned int)strtoul(port, NULL, 10)}};
}

static union address unix_address(const char *path)
{
	union address address = {.un = {.sun_family = AF_UNIX}};

	snprintf(address.un.sun_path, sizeof(address.un.sun_path), "%s", path);
	return address;
}

static socklen_t length_of(const union address *address)
{
	return address->any.sa_family == AF_UNIX ? sizeof(address->un)
						 : sizeof(address->vm);
}

static int open_socket(const union address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

static int connect_to(union address address)
{
	int fd = open_socket(&address);

	if (connect(fd, &address.any, length_of(&address)))
		fail("connect");
	return fd;
}

static int wait_for(union address address)
{
	int listener = open_socket(&address);
	int fd;

	if (bind(listener, &address.any, length_of(&address)) || listen(listener, 1))
		fail("listen");
	fprintf(stderr, "vsock: listening\n");
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		fail("accept");
	close(listener);
	return fd;
}

/* The monitor's handshake: nothing behind its line may be taken. */
static int ask(const char *path, const char *port)
{
	int fd = connect_to(unix_address(path));
	char byte = 0;

	dprintf(fd, "CONNECT %s\n", port);
	for (unsigned int i = 0; byte != '\n'; i++) {
		if (read(fd, &byte, 1) != 1 || (i < 3 && byte != "OK "[i])) {
			errno = ECONNREFUSED;
			fail("ask");
		}
	}
	return fd;
}

/* Until the end of it. */
static void move(int from, int to)
{
	static char buf[1 << 16];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t now = write(to, buf + done, (size_t)(n - done));

			if (now < 0)
				fail("write");
			done += now;
		}
	}
	if (n < 0)
		fail("read");
}

/* A process for each direction: neither waits for the other. */
static void join(int fd)
{
	pid_t sender = fork();
	int status;

	if (sender < 0)
		fail("fork");
	if (!sender) {
		move(0, fd);
		shutdown(fd, SHUT_WR);
		_exit(0);
	}
	move(fd, 1);
	waitpid(sender, &status, 0);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	int used = 4;
	int fd = -1;

	if (!strcmp(verb, "connect") && argc > 3) {
		fd = connect_to(vm_address(argv[2], argv[3]));
	} else if (!strcmp(verb, "ask") && argc > 3) {
		fd = ask(argv[2], argv[3]);
	} else {
		used = 3;
		if (!strcmp(verb, "listen"))
			fd = wait_for(vm_address("4294967295", argv[2]));
		else if (!strcmp(verb, "serve"))
			fd = wait_for(unix_address(argv[2]));
	}
	if (fd < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (argc == used) {
		join(fd);
		return 0;
	}
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
	execvp(argv[used], argv + used);
	fail(argv[used]);
}
