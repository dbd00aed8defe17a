/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	CHECK_EQ(config->memory.image, CONFIG_IMAGE_READ);
	CHECK_EQ(config->uart.kind, CONFIG_TERMINAL_STDIO);
	CHECK_EQ(config->device_count, 0);
	CHECK(config->isa.rtc && config->isa.serial && config->isa.pit);
	CHECK(config->isa.pic && config->isa.option_roms && config->isa.acpi);
	CHECK(config->isa.kernel_cmdline && !config->isa.said);
	CHECK_EQ(config->isa.pos.line, 1);
	CHECK_EQ(config->fw_cfg_count, 0);
	CHECK(!config->firmware.path);
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

TEST(takes_what_an_xml_reference_stands_for)
{
	struct vm_config *config = parse("<config ram_size='128M' cpu_count='1' "
					 "bootargs='a=&quot;b&quot; &amp; &lt;&#233;'/>");

	CHECK(config);
	if (config)
		CHECK_STR(config->bootargs, "a=\"b\" & <\xc3\xa9");
	config_destroy(config);
}

TEST(names_the_vm_after_its_file)
{
	static const struct {
		const char *path;
		const char *name;
	} cases[] = {
		{"vm.xml", "vm"},
		{"/a/b.c/router-1.xml", "router-1"},
		{"my vm.XML", "my_vm.XML"},
		{".hidden.xml", "_hidden"},
		{"-x", "_x"},
		{".xml", "_xml"},
		{"dir/", "vm"},
		{"0123456789012345678901234567890123456789.xml",
			"01234567890123456789012345678901"},
	};
	static const char xml[] = "<config ram_size='1M' cpu_count='1'/>";
	static const struct config_options options = {.skip_files = true};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vm_config *config = NULL;

		problems.count = 0;
		CHECK_EQ(config_parse(xml, strlen(xml), cases[i].path, &options, &config,
				 &problems),
			0);
		if (config)
			CHECK_STR(config->name, cases[i].name);
		config_destroy(config);
	}
}

#define UART "<uart><stdio/></uart>"
#define CONSOLE(name, backend)                                                           \
	"<virtio_device name='" name "' type='console'>" backend "</virtio_device>"

TEST(gives_stdio_to_one_terminal)
{
	/* S, P and N for stdio, pty and null: the uart, the consoles, each with its
	 * ports. */
	static const struct {
		const char *devices;
		const char *kinds;
	} cases[] = {
		{"", "S"},
		{"<uart/>", "S"},
		{CONSOLE("a", ""), "NS"},
		{CONSOLE("a", "<stdio/>"), "NS"},
		{CONSOLE("a", "<null/>"), "SN"},
		{CONSOLE("a", "") CONSOLE("b", ""), "NSP"},
		{CONSOLE("a", "") CONSOLE("b", "<stdio/>"), "NPS"},
		{UART CONSOLE("a", ""), "SP"},
		{CONSOLE("a", "") UART, "SP"},
		{"<uart><pty/></uart>" CONSOLE("a", ""), "PS"},
		{"<uart><null/></uart>", "N"},
		{CONSOLE("a", "<port name='p'/>"), "NSP"},
		{CONSOLE("a", "<port name='p'><stdio/></port>"), "NPS"},
		{CONSOLE("a", "<null/><port name='p'><stdio/></port>"), "NNS"},
	};
	static const char letters[] = "SP---N";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char xml[512];
		char kinds[8] = "";
		unsigned int count = 0;
		struct vm_config *config;

		snprintf(xml, sizeof(xml),
			"<config ram_size='1M' cpu_count='1'>%s</config>",
			cases[i].devices);
		config = parse(xml);
		CHECK(config);
		if (!config)
			continue;
		kinds[count++] = letters[config->uart.kind];
		for (unsigned int j = 0; j < config->device_count; j++) {
			const struct config_console *console =
				&config->devices[j].console;

			kinds[count++] = letters[console->terminal.kind];
			CHECK_EQ(console->terminal.pos.line, 1);
			for (unsigned int k = 0; k < console->port_count; k++)
				kinds[count++] = letters[console->ports[k].terminal.kind];
		}
		CHECK_STR(kinds, cases[i].kinds);
		config_destroy(config);
	}
}

