/* SPDX-License-Identifier: Apache-2.0 */
/* sign and keygen: what is done where a VM is made, not where it runs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "src/cmd.h"
#include "src/cmd_options.h"
#include "src/cmd_progress.h"
#include "src/manifest.h"
#include "src/sign.h"
#include "src/write_full.h"

/* --- sign --------------------------------------------------------------------------- */

static int usage(const char *what)
{
	fprintf(stderr, "bonsai: sign %s\n", what);
	return EXIT_USAGE;
}

static int check_options(const struct cmd_vm *vm, uint64_t *ret_version)
{
	if (vm->set_count)
		return usage(
			"takes the file as it is: --set and --name are no part of it");
	if (!vm->version || value_number(vm->version, ret_version) ||
		*ret_version > UINT_MAX)
		return usage("needs --version NUMBER: a VM that is signed anew gets a "
			     "higher one, so that an old one can be refused");
	if (!vm->key != vm->only_manifest)
		return usage("needs --key FILE, or --unsigned for the manifest alone");
	return 0;
}

static void note(const struct source_pos *pos, const char *what, const char *name)
{
	fprintf(stderr, "%s:%d: note: %s '%s' is not covered by the signature\n",
		pos->file, pos->line, what, name);
}

/* What the guest gets all the same; only the guest can know what it does with that. */
static void note_uncovered(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		if (device->type == CONFIG_DEVICE_BLOCK &&
			!device->block.verity.root_hash)
			note(&device->pos, "without <verity>, disk", device->name);
		else if (device->type == CONFIG_DEVICE_PMEM)
			note(&device->pos, "pmem", device->name);
		else if (device->type == CONFIG_DEVICE_FS)
			note(&device->pos, "the folder of", device->name);
	}
	for (unsigned int i = 0; i < config->fw_cfg_count; i++)
		if (config->fw_cfgs[i].credential)
			note(&config->fw_cfgs[i].pos, "credential",
				config->fw_cfgs[i].name);
}

static int sign(const struct cmd_vm *vm, struct vm_config *config, unsigned int version)
{
	const char *output = vm->output ? vm->output : config->verify.manifest;
	struct manifest manifest;
	struct error err = {0};
	char *text = malloc(SIGNED_BYTES_MAX);
	size_t bytes = 0;
	struct cmd_progress progress;
	int status = EXIT_USAGE;
	int rc;

	cmd_progress_begin(&progress, "signing", vm->path);
	rc = text ? sign_manifest(config, version, &manifest, &err)
		  : error_set(&err, -ENOMEM, NULL, "no memory for a manifest");
	if (!rc)
		bytes = manifest_print(&manifest, text);
	if (!rc && vm->key)
		rc = sign_text(
			vm->key, vm->certificates, text, SIGNED_BYTES_MAX, &bytes, &err);
	cmd_progress_end(&progress);
	if (rc) {
		cmd_print_error(&err);
	} else if (vm->only_manifest && !vm->output) {
		fwrite(text, 1, bytes, stdout);
		status = 0;
	} else {
		status = cmd_write_file(output, text, bytes);
	}
	if (!status)
		note_uncovered(config);
	free(text);
	return status;
}

int cmd_sign(int argc, char **argv)
{
	struct vm_config *config;
	uint64_t version = 0;
	struct cmd_vm vm;
	int status = cmd_vm_parse(&vm, argv, CMD_TAKES_SIGN | CMD_TAKES_OUTPUT);

	if (!status)
		status = check_options(&vm, &version);
	if (status)
		return status;
	config = cmd_vm_load(&vm);
	if (!config)
		return EXIT_USAGE;
	if (config->verify.trust.pos.file) {
		status = sign(&vm, config, (unsigned int)version);
	} else {
		fprintf(stderr,
			"%s:%d: there is no <verify manifest=\"…\"/>, which says where "
			"the "
			"signature is\n",
			config->pos.file, config->pos.line);
		status = EXIT_USAGE;
	}
	config_destroy(config);
	return status;
}

/* --- keygen ------------------------------------------------------------------------- */

/* A file of that name is never replaced: its key may be the only one. */
static int write_new(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int rc = fd < 0 ? -errno : write_full(fd, text, strlen(text));

	if (fd >= 0 && close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc)
		return 0;
	fprintf(stderr, "bonsai: cannot make %s: %s\n", path, strerror(-rc));
	if (fd >= 0)
		unlink(path);
	return rc == -EEXIST ? EXIT_USAGE : EXIT_HOST_FAILED;
}

static int write_pair(const char *name, const char *private_key, const char *public_key)
{
	char key[PATH_MAX];
	char pem[PATH_MAX];
	int status;

	if (snprintf(key, sizeof(key), "%s.key", name) >= (int)sizeof(key) ||
		snprintf(pem, sizeof(pem), "%s.pem", name) >= (int)sizeof(pem)) {
		fprintf(stderr, "bonsai: the name is too long\n");
		return EXIT_USAGE;
	}
	status = write_new(key, private_key, 0600);
	if (!status) {
		status = write_new(pem, public_key, 0644);
		if (status)
			unlink(key);
	}
	if (!status)
		printf("%s is to sign with and to be kept; %s is who is trusted\n", key,
			pem);
	return status;
}

int cmd_keygen(int argc, char **argv)
{
	const char *type = "p256";
	const char *name = NULL;
	const struct cmd_option options[] = {
		{"--type", "p256|p384|rsa3072|rsa4096", &type, 0, false}, {NULL}};
	char private_key[SIGN_KEY_BYTES_MAX];
	char public_key[SIGN_KEY_BYTES_MAX];
	struct cmd_progress progress;
	struct error err;
	int status = cmd_options_parse(argv, options, "[--type TYPE] KEY", &name, 1);
	int rc;

	if (status)
		return status;
	if (!name || !*name) {
		fprintf(stderr, "bonsai: keygen makes KEY.key and KEY.pem: which KEY?\n");
		return EXIT_USAGE;
	}
	cmd_progress_begin(&progress, "making", name);
	rc = sign_make_key(type, private_key, public_key, &err);
	cmd_progress_end(&progress);
	if (rc) {
		cmd_print_error(&err);
		status = EXIT_USAGE;
	} else {
		status = write_pair(name, private_key, public_key);
	}
	explicit_bzero(private_key, sizeof(private_key));
	return status;
}
