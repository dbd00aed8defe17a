/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of resources: what the guest lends, entry by entry, and what it makes the
 * host allocate.
 */
#include <endian.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/udmabuf.h"
#include "src/guest_mem.h"
#include "virtio/gpu_impl.h"

/* Entries copied out of the request at a time. */
#define ENTRIES_AT_ONCE 64u

bool gpu_charge(struct virtio_gpu *gpu, uint64_t bytes)
{
	if (bytes > gpu->max_bytes - gpu->charged_bytes)
		return false;
	gpu->charged_bytes += bytes;
	return true;
}

void gpu_refund(struct virtio_gpu *gpu, uint64_t bytes)
{
	gpu->charged_bytes -= bytes;
}

/* Appends a piece; neighbours in the host's address space become one. */
static void append(struct gpu_resource *resource, void *hva, size_t bytes)
{
	struct iovec *last = &resource->iov[resource->iov_count];

	if (resource->iov_count &&
		(char *)last[-1].iov_base + last[-1].iov_len == (char *)hva &&
		last[-1].iov_len <= SIZE_MAX - bytes) {
		last[-1].iov_len += bytes;
		return;
	}
	last->iov_base = hva;
	last->iov_len = bytes;
	resource->iov_count++;
}

/* Reads the entries into an iov with room for all of them. */
static bool read_entries(struct virtio_gpu *gpu, struct gpu_resource *resource,
	uint32_t entries, size_t offset, uint64_t *ret_bytes)
{
	struct virtio_gpu_mem_entry some[ENTRIES_AT_ONCE];
	const struct virtq_chain *chain = &gpu->chain;

	*ret_bytes = 0;
	for (uint32_t done = 0; done < entries;) {
		uint32_t count = entries - done;

		if (count > ENTRIES_AT_ONCE)
			count = ENTRIES_AT_ONCE;
		if (iov_copy_out(chain->iov, chain->readable, offset, some,
			    count * sizeof(some[0])) != count * sizeof(some[0]))
			return false;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t bytes = le32toh(some[i].length);
			void *hva = guest_mem_range(
				gpu->dev.mem, le64toh(some[i].addr), bytes);

			if (!hva)
				return false;
			append(resource, hva, bytes);
			*ret_bytes += bytes;
		}
		offset += count * sizeof(some[0]);
		done += count;
	}
	return true;
}

/* An iov of its first bytes, with no more room than that takes. */
static void shrink(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	uint64_t bytes;
	struct iovec *iov;

	if (resource->blob)
		resource->iov_count = iov_keep_front(
			resource->iov, resource->iov_count, (size_t)resource->bytes);
	bytes = resource->iov_count * sizeof(*iov);
	iov = realloc(resource->iov, (size_t)bytes);
	if (!iov)
		return;
	resource->iov = iov;
	gpu_refund(gpu, resource->charged_bytes - bytes);
	resource->charged_bytes = bytes;
}

uint32_t gpu_memory_attach(struct virtio_gpu *gpu, struct gpu_resource *resource,
	uint32_t entries, size_t request_bytes)
{
	const uint64_t charge = (uint64_t)entries * sizeof(resource->iov[0]);
	uint64_t bytes;

	if (!entries)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (entries > GPU_ENTRIES_MAX || !gpu_charge(gpu, charge))
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	resource->charged_bytes = charge;
	resource->iov = calloc(entries, sizeof(resource->iov[0]));
	gpu->turn_bytes += charge;
	if (!resource->iov) {
		gpu_memory_detach(gpu, resource);
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	}
	if (!read_entries(gpu, resource, entries, request_bytes, &bytes) ||
		(resource->blob && bytes < resource->bytes)) {
		gpu_memory_detach(gpu, resource);
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	}
	shrink(gpu, resource);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

/* Where that is in a memfd; false where it is not whole pages of one. */
static bool find_piece(const struct guest_mem *mem, const struct iovec *iov,
	uint64_t page_bytes, struct udmabuf_piece *ret)
{
	const uint8_t *hva = iov->iov_base;

	for (unsigned int i = 0; i < mem->count; i++) {
		const struct guest_mem_region *region = &mem->regions[i];

		if (region->fd < 0 || hva < region->hva ||
			(uint64_t)(hva - region->hva) >= region->bytes)
			continue;
		ret->memfd = region->fd;
		ret->offset_bytes = (uint64_t)(hva - region->hva);
		ret->bytes = iov->iov_len;
		/* Neighbours in our address space may be two regions. */
		return !(ret->offset_bytes % page_bytes) && !(ret->bytes % page_bytes) &&
		       ret->bytes <= region->bytes - ret->offset_bytes;
	}
	return false;
}

int gpu_memory_dmabuf(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	struct udmabuf_piece *pieces;
	int fd = -1;

	if (resource->dmabuf >= 0 || gpu->udmabuf < 0 ||
		gpu->dmabuf_count == GPU_DMABUFS_MAX ||
		resource->iov_count > UDMABUF_PIECES_MAX)
		return resource->dmabuf;
	pieces = calloc(resource->iov_count, sizeof(pieces[0]));
	for (unsigned int i = 0; pieces; i++) {
		if (i == resource->iov_count) {
			fd = udmabuf_create(gpu->udmabuf, pieces, i);
			break;
		}
		if (!find_piece(gpu->dev.mem, &resource->iov[i], page_bytes, &pieces[i]))
			break;
	}
	free(pieces);
	if (fd < 0)
		return -1;
	gpu->dmabuf_count++;
	resource->dmabuf = fd;
	return fd;
}

void gpu_memory_detach(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	if (resource->dmabuf >= 0) {
		close(resource->dmabuf);
		resource->dmabuf = -1;
		gpu->dmabuf_count--;
	}
	gpu_refund(gpu, resource->charged_bytes);
	resource->charged_bytes = 0;
	free(resource->iov);
	resource->iov = NULL;
	resource->iov_count = 0;
}