static void mac_of(const char *vm, const char *device, uint8_t ret[6])
{
	char xml[256];
	struct vm_config *config;

	snprintf(xml, sizeof(xml),
		"<config name='%s' ram_size='1M' cpu_count='1'>"
		"<virtio_device name='%s' type='net'/></config>",
		vm, device);
	config = parse(xml);
	CHECK(config);
	if (config)
		memcpy(ret, config->devices[0].net.mac, 6);
	config_destroy(config);
}

TEST(derives_a_mac_that_is_stable_and_different_by_name)
{
	uint8_t macs[4][6];

	/* The value itself must not change: guests know their nets by it. */
	static const uint8_t router_eth0[6] = {0xee, 0xed, 0x5e, 0x6c, 0x8a, 0xc4};

	mac_of("router", "eth0", macs[0]);
	mac_of("router", "eth1", macs[1]);
	mac_of("router2", "eth0", macs[2]);
	mac_of("routere", "th0", macs[3]);
	CHECK(!memcmp(macs[0], router_eth0, 6));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(macs[i][0] & 3, 2); /* locally administered, of one station */
		for (unsigned int j = 0; j < i; j++)
			CHECK(memcmp(macs[i], macs[j], 6));
	}
}

TEST(keeps_devices_in_order_with_what_they_say)
{
	struct vm_config *config = parse(
		"<config ram_size='1G' cpu_count='1'>\n"
		"<virtio_device name='n' type='net' mac='02:00:00:00:AB:cd' mtu='1400' "
		"queues='2'><tap ifname='t0'/></virtio_device>\n"
		"<virtio_device name='u' type='net'><user>\n<forward host_port='80'/>\n"
		"<forward protocol='udp' address='::1' host_port='1' guest_port='2'/>"
		"</user></virtio_device>\n"
		"<virtio_device name='b' type='block' readonly='yes' serial='S' "
		"queues='3'>\n<file path='d.img' cache='none' discard='yes'/>"
		"</virtio_device>\n"
		"<virtio_device name='r' type='rng'/></config>");
	const struct config_device *device;
	static const uint8_t mac[6] = {2, 0, 0, 0, 0xab, 0xcd};

	CHECK(config && config->device_count == 4);
	if (!config || config->device_count != 4)
		return;
	CHECK_EQ(config->ram_size_bytes, 1 << 30);
	device = &config->devices[0];
	CHECK_STR(device->name, "n");
	CHECK_EQ(device->type, CONFIG_DEVICE_NET);
	CHECK(!memcmp(device->net.mac, mac, 6));
	CHECK_EQ(device->net.mtu, 1400);
	CHECK_EQ(device->net.queues, 2);
	CHECK_EQ(device->net.kind, CONFIG_NIC_TAP);
	CHECK_STR(device->net.ifname, "t0");
	CHECK_EQ(device->net.fd, -1);
	device = &config->devices[1];
	CHECK_EQ(device->net.kind, CONFIG_NIC_USER);
	CHECK_EQ(device->net.forward_count, 2);
	CHECK_EQ(device->net.forwards[0].host_port, 80);
	CHECK_EQ(device->net.forwards[0].guest_port, 80);
	CHECK(!device->net.forwards[0].udp && !device->net.forwards[0].address);
	CHECK_EQ(device->net.forwards[1].pos.line, 5);
	CHECK(device->net.forwards[1].udp);
	CHECK_STR(device->net.forwards[1].address, "::1");
	CHECK_EQ(device->net.forwards[1].guest_port, 2);
	device = &config->devices[2];
	CHECK_EQ(device->type, CONFIG_DEVICE_BLOCK);
	CHECK(device->block.readonly && device->block.discard);
	CHECK_EQ(device->block.cache, CONFIG_DISK_NONE);
	CHECK_EQ(device->block.queues, 3);
	CHECK_STR(device->block.serial, "S");
	CHECK_STR(device->block.path, "dir/d.img");
	CHECK_EQ(device->block.backend_pos.line, 7);
	CHECK_EQ(config->devices[3].type, CONFIG_DEVICE_RNG);
	config_destroy(config);
}

