/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread of this process to which the kernel gives no signal: they are the main
 * thread's, which decides what they do, and a call that they would interrupt goes on.
 */
#ifndef SRC_THREAD_H
#define SRC_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* stack_bytes 0: as much as the C library gives. 0 and a thread to join, or -errno. */
int thread_start(
	pthread_t *ret, size_t stack_bytes, void *(*run)(void *argument), void *argument);

/*
 * Starts a thread and serves it until it has ended: does what the thread itself has no
 * business to do. A thread_start() there is done here, and so is thread_ask(). -errno
 * where there is no thread. One at a time.
 */
int thread_serve(size_t stack_bytes, void *(*run)(void *argument), void *argument);

/* Has act() called by who serves this thread, or here where nobody does. */
int thread_ask(int (*act)(void *argument), void *argument);

#endif
