/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that every network attachment shares. Runs with the loop's lock held.
 */
#include "host/nic.h"

#include <assert.h>
#include <errno.h>

#include "host/nic_impl.h"

void nic_set_user(struct nic *nic, struct nic_user *user)
{
	nic->user = user;
}

uint32_t nic_offloads(const struct nic *nic)
{
	return nic->offloads;
}

int nic_set_offloads(struct nic *nic, uint32_t offloads)
{
	const uint32_t tso = NIC_OFFLOAD_TSO4 | NIC_OFFLOAD_TSO6;

	offloads &= nic->offloads;
	/* A segment to be cut has no checksums yet; ECN only qualifies TSO. */
	if (!(offloads & NIC_OFFLOAD_CSUM))
		offloads = 0;
	if (!(offloads & tso))
		offloads &= ~NIC_OFFLOAD_ECN;
	return nic->ops->set_offloads ? nic->ops->set_offloads(nic, offloads) : 0;
}

/* A guest's buffers may overlap, so that their sum has no bound: SIZE_MAX then. */
static size_t total_bytes(const struct iovec *iov, unsigned int n)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (iov[i].iov_len > SIZE_MAX - bytes)
			return SIZE_MAX;
		bytes += iov[i].iov_len;
	}
	return bytes;
}

int nic_send(struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n)
{
	size_t bytes;

	assert(queue < nic->queues);
	if (n > NIC_IOV_MAX)
		return -EMSGSIZE;
	bytes = total_bytes(iov, n);
	if (bytes <= NIC_HEADER_BYTES)
		return -EINVAL;
	if (bytes > NIC_FRAME_BYTES_MAX)
		return -EMSGSIZE;
	return nic->ops->send(nic, queue, iov, n, bytes);
}

ssize_t nic_receive(
	struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n)
{
	assert(queue < nic->queues && n && n <= NIC_IOV_MAX);
	return nic->ops->receive(nic, queue, iov, n, total_bytes(iov, n));
}

void nic_want_frames(struct nic *nic, unsigned int queue, bool want)
{
	assert(queue < nic->queues);
	nic->ops->want_frames(nic, queue, want);
}

bool nic_link_up(const struct nic *nic)
{
	return nic->link_up;
}

unsigned int nic_queues(const struct nic *nic)
{
	return nic->queues;
}

int nic_set_active_queues(struct nic *nic, unsigned int count)
{
	assert(count && count <= nic->queues);
	return nic->ops->set_active_queues ? nic->ops->set_active_queues(nic, count) : 0;
}

void nic_destroy(struct nic *nic)
{
	if (nic)
		nic->ops->destroy(nic);
}
