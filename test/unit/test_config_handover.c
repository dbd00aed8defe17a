/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/test.h"

static struct problems problems;

/* The <config> around these children; their lines count from the first. */
static struct vm_config *parse(const char *children)
{
	const struct config_options options = {0};
	struct vm_config *config = NULL;
	char xml[1024];
	int chars = snprintf(xml, sizeof(xml),
		"<config ram_size='1M' cpu_count='1' kernel_rom='/dev/null'>%s</config>",
		children);

	problems.count = 0;
	config_parse(xml, (uint64_t)chars, "dir/vm.xml", &options, &config, &problems);
	return config;
}

/* Where problem is NULL there is none. */
static void check_problem(const char *children, const char *problem)
{
	struct vm_config *config = parse(children);

	CHECK_EQ(!config, !!problem);
	CHECK_EQ(problems.count, problem ? 1 : 0);
	if (problem) {
		CHECK_STR(problems.list[0].text, problem);
		CHECK_EQ(problems.list[0].pos.line, 1);
	}
	config_destroy(config);
}

static void check_item(const char *element, const char *path, const char *problem)
{
	char xml[256];

	snprintf(xml, sizeof(xml), "<%s name='%sa' file='%s'/>", element,
		strcmp(element, "fw_cfg") ? "" : "opt/", path);
	check_problem(xml, problem);
}

TEST(says_in_one_line_why_a_file_is_no_item)
{
	char path[] = "/tmp/test_handover.XXXXXX";
	int fd = mkstemp(path);
	char text[256];

	check_item("fw_cfg", "none",
		"fw_cfg file 'dir/none' cannot be used: No such file or directory");
	check_item("fw_cfg", "/tmp", "fw_cfg file '/tmp' is no regular file");
	check_item("fw_cfg", path, NULL);
	CHECK_EQ(ftruncate(fd, UINT32_MAX), 0);
	check_item("fw_cfg", path, NULL);
	CHECK_EQ(ftruncate(fd, (off_t)UINT32_MAX + 1), 0);
	snprintf(text, sizeof(text),
		"fw_cfg file '%s' has 4294967296 bytes, an item has at most 4294967295",
		path);
	check_item("fw_cfg", path, text);
	close(fd);
	CHECK_EQ(unlink(path), 0);
}

TEST(says_in_one_line_why_a_file_is_no_credential)
{
	char path[] = "/tmp/test_handover.XXXXXX";
	int fd = mkstemp(path);
	char text[256];

	check_item("credential", "none",
		"credential file 'dir/none' cannot be used: No such file or directory");
	check_item("credential", "/tmp", "credential file '/tmp' is no regular file");
	check_item("credential", path, NULL);
	CHECK_EQ(ftruncate(fd, 1 << 20), 0);
	check_item("credential", path, NULL);
	CHECK_EQ(ftruncate(fd, (1 << 20) + 1), 0);
	snprintf(text, sizeof(text),
		"credential file '%s' has 1048577 bytes, an item has at most 1048576",
		path);
	check_item("credential", path, text);
	close(fd);
	CHECK_EQ(unlink(path), 0);
}

TEST(puts_credentials_among_the_items_where_systemd_looks)
{
	struct vm_config *config;

	CHECK_EQ(setenv("CREDENTIALS_DIRECTORY", "/dev", 1), 0);
	config = parse("<credential name='a' fd='5'/>\n<fw_cfg name='opt/b' string='xy'/>"
		       "<credential name='c' file='/proc/self/stat'/>");
	CHECK(config);
	if (!config)
		return;
	CHECK_EQ(config->fw_cfg_count, 3);
	CHECK_STR(config->fw_cfgs[0].name, "opt/io.systemd.credentials/a");
	CHECK(config->fw_cfgs[0].credential && !config->fw_cfgs[0].path);
	CHECK_EQ(config->fw_cfgs[0].fd, 5);
	CHECK(!config->fw_cfgs[1].credential);
	CHECK_EQ(config->fw_cfgs[1].fd, (uint64_t)-1);
	CHECK_EQ(config->fw_cfgs[1].bytes, 2);
	CHECK_EQ(config->fw_cfgs[1].pos.line, 2);
	CHECK_STR(config->fw_cfgs[2].name, "opt/io.systemd.credentials/c");
	CHECK_STR(config->fw_cfgs[2].path, "/proc/self/stat");
	config_destroy(config);
}

TEST(finds_a_credential_of_the_service_that_it_runs_in)
{
	static const char xml[] = "<credential name='a' credential='of-host'/>";
	char folder[] = "/tmp/test_handover.XXXXXX";
	struct vm_config *config;
	char path[64];
	char text[256];
	FILE *file;

	CHECK(mkdtemp(folder));
	CHECK_EQ(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	snprintf(path, sizeof(path), "%s/of-host", folder);
	snprintf(text, sizeof(text),
		"credential file '%s' cannot be used: No such file or directory", path);
	check_problem(xml, text);
	file = fopen(path, "w");
	CHECK(file && fputs("secret", file) >= 0 && !fclose(file));
	config = parse(xml);
	CHECK(config);
	if (config) {
		CHECK_STR(config->fw_cfgs[0].path, path);
		CHECK_STR(config->fw_cfgs[0].host_credential, "of-host");
		CHECK_EQ(config->fw_cfgs[0].bytes, 6);
	}
	config_destroy(config);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(rmdir(folder), 0);
	CHECK_EQ(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	check_problem(xml,
		"credential is 'of-host', but $CREDENTIALS_DIRECTORY is not "
		"set: run bonsai in a systemd service with LoadCredential=, or "
		"say where else it is");
}

TEST_MAIN(CASE(says_in_one_line_why_a_file_is_no_item),
	CASE(says_in_one_line_why_a_file_is_no_credential),
	CASE(puts_credentials_among_the_items_where_systemd_looks),
	CASE(finds_a_credential_of_the_service_that_it_runs_in))