TEST(overrides_attributes_from_the_command_line)
{
	static const struct config_set good[] = {{"ram_size", "1G"}, {"cpu_count", "1"},
		{"cpu_count", "4"}, {"initrd_rom", ""}, {"name", "other"}};
	static const struct config_set bad[] = {
		{"ram_size", "much"}, {"cpucount", "1"}, {"bootargs", "\xff"}};
	static const char xml[] = "\n<config ram_size='oops' initrd_rom='i'/>";
	struct config_options options = {
		.skip_files = true, .set_count = 5, .sets = good};
	struct vm_config *config = NULL;

	problems.count = 0;
	CHECK_EQ(
		config_parse(xml, strlen(xml), "v.xml", &options, &config, &problems), 0);
	CHECK(config);
	if (config) {
		CHECK_EQ(config->ram_size_bytes, 1 << 30);
		CHECK_EQ(config->ram_size_pos.line, 2);
		CHECK_EQ(config->cpu_count, 4);
		CHECK_EQ(config->initrd_count, 0);
		CHECK_STR(config->name, "other");
		config_destroy(config);
	}
	options.set_count = 3;
	options.sets = bad;
	CHECK(config_parse(xml, strlen(xml), "v.xml", &options, &config, &problems) < 0);
	CHECK_EQ(problems.count, 4);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(!problems.list[i].pos.file);
	CHECK_HAS(problems.list[0].text, "--set: ram_size is 'much', allowed: 1M");
	CHECK_HAS(problems.list[1].text, "--set: unknown attribute 'cpucount'");
	CHECK_HAS(problems.list[2].text, "--set: bootargs is");
	CHECK_STR(problems.list[3].text, "<config> needs the attribute 'cpu_count'");
}

TEST(counts_lines_beyond_16_bits)
{
	const size_t lines = 100000;
	char *xml = malloc(lines + 512);
	static const char tail[] = "<virtio_device name='r'\n\ttype='rng'\n\n\tsped='1'/>"
				   "\r\n\n<uart\n/>words</config>";

	CHECK(xml);
	if (!xml)
		return;
	strncpy(xml, "<config ram_size='1M' cpu_count='1'>", 512);
	memset(xml + strlen(xml), '\n', lines);
	memcpy(xml + 36 + lines, tail, sizeof(tail));
	CHECK(!parse(xml));
	CHECK_EQ(problems.count, 2);
	CHECK_EQ(problems.list[0].pos.line, lines + 4);
	CHECK_HAS(problems.list[0].text, "'sped'");
	CHECK_EQ(problems.list[1].pos.line, lines + 7);
	CHECK_HAS(problems.list[1].text, "text 'words'");
	free(xml);
}

/* head, count times middle, tail. */
static char *repeated(
	const char *head, const char *middle, size_t count, const char *tail)
{
	size_t middle_bytes = strlen(middle);
	char *ret = malloc(strlen(head) + count * middle_bytes + strlen(tail) + 1);
	char *at = ret;

	if (!ret)
		return NULL;
	memcpy(at, head, strlen(head));
	at += strlen(head);
	for (; count; count--, at += middle_bytes)
		memcpy(at, middle, middle_bytes);
	memcpy(at, tail, strlen(tail) + 1);
	return ret;
}

TEST(refuses_what_is_beyond_a_limit_in_one_line)
{
	static const char head[] = "<config ram_size='1M' cpu_count='1'>\n";
	static const struct {
		const char *head, *middle;
		size_t count;
		const char *tail;
		const char *text;
	} cases[] = {
		{"", "<a>", 80000, "", "nest deeper than 16"},
		{"", "<a>", 100000, "", "larger than the 256 KiB"},
		{head, "<uart/>", 8192, "</config>", "more than 8192 elements"},
		{head, " ", 262144, "</config>", "larger than the 256 KiB"},
		{"", "<!--", 60000, "", "not well-formed"},
		{"<!DOCTYPE c [", "<!ENTITY a 'b'>", 10000, "]><c/>", "DOCTYPE"},
		{"<c a='", "&#65;", 50000, "'/>", "outermost"},
		{"<", "a", 200000, "/>", ""},
		{"<?", "a ", 100000, "", "not well-formed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *xml = repeated(
			cases[i].head, cases[i].middle, cases[i].count, cases[i].tail);

		CHECK(xml && !parse(xml));
		CHECK_EQ(problems.count, 1);
		CHECK_HAS(problems.list[0].text, cases[i].text);
		free(xml);
	}
}

TEST(counts_problems_beyond_those_that_it_keeps)
{
	char *xml = repeated(
		"<config ram_size='1M' cpu_count='1'>", "<a/>", 100, "</config>");

	CHECK(xml && !parse(xml));
	CHECK_EQ(problems.count, 100);
	free(xml);
}

