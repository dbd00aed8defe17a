/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands do to a machine, and what they say of it. */
#include "src/control.h"

#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

static struct control_rig rig;

TEST(says_what_the_machine_is)
{
	static const struct {
		const char *text;
		const char *answer;
	} rows[] = {
		{"{\"execute\": \"query-name\"}", "{\"return\": {\"name\": \"rig\"}}"},
		{"{\"execute\": \"query-memory-size-summary\"}",
			"{\"return\": {\"base-memory\": 4294967296, "
			"\"plugged-memory\": 0}}"},
		{"{\"execute\": \"query-cpus-fast\"}",
			"{\"return\": [{\"cpu-index\": 0, \"qom-path\": "
			"\"/machine/cpu[0]\", \"thread-id\": 1000, \"target\": \"arm\"}, "
			"{\"cpu-index\": 1, \"qom-path\": \"/machine/cpu[1]\", "
			"\"thread-id\": 1001, \"target\": \"arm\"}]}"},
		{"{\"execute\": \"human-monitor-command\", \"arguments\": "
		 "{\"command-line\": \"info status\"}}",
			"{\"return\": \"VM status: running\\r\\n\"}"},
		{"{\"execute\": \"human-monitor-command\", \"arguments\": "
		 "{\"command-line\": \"info version\"}}",
			"{\"return\": \"bonsai " BONSAI_VERSION "\\r\\n\"}"},
		{"{\"execute\": \"human-monitor-command\", \"arguments\": "
		 "{\"command-line\": \"info x\"}}",
			"{\"return\": \"unknown command: 'info x'\\r\\n\"}"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), rows[i].answer);
	close(fd);
	rig_end(&rig);
}

TEST(does_what_it_is_told)
{
	static const char *const commands[] = {
		"{\"execute\": \"stop\"}",
		"{\"execute\": \"cont\"}",
		"{\"execute\": \"system_reset\"}",
		"{\"execute\": \"system_powerdown\"}",
		"{\"execute\": \"send-key\", \"arguments\": {\"keys\": [{\"type\": "
		"\"qcode\", \"data\": \"ctrl\"}, {\"type\": \"qcode\", \"data\": "
		"\"alt\"}, {\"type\": \"qcode\", \"data\": \"delete\"}]}}",
		"{\"execute\": \"input-send-event\", \"arguments\": {\"events\": "
		"[{\"type\": \"key\", \"data\": {\"down\": true, \"key\": {\"type\": "
		"\"qcode\", \"data\": \"ctrl\"}}}, {\"type\": \"key\", \"data\": "
		"{\"down\": true, \"key\": {\"type\": \"qcode\", \"data\": \"alt\"}}}, "
		"{\"type\": \"key\", \"data\": {\"down\": true, \"key\": {\"type\": "
		"\"qcode\", \"data\": \"delete\"}}}]}}",
		"{\"execute\": \"input-send-event\", \"arguments\": {\"events\": "
		"[{\"type\": \"key\", \"data\": {\"down\": false, \"key\": {\"type\": "
		"\"qcode\", \"data\": \"ctrl\"}}}]}}",
		"{\"execute\": \"quit\"}",
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		CHECK_STR(rig_ask(&rig, fd, commands[i]), "{\"return\": {}}");
	CHECK_EQ(rig.pauses, 1);
	CHECK_EQ(rig.resumes, 1);
	CHECK_EQ(rig.resets, 1);
	CHECK_EQ(rig.presses[BOARD_POWER_BUTTON], 1);
	CHECK_EQ(rig.presses[BOARD_CTRL_ALT_DEL], 2);
	CHECK_EQ(rig.quits, 1);
	close(fd);
	rig_end(&rig);
}

TEST(tells_a_paused_machine_from_a_running_one)
{
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	rig_ask(&rig, fd, "{\"execute\": \"stop\"}");
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"query-status\"}"),
		"{\"return\": {\"status\": \"paused\", \"running\": false}}");
	rig_ask(&rig, fd, "{\"execute\": \"cont\"}");
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"query-status\"}"),
		"{\"return\": {\"status\": \"running\", \"running\": true}}");
	close(fd);
	rig_end(&rig);
}

