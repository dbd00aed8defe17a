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

#endif
