/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of the program. Each takes its own arguments (argv[0] is its name) and
 * returns the process's exit status. They, and nothing below them, print.
 */
#ifndef SRC_CMD_H
#define SRC_CMD_H

#include "config/config.h"
#include "src/board.h"
#include "src/cmd_image.h"
#include "src/host_caps.h"
#include "src/sandbox_policy.h"

enum exit_status {
	EXIT_GUEST_OFF = 0,   /* or: the command did what it should */
	EXIT_HOST_FAILED = 1, /* the host failed the guest */
	EXIT_USAGE = 2,       /* bad usage or configuration: nothing was started */
	EXIT_GUEST_CRASHED = 3,
};

int cmd_check(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_dtb(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_sandbox(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_keygen(int argc, char **argv);
int cmd_mktap(int argc, char **argv);
int cmd_lease(int argc, char **argv);

/*
 * A command that is a program of its own: argv[0] is its name, it gets the rest. Returns
 * -1 where there is none, else does not return but with EXIT_HOST_FAILED.
 */
int cmd_script(char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_powerdown(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_balloon(int argc, char **argv);
int cmd_send_key(int argc, char **argv);
int cmd_screendump(int argc, char **argv);

/* ---- what the commands share: cmd_args.c, cmd_common.c ------------------------------
 */

#define CMD_SETS_MAX 32
#define CMD_HOST_WORDS_MAX 16

/* The path that stands for standard input. */
#define CMD_STDIN "-"

/* The arguments common to every command that reads a VM. */
struct cmd_vm {
	const char *path; /* of the XML or of a root image */
	bool only_xml;    /* --config: no root image, whatever is in it */
	bool print_xml;
	struct cmd_image image;
	const char *output; /* -o */
	bool require_signed;
	bool only_manifest;       /* --unsigned */
	const char *key;          /* to trust, or to sign with */
	const char *policy;       /* beside the host's own */
	const char *version;      /* of what is signed */
	const char *certificates; /* of who signs */
	const char *rom_dir;
	unsigned int set_count;
	struct config_set sets[CMD_SETS_MAX];
	unsigned int host_word_count;
	const char *host_words[CMD_HOST_WORDS_MAX]; /* of --host */
};

/* Options that not all of these commands take. */
#define CMD_TAKES_HOST 1u
#define CMD_TAKES_OUTPUT 2u
#define CMD_TAKES_PRINT_XML 4u
#define CMD_TAKES_TRUST 8u
#define CMD_TAKES_SIGN 16u

/* Parses them; argv ends with NULL. Returns 0, or EXIT_USAGE having said why. */
int cmd_vm_parse(struct cmd_vm *vm, char **argv, unsigned int takes);

/* --print-xml: what a root image and its options stand for. Returns an exit status. */
int cmd_vm_print_xml(const struct cmd_vm *vm);

/*
 * Loads the configuration, of an XML file, of standard input or as a root image and its
 * options stand for it, and prints its problems; NULL where there are any.
 */
struct vm_config *cmd_vm_load(const struct cmd_vm *vm);

/*
 * The plan of a loaded configuration on a host, its problems printed; NULL where there
 * are any.
 */
struct board_plan *cmd_vm_plan(
	const struct vm_config *config, const struct host_caps *caps);

struct verified;

/*
 * Has the signature checked that the VM, the command line or the host's policy ask for,
 * and its files copied and being hashed: *ret is for verified_join() before the guest
 * runs, or NULL where nobody asks for one. Returns 0 or EXIT_USAGE, having said why.
 */
int cmd_vm_verify(
	const struct cmd_vm *vm, struct vm_config *config, struct verified **ret);

/*
 * What is stated with --host, else what this host offers, else an assumed host that runs
 * such guests.
 */
int cmd_vm_host(
	const struct cmd_vm *vm, const struct vm_config *config, struct host_caps *ret);

/* Whose filter the process of such a VM gets. */
enum sandbox_role cmd_sandbox_main(const struct vm_config *config);

/*
 * A signal that ends this process must not leave the person's terminal raw: one of our
 * own crash, or any, where nobody else looks after those that ask for an end.
 */
void cmd_restore_terminal(bool at_any_end);

/*
 * Puts the bytes into that file, in place of what is there and never by half; a device or
 * a pipe gets them. Returns an exit status, having said why.
 */
int cmd_write_file(const char *path, const void *blob, size_t bytes);

/* "file:line: text", "file: text" or "bonsai: text", by what is known; on stderr. */
void cmd_print_error(const struct error *err);
void cmd_print_problems(const struct problems *problems);

#endif
