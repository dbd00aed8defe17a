/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket of a VM: a unix socket that speaks QMP, QEMU's machine protocol
 * (docs/interop/qmp-spec of QEMU): a greeting, then commands as JSON objects, each with
 * one answer, and events. Several clients at a time.
 *
 * All on the loop's thread but control_event(). Whoever may connect may do anything to
 * the VM, hence the owner and root only, by mode and by peer credentials; and, at a TCP
 * port, those with a certificate.
 *
 * A further command is a function of the shape below in a src/control_AREA.c, with a line
 * in the table of that file, and the table in control_tables[] of control_commands.c.
 * What it does to the machine goes through src/machine_control.h. Its test is beside
 * test/unit/test_control_machine.c, its page in docs/bonsai.1.
 */
#ifndef SRC_CONTROL_H
#define SRC_CONTROL_H

#include <jansson.h>
#include <stdint.h>

struct control;
struct control_client;
struct error;
struct loop;
struct machine_control;
struct source_pos;
struct terminal;
struct tls_files;

/*
 * Listens at path (NULL: nowhere), which is borrowed, as is machine. -EADDRINUSE where a
 * VM that runs has this socket; one that was left behind is replaced.
 */
int control_create(struct loop *loop, const char *path, struct machine_control *machine,
	const struct source_pos *pos, struct control **ret, struct error *err);

/*
 * The same at a unix socket that somebody has bound, who removes it too: fd, which is the
 * control's from now on, whatever comes of it.
 */
int control_create_at(struct loop *loop, int fd, struct machine_control *machine,
	struct control **ret, struct error *err);

/*
 * Listens at a numeric address and port, too, for those whom tls lets in: they may do
 * all that the owner may.
 */
int control_listen(struct control *control, const char *address, uint16_t port,
	const struct tls_files *tls, const struct source_pos *pos, struct error *err);

/* No command's answer is due any more. Sends what can be sent at once, closes all clients
 * and removes the socket. NULL is fine. */
void control_destroy(struct control *control);

/*
 * Tells all clients of an event such as "STOP"; data is an object, taken over, or NULL
 * for none. Any thread with the loop's lock. control NULL: nobody listens.
 */
void control_event(struct control *control, const char *name, json_t *data);

/*
 * Makes a terminal one that bonsai-console attaches to, under that name, and keeps the
 * last of its output from now on. Both outlive the control socket. control NULL: nothing
 * is done. -ENOMEM.
 */
int control_add_terminal(struct control *control, const char *name,
	struct terminal *terminal, struct error *err);

/* ---- commands ---------------------------------------------------------------------- */

#define CONTROL_LATER 1

struct control_command {
	const char *name;
	/*
	 * arguments is an object, empty where none were given; borrowed. 0 with the
	 * answer in *ret (left alone: an empty object), taken over from here, or -errno
	 * with a sentence in err (-ENODEV has the class DeviceNotActive, -ENXIO
	 * DeviceNotFound, all others GenericError). json_unpack_ex() with a "!" at its
	 * end checks arguments; control_arguments_wrong() makes an error of what it says.
	 * Or CONTROL_LATER, where it takes a while; control_answer() will tell.
	 */
	int (*run)(struct control_client *client, json_t *arguments, json_t **ret,
		struct error *err);
};

/* Each ends with a command without a name; the list ends with NULL. */
extern const struct control_command *const control_tables[];

struct machine_control *control_client_machine(struct control_client *client);

/*
 * What became of a command that returned CONTROL_LATER: once, after that, as if it
 * returned it now. Until then the client lives, even if nobody is at its other end any
 * more, and what it asks for waits.
 */
void control_answer(
	struct control_client *client, int code, json_t *ret, const struct error *err);

/* -EINVAL with what json_unpack_ex() found wrong. */
int control_arguments_wrong(const json_error_t *wrong, struct error *err);
/* For commands without arguments: 0 or -EINVAL. */
int control_no_arguments(json_t *arguments, struct error *err);

#endif
