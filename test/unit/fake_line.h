/* SPDX-License-Identifier: Apache-2.0 */
/* An interrupt line that remembers what it was told. */
#ifndef TEST_UNIT_FAKE_LINE_H
#define TEST_UNIT_FAKE_LINE_H

#include "src/irq.h"

struct fake_line {
	struct irq_line line;
	bool level;
	unsigned int edges;  /* from low to high */
	unsigned int pulses; /* told so in one */
	unsigned int idle;   /* told of the level that it had: a storm for the host */
};

void fake_line_init(struct fake_line *line);

#endif
