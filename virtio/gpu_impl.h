/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the files of the graphics adapter: what one consists of, and the commands that each
 * file has. A command takes its request and fills what it is answered with; it returns
 * the answer's type (5.7.6.7).
 */
#ifndef VIRTIO_GPU_IMPL_H
#define VIRTIO_GPU_IMPL_H

#include <linux/virtio_gpu.h>
#include <sys/uio.h>

#include "host/display.h"
#include "virtio/gpu.h"
#include "virtio/virtio.h"

#define GPU_CONTROL_QUEUE 0
#define GPU_CURSOR_QUEUE 1

/* Enough for any desktop, and few enough to keep in order. */
#define GPU_RESOURCES_MAX 16384u
/* Of one resource: 256 MiB in pages of 4 KiB, if no two of them are neighbours. */
#define GPU_ENTRIES_MAX 65536u
/* Descriptors that a guest can make us hold; further blobs are copied. */
#define GPU_DMABUFS_MAX 64u
#define GPU_BLOB_BYTES_MAX (UINT64_C(1) << 31)

/*
 * What a display has of a resource: its one picture, or a blob's memory as one. A blob is
 * looked at in as many ways as scanouts want it.
 */
struct gpu_view {
	struct gpu_view *next;
	struct display_buffer *buffer;
	unsigned int scanouts; /* that show it */
	uint64_t charged_bytes;
};

struct gpu_resource {
	uint32_t id;
	bool blob;
	bool has_uuid;
	uint8_t uuid[16];
	uint64_t bytes;           /* of a blob */
	enum pixel_format format; /* of a picture, of what the guest has of it */
	struct gpu_view *views;   /* of a picture: one, from the beginning on */

	/* Guest memory; NULL while there is none. Of a blob: exactly its bytes. */
	struct iovec *iov;
	unsigned int iov_count;
	uint64_t charged_bytes;
	int dmabuf; /* the same, or -1 */
};

struct gpu_scanout {
	struct gpu_resource *resource; /* NULL: nothing */
	struct gpu_view *view;
	struct rect part;
	bool due; /* the display has not been told yet; see gpu_scanouts_show() */
	uint64_t charged_bytes; /* for the last frame, which the display may keep */
	uint32_t hot_x;         /* of the cursor */
	uint32_t hot_y;
};

/* A request, copied out once, and its answer. */
struct gpu_command {
	union {
		struct virtio_gpu_ctrl_hdr hdr;
		struct virtio_gpu_resource_create_2d create_2d;
		struct virtio_gpu_resource_unref unref;
		struct virtio_gpu_set_scanout set_scanout;
		struct virtio_gpu_resource_flush flush;
		struct virtio_gpu_transfer_to_host_2d transfer;
		struct virtio_gpu_resource_attach_backing attach;
		struct virtio_gpu_resource_detach_backing detach;
		struct virtio_gpu_cmd_get_edid get_edid;
		struct virtio_gpu_resource_assign_uuid assign_uuid;
		struct virtio_gpu_resource_create_blob create_blob;
		struct virtio_gpu_set_scanout_blob set_scanout_blob;
		struct virtio_gpu_update_cursor cursor;
	} request;
	union {
		struct virtio_gpu_ctrl_hdr hdr;
		struct virtio_gpu_resp_display_info display_info;
		struct virtio_gpu_resp_edid edid;
		struct virtio_gpu_resp_resource_uuid uuid;
	} answer;
	uint32_t answer_bytes;
	unsigned int waits; /* scanouts, a bit each, to present what was flushed */
};

/* An answer that is written already, for the guest to see when nothing is left of waits.
 */
struct gpu_held {
	uint16_t head;
	uint32_t bytes;
	unsigned int waits;
	uint64_t deadline_ns;
};

struct virtio_gpu {
	struct virtio_device dev;
	struct display *display;
	struct display_user user;
	struct virtio_gpu_config config;
	struct gpu_scanout scanouts[DISPLAY_SCANOUTS_MAX];

	unsigned int resource_count;
	unsigned int resource_room;
	struct gpu_resource **resources; /* by rising id */
	int udmabuf;
	unsigned int dmabuf_count;
	uint64_t max_bytes;
	uint64_t charged_bytes;

	uint64_t turn_bytes; /* looked at or copied in this turn of the loop */
	unsigned int held_count;
	struct gpu_held held[VIRTQ_SIZE_MAX]; /* of the control queue, oldest first */
	struct loop_timer held_timer;
	struct gpu_command command;
	struct virtq_chain chain;
};

/* --- gpu_memory.c: what the guest makes the host allocate ----------------------------
 */

/* False where it would be more than the guest may have; nothing is charged then. */
bool gpu_charge(struct virtio_gpu *gpu, uint64_t bytes);
void gpu_refund(struct virtio_gpu *gpu, uint64_t bytes);

/*
 * Reads so many memory entries, which follow the request's first bytes in gpu->chain, as
 * the resource's memory: of its bytes where it is a blob. RESP_OK_NODATA or an error.
 */
uint32_t gpu_memory_attach(struct virtio_gpu *gpu, struct gpu_resource *resource,
	uint32_t entries, size_t request_bytes);
/* The memory as a dma-buf, the resource's; -1 where that cannot be. */
int gpu_memory_dmabuf(struct virtio_gpu *gpu, struct gpu_resource *resource);
void gpu_memory_detach(struct virtio_gpu *gpu, struct gpu_resource *resource);

/* --- gpu_resource.c ------------------------------------------------------------------
 */

/* The resource of that id, little-endian, or NULL. */
struct gpu_resource *gpu_resource_find(struct virtio_gpu *gpu, uint32_t le_id);
/* No scanout shows one. */
void gpu_resources_clear(struct virtio_gpu *gpu);

/*
 * The view of a blob's memory as that source, whose pixels fit, says; NULL: there is no
 * memory for it. Those that no scanout shows may be gone afterwards.
 */
struct gpu_view *gpu_view_get(struct virtio_gpu *gpu, struct gpu_resource *resource,
	const struct pixel_source *source);
/* Forgets those that no scanout shows. */
void gpu_views_drop(struct virtio_gpu *gpu, struct gpu_resource *resource);

/* False for a format that there is none of. */
bool gpu_format(uint32_t le_format, enum pixel_format *ret);
/* The one place where rectangles are checked. False: not in a surface of that size. */
bool gpu_rect(const struct virtio_gpu_rect *le_rect, uint32_t width, uint32_t height,
	struct rect *ret);

uint32_t gpu_create_2d(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_create_blob(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_unref(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_attach(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_detach(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_assign_uuid(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_transfer(struct virtio_gpu *gpu, struct gpu_command *command);

/* --- gpu_scanout.c -------------------------------------------------------------------
 */

/*
 * Has the display show what it has not been told of. A driver that flips pages flushes
 * what it has just put on a scanout: both together fetch the picture once.
 */
void gpu_scanouts_show(struct virtio_gpu *gpu);
/* Shows nothing where the resource is shown. */
void gpu_scanouts_forget(struct virtio_gpu *gpu, const struct gpu_resource *resource);
/* Nothing of the guest's is shown any more. */
void gpu_scanouts_clear(struct virtio_gpu *gpu);

uint32_t gpu_get_display_info(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_get_edid(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_set_scanout(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_set_scanout_blob(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_flush(struct virtio_gpu *gpu, struct gpu_command *command);

/* --- gpu_cursor.c --------------------------------------------------------------------
 */

uint32_t gpu_update_cursor(struct virtio_gpu *gpu, struct gpu_command *command);
uint32_t gpu_move_cursor(struct virtio_gpu *gpu, struct gpu_command *command);

#endif
