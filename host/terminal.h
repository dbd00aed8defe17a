/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal of the host: where a console's bytes come from and go to. One contract for
 * stdio, pty, unix, tcp, file and null.
 *
 * Flow control, so that output is never lost to a slow reader and no guest blocks for
 * good: terminal_write() takes what it has room for and says how much; the user keeps
 * the rest and hears events->writable. While nobody is attached (a socket without a
 * client, a pty without a reader) output goes into a ring of the last 64 KiB, which the
 * next client gets first. A client that takes nothing for five seconds counts as not
 * attached until it reads again.
 *
 * Everything runs with the loop's lock held.
 */
#ifndef HOST_TERMINAL_H
#define HOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct loop;
struct source_pos;
struct terminal;
struct tls_files;

struct terminal_user;

/* What the terminal tells its user; all mandatory, on the loop's thread. */
struct terminal_events {
	/* terminal_read() has new bytes; not told again of those that are left there. */
	void (*readable)(struct terminal_user *user);
	void (*writable)(
		struct terminal_user *user); /* there is room after a short write */
	void (*resized)(struct terminal_user *user); /* terminal_size() has changed */
	void (*attached)(
		struct terminal_user *user); /* terminal_is_attached() has changed */
};

/* Embedded in the device. */
struct terminal_user {
	const struct terminal_events *events;
};

/*
 * Somebody who hears each byte of output once, when it is taken from the user, whether or
 * not anybody is attached. On the writing thread; calls no verb of the terminal.
 */
struct terminal_listener {
	void (*wrote)(struct terminal_listener *listener, const void *buf, size_t bytes);
	/* Optional: the user has read, so terminal_type_room() has grown. Likewise. */
	void (*read)(struct terminal_listener *listener);
	struct terminal_listener *next; /* the terminal's */
};

/* --- one implementation a line; path strings are borrowed for the terminal's life ----
 */

/*
 * The process's own stdin and stdout, put into raw mode where they are a terminal, and
 * restored by terminal_destroy() and by terminal_restore(). Ctrl-A x calls
 * quit(quit_data); Ctrl-A Ctrl-A (or Ctrl-A a) sends one Ctrl-A; Ctrl-A h lists the keys.
 * The keys work whatever stdin is, and while the guest reads nothing. End of input is
 * just no more input. Only one may exist. Blocks SIGWINCH, SIGTSTP and SIGCONT in the
 * calling thread, so it comes before other threads; SIGPIPE is the process's to ignore.
 */
int terminal_stdio_create(struct loop *loop, void (*quit)(void *quit_data),
	void *quit_data, struct terminal **ret, struct error *err);

/*
 * The same for somebody who looks in on a VM that runs elsewhere: Ctrl-A d (or Ctrl-A x)
 * calls leave(leave_data), and the list of the keys says so.
 */
int terminal_stdio_visit(struct loop *loop, void (*leave)(void *leave_data),
	void *leave_data, struct terminal **ret, struct error *err);

/* For a fatal signal or a failed start: puts the tty back; async-signal-safe, any time.
 */
void terminal_restore(void);

/* link, where not NULL, becomes a symlink to the pty, removed again at the end. */
int terminal_pty_create(struct loop *loop, const char *link, const struct source_pos *pos,
	struct terminal **ret, struct error *err);
/* A listening stream socket; one client at a time, further ones are told so and closed.
 */
int terminal_unix_create(struct loop *loop, const char *path,
	const struct source_pos *pos, struct terminal **ret, struct error *err);
/* tls, where not NULL: clients come by TLS alone. */
int terminal_tcp_create(struct loop *loop, const char *address, uint16_t port,
	const struct tls_files *tls, const struct source_pos *pos, struct terminal **ret,
	struct error *err);
/* Output only; created 0600 where missing, truncated unless append. */
int terminal_file_create(struct loop *loop, const char *path, bool append,
	const struct source_pos *pos, struct terminal **ret, struct error *err);
int terminal_null_create(struct terminal **ret, struct error *err);

/* --- the verbs ---------------------------------------------------------------------- */

/* Set once, before the loop runs; NULL detaches. */
void terminal_set_user(struct terminal *terminal, struct terminal_user *user);

/* Bytes that came in, at most room; 0 where there are none now. */
size_t terminal_read(struct terminal *terminal, void *buf, size_t room);

/*
 * Bytes that count as if they had come in, whatever kind of terminal this is: at most as
 * many as there is room for. On the loop's thread.
 */
size_t terminal_type_room(const struct terminal *terminal);
void terminal_type(struct terminal *terminal, const void *buf, size_t bytes);

/* Takes as many bytes as there is room for; fewer promises a later events->writable. */
size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes);

void terminal_listen(struct terminal *terminal, struct terminal_listener *listener);
/* Does nothing where it does not listen; a listener may do this to itself. */
void terminal_unlisten(struct terminal *terminal, struct terminal_listener *listener);

/* What its user has written and read since it was created. */
struct terminal_counts {
	uint64_t written_bytes;
	uint64_t read_bytes;
};

const struct terminal_counts *terminal_counts(const struct terminal *terminal);

bool terminal_is_attached(const struct terminal *terminal);

/* False where the terminal has no size (a file, a socket). */
bool terminal_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows);

/* What a person connects to, such as "/dev/pts/3", for a line at start; NULL for none. */
const char *terminal_place(const struct terminal *terminal);

/* Flushes what it can at once, restores, removes sockets and links. NULL is fine. */
void terminal_destroy(struct terminal *terminal);

#endif
