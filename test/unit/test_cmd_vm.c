/* SPDX-License-Identifier: Apache-2.0 */
/* The commands for VMs that run, against VMs of the test's own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/cmd_top.h"
#include "src/loop.h"
#include "test/unit/capture.h"
#include "test/unit/fake_vm.h"
#include "test/unit/test.h"

#define RUNNING "{\"return\": {\"status\": \"running\", \"running\": true}}\r\n"
#define PAUSED "{\"return\": {\"status\": \"paused\", \"running\": false}}\r\n"
#define DONE "{\"return\": {}}\r\n"

/* Takes the place of src/control_place.c: VMs of this host are none of a test's. */
int control_place(const char *name, unsigned int index, char ret[CONTROL_PLACE_BYTES])
{
	int length;

	if (index != 1)
		return -ENOENT;
	length = snprintf(ret, CONTROL_PLACE_BYTES, "%s/bonsai/%s.sock",
		getenv("XDG_RUNTIME_DIR"), name);
	return length < CONTROL_PLACE_BYTES ? 0 : -ENAMETOOLONG;
}

static const struct fake_answer router_answers[] = {
	{"query-status", RUNNING},
	{"query-memory-size-summary", "{\"return\": {\"base-memory\": 536870912, "
				      "\"plugged-memory\": 0}}\r\n"},
	{"query-balloon", "{\"return\": {\"actual\": 402653184}}\r\n"},
	{"balloon", DONE},
	{"system_powerdown", DONE},
	{"screendump", DONE},
	{"send-key", DONE},
	{"system_reset", DONE},
	{"stop", DONE},
	{"cont", DONE},
	{"quit", DONE, .ends = true},
	{"bonsai-console", DONE, .echoes = true},
	{"query-cpus-fast", "{\"return\": [{\"cpu-index\": 0, \"thread-id\": 1}]}\r\n"},
	{"bonsai-stats",
		"{\"return\": {\"cpus\": [{\"exits\": {\"mmio\": 5, \"port\": 2}, "
		"\"cpu-time-ns\": 1940000000}, {\"exits\": {}, \"cpu-time-ns\": 0}], "
		"\"disks\": [{\"device\": \"vda\", \"size\": 8388608, \"readonly\": "
		"false, \"read\": {\"bytes\": 4096}, \"write\": {\"bytes\": 512}}, "
		"{\"device\": \"store\", \"size\": 1073741824, \"readonly\": true, "
		"\"read\": {\"bytes\": 1048576}, \"write\": {\"bytes\": 0}}], "
		"\"nets\": [{\"device\": \"eth0\", \"link\": true, \"received\": "
		"{\"bytes\": 2048}, \"sent\": {\"bytes\": 1024}, \"lost-frames\": 0}, "
		"{\"device\": \"eth1\", \"link\": false, \"received\": {\"bytes\": 0}, "
		"\"sent\": {\"bytes\": 0}, \"lost-frames\": 3}], \"consoles\": "
		"[{\"device\": \"hvc0\", \"written-bytes\": 70000, \"read-bytes\": "
		"12}]}}\r\n"},
	{"query-chardev", "{\"return\": [{\"label\": \"uart\"}, {\"label\": \"hvc0\"}, "
			  "{\"label\": \"hvc1\"}]}\r\n"},
	{NULL},
};
static const struct fake_answer db_answers[] = {
	{"query-status", PAUSED},
	{"query-memory-size-summary", "{\"return\": {\"base-memory\": 1610612736, "
				      "\"plugged-memory\": 0}}\r\n"},
	{"query-balloon", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"there "
			  "is no balloon\"}}\r\n"},
	{"balloon", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"there is no "
		    "balloon\"}}\r\n"},
	{"system_powerdown", DONE, .ends = true},
	{"stop", NULL},
	{NULL},
};

static struct fake_vm router;
static struct fake_vm db;
static struct capture said;

static void begin(void)
{
	fake_vm_begin();
	router = (struct fake_vm){.answers = router_answers};
	db = (struct fake_vm){.answers = db_answers};
	fake_vm_init(&router, "router");
	fake_vm_init(&db, "db");
}

static void end(void)
{
	fake_vm_finish(&router);
	fake_vm_finish(&db);
	fake_vm_end();
}

/* The text with the folder of the sockets as DIR. */
static const char *plain(char *text)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	for (char *at; (at = strstr(text, dir));) {
		memcpy(at, "DIR", 3);
		memmove(at + 3, at + strlen(dir), strlen(at + strlen(dir)) + 1);
	}
	return text;
}

