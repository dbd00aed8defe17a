/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net_bench.h"

static void init(
	struct net_bench *bench, unsigned int queues, uint32_t offloads, bool vhost)
{
	struct virtio_net_options options = {
		.mac = {2, 0, 0, 0, 0, 1}, .mtu = 1400, .queues = queues, .vhost = vhost};
	struct virtio_device *dev = NULL;

	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	fake_nic_init(&bench->nic, queues, offloads);
	CHECK_EQ(virtio_net_create(
			 bench->loop, "eth0", &bench->nic.nic, &options, &dev, NULL),
		0);
	driver_init(&bench->driver, dev);
}

void net_bench_init(struct net_bench *bench, unsigned int queues, uint32_t offloads)
{
	init(bench, queues, offloads, false);
}

void net_bench_init_vhost(struct net_bench *bench, unsigned int queues, uint32_t offloads)
{
	init(bench, queues, offloads, true);
}

void net_bench_start(struct net_bench *bench, uint64_t features)
{
	net_bench_init(bench, 1, ALL_OFFLOADS);
	CHECK(driver_start(&bench->driver, features));
}

void net_bench_finish(struct net_bench *bench)
{
	driver_finish(&bench->driver);
	loop_destroy(bench->loop);
}

void net_bench_turn(struct net_bench *bench)
{
	for (int i = 0; i < 8; i++)
		loop_turn(bench->loop, 0);
}

bool net_bench_needs_reset(struct net_bench *bench)
{
	return driver_status(&bench->driver) & VIRTIO_STATUS_NEEDS_RESET;
}

uint64_t net_bench_add_rx(struct net_bench *bench, unsigned int count, uint32_t bytes)
{
	uint64_t gpa = driver_alloc(&bench->driver, (uint64_t)count * bytes, 16);

	for (unsigned int i = 0; i < count; i++) {
		struct driver_buffer buffer = {
			.gpa = gpa + i * bytes, .bytes = bytes, .writable = true};

		driver_add(&bench->driver, RX, &buffer, 1, false);
	}
	return gpa;
}

uint32_t net_bench_send(
	struct net_bench *bench, unsigned int queue, uint32_t bytes, uint32_t piece)
{
	uint64_t gpa = driver_alloc(&bench->driver, bytes, 16);
	uint8_t *at = driver_hva(&bench->driver, gpa, bytes);
	struct driver_buffer buffers[DRIVER_QUEUE_SIZE];
	unsigned int count = 0;

	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(i * 7);
	for (uint32_t i = 0; i < bytes; i += piece, count++) {
		buffers[count].gpa = gpa + i;
		buffers[count].bytes = piece < bytes - i ? piece : bytes - i;
		buffers[count].writable = false;
	}
	driver_add(&bench->driver, queue, buffers, count, false);
	return fake_nic_sum(at, bytes);
}

uint8_t net_bench_command(struct net_bench *bench, unsigned int queue, uint8_t class,
	uint8_t verb, uint16_t pairs, unsigned int count)
{
	uint64_t gpa = driver_alloc(&bench->driver, 5, 4);
	uint8_t *at = driver_hva(&bench->driver, gpa, 5);
	struct driver_used used = {0};
	const struct driver_buffer buffers[] = {
		{gpa, 1, false},
		{gpa + 1, count - 1, false},
		{gpa + 4, 1, true},
	};

	at[0] = class;
	at[1] = verb;
	at[2] = (uint8_t)pairs;
	at[3] = (uint8_t)(pairs >> 8);
	at[4] = 0xff;
	driver_add(&bench->driver, queue, buffers, 3, false);
	driver_kick(&bench->driver, queue);
	CHECK(driver_used(&bench->driver, queue, &used));
	CHECK_EQ(used.bytes, 1);
	return at[4];
}
