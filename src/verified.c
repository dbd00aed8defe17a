/* SPDX-License-Identifier: Apache-2.0 */
#include "src/verified.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "src/digest.h"
#include "src/read_full.h"
#include "src/sealed.h"
#include "src/signature.h"
#include "src/thread.h"

#define THREADS_MAX 4u
/* Of so many together each is hashed before a thread would have begun. */
#define SMALL_BYTES (1u << 20)

struct verified {
	struct vm_config *config;
	struct manifest manifest;
	unsigned int file_count;
	struct verified_file files[MANIFEST_FILES_MAX];
	struct sealed sealed[MANIFEST_FILES_MAX];
	int results[MANIFEST_FILES_MAX]; /* of the threads, -errno */
	atomic_uint next;                /* that no thread has taken yet */
	unsigned int thread_count;
	pthread_t threads[THREADS_MAX];
};

/* --- the files ---------------------------------------------------------------------- */

static void list(struct verified_file *ret, unsigned int *count, enum manifest_role role,
	const struct source_pos *pos, char *path, const struct sealed **sealed)
{
	if (path && *count < MANIFEST_FILES_MAX)
		ret[(*count)++] = (struct verified_file){role, *pos, path, sealed};
}

static void list_rom(struct verified_file *ret, unsigned int *count,
	enum manifest_role role, struct config_rom *rom)
{
	list(ret, count, role, &rom->pos, rom->path, &rom->sealed);
}

unsigned int verified_files(struct vm_config *config, struct verified_file *ret)
{
	unsigned int count = 0;

	list_rom(ret, &count, MANIFEST_KERNEL, &config->kernel);
	for (unsigned int i = 0; i < config->initrd_count; i++)
		list_rom(ret, &count, MANIFEST_INITRD, &config->initrds[i]);
	list_rom(ret, &count, MANIFEST_OVERLAY, &config->dtb_overlay);
	list_rom(ret, &count, MANIFEST_FIRMWARE, &config->firmware);
	list_rom(ret, &count, MANIFEST_LINUXBOOT, &config->linuxboot);
	list_rom(ret, &count, MANIFEST_PVH, &config->pvh);
	for (unsigned int i = 0; i < config->fw_cfg_count; i++) {
		struct config_fw_cfg *item = &config->fw_cfgs[i];

		if (!item->credential)
			list(ret, &count, MANIFEST_FW_CFG, &item->pos, item->path,
				&item->sealed);
	}
	return count;
}

int verified_file_open(const struct verified_file *file, struct config_rom *config,
	struct rom *ret, struct error *err)
{
	*config = (struct config_rom){.path = file->path, .pos = file->pos};
	return rom_open(ret, manifest_role_name(file->role), config, false, err);
}

static int copy_file(struct verified *verified, unsigned int i, struct error *err)
{
	const struct manifest_file *signed_file = &verified->manifest.files[i + 1];
	const struct verified_file *file = &verified->files[i];
	struct config_rom config;
	struct rom rom;
	int rc = verified_file_open(file, &config, &rom, err);

	if (rc)
		return rc;
	if (rom.file_bytes != signed_file->bytes)
		rc = rom_error(&rom, -EKEYREJECTED, err,
			"is not the file that was signed: it has %" PRIu64
			" bytes in place of %" PRIu64,
			rom.file_bytes, signed_file->bytes);
	else
		rc = sealed_copy(rom.fd, rom.file_bytes, &verified->sealed[i]);
	if (rc && rc != -EKEYREJECTED)
		rc = rom_error(&rom, rc, err, "cannot be read: %s", strerror(-rc));
	rom_close(&rom);
	if (!rc)
		*file->sealed = &verified->sealed[i];
	return rc;
}

