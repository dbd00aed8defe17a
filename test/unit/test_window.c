/* SPDX-License-Identifier: Apache-2.0 */
#include "src/window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/error.h"
#include "src/guest_mem.h"
#include "test/unit/test.h"

#define GPA 0x40000000ull
#define BYTES (2ull << 20)

TEST(zeroes_of_the_hosts_own_are_its_to_write)
{
	struct windows windows = {0};

	CHECK_EQ(windows_add(&windows, GPA, 65536, -1, true, NULL), 0);
	CHECK_EQ(windows.count, 1);
	CHECK_EQ(windows.list[0].gpa, GPA);
	CHECK_EQ(windows.list[0].bytes, 65536);
	CHECK(windows.list[0].readonly);
	CHECK_EQ(windows.list[0].hva[65535], 0);
	windows.list[0].hva[0] = 1;
	windows_finish(&windows);
	CHECK_EQ(windows.count, 0);
	windows_finish(&windows);
}

TEST(two_windows_of_a_file_show_the_same)
{
	int fd = memfd_create("window", MFD_CLOEXEC);
	struct windows windows = {0};

	CHECK_EQ(ftruncate(fd, (off_t)BYTES), 0);
	CHECK_EQ(windows_add(&windows, GPA, BYTES, fd, false, NULL), 0);
	CHECK_EQ(windows_add(&windows, GPA + BYTES, BYTES, fd, true, NULL), 0);
	close(fd);
	memcpy(windows.list[0].hva + 4096, "hello", 6);
	CHECK_STR((char *)windows.list[1].hva + 4096, "hello");
	windows_finish(&windows);
}

TEST(no_device_reaches_a_window)
{
	struct windows windows = {0};
	struct guest_mem mem = {.windows = &windows};

	CHECK_EQ(guest_mem_add(&mem, GPA, BYTES, NULL), 0);
	CHECK_EQ(windows_add(&windows, GPA + BYTES, BYTES, -1, false, NULL), 0);
	CHECK(guest_mem_range(&mem, GPA + BYTES - 1, 1));
	CHECK(!guest_mem_range(&mem, GPA + BYTES, 1));
	CHECK(!guest_mem_range(&mem, GPA + BYTES - 1, 2));
	windows_finish(&windows);
	guest_mem_finish(&mem);
}

TEST(what_cannot_be_mapped_is_an_error)
{
	struct windows windows = {0};
	struct error err;

	CHECK_EQ(windows_add(&windows, GPA, BYTES, 999, false, &err), -EBADF);
	CHECK_STR(err.text,
		"the host maps no 2048 KiB beside the RAM: Bad file descriptor");
	CHECK_EQ(windows_add(&windows, GPA, UINT64_MAX - 4095, -1, false, NULL), -ENOMEM);
	CHECK_EQ(windows.count, 0);
	for (unsigned int i = 0; i < WINDOWS_MAX; i++)
		CHECK_EQ(windows_add(&windows, GPA + i * BYTES, BYTES, -1, false, NULL),
			0);
	CHECK_EQ(windows_add(&windows, 0, BYTES, -1, false, NULL), -ENOSPC);
	windows_finish(&windows);
}

TEST_MAIN(CASE(zeroes_of_the_hosts_own_are_its_to_write),
	CASE(two_windows_of_a_file_show_the_same), CASE(no_device_reaches_a_window),
	CASE(what_cannot_be_mapped_is_an_error))
