/* SPDX-License-Identifier: Apache-2.0 */
#include "src/thread.h"

#include <signal.h>

int thread_start(
	pthread_t *ret, size_t stack_bytes, void *(*run)(void *argument), void *argument)
{
	pthread_attr_t attr;
	sigset_t all;
	sigset_t old;
	int code = pthread_attr_init(&attr);

	if (code)
		return -code;
	if (stack_bytes)
		code = pthread_attr_setstacksize(&attr, stack_bytes);
	if (!code) {
		/* It inherits the mask, so that there is no moment with another. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		code = pthread_create(ret, &attr, run, argument);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return -code;
}
