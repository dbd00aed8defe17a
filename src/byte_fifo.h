/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short queue of bytes, as UARTs and keyboards have. Zeroed is empty. How full is full
 * is its owner's to say, up to BYTE_FIFO_BYTES.
 */
#ifndef SRC_BYTE_FIFO_H
#define SRC_BYTE_FIFO_H

#include <stdint.h>

struct terminal;

#define BYTE_FIFO_BYTES 32u

struct byte_fifo {
	uint8_t bytes[BYTE_FIFO_BYTES];
	unsigned int first;
	unsigned int count;
};

/* There must be room. */
void byte_fifo_put(struct byte_fifo *fifo, uint8_t byte);
/* There must be a byte. */
uint8_t byte_fifo_take(struct byte_fifo *fifo);
/* Gives the terminal what it takes; the rest stays for its events->writable. */
void byte_fifo_send(struct byte_fifo *fifo, struct terminal *terminal);

#endif
