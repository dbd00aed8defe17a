/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network device between a driver and a nic that the test holds in its hands.
 */
#ifndef TEST_UNIT_NET_BENCH_H
#define TEST_UNIT_NET_BENCH_H

#include "src/loop.h"
#include "test/unit/fake_nic.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"
#include "virtio/net.h"

#define ALL_OFFLOADS 31u
#define MERGE VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)
#define NET_MULTI (VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ))
/* The first pair's queues. */
#define RX 0
#define TX 1

struct net_bench {
	struct loop *loop;
	struct fake_nic nic;
	struct virtio_driver driver;
};

/*
 * With the device not started yet, the rings the kernel's or not; and started with these
 * features, one pair.
 */
void net_bench_init(struct net_bench *bench, unsigned int queues, uint32_t offloads);
void net_bench_init_vhost(
	struct net_bench *bench, unsigned int queues, uint32_t offloads);
void net_bench_start(struct net_bench *bench, uint64_t features);
void net_bench_finish(struct net_bench *bench);
void net_bench_turn(struct net_bench *bench);
bool net_bench_needs_reset(struct net_bench *bench);

/* Offers count receive buffers, each of its own; returns where the first lies. */
uint64_t net_bench_add_rx(struct net_bench *bench, unsigned int count, uint32_t bytes);

/* Sends a frame cut into pieces of at most piece bytes; returns the sum it must have. */
uint32_t net_bench_send(
	struct net_bench *bench, unsigned int queue, uint32_t bytes, uint32_t piece);

/* Runs a control command of the first count bytes; returns the answer. */
uint8_t net_bench_command(struct net_bench *bench, unsigned int queue, uint8_t class,
	uint8_t verb, uint16_t pairs, unsigned int count);

#endif
