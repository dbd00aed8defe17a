/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <string.h>

#include "test/unit/test.h"

static struct problems problems;

static struct vm_config *parse(const char *xml)
{
	static const struct config_options options = {.skip_files = true};
	struct vm_config *config = NULL;

	problems.count = 0;
	config_parse(xml, strlen(xml), "dir/vm.xml", &options, &config, &problems);
	return config;
}

TEST(fills_in_the_defaults)
{
	struct vm_config *config = parse("<config ram_size='128M' cpu_count='2'/>");

	CHECK(config);
	if (!config)
		return;
	CHECK_STR(config->name, "vm");
	CHECK_STR(config->kernel.path, "dir/linux");
	CHECK_EQ(config->initrd_count, 0);
	CHECK_EQ(config->ram_size_bytes, 128 << 20);
	CHECK_EQ(config->cpu_count, 2);
	CHECK(!config->cpu_type && !config->bootargs && !config->dtb_overlay.path);
	CHECK_EQ(config->gic, CONFIG_GIC_V2);
	CHECK_EQ(config->arch, CONFIG_ARCH_AUTO);
	CHECK_EQ(config->on_reboot, CONFIG_REBOOT_RESTART);
	CHECK_EQ(config->on_crash, CONFIG_CRASH_EXIT);
	CHECK_EQ(config->image, CONFIG_IMAGE_READ);
	CHECK_EQ(config->uart.kind, CONFIG_TERMINAL_STDIO);
	CHECK_EQ(config->device_count, 0);
	config_destroy(config);
}

TEST(reports_every_problem_of_a_file_in_its_order)
{
	static const struct {
		int line;
		const char *text;
	} want[] = {
		{2, "unknown attribute 'cpu_cont' in <config>, did you mean "
		    "'cpu_count'?"},
		{3, "cpu_count is '0', allowed: 1 to 512"},
		{5, "name is 'a b', allowed: 1 to 32 of A-Z a-z 0-9 . _ -"},
		{6, "unknown element 'memry' in <config>, did you mean 'memory'?"},
	};

	CHECK(!parse("<config ram_size='128M'\n cpu_cont='1'\n cpu_count='0'>\n\n"
		     "<virtio_device name='a b' type='rng'/>\n<memry/></config>"));
	CHECK_EQ(problems.count, 4);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(problems.list[i].pos.line, want[i].line);
		CHECK_STR(problems.list[i].text, want[i].text);
		CHECK_STR(problems.list[i].pos.file, "dir/vm.xml");
	}
}

/* Faults of the text itself: one line each. */
TEST(says_in_one_line_what_is_no_xml)
{
	static const struct {
		const char *xml;
		size_t bytes; /* 0: up to the terminating zero */
		int line;
		const char *text;
	} cases[] = {
		{"", 0, 1, "is empty"},
		{" \n\t", 0, 1, "is empty"},
		{"\n\nhello", 0, 3, "is not XML"},
		{"<config\n ram_size='1M'\0 cpu_count='1'/>", 40, 2, "zero byte"},
		{"\xff\xfe<\0c\0/\0>\0", 10, 1, "zero byte"},
		{"<configrr5m_s", 0, 1, "not well-formed"},
		{"<config>\n<uart>\n</config>", 0, 3, "not well-formed"},
		{"<config ram_size='1M' ram_size='2M'/>", 0, 1, "ram_size"},
		{"<config name='\xc3('/>", 0, 1, "not well-formed"},
		{"<config/><config/>", 0, 1, "not well-formed"},
		{"<config>&lol;</config>", 0, 1, "lol"},
		{"\n<!DOCTYPE config [<!ENTITY a SYSTEM '/etc/passwd'>]>"
		 "<config name='&a;'/>",
			0, 2, "DOCTYPE"},
		{"<!DOCTYPE c [<!ENTITY a 'aaaaaaaaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>"
		 "<!ENTITY c '&b;&b;&b;&b;'>]>\n<config>&c;</config>",
			0, 1, "DOCTYPE"},
		{"<config xmlns='http://example.com/'/>", 0, 1, "namespaces"},
		{"<a:config xmlns:a='http://example.com/'/>", 0, 1, "namespaces"},
		{"<a:config/>", 0, 1, "not well-formed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vm_config *config = NULL;
		size_t bytes = cases[i].bytes ? cases[i].bytes : strlen(cases[i].xml);

		problems.count = 0;
		CHECK_EQ(config_parse(
				 cases[i].xml, bytes, "vm.xml", NULL, &config, &problems),
			-EINVAL);
		CHECK(!config);
		CHECK_EQ(problems.count, 1);
		CHECK_EQ(problems.list[0].pos.line, cases[i].line);
		CHECK_HAS(problems.list[0].text, cases[i].text);
	}
}

TEST_MAIN(CASE(says_in_one_line_what_is_no_xml), CASE(fills_in_the_defaults),
	CASE(reports_every_problem_of_a_file_in_its_order))
