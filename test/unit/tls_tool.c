/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM offers by TLS, without a VM: a console that says again what is typed, and a
 * control socket, in a sandbox as a VM's process is. Prints their ports, and ends when a
 * client says quit.
 *
 * tls_tool CERTIFICATE KEY CA [CLIENTS]
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/terminal.h"
#include "host/tls.h"
#include "src/container_of.h"
#include "src/control.h"
#include "src/control_impl.h"
#include "src/error.h"
#include "src/loop.h"
#include "src/outside.h"
#include "src/sandbox.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

#define CHUNK_BYTES 4096u

struct echo {
	struct terminal *terminal;
	struct terminal_user user;
	char bytes[CHUNK_BYTES];
	size_t at;
	size_t count;
};

static void say_again(struct terminal_user *user)
{
	struct echo *echo = container_of(user, struct echo, user);
	size_t taken;

	do {
		if (!echo->count) {
			echo->at = 0;
			echo->count = terminal_read(
				echo->terminal, echo->bytes, sizeof(echo->bytes));
		}
		taken = terminal_write(
			echo->terminal, echo->bytes + echo->at, echo->count);
		echo->at += taken;
		echo->count -= taken;
	} while (taken);
}

static void ignore(struct terminal_user *user)
{
}

static const struct terminal_events events = {
	.readable = say_again,
	.writable = say_again,
	.resized = ignore,
	.attached = ignore,
};

static int open_both(struct control_rig *rig, struct echo *echo,
	const struct tls_files *files, struct error *err)
{
	int code = terminal_tcp_create(
		rig->loop, "127.0.0.1", 0, files, NULL, &echo->terminal, err);

	if (!code)
		code = control_add_terminal(rig->control, "hvc0", echo->terminal, err);
	if (!code)
		code = control_listen(rig->control, "127.0.0.1", 0, files, NULL, err);
	return code;
}

static int serve(struct control_rig *rig, const struct tls_files *files)
{
	struct echo echo = {.user = {&events}};
	struct error err = {.text = ""};
	int code = open_both(rig, &echo, files, &err);
	unsigned int port = 0;

	if (!code)
		port = listener_port(&rig->control->remote);
	if (!code)
		code = sandbox_start(&(struct sandbox_options){.main = SANDBOX_MAIN,
					     .any_call = SANITIZED},
			&err);

	if (code) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	terminal_set_user(echo.terminal, &echo.user);
	printf("%s %u\n", strrchr(terminal_place(echo.terminal), ':') + 1, port);
	fflush(stdout);
	while (!rig->quits)
		loop_turn(rig->loop, -1);
	rig_settle(rig);
	control_destroy(rig->control);
	terminal_destroy(echo.terminal);
	return 0;
}

/* Whoever is in the sandbox removes no socket, so that somebody else does. */
int main(int argc, char **argv)
{
	struct control_rig rig;
	int status;
	pid_t pid;

	if (argc < 4)
		return 2;
	rig_begin(&rig);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		outside_seal();
		_exit(serve(&rig, &(struct tls_files){.certificate = argv[1],
					  .key = argv[2],
					  .ca = argv[3],
					  .clients = argv[4]}));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	rig_end(&rig);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
