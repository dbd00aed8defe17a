/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_nic.h"

#include <errno.h>
#include <string.h>

#include "src/container_of.h"

uint32_t fake_nic_sum(const void *bytes, size_t count)
{
	const uint8_t *at = bytes;
	uint32_t sum = 0;

	while (count--)
		sum = sum * 31 + *at++;
	return sum;
}

static struct fake_nic *fake_of(struct nic *nic)
{
	return container_of(nic, struct fake_nic, nic);
}

static int fake_send(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	struct fake_nic *fake = fake_of(nic);
	struct fake_frame *frame = &fake->sent[fake->sent_count % FAKE_NIC_FRAMES];
	uint8_t flat[NIC_FRAME_BYTES_MAX];
	size_t at = 0;

	if (fake->full)
		return -EAGAIN;
	for (unsigned int i = 0; i < n; i++) {
		memcpy(flat + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	frame->queue = queue;
	frame->bytes = bytes;
	frame->sum = fake_nic_sum(flat, bytes);
	memcpy(frame->head, flat, bytes < 64 ? bytes : 64);
	fake->sent_count++;
	return 0;
}

static ssize_t fake_receive(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	struct fake_nic *fake = fake_of(nic);
	size_t length;
	size_t at = 0;
	uint8_t seed;

	fake->reads++;
	if (fake->first == fake->end || fake->waiting[fake->first].queue != queue)
		return -EAGAIN;
	length = fake->waiting[fake->first].bytes;
	seed = fake->waiting[fake->first].seed;
	fake->first++;
	if (length > bytes) {
		fake->lost++;
		return -EMSGSIZE;
	}
	for (unsigned int i = 0; i < n; i++) {
		uint8_t *to = iov[i].iov_base;

		for (size_t j = 0; j < iov[i].iov_len && at < length; j++, at++)
			to[j] = at < NIC_HEADER_BYTES
					? 0
					: (uint8_t)(seed + at - NIC_HEADER_BYTES);
	}
	return (ssize_t)length;
}

static void fake_want_frames(struct nic *nic, unsigned int queue, bool want)
{
	fake_of(nic)->wanted[queue] = want;
}

static int fake_set_offloads(struct nic *nic, uint32_t offloads)
{
	fake_of(nic)->set_offloads = offloads;
	return 0;
}

static int fake_set_active_queues(struct nic *nic, unsigned int count)
{
	if (fake_of(nic)->refuse_queues)
		return -EBUSY;
	fake_of(nic)->active_queues = count;
	return 0;
}

static int fake_vhost_fd(const struct nic *nic, unsigned int queue)
{
	return FAKE_NIC_VHOST_FD + (int)queue;
}

static void fake_destroy(struct nic *nic)
{
}

static const struct nic_ops fake_ops = {
	.send = fake_send,
	.receive = fake_receive,
	.want_frames = fake_want_frames,
	.set_offloads = fake_set_offloads,
	.set_active_queues = fake_set_active_queues,
	.vhost_fd = fake_vhost_fd,
	.destroy = fake_destroy,
};

void fake_nic_init(struct fake_nic *fake, unsigned int queues, uint32_t offloads)
{
	memset(fake, 0, sizeof(*fake));
	fake->nic.ops = &fake_ops;
	fake->nic.queues = queues;
	fake->nic.offloads = offloads;
	fake->nic.link_up = true;
}

void fake_nic_arrive(
	struct fake_nic *fake, unsigned int queue, size_t bytes, uint8_t seed)
{
	if (fake->first == fake->end)
		fake->first = fake->end = 0;
	fake->waiting[fake->end].queue = queue;
	fake->waiting[fake->end].bytes = bytes;
	fake->waiting[fake->end].seed = seed;
	fake->end++;
}

bool fake_nic_wake(struct fake_nic *fake)
{
	unsigned int queue;

	if (fake->first == fake->end)
		return false;
	queue = fake->waiting[fake->first].queue;
	if (!fake->wanted[queue] || !fake->nic.user)
		return false;
	fake->nic.user->events->readable(fake->nic.user, queue);
	return true;
}

void fake_nic_set_link(struct fake_nic *fake, bool up)
{
	fake->nic.link_up = up;
	if (fake->nic.user)
		fake->nic.user->events->link_changed(fake->nic.user);
}
