/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "src/bus.h"
#include "src/error.h"
#include "src/fw_cfg.h"
#include "src/guest_mem.h"
#include "test/unit/test.h"

#define GPA 0x09020000ull
#define SECRET_BYTES_MAX (1u << 20)

struct bench {
	struct guest_mem mem;
	struct fw_cfg *fw_cfg;
	struct error err;
};

static int fill(struct bench *bench, struct config_fw_cfg *items, unsigned int count)
{
	const struct vm_config config = {.fw_cfg_count = count, .fw_cfgs = items};
	int rc;

	*bench = (struct bench){0};
	CHECK_EQ(fw_cfg_create(&bench->mem, FW_CFG_MMIO, GPA, &bench->fw_cfg, NULL), 0);
	rc = fw_cfg_add_configured(bench->fw_cfg, &config, &bench->err);
	CHECK_EQ(fw_cfg_seal(bench->fw_cfg), 0);
	return rc;
}

/* The first bytes of an item by its place in the directory, where text ends. */
static const char *read_item(struct bench *bench, unsigned int index)
{
	struct mmio_region *region = fw_cfg_region(bench->fw_cfg);
	static char text[65];

	region->ops->write(region, 8, 2, (uint64_t)(0x20 + index) << 8);
	for (unsigned int i = 0; i < 64; i++)
		text[i] = (char)region->ops->read(region, 0, 1);
	return text;
}

static int memory_file(const void *bytes, size_t count)
{
	int fd = memfd_create("secret", MFD_CLOEXEC);

	CHECK_EQ(write(fd, bytes, count), (ssize_t)count);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static char *path_of(int fd)
{
	char *path;

	CHECK(asprintf(&path, "/proc/self/fd/%d", fd) > 0);
	return path;
}

TEST(offers_what_the_xml_says)
{
	int file = memory_file("of a file", 9);
	char *path = path_of(file);
	struct config_fw_cfg items[] = {
		{.name = (char *)"opt/b", .string = (char *)"a string", .fd = -1},
		{.name = (char *)"opt/a", .path = path, .fd = -1},
	};
	struct bench bench;

	CHECK_EQ(fill(&bench, items, 2), 0);
	CHECK_STR(read_item(&bench, 0), "of a file");
	CHECK_STR(read_item(&bench, 1), "a string");
	/* A file is read when the guest reads it. */
	CHECK_EQ(pwrite(file, "OF", 2, 0), 2);
	CHECK_STR(read_item(&bench, 0), "OF a file");
	fw_cfg_destroy(bench.fw_cfg);
	free(path);
	close(file);
}

TEST(keeps_credentials_as_they_were_at_the_start)
{
	int file = memory_file("one", 3);
	char *path = path_of(file);
	struct config_fw_cfg items[] = {
		{.name = (char *)"opt/1", .path = path, .fd = -1, .credential = true},
		{.name = (char *)"opt/2", .credential = true},
		{.name = (char *)"opt/3", .credential = true},
	};
	struct bench bench;
	int pipes[2];

	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(write(pipes[1], "of a pipe", 9), 9);
	close(pipes[1]);
	items[1].fd = pipes[0];
	items[2].fd = memory_file("of a descriptor", 15);
	CHECK_EQ(fill(&bench, items, 3), 0);
	CHECK_EQ(pwrite(file, "two", 3, 0), 3);
	CHECK_STR(read_item(&bench, 0), "one");
	CHECK_STR(read_item(&bench, 1), "of a pipe");
	CHECK_STR(read_item(&bench, 2), "of a descriptor");
	/* Nobody who is started later inherits the secret. */
	CHECK_EQ(fcntl(items[1].fd, F_GETFD), -1);
	CHECK_EQ(fcntl(items[2].fd, F_GETFD), -1);
	fw_cfg_destroy(bench.fw_cfg);
	free(path);
	close(file);
}

TEST(takes_a_credential_of_a_mebibyte_and_no_larger_one)
{
	uint8_t *bytes = calloc(SECRET_BYTES_MAX + 1, 1);
	struct config_fw_cfg item = {
		.name = (char *)"opt/c", .credential = true, .pos = {"vm.xml", 7}};
	struct bench bench;
	char text[96];

	bytes[0] = 'x';
	item.fd = memory_file(bytes, SECRET_BYTES_MAX);
	CHECK_EQ(fill(&bench, &item, 1), 0);
	CHECK_STR(read_item(&bench, 0), "x");
	fw_cfg_destroy(bench.fw_cfg);
	item.fd = memory_file(bytes, SECRET_BYTES_MAX + 1);
	snprintf(text, sizeof(text),
		"credential fd '%d' cannot be used: it is larger than an item may be",
		item.fd);
	CHECK_EQ(fill(&bench, &item, 1), (uint64_t)-EFBIG);
	CHECK_STR(bench.err.text, text);
	CHECK_EQ(bench.err.pos.line, 7);
	fw_cfg_destroy(bench.fw_cfg);
	free(bytes);
}

TEST(names_what_cannot_be_used)
{
	static const struct {
		struct config_fw_cfg item;
		int rc;
		const char *text;
	} rows[] = {
		{{.name = (char *)"opt/a", .path = (char *)"/none", .fd = -1}, -ENOENT,
			"fw_cfg file '/none' cannot be used: No such file or directory"},
		{{.name = (char *)"opt/a", .path = (char *)"/dev/null", .fd = -1},
			-EINVAL,
			"fw_cfg file '/dev/null' cannot be used: Invalid argument"},
		{{.name = (char *)"opt/a",
			 .path = (char *)"/none",
			 .fd = -1,
			 .credential = true},
			-ENOENT,
			"credential file '/none' cannot be used: No such file or "
			"directory"},
		{{.name = (char *)"opt/a", .fd = 999, .credential = true}, -EBADF,
			"credential fd '999' cannot be used: Bad file descriptor"},
	};
	struct bench bench;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_fw_cfg item = rows[i].item;

		CHECK_EQ(fill(&bench, &item, 1), (uint64_t)rows[i].rc);
		CHECK_STR(bench.err.text, rows[i].text);
		fw_cfg_destroy(bench.fw_cfg);
	}
}

TEST_MAIN(CASE(offers_what_the_xml_says),
	CASE(keeps_credentials_as_they_were_at_the_start),
	CASE(takes_a_credential_of_a_mebibyte_and_no_larger_one),
	CASE(names_what_cannot_be_used))
