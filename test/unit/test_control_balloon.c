/* SPDX-License-Identifier: Apache-2.0 */
/* The balloon's commands as programs around virtual machines send them. */
#include "src/control.h"

#include <string.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

#define GIB (1ull << 30)
#define AT "\"path\": \"/machine/peripheral/balloon0\", \"property\": "

static struct control_rig rig;

struct row {
	const char *text;
	const char *answer;
};

static void ask(const struct row *rows, size_t count)
{
	int fd = rig_client(&rig);

	for (size_t i = 0; i < count; i++)
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), rows[i].answer);
	close(fd);
}

static void begin(void)
{
	rig_begin(&rig);
	rig.balloon.name = "balloon0";
	memset(rig.balloon.stats, 0xff, sizeof(rig.balloon.stats));
}

/* The rig has 4 GiB. */
TEST(leaves_the_guest_as_much_as_is_said)
{
	static const struct {
		const char *text;
		uint64_t asked;
	} rows[] = {
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": 1073741824}}",
			3 * GIB},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": 4294967296}}", 0},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": "
		 "9223372036854775807}}",
			0},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": 1}}",
			4 * GIB - 1},
	};
	int fd;

	begin();
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig.memory_asked = 1;
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), "{\"return\": {}}");
		CHECK_EQ(rig.memory_asked, rows[i].asked);
	}
	close(fd);
	rig_end(&rig);
}

TEST(says_how_much_the_guest_has)
{
	static const struct row rows[] = {{"{\"execute\": \"query-balloon\"}",
		"{\"return\": {\"actual\": 3221225472}}"}};

	begin();
	rig.balloon.taken_bytes = GIB;
	ask(rows, ARRAY_SIZE(rows));
	rig_end(&rig);
}

TEST(says_that_there_is_no_balloon)
{
	static const char none[] = "{\"error\": {\"class\": \"DeviceNotActive\", "
				   "\"desc\": \"No balloon device has been activated\"}}";
	static const struct row rows[] = {
		{"{\"execute\": \"query-balloon\"}", none},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": 1}}", none},
		{"{\"execute\": \"qom-get\", \"arguments\": {" AT "\"guest-stats\"}}",
			"{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device "
			"'/machine/peripheral/balloon0' not found\"}}"},
	};

	rig_begin(&rig);
	ask(rows, ARRAY_SIZE(rows));
	rig_end(&rig);
}

TEST(gives_the_statistics_their_names)
{
	static const struct row rows[] = {
		{"{\"execute\": \"qom-get\", \"arguments\": {" AT "\"guest-stats\"}}",
			"{\"return\": {\"stats\": {\"stat-swap-in\": -1, "
			"\"stat-swap-out\": -1, \"stat-major-faults\": -1, "
			"\"stat-minor-faults\": -1, \"stat-free-memory\": 104857600, "
			"\"stat-total-memory\": 209715200, \"stat-available-memory\": "
			"-1, \"stat-disk-caches\": -1, \"stat-htlb-pgalloc\": -1, "
			"\"stat-htlb-pgfail\": -1, \"stat-oom-kills\": -1, "
			"\"stat-alloc-stalls\": -1, \"stat-async-scans\": -1, "
			"\"stat-direct-scans\": -1, \"stat-async-reclaims\": -1, "
			"\"stat-direct-reclaims\": 0}, \"last-update\": 1700000000}}"},
	};

	begin();
	rig.balloon.stats[4] = 100 << 20;
	rig.balloon.stats[5] = 200 << 20;
	rig.balloon.stats[15] = 0;
	rig.balloon.stats_time = 1700000000;
	ask(rows, ARRAY_SIZE(rows));
	rig_end(&rig);
}

TEST(sets_the_polling_interval)
{
	static const struct row rows[] = {
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"guest-stats-polling-interval\", \"value\": 5}}",
			"{\"return\": {}}"},
		{"{\"execute\": \"qom-get\", \"arguments\": {" AT
		 "\"guest-stats-polling-interval\"}}",
			"{\"return\": 5}"},
		{"{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"balloon0\", "
		 "\"property\": \"guest-stats-polling-interval\"}}",
			"{\"return\": 5}"},
	};

	begin();
	ask(rows, ARRAY_SIZE(rows));
	CHECK_EQ(rig.balloon.stats_interval, 5);
	rig_end(&rig);
}

#define GENERIC(text) "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}"

TEST(says_what_is_wrong)
{
	static const struct row rows[] = {
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": 0}}",
			GENERIC("Parameter 'value' expects a size")},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": -1}}",
			GENERIC("Parameter 'value' expects a size")},
		{"{\"execute\": \"balloon\"}",
			GENERIC("arguments: Object item not found: value")},
		{"{\"execute\": \"balloon\", \"arguments\": {\"value\": \"1G\"}}",
			GENERIC("arguments: Expected integer, got string")},
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"guest-stats-polling-interval\", \"value\": -1}}",
			GENERIC("timer value must be greater than zero")},
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"guest-stats-polling-interval\", \"value\": 4294967296}}",
			GENERIC("timer value is too big")},
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"guest-stats-polling-interval\", \"value\": \"5\"}}",
			GENERIC("Invalid parameter type for "
				"'guest-stats-polling-interval', expected: integer")},
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"guest-stats\", \"value\": 5}}",
			GENERIC("Insufficient permission to perform this operation")},
		{"{\"execute\": \"qom-set\", \"arguments\": {" AT
		 "\"color\", \"value\": 5}}",
			GENERIC("Property 'virtio-balloon.color' not found")},
		{"{\"execute\": \"qom-get\", \"arguments\": {" AT "\"color\"}}",
			GENERIC("Property 'virtio-balloon.color' not found")},
		{"{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/machine\", "
		 "\"property\": \"type\"}}",
			"{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device "
			"'/machine' not found\"}}"},
	};

	begin();
	rig.memory_asked = 1;
	ask(rows, ARRAY_SIZE(rows));
	CHECK_EQ(rig.memory_asked, 1);
	CHECK_EQ(rig.balloon.stats_interval, 0);
	rig_end(&rig);
}

TEST_MAIN(CASE(leaves_the_guest_as_much_as_is_said), CASE(says_how_much_the_guest_has),
	CASE(says_that_there_is_no_balloon), CASE(gives_the_statistics_their_names),
	CASE(sets_the_polling_interval), CASE(says_what_is_wrong))
