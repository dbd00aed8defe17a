/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define DISK_BYTES 65536

struct rig {
	struct loop *loop;
	struct disk *disk;
	int fd;
	char path[64];
};

static void make_image(struct rig *rig, uint64_t bytes)
{
	*rig = (struct rig){.fd = memfd_create("disk", MFD_CLOEXEC)};
	CHECK_EQ(ftruncate(rig->fd, (off_t)bytes), 0);
	snprintf(rig->path, sizeof(rig->path), "/proc/self/fd/%d", rig->fd);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
}

static void finish(struct rig *rig)
{
	disk_destroy(rig->disk);
	close(rig->fd);
	loop_destroy(rig->loop);
}

TEST(says_what_is_wrong_with_a_disk_and_what_to_do)
{
	static const struct {
		const char *path; /* NULL: a file of these bytes */
		uint64_t bytes;
		int code;
		const char *text;
		const char *advice;
	} cases[] = {
		{"/nowhere/disk.img", 0, -ENOENT, "does not exist", "truncate -s 4G"},
		{"/", 0, -EISDIR, "is a directory", "image file or a block device"},
		{"/dev/null", 0, -EINVAL, "neither a regular file nor a block device",
			""},
		{NULL, 0, -EINVAL, "is empty", "truncate -s 4G"},
		{NULL, 1000, -EINVAL, "1000 bytes", "truncate -s 1024 "},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source_pos pos = {.file = "vm.xml", .line = 7};
		struct disk_file_options options = {.pos = &pos, .depth = 8};
		struct error error = {0};
		struct disk *disk = NULL;
		struct rig rig;

		make_image(&rig, cases[i].bytes);
		options.path = cases[i].path ? cases[i].path : rig.path;
		CHECK_EQ(
			disk_file_open(rig.loop, &options, &disk, &error), cases[i].code);
		CHECK_HAS(error.text, cases[i].text);
		CHECK_HAS(error.text, cases[i].advice);
		CHECK_EQ(error.pos.line, 7);
		CHECK(!disk);
		finish(&rig);
	}
}

TEST(names_the_cure_for_a_disk_that_may_not_be_written)
{
	struct error error = {0};
	struct disk *disk = NULL;
	struct rig rig;
	struct disk_file_options options = {.path = rig.path, .depth = 8};

	make_image(&rig, DISK_BYTES);
	CHECK_EQ(fchmod(rig.fd, 0400), 0);
	if (geteuid() == 0) {
		printf("skipped: root may write everything\n");
	} else {
		CHECK_EQ(disk_file_open(rig.loop, &options, &disk, &error), -EACCES);
		CHECK_HAS(error.text, "readonly=\"yes\"");
	}
	options.readonly = true;
	CHECK_EQ(disk_file_open(rig.loop, &options, &disk, &error), 0);
	CHECK(disk_info(disk)->readonly);
	CHECK(!disk_info(disk)->write_zeroes);
	disk_destroy(disk);
	finish(&rig);
}

TEST(keeps_a_second_writer_out)
{
	static const struct {
		bool first_readonly;
		bool second_readonly;
		int code;
	} cases[] = {{false, false, -EBUSY}, {false, true, -EBUSY}, {true, false, -EBUSY},
		{true, true, 0}};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk_file_options options = {.depth = 8};
		struct error error = {.text = "in use by another process"};
		struct disk *second = NULL;
		struct rig rig;

		make_image(&rig, DISK_BYTES);
		options.path = rig.path;
		options.readonly = cases[i].first_readonly;
		CHECK_EQ(disk_file_open(rig.loop, &options, &rig.disk, &error), 0);
		options.readonly = cases[i].second_readonly;
		CHECK_EQ(disk_file_open(rig.loop, &options, &second, &error),
			cases[i].code);
		CHECK_HAS(error.text, "in use by another process");
		disk_destroy(second);
		/* The lock goes with the disk. */
		disk_destroy(rig.disk);
		rig.disk = NULL;
		options.readonly = false;
		CHECK_EQ(disk_file_open(rig.loop, &options, &rig.disk, &error), 0);
		finish(&rig);
	}
}

TEST_MAIN(CASE(says_what_is_wrong_with_a_disk_and_what_to_do),
	CASE(names_the_cure_for_a_disk_that_may_not_be_written),
	CASE(keeps_a_second_writer_out))