TEST(list_shows_vms_by_name_and_what_they_have)
{
	begin();
	capture(&said, cmd_list, "list", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_STR(plain(said.out), "NAME    STATUS    MEMORY  SOCKET\n"
				   "db      paused      1.5G  DIR/bonsai/db.sock\n"
				   "router  running     384M  DIR/bonsai/router.sock\n");
	CHECK_STR(said.err, "");
	end();
}

TEST(list_says_nothing_where_nothing_runs)
{
	fake_vm_begin();
	capture(&said, cmd_list, "list", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_STR(said.out, "");
	CHECK_STR(said.err, "");
	capture(&said, cmd_list, "list --json", NULL);
	CHECK_STR(said.out, "[]\n");
	fake_vm_end();
}

TEST(list_reports_a_socket_that_was_left_behind)
{
	begin();
	shutdown(db.listener, SHUT_RDWR);
	capture(&said, cmd_list, "list", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_STR(plain(said.out), "NAME    STATUS    MEMORY  SOCKET\n"
				   "router  running     384M  DIR/bonsai/router.sock\n");
	CHECK_STR(plain(said.err), "bonsai: db has ended and left its socket behind: rm "
				   "DIR/bonsai/db.sock\n");
	end();
}

TEST(scripts_get_json)
{
	begin();
	capture(&said, cmd_status, "status --json router", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_HAS(plain(said.out), "{\n  \"name\": \"router\",\n"
				   "  \"socket\": \"DIR/bonsai/router.sock\",\n"
				   "  \"status\": \"running\",\n"
				   "  \"memory\": 536870912,\n"
				   "  \"balloon\": 402653184,\n"
				   "  \"cpus\": [\n    {\n      \"exits\": {");
	CHECK_HAS(said.out, "      \"written-bytes\": 70000,\n");
	capture(&said, cmd_list, "list --json", NULL);
	CHECK_HAS(said.out, "    \"status\": \"paused\",\n    \"memory\": 1610612736\n");
	CHECK(!strstr(said.out, "\"cpus\""));
	end();
}

TEST(status_tells_of_one_vm_or_of_all)
{
	begin();
	capture(&said, cmd_status, "status db", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_STR(plain(said.out), "db\n  status   paused\n  memory   1.5G\n"
				   "  socket   DIR/bonsai/db.sock\n");
	capture(&said, cmd_status, "status", NULL);
	CHECK_HAS(plain(said.out),
		"router\n  status   running\n"
		"  memory   512M, the guest has 384M\n"
		"  cpus     1.9 s, 0.0 s\n"
		"  disk     vda, 8M, 4K read, 512B written\n"
		"  disk     store, 1G read-only, 1M read\n"
		"  net      eth0, 2K received, 1K sent\n"
		"  net      eth1 without a link, 0B received, 0B sent, 3 frames lost\n"
		"  console  hvc0, 68.3K written, 12B read\n"
		"  socket   DIR/bonsai/router.sock\n");
	end();
}

TEST(a_vm_is_found_by_its_socket)
{
	char line[200];

	begin();
	snprintf(line, sizeof(line), "status --socket %s", router.path);
	capture(&said, cmd_status, line, NULL);
	CHECK_EQ(said.status, 0);
	CHECK_HAS(said.out, "status   running");
	snprintf(line, sizeof(line), "balloon --socket=%s 256M", router.path);
	capture(&said, cmd_balloon, line, NULL);
	CHECK_EQ(said.status, 0);
	end();
	CHECK_HAS(router.heard, "{\"execute\":\"balloon\",\"arguments\":"
				"{\"value\":268435456}}");
}

TEST(each_command_says_its_word_of_the_protocol)
{
	static const struct {
		int (*run)(int argc, char **argv);
		const char *line;
		const char *heard;
	} rows[] = {
		{cmd_pause, "pause router", "\"stop\"}"},
		{cmd_resume, "resume router", "\"cont\"}"},
		{cmd_reset, "reset router", "\"system_reset\"}"},
		{cmd_powerdown, "powerdown router", "\"system_powerdown\"}"},
		{cmd_balloon, "balloon router 1G",
			"\"balloon\",\"arguments\":{\"value\":1073741824}}"},
		{cmd_screendump, "screendump router /a.png --head 2 --device gpu1",
			"\"screendump\",\"arguments\":{\"filename\":\"/"
			"a.png\",\"format\":"
			"\"png\",\"device\":\"gpu1\",\"head\":2}}"},
		{cmd_screendump, "screendump router /b.ppm",
			"\"screendump\",\"arguments\":{\"filename\":\"/"
			"b.ppm\",\"format\":"
			"\"ppm\",\"head\":0}}"},
		{cmd_send_key, "send-key router a ctrl-kp_enter",
			"\"send-key\",\"arguments\":{\"keys\":[{\"type\":\"qcode\","
			"\"data\":\"ctrl\"},{\"type\":\"qcode\",\"data\":"
			"\"kp_enter\"}]}}"},
		{cmd_stop, "stop router", "\"quit\"}"},
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		capture(&said, rows[i].run, rows[i].line, NULL);
		CHECK_EQ(said.status, 0);
		CHECK_STR(said.out, "");
		CHECK_STR(said.err, "");
	}
	end();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_HAS(router.heard, rows[i].heard);
}

TEST(the_balloon_is_shown)
{
	begin();
	capture(&said, cmd_balloon, "balloon router", NULL);
	CHECK_STR(said.out, "384M\n");
	capture(&said, cmd_balloon, "balloon db", NULL);
	CHECK_EQ(said.status, EXIT_HOST_FAILED);
	CHECK_STR(said.err, "bonsai: db: there is no balloon\n");
	end();
}

TEST(powerdown_waits_for_the_end_as_long_as_it_is_told)
{
	uint64_t start;

	begin();
	capture(&said, cmd_powerdown, "powerdown --wait db", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_STR(said.err, "");
	start = loop_now_ns();
	capture(&said, cmd_powerdown, "powerdown --wait=1 router", NULL);
	CHECK_EQ(said.status, EXIT_HOST_FAILED);
	CHECK_STR(said.err, "bonsai: router still runs after 1 s\n");
	CHECK(loop_now_ns() - start >= 1000000000);
	end();
}

TEST(who_asks_for_a_vm_that_is_not_there_hears_which_are)
{
	begin();
	capture(&said, cmd_pause, "pause web", NULL);
	CHECK_EQ(said.status, EXIT_HOST_FAILED);
	CHECK_STR(said.err, "bonsai: no VM web runs; there are: db, router\n");
	end();
	fake_vm_begin();
	capture(&said, cmd_pause, "pause web", NULL);
	CHECK_STR(said.err, "bonsai: no VM web runs, nor does any other\n");
	fake_vm_end();
}

TEST(a_vm_that_ends_meanwhile_is_told)
{
	begin();
	capture(&said, cmd_pause, "pause db", NULL);
	CHECK_EQ(said.status, EXIT_HOST_FAILED);
	CHECK_STR(plain(said.err),
		"bonsai: db: the VM behind DIR/bonsai/db.sock has just ended\n");
	capture(&said, cmd_pause, "pause db", NULL);
	CHECK_STR(plain(said.err), "bonsai: db: the VM has ended: nobody listens at "
				   "DIR/bonsai/db.sock\n");
	end();
}

TEST(a_visit_carries_bytes_both_ways_until_the_vm_ends)
{
	begin();
	capture(&said, cmd_console, "console router hvc1", "hello\001\001.");
	CHECK_EQ(said.status, 0);
	CHECK_STR(said.out, "< hello\001.");
	end();
	CHECK_HAS(router.heard, "{\"execute\":\"bonsai-console\",\"arguments\":"
				"{\"device\":\"hvc1\",\"mode\":\"rw\"}}");
}

TEST(a_visit_ends_at_ctrl_a_d)
{
	begin();
	capture(&said, cmd_console, "console --uart router", "\001d");
	CHECK_EQ(said.status, 0);
	end();
	CHECK_HAS(router.heard, "{\"device\":\"uart\",\"mode\":\"rw\"}");
}

TEST(whoever_names_no_console_visits_the_first)
{
	begin();
	capture(&said, cmd_console, "console --watch router", "not sent");
	CHECK_EQ(said.status, 0);
	CHECK_STR(said.out, "< ");
	end();
	CHECK_HAS(router.heard, "{\"device\":\"hvc0\",\"mode\":\"ro\"}");
}

TEST(top_shows_rows_of_the_vms_there_are)
{
	begin();
	shutdown(db.listener, SHUT_RDWR);
	capture(&said, cmd_top, "top -n 1", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_HAS(said.out,
		"NAME          STATUS      CPU%   VCPU%  EXITS/s  MEMORY  READ/s  "
		"WRITE/s   NET/s\nrouter        running ");
	CHECK(!strstr(said.out, "db "));
	CHECK_STR(said.err, "");
	end();
}

TEST(top_shows_the_exits_of_vms_that_count_them)
{
	begin();
	capture(&said, cmd_top, "top --count 1", NULL);
	CHECK_EQ(said.status, 0);
	CHECK_HAS(said.out, "\ndb            paused ");
	CHECK_HAS(said.out, "        -  ");
	CHECK_HAS(said.out, "        0  ");
	end();
}

TEST(top_reads_proc)
{
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);

	CHECK_EQ(cmd_top_cpu_ns("12 (a b) c) S 1 2 3 0 -1 4 5 6 7 8 100 20 0 0 20 0"),
		120 * tick_ns);
	CHECK_EQ(cmd_top_cpu_ns("12 (a"), 0);
	CHECK_EQ(cmd_top_cpu_ns("12 (a) S 1"), 0);
	CHECK_EQ(cmd_top_cpu_ns(""), 0);
	CHECK_EQ(cmd_top_io("wchar: 1\nread_bytes: 23\nwrite_bytes: 45\n"
			    "cancelled_write_bytes: 6\n",
			 "write_bytes:"),
		45);
	CHECK_EQ(cmd_top_io("cancelled_write_bytes: 6\n", "write_bytes:"), 0);
	CHECK_EQ(cmd_top_io("", "read_bytes:"), 0);
}

TEST(usage_is_told_before_anything_is_asked)
{
	static const struct {
		int (*run)(int argc, char **argv);
		const char *line;
		const char *says;
	} rows[] = {
		{cmd_list, "list all",
			"bonsai: all is one word too many: write bonsai list\n"},
		{cmd_list, "list --json=yes", "bonsai: --json takes no value\n"},
		{cmd_stop, "stop", "bonsai: which VM? Write its name, see bonsai list\n"},
		{cmd_stop, "stop a b",
			"bonsai: b is one word too many: write bonsai stop NAME\n"},
		{cmd_stop, "stop ./router.xml",
			"bonsai: ./router.xml is no name of a VM; a socket is --socket "
			"PATH\n"},
		{cmd_stop, "stop --socket",
			"bonsai: --socket needs a value: --socket PATH\n"},
		{cmd_stop, "stop --now router",
			"bonsai: stop has no option --now: see bonsai --help\n"},
		{cmd_stop, "stop -- --now",
			"bonsai: no VM --now runs, nor does any other\n"},
		{cmd_powerdown, "powerdown --wait=0 router",
			"bonsai: --wait is '0', allowed: 1 to 1000000\n"},
		{cmd_top, "top -n none", "bonsai: -n is 'none', allowed: 1 to 1000000\n"},
		{cmd_balloon, "balloon router much",
			"bonsai: the size is 'much', allowed: bytes, or with K, M or G "
			"behind\n"},
		{cmd_screendump, "screendump router",
			"bonsai: which file? Write bonsai screendump NAME FILE.png\n"},
		{cmd_screendump, "screendump router --head 16 a.png",
			"bonsai: --head is '16', allowed: 0 to 15\n"},
		{cmd_send_key, "send-key router",
			"bonsai: which key? Write bonsai send-key NAME KEY...\n"},
		{cmd_console, "console --uart router hvc0",
			"bonsai: both --uart and hvc0, write one of them\n"},
	};

	fake_vm_begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		capture(&said, rows[i].run, rows[i].line, NULL);
		CHECK_STR(said.err, rows[i].says);
		CHECK_STR(said.out, "");
		CHECK(said.status == EXIT_USAGE || strstr(rows[i].says, "runs"));
	}
	fake_vm_end();
}

TEST(sizes_are_short)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0B"},
		{1023, "1023B"},
		{1024, "1K"},
		{1536, "1.5K"},
		{(256 << 20), "256M"},
		{(256 << 20) + 1, "256M"},
		{(99ull << 30) + (1 << 29), "99.5G"},
		{(uint64_t)16 << 40, "16T"},
		{UINT64_MAX, "16777215T"},
	};
	char buf[CMD_SIZE_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(cmd_size(buf, rows[i].bytes), rows[i].text);
}

TEST_MAIN(CASE(list_shows_vms_by_name_and_what_they_have),
	CASE(list_says_nothing_where_nothing_runs),
	CASE(list_reports_a_socket_that_was_left_behind), CASE(scripts_get_json),
	CASE(status_tells_of_one_vm_or_of_all), CASE(a_vm_is_found_by_its_socket),
	CASE(each_command_says_its_word_of_the_protocol), CASE(the_balloon_is_shown),
	CASE(powerdown_waits_for_the_end_as_long_as_it_is_told),
	CASE(who_asks_for_a_vm_that_is_not_there_hears_which_are),
	CASE(a_vm_that_ends_meanwhile_is_told),
	CASE(a_visit_carries_bytes_both_ways_until_the_vm_ends),
	CASE(a_visit_ends_at_ctrl_a_d), CASE(whoever_names_no_console_visits_the_first),
	CASE(top_shows_rows_of_the_vms_there_are),
	CASE(top_shows_the_exits_of_vms_that_count_them), CASE(top_reads_proc),
	CASE(usage_is_told_before_anything_is_asked), CASE(sizes_are_short))
