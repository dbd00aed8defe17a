/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_line.h"

#include "src/container_of.h"

static void set(struct irq_line *line, bool level)
{
	struct fake_line *self = container_of(line, struct fake_line, line);

	self->idle += level == self->level;
	self->edges += level && !self->level;
	self->level = level;
}

static void pulse(struct irq_line *line)
{
	container_of(line, struct fake_line, line)->pulses++;
}

static const struct irq_line_ops ops = {.set = set, .pulse = pulse};

void fake_line_init(struct fake_line *line)
{
	*line = (struct fake_line){.line.ops = &ops};
}
