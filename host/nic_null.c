/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network that takes every frame and gives none. Runs with the loop's lock held.
 */
#include <errno.h>
#include <stdlib.h>

#include "host/nic_impl.h"
#include "src/error.h"

static int null_send(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	return 0;
}

static ssize_t null_receive(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	return -EAGAIN;
}

static void null_want_frames(struct nic *nic, unsigned int queue, bool want)
{
}

static void null_destroy(struct nic *nic)
{
	free(nic);
}

static const struct nic_ops null_ops = {
	.send = null_send,
	.receive = null_receive,
	.want_frames = null_want_frames,
	.destroy = null_destroy,
};

int nic_null_open(struct nic **ret, struct error *err)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (!nic)
		return error_set(err, -ENOMEM, NULL, "no memory for a network device");
	nic->ops = &null_ops;
	nic->queues = 1;
	nic->link_up = true;
	*ret = nic;
	return 0;
}
