/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a socket device and its driver say to each other: virtio 1.2, sections 5.10.4
 * (configuration), 5.10.6 (packets), 5.10.6.7 (events).
 */
#ifndef VIRTIO_VSOCK_PACKET_H
#define VIRTIO_VSOCK_PACKET_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>

#define VSOCK_DEVICE_ID 19

#define VSOCK_F_STREAM 0

enum vsock_queue {
	VSOCK_TO_DRIVER,
	VSOCK_FROM_DRIVER,
	VSOCK_EVENTS,
	VSOCK_QUEUE_COUNT,
};

#define VSOCK_CID_HOST 2u

#define VSOCK_TYPE_STREAM 1u

enum vsock_op {
	VSOCK_REQUEST = 1,
	VSOCK_RESPONSE = 2,
	VSOCK_RST = 3,
	VSOCK_SHUTDOWN = 4,
	VSOCK_RW = 5,
	VSOCK_CREDIT_UPDATE = 6,
	VSOCK_CREDIT_REQUEST = 7,
};

/* Flags of VSOCK_SHUTDOWN: its sender receives, or sends, no more. */
#define VSOCK_NO_RECEIVE 1u
#define VSOCK_NO_SEND 2u

#define VSOCK_EVENT_TRANSPORT_RESET 0u

struct vsock_config {
	uint64_t guest_cid;
};

/* Little-endian in a ring; the compiler's padding at the end is not there. */
struct vsock_header {
	uint64_t from_cid;
	uint64_t to_cid;
	uint32_t from_port;
	uint32_t to_port;
	uint32_t bytes; /* of what follows */
	uint16_t type;
	uint16_t op;
	uint32_t flags;
	uint32_t buffer_bytes;    /* the sender's, by connection */
	uint32_t forwarded_bytes; /* that left this buffer so far */
};

#define VSOCK_HEADER_BYTES (offsetof(struct vsock_header, forwarded_bytes) + 4)

/* From a ring's byte order to the host's, or back. */
static inline void vsock_header_swap(struct vsock_header *header)
{
	header->from_cid = le64toh(header->from_cid);
	header->to_cid = le64toh(header->to_cid);
	header->from_port = le32toh(header->from_port);
	header->to_port = le32toh(header->to_port);
	header->bytes = le32toh(header->bytes);
	header->type = le16toh(header->type);
	header->op = le16toh(header->op);
	header->flags = le32toh(header->flags);
	header->buffer_bytes = le32toh(header->buffer_bytes);
	header->forwarded_bytes = le32toh(header->forwarded_bytes);
}

#endif
