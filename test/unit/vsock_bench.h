/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device between a guest's driver and a host of the test's own, in whose
 * streams each byte follows from its place, so that nothing lost or doubled goes unseen.
 */
#ifndef TEST_UNIT_VSOCK_BENCH_H
#define TEST_UNIT_VSOCK_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vsock.h"
#include "test/unit/virtio_driver.h"
#include "virtio/vsock.h"
#include "virtio/vsock_packet.h"

#define BENCH_CID 52u
#define BENCH_STREAMS 1024u
#define BENCH_RX_BYTES 4096u
#define BENCH_RX_BUFFERS 32u
#define BENCH_TX_BYTES (64u << 10)
#define BENCH_CREDIT (256u << 10)

struct bench_stream {
	struct vsock_stream base;
	bool open;
	bool agreed;
	uint32_t
		port; /* whom the guest asked for, or the host's as the device chose it */

	/* The host to the guest. */
	uint64_t in_left; /* bytes that wait to be read */
	uint64_t in_read;
	bool in_ends; /* behind them */
	int in_error; /* instead of them */
	bool in_wanted;
	bool in_shut;

	/* The guest to the host. */
	uint64_t room;
	uint64_t written;
	bool wrong; /* a byte was not that of its place */
	int out_error;
	bool out_wanted;
	bool out_shut;
};

struct vsock_bench {
	struct loop *loop;
	struct virtio_driver driver;
	struct vsock_host host;
	int connect_code; /* what the guest's requests get */
	unsigned int stream_count;
	struct bench_stream streams[BENCH_STREAMS]; /* as they came */
	uint64_t rx_gpa;                            /* of BENCH_RX_BUFFERS buffers */
	uint64_t rx_of[DRIVER_QUEUE_SIZE];
	uint64_t tx_gpa;
	uint8_t payload[BENCH_RX_BYTES]; /* of the packet last taken */
};

/* A started driver with receive buffers. */
void vsock_bench_init(struct vsock_bench *bench);
void vsock_bench_finish(struct vsock_bench *bench);

/* Reset and start, with receive buffers. */
void vsock_bench_restart(struct vsock_bench *bench);
/* Offers count receive buffers and kicks. */
void vsock_bench_offer(struct vsock_bench *bench, unsigned int count);

/* A packet of the guest's, with credit, its payload from *place on, if any; kicks. */
void vsock_bench_send(struct vsock_bench *bench, struct vsock_header header);
void vsock_bench_send_bytes(struct vsock_bench *bench, uint32_t guest_port,
	uint32_t host_port, uint32_t bytes, uint64_t place);
/* The usual: stream, right addresses, credit. */
struct vsock_header vsock_bench_packet(
	enum vsock_op op, uint32_t guest_port, uint32_t host_port);

/* The next packet to the guest, its buffer offered again; false where there is none. */
bool vsock_bench_take(struct vsock_bench *bench, struct vsock_header *ret);
/* The same without offering its buffer again. */
bool vsock_bench_keep(struct vsock_bench *bench, struct vsock_header *ret);
/* The next packet has this op: checks it. */
struct vsock_header vsock_bench_expect(struct vsock_bench *bench, enum vsock_op op);
/* There is none. */
void vsock_bench_expect_none(struct vsock_bench *bench);

/* Guest port g to host port h and back: an open connection. */
struct bench_stream *vsock_bench_connect(
	struct vsock_bench *bench, uint32_t guest_port, uint32_t host_port);
/* The host asks for a guest's port; NULL where it is refused at once. */
struct bench_stream *vsock_bench_ask(struct vsock_bench *bench, uint32_t port);

/* What the loop would do about each stream, until nothing more is wanted. */
void vsock_bench_pump(struct vsock_bench *bench);

/* The byte at a place of a stream. */
uint8_t vsock_bench_byte(uint64_t place);

#endif
