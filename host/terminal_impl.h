/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the implementations of host/terminal.h and their tests. terminal.c does what all
 * of them share: the input buffer, the output that nobody takes, the stall rule and the
 * events. A kind moves bytes and says who comes and goes.
 *
 * A terminal's verbs come from any thread with the loop's lock, events and what a kind
 * reports happen on the loop's thread.
 */
#ifndef HOST_TERMINAL_IMPL_H
#define HOST_TERMINAL_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/terminal.h"
#include "src/byte_ring.h"
#include "src/loop.h"

#define TERMINAL_RING_BYTES 65536u
#define TERMINAL_INPUT_BYTES 4096u
#define TERMINAL_CHUNK_BYTES 512u
#define TERMINAL_STALL_NS 5000000000ull

struct terminal_ops {
	/*
	 * Mandatory; called while attached. Bytes taken (at least one), -EAGAIN where
	 * there is no room now, another -errno where the far end is gone.
	 */
	ssize_t (*write)(struct terminal *terminal, const void *buf, size_t bytes);
	/* Mandatory where write says -EAGAIN: calls terminal_output_ready() while on. */
	void (*watch_output)(struct terminal *terminal, bool on);
	/* Mandatory where there is input: there is room for it, or none. */
	void (*watch_input)(struct terminal *terminal, bool on);
	/*
	 * Optional: turns n bytes of input at from into those for the user, at most n
	 * + 1. Returns how many.
	 */
	size_t (*filter)(
		struct terminal *terminal, const uint8_t *from, size_t n, uint8_t *to);
	/* Optional: terminal_size(). */
	bool (*size)(const struct terminal *terminal, uint16_t *ret_columns,
		uint16_t *ret_rows);
	/* Optional: write lost the far end, which counts as detached already. */
	void (*lost)(struct terminal *terminal);
	/* Mandatory: ends with terminal_finish() and free(). Takes half-built ones. */
	void (*destroy)(struct terminal *terminal);
};

/* Embedded in each kind, first initialized by terminal_init(). */
struct terminal {
	const struct terminal_ops *ops;
	struct loop *loop;
	struct terminal_user *user;
	struct terminal_listener *listeners;
	const char *name;  /* for log lines; borrowed */
	char *place;       /* owned; NULL for none */
	uint64_t stall_ns; /* TERMINAL_STALL_NS, but for tests */
	struct terminal_counts counts;

	bool attached;
	bool stalled;
	bool blocked;       /* the user waits for events->writable */
	bool told_attached; /* what the user last heard */
	bool lost;
	bool full_told;    /* of a full disk */
	bool input_paused; /* for want of room */
	struct loop_timer stall;
	struct loop_task task;
	struct byte_ring input;
	struct byte_ring unread; /* output that nobody took */
};

/* loop may be NULL for a kind that is always attached and takes everything. */
void terminal_init(struct terminal *terminal, const struct terminal_ops *ops,
	struct loop *loop, const char *name, bool attached);
void terminal_finish(struct terminal *terminal);

/* Sets terminal_place(). -ENOMEM. */
int terminal_set_place(struct terminal *terminal, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A client came or went. A new one gets first what was not read before. */
void terminal_set_attached(struct terminal *terminal, bool attached);
/* The far end takes bytes again. */
void terminal_output_ready(struct terminal *terminal);
void terminal_resized(struct terminal *terminal);

/*
 * Reads once from fd, as far as the input buffer has room. Positive: there may be more;
 * 0: the end; -EAGAIN: none now; -ENOBUFS: no room, ops->watch_input follows when there
 * is; another -errno.
 */
ssize_t terminal_read_fd(struct terminal *terminal, int fd);

/*
 * For ops->write: write() to a descriptor. A full disk is logged once and takes bytes
 * nevertheless: they are gone, the VM goes on.
 */
ssize_t terminal_write_fd(
	struct terminal *terminal, int fd, const void *buf, size_t bytes);
/* The same for a socket: never waits, never raises SIGPIPE. */
ssize_t terminal_send_fd(
	struct terminal *terminal, int fd, const void *buf, size_t bytes);

/* For ops->watch_output: has a watch that is for output alone in the loop, or not. */
void terminal_watch_writable(struct terminal *terminal, struct loop_fd *watch, bool on);

/* terminal_size() of a tty. */
bool terminal_tty_size(int fd, uint16_t *ret_columns, uint16_t *ret_rows);

/* Stops this process until somebody has it go on. */
void terminal_suspend(void);

/* terminal_stdio_create() over other descriptors, which stay the caller's. */
int terminal_stdio_open(struct loop *loop, int in_fd, int out_fd,
	void (*quit)(void *quit_data), void *quit_data, struct terminal **ret,
	struct error *err);

/* terminal_pty_create(), with or without inotify to notice readers. */
int terminal_pty_open(struct loop *loop, const char *link, bool with_inotify,
	const struct source_pos *pos, struct terminal **ret, struct error *err);

#endif
