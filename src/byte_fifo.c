/* SPDX-License-Identifier: Apache-2.0 */
#include "src/byte_fifo.h"

#include <assert.h>
#include <stddef.h>

#include "host/terminal.h"

void byte_fifo_put(struct byte_fifo *fifo, uint8_t byte)
{
	assert(fifo->count < BYTE_FIFO_BYTES);
	fifo->bytes[(fifo->first + fifo->count++) % BYTE_FIFO_BYTES] = byte;
}

uint8_t byte_fifo_take(struct byte_fifo *fifo)
{
	uint8_t byte = fifo->bytes[fifo->first];

	assert(fifo->count);
	fifo->first = (fifo->first + 1) % BYTE_FIFO_BYTES;
	fifo->count--;
	return byte;
}

void byte_fifo_send(struct byte_fifo *fifo, struct terminal *terminal)
{
	while (fifo->count) {
		unsigned int run = fifo->count;
		size_t taken;

		if (run > BYTE_FIFO_BYTES - fifo->first)
			run = BYTE_FIFO_BYTES - fifo->first;
		taken = terminal_write(terminal, fifo->bytes + fifo->first, run);
		fifo->first = (fifo->first + (unsigned int)taken) % BYTE_FIFO_BYTES;
		fifo->count -= (unsigned int)taken;
		if (taken < run)
			break;
	}
}
