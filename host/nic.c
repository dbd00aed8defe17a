/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that every network attachment shares. Runs with the loop's lock held.
 */
#include "host/nic.h"

#include <assert.h>
#include <errno.h>

#include "host/nic_impl.h"

/* More than wait anywhere, unless they keep coming. */
#define DROP_FRAMES_MAX 4096u

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

static int frame_bytes(const struct iovec *iov, unsigned int n, size_t *ret)
{
	if (n > NIC_IOV_MAX)
		return -EMSGSIZE;
	*ret = total_bytes(iov, n);
	if (*ret <= NIC_HEADER_BYTES)
		return -EINVAL;
	return *ret > NIC_FRAME_BYTES_MAX ? -EMSGSIZE : 0;
}

int nic_send(struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n)
{
	size_t bytes;
	int code = frame_bytes(iov, n, &bytes);

	assert(queue < nic->queues);
	if (!code)
		code = nic->ops->send(nic, queue, iov, n, bytes);
	if (!code) {
		nic->counts.sent_frames++;
		nic->counts.sent_bytes += bytes - NIC_HEADER_BYTES;
	} else if (code != -EAGAIN) {
		nic->counts.lost_frames++;
	}
	return code;
}

ssize_t nic_receive(
	struct nic *nic, unsigned int queue, const struct iovec *iov, unsigned int n)
{
	ssize_t bytes;

	assert(queue < nic->queues && n && n <= NIC_IOV_MAX);
	bytes = nic->ops->receive(nic, queue, iov, n, total_bytes(iov, n));
	if (bytes >= NIC_HEADER_BYTES) {
		nic->counts.received_frames++;
		nic->counts.received_bytes += (uint64_t)bytes - NIC_HEADER_BYTES;
	} else if (bytes == -EMSGSIZE) {
		nic->counts.lost_frames++;
	}
	return bytes;
}

const struct nic_counts *nic_counts(const struct nic *nic)
{
	return &nic->counts;
}

void nic_drop_frames(struct nic *nic, unsigned int queue)
{
	uint8_t header[NIC_HEADER_BYTES];
	struct iovec iov = {header, sizeof(header)};

	for (unsigned int i = 0; i < DROP_FRAMES_MAX; i++) {
		ssize_t length = nic_receive(nic, queue, &iov, 1);

		if (length < 0 && length != -EMSGSIZE)
			return;
	}
}

int nic_vhost_fd(const struct nic *nic, unsigned int queue)
{
	assert(queue < nic->queues);
	return nic->ops->vhost_fd ? nic->ops->vhost_fd(nic, queue) : -1;
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
