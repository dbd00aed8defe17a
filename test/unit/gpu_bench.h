/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics adapter under test: a driver of it, and a display that remembers what it
 * was asked for. Requests are structs of linux/virtio_gpu.h whose header's type is set
 * here; the guest is little-endian, as all hosts of the tests are.
 */
#ifndef TEST_UNIT_GPU_BENCH_H
#define TEST_UNIT_GPU_BENCH_H

#include <linux/virtio_gpu.h>

#include "host/display_impl.h"
#include "test/unit/virtio_driver.h"

#define GPU_BENCH_WIDTH 64u
#define GPU_BENCH_HEIGHT 48u
#define GPU_BENCH_MEMORY (1u << 20)

struct gpu_bench {
	struct virtio_driver driver;
	struct loop *loop;
	struct display display; /* of two scanouts, side by side */

	/* What the display is like, and what it was asked for. */
	bool slow;          /* display_flush() says that it takes a while */
	bool out_of_memory; /* no more buffers */
	unsigned int buffers;
	unsigned int shows;
	unsigned int flushes;
	struct rect flushed; /* the last one */

	/* The last answer, and how much of it was written. */
	union {
		struct virtio_gpu_ctrl_hdr hdr;
		struct virtio_gpu_resp_display_info display_info;
		struct virtio_gpu_resp_edid edid;
		struct virtio_gpu_resp_resource_uuid uuid;
	} answer;
	uint32_t answer_bytes;

	/* Where requests lie in the guest, and the picture that it draws. */
	uint64_t request_gpa;
	uint64_t answer_gpa;
	uint64_t picture_gpa;
	uint32_t *picture;
};

extern struct gpu_bench gpu_bench;

/* With every feature of the device. */
void gpu_bench_begin(void);
void gpu_bench_begin_with(uint64_t features);
/* The same with RAM that is a memfd, and udmabuf, which is taken over. */
void gpu_bench_begin_shared(int udmabuf);
/* All that was allocated for the guest is gone. */
void gpu_bench_finish(void);

/* Puts a request on the control queue without waiting for its answer; its chain's head.
 */
uint16_t guest_post(uint32_t type, void *request, size_t bytes);
/* Offers a request, one of up to 16, that the device hears of with the next kick. */
void guest_offer(unsigned int index, uint32_t type, void *request, size_t bytes);
/* Sends a request and returns the answer's type; 0 where there is none. */
uint32_t guest_ask(uint32_t type, void *request, size_t bytes);
/* The same with memory entries behind it. */
uint32_t guest_ask_with(uint32_t type, void *request, size_t bytes,
	const struct virtio_gpu_mem_entry *entries, uint32_t count);
/* The same on the cursor queue, which has no answers; the bytes written. */
uint32_t guest_point(uint32_t type, struct virtio_gpu_update_cursor *request);

/* The usual ones. */
uint32_t guest_make(uint32_t id, uint32_t format, uint32_t width, uint32_t height);
uint32_t guest_lend(uint32_t id, uint64_t gpa, uint32_t bytes);
uint32_t guest_show(uint32_t scanout, uint32_t id, struct rect rect);
uint32_t guest_send(uint32_t id, struct rect rect, uint64_t offset);
uint32_t guest_flush(uint32_t id, struct rect rect);
uint32_t guest_unref(uint32_t id);
uint32_t guest_make_blob(uint32_t id, uint64_t gpa, uint32_t bytes);
uint32_t guest_show_blob(uint32_t scanout, uint32_t id, struct rect rect, uint32_t width,
	uint32_t height, uint32_t stride, uint32_t offset);

/* A pixel of what a scanout shows; 0xdeadbeef where it shows nothing there. */
uint32_t guest_seen(unsigned int scanout, uint32_t x, uint32_t y);

#endif
