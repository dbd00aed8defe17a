/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/test.h"

static char folder[64];

void fake_vm_begin(void)
{
	char path[80];

	snprintf(folder, sizeof(folder), "/tmp/bonsai-fake-vm-XXXXXX");
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/bonsai", folder);
	CHECK_EQ(mkdir(path, 0700), 0);
	setenv("XDG_RUNTIME_DIR", folder, 1);
}

void fake_vm_end(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/bonsai", folder);
	CHECK_EQ(rmdir(path), 0);
	CHECK_EQ(rmdir(folder), 0);
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Until the other side has said all; then this side is done too. */
static void echo(int fd)
{
	char bytes[256];
	ssize_t n;

	say(fd, "< ");
	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n || bytes[n - 1] == '.')
			break;
}

static const struct fake_answer *find(const struct fake_vm *vm, const char *request)
{
	for (const struct fake_answer *at = vm->answers; at->command; at++) {
		char part[80];

		snprintf(part, sizeof(part), "\"execute\":\"%s\"", at->command);
		if (strstr(request, part))
			return at;
	}
	return NULL;
}

/* False where the VM has ended. */
static bool answer(struct fake_vm *vm, int fd, const char *request)
{
	const struct fake_answer *found;
	size_t used = strlen(vm->heard);

	if (strstr(request, "qmp_capabilities"))
		return say(fd, "{\"return\": {}}\r\n") || true;
	snprintf(vm->heard + used, sizeof(vm->heard) - used, "%s", request);
	found = find(vm, request);
	if (!found)
		return say(fd, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
			       "\"no such command\"}}\r\n") ||
		       true;
	if (!found->line)
		return false;
	say(fd, found->line);
	if (found->echoes && strstr(request, "\"ro\""))
		say(fd, "< ");
	else if (found->echoes)
		echo(fd);
	return !found->ends && !found->echoes;
}

/* False where the VM has ended. */
static bool serve(struct fake_vm *vm, int fd)
{
	char line[1024];
	size_t count = 0;

	if (!say(fd, vm->greeting ? vm->greeting : FAKE_VM_GREETING))
		return true;
	while (count < sizeof(line) - 1 && recv(fd, line + count, 1, 0) == 1) {
		if (line[count++] != '\n')
			continue;
		line[count] = '\0';
		count = 0;
		if (!answer(vm, fd, line))
			return false;
	}
	return true;
}

static void *run(void *user)
{
	struct fake_vm *vm = user;
	bool alive = true;

	while (alive) {
		int fd = accept(vm->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		alive = serve(vm, fd);
		if (!alive) /* before anybody hears of the end */
			shutdown(vm->listener, SHUT_RDWR);
		close(fd);
	}
	return NULL;
}

void fake_vm_init(struct fake_vm *vm, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(vm->path, sizeof(vm->path), "%s/bonsai/%s.sock", folder, name);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", vm->path);
	vm->heard[0] = '\0';
	vm->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_EQ(bind(vm->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(vm->listener, 8), 0);
	CHECK_EQ(pthread_create(&vm->thread, NULL, run, vm), 0);
}

void fake_vm_finish(struct fake_vm *vm)
{
	shutdown(vm->listener, SHUT_RDWR);
	pthread_join(vm->thread, NULL);
	close(vm->listener);
	unlink(vm->path);
}
