/* SPDX-License-Identifier: Apache-2.0 */
#include "src/pvpanic.h"

#include "src/container_of.h"
#include "test/unit/fake_board.h"
#include "test/unit/test.h"

#define PORT 0x505u

TEST(tells_which_events_it_takes)
{
	struct fake_board board;
	struct pvpanic *pvpanic;

	fake_board_init(&board);
	CHECK_EQ(pvpanic_create(&board.host, PORT, 1, &pvpanic, NULL), 0);
	CHECK_EQ(bus_add(&board.ports, pvpanic_region(pvpanic), NULL), 0);
	CHECK_EQ(fake_board_in(&board, PORT, 1), PVPANIC_PANICKED | PVPANIC_CRASH_LOADED);
	pvpanic_destroy(pvpanic);
	pvpanic_destroy(NULL);
}

TEST(a_panic_is_the_vms_end_unless_a_crash_kernel_takes_over)
{
	static const struct {
		uint8_t write;
		unsigned int requests;
	} writes[] = {{0, 0}, {1, 1}, {2, 0}, {3, 1}, {0xfc, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct fake_board board;
		struct pvpanic *pvpanic;

		fake_board_init(&board);
		CHECK_EQ(pvpanic_create(&board.host, PORT, 1, &pvpanic, NULL), 0);
		CHECK_EQ(bus_add(&board.ports, pvpanic_region(pvpanic), NULL), 0);
		fake_board_out(&board, PORT, 1, writes[i].write);
		CHECK_EQ(board.requests, writes[i].requests);
		if (board.requests)
			CHECK_EQ(board.last, BOARD_CRASHED);
		pvpanic_destroy(pvpanic);
	}
}

TEST(in_memory_the_register_is_the_first_of_its_bytes)
{
	struct fake_board board;
	struct pvpanic *pvpanic;
	uint64_t value;

	fake_board_init(&board);
	CHECK_EQ(pvpanic_create(&board.host, 0x90e0000, 2, &pvpanic, NULL), 0);
	CHECK_EQ(bus_add(&board.bus, pvpanic_region(pvpanic), NULL), 0);
	CHECK(bus_read(&board.bus, 0x90e0000, 1, &value));
	CHECK_EQ(value, PVPANIC_PANICKED | PVPANIC_CRASH_LOADED);
	CHECK(bus_read(&board.bus, 0x90e0000, 2, &value));
	CHECK_EQ(value, PVPANIC_PANICKED | PVPANIC_CRASH_LOADED);
	CHECK(bus_read(&board.bus, 0x90e0001, 1, &value));
	CHECK_EQ(value, 0);
	CHECK(bus_write(&board.bus, 0x90e0001, 1, 0xff));
	CHECK(bus_write(&board.bus, 0x90e0000, 2, 0xff00));
	CHECK(!bus_write(&board.bus, 0x90e0000, 4, 1));
	CHECK_EQ(board.requests, 0);
	CHECK(bus_write(&board.bus, 0x90e0000, 1, PVPANIC_PANICKED));
	CHECK_EQ(board.requests, 1);
	CHECK_EQ(board.last, BOARD_CRASHED);
	pvpanic_destroy(pvpanic);
}

TEST_MAIN(CASE(tells_which_events_it_takes),
	CASE(a_panic_is_the_vms_end_unless_a_crash_kernel_takes_over),
	CASE(in_memory_the_register_is_the_first_of_its_bytes))
