/* SPDX-License-Identifier: Apache-2.0 */
/* What a process may that is nobody in particular, whoever runs the tests. */
#ifndef TEST_UNIT_UNPRIVILEGED_H
#define TEST_UNIT_UNPRIVILEGED_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNPRIVILEGED_FAILED 255

/* Runs it in a process of its own, without root's rights; what it returns, 0 to 254. */
static inline int as_unprivileged(int (*run)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(!geteuid() && setresuid(1234, 1234, 1234) ? UNPRIVILEGED_FAILED
								: run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return UNPRIVILEGED_FAILED;
	return WEXITSTATUS(status);
}

#endif
