/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs as dma-bufs, over a kernel that is played here: ioctl() is the linker's --wrap.
 */
#include "host/udmabuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/unit/gpu_bench.h"
#include "test/unit/test.h"

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define BLOB_BYTES (2 * 65536u) /* whole pages of any host */
#define FULL ((struct rect){0, 0, 8, 4})

static struct {
	int refuses; /* an errno, or 0 */
	unsigned int calls;
	int device;
	uint32_t flags;
	uint32_t count;
	struct udmabuf_create_item items[4];
} kernel;

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	const struct udmabuf_create_list *list;
	va_list args;

	va_start(args, request);
	list = va_arg(args, const struct udmabuf_create_list *);
	va_end(args);
	CHECK_EQ(request, UDMABUF_CREATE_LIST);
	kernel.calls++;
	kernel.device = fd;
	kernel.flags = list->flags;
	kernel.count = list->count;
	for (uint32_t i = 0; i < list->count && i < 4; i++)
		kernel.items[i] = list->list[i];
	if (!kernel.refuses)
		return dup(fd);
	errno = kernel.refuses;
	return -1;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void begin(void)
{
	memset(&kernel, 0, sizeof(kernel));
	gpu_bench_begin_shared(memfd_create("udmabuf", MFD_CLOEXEC));
}

static const struct display_buffer *shown(void)
{
	return gpu_bench.display.scanouts[0].buffer;
}

TEST(says_what_the_kernel_says)
{
	const struct udmabuf_piece piece = {7, 8192, 4096};

	memset(&kernel, 0, sizeof(kernel));
	kernel.refuses = EINVAL;
	CHECK_EQ((uint64_t)udmabuf_create(5, &piece, 1), (uint64_t)-EINVAL);
	CHECK_EQ(kernel.device, 5);
	CHECK_EQ(kernel.flags, UDMABUF_FLAGS_CLOEXEC);
	CHECK_EQ(kernel.items[0].memfd, 7);
	CHECK_EQ(kernel.items[0].offset, 8192);
	CHECK_EQ(kernel.items[0].size, 4096);
}

TEST(a_blob_that_is_shown_becomes_a_dma_buf)
{
	int dmabuf;

	begin();
	CHECK_EQ(guest_make_blob(1, DRIVER_RAM_GPA + (32 << 20), BLOB_BYTES), OK);
	CHECK_EQ(kernel.calls, 0);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 0), OK);
	CHECK_EQ(kernel.calls, 1);
	CHECK_EQ(kernel.count, 1);
	CHECK_EQ(kernel.items[0].memfd, gpu_bench.driver.mem.regions[0].fd);
	CHECK_EQ(kernel.items[0].offset, 32 << 20);
	CHECK_EQ(kernel.items[0].size, BLOB_BYTES);
	dmabuf = shown()->dmabuf;
	CHECK(is_open(dmabuf));
	/* One for all its views, as long as it lives. */
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 32), OK);
	CHECK_EQ(shown()->dmabuf, dmabuf);
	CHECK_EQ(kernel.calls, 1);
	CHECK_EQ(guest_unref(1), OK);
	CHECK(!is_open(dmabuf));
	gpu_bench_finish();
}

TEST(other_blobs_are_copied)
{
	begin();
	/* Not whole pages. */
	CHECK_EQ(guest_make_blob(1, DRIVER_RAM_GPA + (32 << 20) + 4, BLOB_BYTES), OK);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 0), OK);
	CHECK_EQ((uint64_t)shown()->dmabuf, (uint64_t)-1);
	CHECK_EQ(guest_make_blob(2, DRIVER_RAM_GPA + (32 << 20), BLOB_BYTES - 4), OK);
	CHECK_EQ(guest_show_blob(0, 2, FULL, 8, 4, 32, 0), OK);
	CHECK_EQ((uint64_t)shown()->dmabuf, (uint64_t)-1);
	CHECK_EQ(kernel.calls, 0);
	/* More than the kernel takes. */
	kernel.refuses = EINVAL;
	CHECK_EQ(guest_make_blob(3, DRIVER_RAM_GPA + (32 << 20), BLOB_BYTES), OK);
	CHECK_EQ(guest_show_blob(0, 3, FULL, 8, 4, 32, 0), OK);
	CHECK_EQ((uint64_t)shown()->dmabuf, (uint64_t)-1);
	CHECK_EQ(kernel.calls, 1);
	gpu_bench_finish();
}

TEST(a_guest_makes_us_hold_only_so_many)
{
	uint32_t with = 0;

	begin();
	for (uint32_t i = 1; i <= 100; i++) {
		CHECK_EQ(guest_make_blob(i, DRIVER_RAM_GPA + (32 << 20), BLOB_BYTES), OK);
		CHECK_EQ(guest_show_blob(0, i, FULL, 8, 4, 32, 0), OK);
		with += shown()->dmabuf >= 0;
	}
	CHECK_EQ(with, 64);
	CHECK_EQ(guest_unref(1), OK);
	CHECK_EQ(guest_show_blob(0, 100, FULL, 8, 4, 32, 4), OK);
	CHECK(shown()->dmabuf >= 0);
	gpu_bench_finish();
}

TEST_MAIN(CASE(says_what_the_kernel_says), CASE(a_blob_that_is_shown_becomes_a_dma_buf),
	CASE(other_blobs_are_copied), CASE(a_guest_makes_us_hold_only_so_many))
