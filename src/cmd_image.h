/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that the command line describes: a root image and a few options stand for an XML
 * text, which is then read like any other. What the text says is all that there is:
 * "bonsai run --print-xml" shows it, and messages name its lines.
 */
#ifndef SRC_CMD_IMAGE_H
#define SRC_CMD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

struct cmd_vm;

/* The file of its messages. Relative names in the text are below the current folder. */
#define CMD_IMAGE_FILE "command line"

#define CMD_IMAGE_DISKS_MAX 25 /* vdb to vdz */
#define CMD_IMAGE_SHARES_MAX 8

/* The options that stand beside an image; NULL where they are not given. */
struct cmd_image {
	const char *any; /* the first of them on the command line */
	const char *init;
	const char *mem; /* ram_size; a plain number is in MiB */
	const char *cpus;
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *net;
	const char *acpi; /* yes or no, of a PC */
	unsigned int disk_count;
	const char *disks[CMD_IMAGE_DISKS_MAX];
	unsigned int share_count;
	const char *shares[CMD_IMAGE_SHARES_MAX]; /* FOLDER:TAG */
};

/* Whether vm->path is a root image, by its contents. */
bool cmd_image_is(const struct cmd_vm *vm);

/*
 * The XML text that such a command line stands for, --set included. Returns 0 with *ret
 * the caller's to free, or an exit status having said why.
 */
int cmd_image_xml(const struct cmd_vm *vm, char **ret, size_t *ret_bytes);

#endif
