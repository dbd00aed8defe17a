/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_board.h"

#include "test/unit/test.h"

static void request(void *user, enum board_request request)
{
	struct fake_board *board = user;

	board->requests++;
	board->last = request;
}

void fake_board_init(struct fake_board *board)
{
	*board = (struct fake_board){
		.host = {.bus = &board->bus,
			.ports = &board->ports,
			.request = request,
			.user = board},
	};
}

uint64_t fake_board_in(struct fake_board *board, uint16_t port, unsigned int bytes)
{
	uint64_t value;

	CHECK(bus_read(&board->ports, port, bytes, &value));
	return value;
}

void fake_board_out(
	struct fake_board *board, uint16_t port, unsigned int bytes, uint64_t value)
{
	CHECK(bus_write(&board->ports, port, bytes, value));
}
