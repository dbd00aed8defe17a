/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal that takes everything and says nothing. Any thread with the loop's lock. */
#include <errno.h>
#include <stdlib.h>

#include "host/terminal_impl.h"
#include "src/error.h"

static ssize_t null_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	return (ssize_t)bytes;
}

static void null_destroy(struct terminal *terminal)
{
	terminal_finish(terminal);
	free(terminal);
}

static const struct terminal_ops null_ops = {
	.write = null_write,
	.destroy = null_destroy,
};

int terminal_null_create(struct terminal **ret, struct error *err)
{
	struct terminal *terminal = malloc(sizeof(*terminal));

	if (!terminal)
		return error_set(err, -ENOMEM, NULL, "no memory for a terminal");
	terminal_init(terminal, &null_ops, NULL, "null", true);
	*ret = terminal;
	return 0;
}
