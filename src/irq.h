/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interrupt line as a device sees it: no number, no controller. Both verbs may be
 * called from any thread.
 */
#ifndef SRC_IRQ_H
#define SRC_IRQ_H

#include <stdbool.h>

struct irq_line;

struct irq_line_ops {
	/* Mandatory. Drives a level-triggered line. */
	void (*set)(struct irq_line *line, bool level);
	/* Mandatory. One edge. */
	void (*pulse)(struct irq_line *line);
	/*
	 * Optional. An eventfd that is the line's; whoever writes it, another process
	 * too, makes an edge. -1: there is none.
	 */
	int (*event_fd)(struct irq_line *line);
};

struct irq_line {
	const struct irq_line_ops *ops;
};

static inline void irq_line_set(struct irq_line *line, bool level)
{
	line->ops->set(line, level);
}

static inline void irq_line_pulse(struct irq_line *line)
{
	line->ops->pulse(line);
}

static inline int irq_line_event_fd(struct irq_line *line)
{
	return line->ops->event_fd ? line->ops->event_fd(line) : -1;
}

#endif
