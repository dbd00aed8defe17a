/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM whose manifest is signed. What is verified is what runs: the XML's bytes are those
 * that the configuration was made from, and each file that the manifest lists is copied
 * into sealed memory, hashed there, and from then on read there and nowhere else, after a
 * reboot of the guest too.
 */
#ifndef SRC_VERIFIED_H
#define SRC_VERIFIED_H

#include "src/error.h"
#include "src/manifest.h"
#include "src/rom.h"

struct config_trust;
struct sealed;
struct verified;
struct vm_config;

/* ---- the files of a VM that its manifest lists ------------------------------------- */

struct verified_file {
	enum manifest_role role;
	struct source_pos pos;
	char *path;                   /* the configuration's */
	const struct sealed **sealed; /* where that wants its contents */
};

/*
 * Kernel, initrds, overlay, firmware, its option ROMs, items of fw_cfg from files, in the
 * manifest's order; not credentials, which are the host's own. Returns how many; ret has
 * room for MANIFEST_FILES_MAX.
 */
unsigned int verified_files(struct vm_config *config, struct verified_file *ret);

/* Opens it, with its size in ret->file_bytes; rom_error() names it. */
int verified_file_open(const struct verified_file *file, struct config_rom *config,
	struct rom *ret, struct error *err);

/* ---- checking ---------------------------------------------------------------------- */

/* Somebody who asks for a signature: one of these must hold, its version included. */
struct verified_demand {
	struct source_pos pos; /* where it asks, file NULL: on the command line */
	unsigned int count;
	const struct config_trust *const *any;
};

/*
 * Checks the signature for every demand, then the manifest's name and its digest of the
 * XML; has each file in memory, and the threads that hash them started. Nothing else of
 * the VM has been opened, and config's ROMs are what was copied. Set-up thread.
 * -EKEYREJECTED, or what the host says.
 */
int verified_begin(struct vm_config *config, const struct verified_demand *demands,
	unsigned int demand_count, struct verified **ret, struct error *err);

/*
 * Waits until all files are hashed: to be called before the guest's first instruction.
 * -EKEYREJECTED where one is not what was signed.
 */
int verified_join(struct verified *verified, struct error *err);

/* What was signed. */
const struct manifest *verified_manifest(const struct verified *verified);

/* After everything that reads the configuration's ROMs. NULL is fine. */
void verified_destroy(struct verified *verified);

#endif