TEST(says_what_disks_there_are_and_resizes_them)
{
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	CHECK_STR(rig_ask(&rig, fd,
			  "{\"execute\": \"block_resize\", \"arguments\": {\"device\": "
			  "\"vda\", \"size\": 8589934592}}"),
		"{\"return\": {}}");
	CHECK_STR(rig_ask(&rig, fd, "{\"execute\": \"query-block\"}"),
		"{\"return\": [{\"device\": \"vda\", \"type\": \"unknown\", \"locked\": "
		"false, \"removable\": false, \"inserted\": {\"file\": \"/tmp/disk\", "
		"\"drv\": \"raw\", \"ro\": true, \"image\": {\"filename\": "
		"\"/tmp/disk\", \"format\": \"raw\", \"virtual-size\": "
		"8589934592}}}]}");
	close(fd);
	rig_end(&rig);
}

TEST(says_what_the_machine_costs)
{
	const char *line;
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	line = rig_ask(&rig, fd, "{\"execute\": \"bonsai-stats\"}");
	CHECK_HAS(line,
		"{\"cpu-index\": 1, \"cpu-time-ns\": 77, \"exits\": {\"mmio\": 2, "
		"\"port\": 1, \"kick\": 1}}");
	CHECK_HAS(line, "\"write\": {\"requests\": 3, \"bytes\": 3072}");
	CHECK_HAS(line, "\"device\": \"vda\", \"size\": 1048576, \"readonly\": true");
	CHECK_HAS(line,
		"\"nets\": [{\"device\": \"eth0\", \"link\": true, \"received\": "
		"{\"frames\": 1, \"bytes\": 60}, \"sent\": {\"frames\": 2, \"bytes\": "
		"128}, \"lost-frames\": 4}]");
	CHECK_HAS(line, "\"consoles\": []");
	CHECK_HAS(line, "\"loop-cpu-time-ns\": ");
	CHECK_HAS(line, "\"memory\": {");
	close(fd);
	rig_end(&rig);
}

TEST(says_why_not)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{"{\"execute\": \"system_powerdown\"}", "there is none"},
		{"{\"execute\": \"send-key\"}", "arguments: "},
		{"{\"execute\": \"send-key\", \"arguments\": {\"keys\": 1}}",
			"keys: 1 to 16"},
		{"{\"execute\": \"send-key\", \"arguments\": {\"keys\": [1]}}",
			"arguments: "},
		{"{\"execute\": \"send-key\", \"arguments\": {\"keys\": [{\"type\": "
		 "\"qcode\", \"data\": \"a\"}]}}",
			"only ctrl, alt and delete"},
		{"{\"execute\": \"input-send-event\", \"arguments\": {\"events\": "
		 "[{\"type\": \"rel\", \"data\": {\"axis\": \"x\", \"value\": 1}}]}}",
			"no input device for motion"},
		{"{\"execute\": \"input-send-event\", \"arguments\": {\"events\": "
		 "[{\"type\": \"key\", \"data\": 1}]}}",
			"arguments: "},
		{"{\"execute\": \"stop\", \"arguments\": {\"x\": 1}}", "arguments: "},
		{"{\"execute\": \"human-monitor-command\"}", "arguments: "},
		{"{\"execute\": \"block_resize\", \"arguments\": {\"device\": \"vda\", "
		 "\"size\": -512}}",
			"size is -512"},
		{"{\"execute\": \"block_resize\", \"arguments\": {\"device\": \"vdb\", "
		 "\"size\": 512}}",
			"no such disk"},
	};
	int fd;

	rig_begin(&rig);
	rig.no_buttons = true;
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *line = rig_ask(&rig, fd, rows[i].text);

		CHECK_HAS(line, "\"class\": \"GenericError\"");
		CHECK_HAS(line, rows[i].why);
	}
	CHECK_EQ(rig.pauses, 0);
	close(fd);
	rig_end(&rig);
}

TEST_MAIN(CASE(says_what_the_machine_is), CASE(does_what_it_is_told),
	CASE(tells_a_paused_machine_from_a_running_one),
	CASE(says_what_disks_there_are_and_resizes_them),
	CASE(says_what_the_machine_costs), CASE(says_why_not))
