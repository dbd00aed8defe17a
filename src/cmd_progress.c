/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd_progress.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "src/thread.h"

static void *tell(void *data)
{
	struct cmd_progress *progress = data;
	struct timespec at = progress->begin;

	pthread_mutex_lock(&progress->lock);
	for (unsigned int seconds = 1; !progress->over; seconds++) {
		int code = 0;

		at.tv_sec++;
		while (!progress->over && code != ETIMEDOUT)
			code = pthread_cond_timedwait(
				&progress->ended, &progress->lock, &at);
		if (progress->over)
			break;
		/* Back at the line's start, where another message belongs. */
		fprintf(stderr, "\r%s %s: %u s\033[K\r", progress->what, progress->name,
			seconds);
		progress->shown = true;
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

void cmd_progress_begin(struct cmd_progress *progress, const char *what, const char *name)
{
	pthread_condattr_t clock;

	*progress = (struct cmd_progress){.what = what, .name = name};
	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &progress->begin);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->ended, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&progress->lock, NULL);
	progress->runs = !thread_start(&progress->thread, 0, tell, progress);
}

void cmd_progress_end(struct cmd_progress *progress)
{
	if (!progress->runs)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->over = true;
	pthread_cond_signal(&progress->ended);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_mutex_destroy(&progress->lock);
	pthread_cond_destroy(&progress->ended);
	progress->runs = false;
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
}