/* Roles rise in both lists, so the first difference tells which of them has one more. */
static int compare_lists(const struct manifest *manifest,
	const struct verified_file *files, unsigned int count,
	const struct vm_config *config, struct error *err)
{
	for (unsigned int i = 0; i < count || i + 1 < manifest->file_count; i++) {
		bool is_signed = i + 1 < manifest->file_count;
		enum manifest_role role =
			is_signed ? manifest->files[i + 1].role : MANIFEST_FW_CFG;

		if (i == count || (is_signed && role < files[i].role))
			return error_set(err, -EKEYREJECTED, &config->verify.trust.pos,
				"the signed manifest has a %s that this VM has not",
				manifest_role_name(role));
		if (!is_signed || role > files[i].role)
			return error_set(err, -EKEYREJECTED, &files[i].pos,
				"%s \"%s\" is not in the signed manifest",
				manifest_role_name(files[i].role), files[i].path);
	}
	return 0;
}

static int copy_files(struct verified *verified, struct error *err)
{
	struct verified_file *files = verified->files;
	unsigned int count = verified_files(verified->config, files);
	int rc = compare_lists(&verified->manifest, files, count, verified->config, err);

	for (unsigned int i = 0; i < count && !rc; i++) {
		rc = copy_file(verified, i, err);
		verified->file_count += !rc;
	}
	return rc;
}

/* --- the signature ------------------------------------------------------------------ */

static int read_signed(const struct config_verify *verify, char **ret, size_t *ret_bytes,
	struct error *err)
{
	int rc = read_text(verify->manifest, SIGNED_BYTES_MAX + 1, ret, ret_bytes);

	if (rc)
		return error_set(err, rc, &verify->trust.pos,
			"manifest \"%s\" cannot be read: %s", verify->manifest,
			strerror(-rc));
	return 0;
}

static int check_version(const struct config_trust *trust,
	const struct signed_manifest *file, struct error *err)
{
	struct manifest manifest;
	int rc = manifest_parse(file->text, file->text_bytes, &manifest, err);

	if (rc)
		err->pos = trust->pos;
	else if (manifest.version < trust->minimum_version)
		rc = error_set(err, -EKEYREJECTED, &trust->pos,
			"version %u is signed, minimum_version is %u", manifest.version,
			trust->minimum_version);
	return rc;
}

/* What is said is what the last of them says. */
static int check_demand(const struct verified_demand *demand,
	const struct signed_manifest *file, struct error *err)
{
	int rc = -EKEYREJECTED;

	if (!demand->count)
		return error_set(err, rc, &demand->pos, "no key is trusted for this VM");
	for (unsigned int i = 0; i < demand->count && rc; i++) {
		rc = signature_check(demand->any[i], file, err);
		if (!rc)
			rc = check_version(demand->any[i], file, err);
	}
	return rc;
}

/* Whether that signature is over this XML. */
static int check_config(const struct verified *verified, struct error *err)
{
	const struct vm_config *config = verified->config;
	const struct manifest *manifest = &verified->manifest;
	const struct manifest_file *xml = &manifest->files[0];
	uint8_t is[MANIFEST_DIGEST_BYTES];

	if (digest_of(DIGEST_SHA256, config->text, config->text_bytes, is))
		return error_set(err, -ENOMEM, NULL, "no memory for a digest");
	if (config->text_bytes != xml->bytes || memcmp(is, xml->digest, sizeof(is)))
		return error_set(err, -EKEYREJECTED, &config->verify.trust.pos,
			"this file is not the one that was signed");
	if (strcmp(manifest->name, config->name))
		return error_set(err, -EKEYREJECTED, &config->verify.trust.pos,
			"the VM's name is '%s', it was signed as '%s'", config->name,
			manifest->name);
	return 0;
}

