/* SPDX-License-Identifier: Apache-2.0 */
/* A display that nobody sees, but for whoever asks for its last frame. */
#include <errno.h>
#include <stdlib.h>

#include "host/display_impl.h"
#include "src/error.h"

static void headless_show(struct display *display, unsigned int scanout)
{
	display_frame_show(display, scanout);
}

static bool headless_flush(
	struct display *display, unsigned int scanout, const struct rect *rect)
{
	display_frame_flush(display, scanout, rect);
	return false;
}

static void headless_destroy(struct display *display)
{
	display_finish(display);
	free(display);
}

static const struct display_ops headless_ops = {
	.show = headless_show,
	.flush = headless_flush,
	.destroy = headless_destroy,
};

int display_headless_create(const struct display_size *sizes, unsigned int scanouts,
	struct display **ret, struct error *err)
{
	struct display *display = malloc(sizeof(*display));

	if (!display)
		return error_set(err, -ENOMEM, NULL, "no memory for a display");
	display_init(display, &headless_ops, sizes, scanouts);
	*ret = display;
	return 0;
}