TEST(bounds_the_attributes_of_an_element)
{
	char xml[2048] = "<config";

	for (unsigned int i = 0; i < 65; i++) {
		size_t used = strlen(xml);

		snprintf(xml + used, sizeof(xml) - used, "\na%u=''", i);
	}
	snprintf(xml + strlen(xml), sizeof(xml) - strlen(xml), "/>");
	CHECK(!parse(xml));
	CHECK_EQ(problems.count, 1);
	CHECK_STR(problems.list[0].text, "an element with more than 64 attributes");
	CHECK_EQ(problems.list[0].pos.line, 1);
}

/* A folder of its own for each case that needs files. */
struct folder {
	char path[64];
	char xml[128];
};

static void folder_path(const struct folder *folder, const char *name, char ret[128])
{
	snprintf(ret, 128, "%s/%s", folder->path, name);
}

static void folder_write(const struct folder *folder, const char *name, const char *text)
{
	char path[128];
	int fd;

	folder_path(folder, name, path);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void folder_make(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/test_config.XXXXXX");
	CHECK(mkdtemp(folder->path));
	folder_path(folder, "vm.xml", folder->xml);
}

static void folder_remove(const struct folder *folder, const char *const *names)
{
	char path[128];

	for (; *names; names++) {
		folder_path(folder, *names, path);
		CHECK_EQ(remove(path), 0);
	}
	CHECK_EQ(rmdir(folder->path), 0);
}

TEST(finds_roms_in_the_rom_dir_then_beside_the_xml)
{
	static const char *const names[] = {
		"roms/Image", "roms", "Image", "initrd", "disk", "vm.xml", NULL};
	struct config_options options = {0};
	struct vm_config *config = NULL;
	struct folder folder;
	char roms[128];
	char want[128];

	folder_make(&folder);
	folder_path(&folder, "roms", roms);
	CHECK_EQ(mkdir(roms, 0700), 0);
	folder_write(&folder, "roms/Image", "k");
	folder_write(&folder, "Image", "k");
	folder_write(&folder, "initrd", "i");
	folder_write(&folder, "disk", "");
	folder_path(&folder, "disk", want);
	CHECK_EQ(truncate(want, 512), 0);
	folder_write(&folder, "vm.xml",
		"<config ram_size='1M' cpu_count='1' kernel_rom='Image' "
		"initrd_rom='initrd /dev/null'><virtio_device name='d' type='block'>"
		"<file path='disk'/></virtio_device></config>");
	options.rom_dir = roms;
	for (unsigned int i = 0; i < 2; i++) {
		problems.count = 0;
		CHECK_EQ(config_load(folder.xml, &options, &config, &problems), 0);
		CHECK_EQ(problems.count, 0);
		folder_path(&folder, i ? "Image" : "roms/Image", want);
		CHECK_STR(config->kernel.path, want);
		CHECK_EQ(config->initrd_count, 2);
		folder_path(&folder, "initrd", want);
		CHECK_STR(config->initrds[0].path, want);
		CHECK_STR(config->initrds[1].path, "/dev/null");
		folder_path(&folder, "disk", want);
		CHECK_STR(config->devices[0].block.path, want);
		config_destroy(config);
		options.rom_dir = NULL;
	}
	folder_remove(&folder, names);
}

TEST(reports_missing_files_with_their_lines)
{
	static const char *const names[] = {"folder", "vm.xml", NULL};
	static const struct config_options options = {.rom_dir = "/nonexistent"};
	struct vm_config *config = NULL;
	struct folder folder;
	char path[128];

	folder_make(&folder);
	folder_path(&folder, "folder", path);
	CHECK_EQ(mkdir(path, 0700), 0);
	folder_write(&folder, "vm.xml",
		"<config ram_size='1M'\n cpu_count='1'\n initrd_rom='folder none'\n"
		" dtb_overlay_rom='/none.dtbo'>\n"
		"<virtio_device name='a' type='block'>\n<file "
		"path='none'/></virtio_device>\n"
		"<virtio_device name='b' type='block'><file "
		"path='folder'/></virtio_device>"
		"</config>");
	problems.count = 0;
	CHECK_EQ(config_load(folder.xml, &options, &config, &problems), -EINVAL);
	CHECK_EQ(problems.count, 6);
	CHECK_EQ(problems.list[0].pos.line, 1);
	CHECK_HAS(
		problems.list[0].text, "kernel_rom: there is no file '/tmp/test_config.");
	CHECK_HAS(problems.list[0].text, "/linux', nor in the --rom-dir /nonexistent");
	CHECK_EQ(problems.list[1].pos.line, 3);
	CHECK_HAS(problems.list[1].text, "folder' is a folder, a file is needed");
	CHECK_HAS(problems.list[2].text, "initrd_rom: there is no file");
	CHECK_EQ(problems.list[3].pos.line, 4);
	CHECK_STR(
		problems.list[3].text, "dtb_overlay_rom: there is no file '/none.dtbo'");
	CHECK_EQ(problems.list[4].pos.line, 6);
	CHECK_HAS(problems.list[4].text, "No such file");
	CHECK_EQ(problems.list[5].pos.line, 7);
	CHECK_HAS(problems.list[5].text, "neither a regular file nor a block device");
	folder_remove(&folder, names);
}

TEST(says_in_one_line_why_a_file_cannot_be_read)
{
	static const char *const names[] = {"big.xml", NULL};
	struct vm_config *config = NULL;
	struct folder folder;
	char paths[3][128];
	static const char *const texts[] = {
		"No such file", "Is a directory", "larger than the 256 KiB"};

	folder_make(&folder);
	folder_path(&folder, "none.xml", paths[0]);
	folder_path(&folder, "", paths[1]);
	folder_path(&folder, "big.xml", paths[2]);
	folder_write(&folder, "big.xml", "<config>");
	CHECK_EQ(truncate(paths[2], INT64_C(1) << 30), 0);
	for (unsigned int i = 0; i < 3; i++) {
		problems.count = 0;
		CHECK(config_load(paths[i], NULL, &config, &problems) < 0);
		CHECK_EQ(problems.count, 1);
		CHECK_STR(problems.list[0].pos.file, paths[i]);
		CHECK_EQ(problems.list[0].pos.line, 0);
		CHECK_HAS(problems.list[0].text, texts[i]);
	}
	folder_remove(&folder, names);
}

TEST(reads_a_descriptor_that_gives_no_name)
{
	static const struct {
		const char *xml;
		const char *set; /* --set name= */
		const char *want;
	} cases[] = {
		{"<config name='a' ram_size='1M' cpu_count='1'/>", NULL, "a"},
		{"<config name='a' ram_size='1M' cpu_count='1'/>", "b", "b"},
		{"<config ram_size='1M' cpu_count='1'/>", "b", "b"},
		{"<config ram_size='1M' cpu_count='1'/>", NULL, NULL},
		{"", "b", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_set set = {.attribute = "name", .value = cases[i].set};
		struct config_options options = {.skip_files = true,
			.needs_name = true,
			.set_count = cases[i].set != NULL,
			.sets = &set};
		struct vm_config *config = NULL;
		int ends[2];

		problems.count = 0;
		CHECK_EQ(pipe(ends), 0);
		CHECK_EQ(write(ends[1], cases[i].xml, strlen(cases[i].xml)),
			strlen(cases[i].xml));
		close(ends[1]);
		CHECK_EQ(config_read(ends[0], "standard input", &options, &config,
				 &problems) == 0,
			cases[i].want != NULL);
		close(ends[0]);
		CHECK_EQ(config != NULL, cases[i].want != NULL);
		if (config) {
			CHECK_STR(config->name, cases[i].want);
			CHECK_STR(config->kernel.path, "linux");
		}
		config_destroy(config);
	}
}

TEST_MAIN(CASE(reads_a_descriptor_that_gives_no_name), CASE(fills_in_the_defaults),
	CASE(reports_every_problem_of_a_file_in_its_order),
	CASE(says_in_one_line_what_is_no_xml),
	CASE(takes_what_an_xml_reference_stands_for), CASE(names_the_vm_after_its_file),
	CASE(gives_stdio_to_one_terminal),
	CASE(derives_a_mac_that_is_stable_and_different_by_name),
	CASE(keeps_devices_in_order_with_what_they_say),
	CASE(overrides_attributes_from_the_command_line),
	CASE(counts_lines_beyond_16_bits),
	CASE(refuses_what_is_beyond_a_limit_in_one_line),
	CASE(counts_problems_beyond_those_that_it_keeps),
	CASE(bounds_the_attributes_of_an_element),
	CASE(finds_roms_in_the_rom_dir_then_beside_the_xml),
	CASE(reports_missing_files_with_their_lines),
	CASE(says_in_one_line_why_a_file_cannot_be_read))