static int check_manifest(struct verified *verified,
	const struct verified_demand *demands, unsigned int count, struct error *err)
{
	const struct config_verify *verify = &verified->config->verify;
	struct signed_manifest *file = calloc(1, sizeof(*file));
	struct error cause;
	size_t bytes = 0;
	char *buf = NULL;
	int rc = file ? read_signed(verify, &buf, &bytes, err)
		      : error_set(err, -ENOMEM, NULL, "no memory for a manifest");

	if (!rc && signed_manifest_split(buf, bytes, file, &cause))
		rc = error_set(err, -EKEYREJECTED, &verify->trust.pos,
			"manifest \"%s\" %s", verify->manifest, cause.text);
	for (unsigned int i = 0; i < count && !rc; i++)
		rc = check_demand(&demands[i], file, err);
	if (!rc &&
		manifest_parse(file->text, file->text_bytes, &verified->manifest, &cause))
		rc = error_set(err, -EKEYREJECTED, &verify->trust.pos,
			"manifest \"%s\" %s", verify->manifest, cause.text);
	free(buf);
	free(file);
	return rc ? rc : check_config(verified, err);
}

/* --- hashing beside the rest -------------------------------------------------------- */

static void hash_file(struct verified *verified, unsigned int i)
{
	uint8_t is[MANIFEST_DIGEST_BYTES];
	int rc = sealed_digest(&verified->sealed[i], is);

	if (!rc && memcmp(is, verified->manifest.files[i + 1].digest, sizeof(is)))
		rc = -EKEYREJECTED;
	verified->results[i] = rc;
}

static void *hash_files(void *data)
{
	struct verified *verified = data;
	unsigned int i;

	while ((i = atomic_fetch_add(&verified->next, 1)) < verified->file_count)
		hash_file(verified, i);
	return NULL;
}

/* One that cannot be started leaves its work to the others, and all of them to join. */
static void start_threads(struct verified *verified)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < verified->file_count; i++)
		bytes += verified->sealed[i].bytes;
	if (bytes < SMALL_BYTES)
		return;
	while (verified->thread_count < THREADS_MAX &&
		verified->thread_count < verified->file_count &&
		!thread_start(&verified->threads[verified->thread_count], 0, hash_files,
			verified))
		verified->thread_count++;
}

static void end_threads(struct verified *verified)
{
	while (verified->thread_count)
		pthread_join(verified->threads[--verified->thread_count], NULL);
}

/* --- all of it ---------------------------------------------------------------------- */

int verified_begin(struct vm_config *config, const struct verified_demand *demands,
	unsigned int demand_count, struct verified **ret, struct error *err)
{
	struct verified *verified = calloc(1, sizeof(*verified));
	int rc;

	if (!verified)
		return error_set(err, -ENOMEM, NULL, "no memory for a manifest");
	verified->config = config;
	rc = check_manifest(verified, demands, demand_count, err);
	if (!rc)
		rc = copy_files(verified, err);
	if (rc) {
		verified_destroy(verified);
		return rc;
	}
	start_threads(verified);
	*ret = verified;
	return 0;
}

int verified_join(struct verified *verified, struct error *err)
{
	hash_files(verified);
	end_threads(verified);
	for (unsigned int i = 0; i < verified->file_count; i++) {
		const struct verified_file *file = &verified->files[i];
		int rc = verified->results[i];

		if (rc == -EKEYREJECTED)
			return error_set(err, rc, &file->pos,
				"%s \"%s\" is not the file that was signed",
				manifest_role_name(file->role), file->path);
		if (rc)
			return error_set(err, rc, &file->pos,
				"%s \"%s\" cannot be checked: %s",
				manifest_role_name(file->role), file->path,
				strerror(-rc));
	}
	return 0;
}

const struct manifest *verified_manifest(const struct verified *verified)
{
	return &verified->manifest;
}

void verified_destroy(struct verified *verified)
{
	if (!verified)
		return;
	end_threads(verified);
	for (unsigned int i = 0; i < verified->file_count; i++) {
		*verified->files[i].sealed = NULL;
		sealed_close(&verified->sealed[i]);
	}
	free(verified);
}
