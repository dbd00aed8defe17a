/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/test.h"

static struct problems problems;

static struct vm_config *parse(const char *xml, bool skip_files)
{
	const struct config_options options = {.skip_files = skip_files};
	struct vm_config *config = NULL;

	problems.count = 0;
	config_parse(xml, strlen(xml), "dir/vm.xml", &options, &config, &problems);
	return config;
}

TEST(reads_what_an_x86_machine_has)
{
	struct vm_config *config =
		parse("<config ram_size='128M' cpu_count='2' firmware_rom='bios.bin'>\n"
		      "<fw_cfg name='opt/b' file='../b.bin'/>\n"
		      "<isa rtc='no' acpi='no'/>\n"
		      "<fw_cfg name='opt/a' string=''/></config>",
			true);

	CHECK(config);
	if (!config)
		return;
	CHECK_STR(config->firmware.path, "dir/bios.bin");
	CHECK(config->isa.said && !config->isa.rtc && !config->isa.acpi);
	CHECK(config->isa.serial && config->isa.pit && config->isa.pic);
	CHECK_EQ(config->isa.pos.line, 3);
	CHECK_EQ(config->fw_cfg_count, 2);
	CHECK_STR(config->fw_cfgs[0].name, "opt/b");
	CHECK_STR(config->fw_cfgs[0].path, "dir/../b.bin");
	CHECK(!config->fw_cfgs[0].string);
	CHECK_STR(config->fw_cfgs[1].name, "opt/a");
	CHECK_STR(config->fw_cfgs[1].string, "");
	CHECK(!config->fw_cfgs[1].path);
	CHECK_EQ(config->fw_cfgs[1].pos.line, 4);
	config_destroy(config);
}

TEST(gives_stdio_to_no_serial_port_that_is_left_out)
{
	struct vm_config *config = parse("<config ram_size='128M' cpu_count='1'>"
					 "<isa serial='no'/></config>",
		true);

	CHECK(config);
	if (!config)
		return;
	CHECK_EQ(config->uart.kind, CONFIG_TERMINAL_NULL);
	config_destroy(config);
}

/* Makes an empty file, or removes it. */
static void place(const char *folder, const char *name, bool there)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!there) {
		CHECK_EQ(unlink(path), 0);
		return;
	}
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
}

/* Where pvh.bin is found, by its folder's last letter; '-' where nowhere. */
static char pvh_folder(const char *folders, const char *isa)
{
	char xml[256];
	char path[128];
	char rom_dir[128];
	struct config_options options = {.rom_dir = rom_dir};
	struct vm_config *config = NULL;
	char found = '-';

	snprintf(rom_dir, sizeof(rom_dir), "%s/r", folders);
	snprintf(path, sizeof(path), "%s/x/vm.xml", folders);
	snprintf(xml, sizeof(xml),
		"<config ram_size='1M' cpu_count='1' "
		"firmware_rom='%s/f/bios'>%s</config>",
		folders, isa);
	problems.count = 0;
	CHECK_EQ(config_parse(xml, strlen(xml), path, &options, &config, &problems), 0);
	if (!config)
		return 0;
	CHECK(!config->kernel.path && !config->linuxboot.path);
	if (config->pvh.path)
		found = config->pvh.path[strlen(folders) + 1];
	config_destroy(config);
	return found;
}

TEST(finds_option_roms_in_the_rom_dir_by_the_xml_and_by_the_firmware)
{
	static const char *const names[] = {"r", "x", "f"};
	char folders[] = "/tmp/test_config_x86.XXXXXX";
	char paths[3][128];

	CHECK(mkdtemp(folders));
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", folders, names[i]);
		CHECK_EQ(mkdir(paths[i], 0700), 0);
		place(paths[i], "pvh.bin", true);
	}
	place(paths[2], "bios", true);
	CHECK_EQ(pvh_folder(folders, ""), 'r');
	CHECK_EQ(pvh_folder(folders, "<isa option_roms='no'/>"), '-');
	place(paths[0], "pvh.bin", false);
	CHECK_EQ(pvh_folder(folders, ""), 'x');
	place(paths[1], "pvh.bin", false);
	CHECK_EQ(pvh_folder(folders, ""), 'f');
	place(paths[2], "pvh.bin", false);
	CHECK_EQ(pvh_folder(folders, ""), '-');
	place(paths[2], "bios", false);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(rmdir(paths[i]), 0);
	CHECK_EQ(rmdir(folders), 0);
}

TEST_MAIN(CASE(reads_what_an_x86_machine_has),
	CASE(gives_stdio_to_no_serial_port_that_is_left_out),
	CASE(finds_option_roms_in_the_rom_dir_by_the_xml_and_by_the_firmware))
