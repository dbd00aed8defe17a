/* SPDX-License-Identifier: Apache-2.0 */
/* A machine to a board's devices, which remembers what they asked it for. */
#ifndef TEST_UNIT_FAKE_BOARD_H
#define TEST_UNIT_FAKE_BOARD_H

#include "src/board.h"
#include "src/bus.h"

struct fake_board {
	struct board_host host;
	struct bus bus;
	struct bus ports;
	unsigned int requests;
	enum board_request last;
};

/* Buses without devices; the host's other parts are NULL and the test's to fill. */
void fake_board_init(struct fake_board *board);

uint64_t fake_board_in(struct fake_board *board, uint16_t port, unsigned int bytes);
void fake_board_out(
	struct fake_board *board, uint16_t port, unsigned int bytes, uint64_t value);

#endif
