/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF kernel (System V ABI, "Program Loading"): a vmlinux or what else the linker
 * made. Entered as the Xen PVH ABI says (Xen, docs/misc/pvh.pandoc) where one of its
 * notes has such an entry, else a 64-bit one at its own entry with Linux's zero page.
 */
#include "arch/x86/image_elf.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "arch/x86/layout.h"
#include "src/align.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/plan.h"
#include "src/rom.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18
/* Linux has five program headers and 600 bytes of notes. */
#define HEADERS_MAX 32
#define NOTES_BYTES_MAX 16384

/* As the bzImages of such kernels say, which an ELF file cannot. */
#define LINUX_BOOTARGS_MAX 2047
#define LINUX_INITRD_END_MAX 0x80000000ull
#define LINUX_32_INITRD_END_MAX 0x38000000ull

struct program_header {
	uint32_t type;
	uint64_t offset;
	uint64_t gpa;
	uint64_t file_bytes;
	uint64_t memory_bytes;
	uint64_t align;
};

struct elf {
	const uint8_t *head;
	size_t head_bytes;
	uint64_t file_bytes; /* 0: not known */
	const struct rom *rom;
	const struct source_pos *pos;
	bool is_64;
	uint64_t entry;
	unsigned int header_count;
	struct program_header headers[HEADERS_MAX];
	unsigned int load_count; /* those to be loaded, as indices into headers */
	unsigned int loads[KERNEL_SEGMENTS_MAX];
};

bool x86_image_is_elf(const uint8_t *head, size_t head_bytes)
{
	return head_bytes >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0;
}

/* The file is read where its head does not have them. */
static int bytes_at(const struct elf *elf, uint64_t offset, void *buf, size_t bytes,
	struct error *err)
{
	struct error cause;
	int rc;

	if (offset <= elf->head_bytes && bytes <= elf->head_bytes - offset) {
		memcpy(buf, elf->head + offset, bytes);
		return 0;
	}
	if ((elf->file_bytes &&
		    (offset > elf->file_bytes || bytes > elf->file_bytes - offset)) ||
		!elf->rom)
		return error_set(err, -EBADMSG, elf->pos,
			"is truncated: it ends before the %zu bytes at offset %" PRIu64
			" that its headers promise",
			bytes, offset);
	rc = rom_bytes_at(elf->rom, offset, buf, bytes, &cause);
	return rc ? error_set(err, rc, elf->pos, "%s", cause.text) : 0;
}

/* --- headers ------------------------------------------------------------------------ */

static void decode_header(bool is_64, const uint8_t *at, struct program_header *ret)
{
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (is_64) {
		memcpy(&wide, at, sizeof(wide));
		*ret = (struct program_header){le32toh(wide.p_type),
			le64toh(wide.p_offset), le64toh(wide.p_paddr),
			le64toh(wide.p_filesz), le64toh(wide.p_memsz),
			le64toh(wide.p_align)};
	} else {
		memcpy(&narrow, at, sizeof(narrow));
		*ret = (struct program_header){le32toh(narrow.p_type),
			le32toh(narrow.p_offset), le32toh(narrow.p_paddr),
			le32toh(narrow.p_filesz), le32toh(narrow.p_memsz),
			le32toh(narrow.p_align)};
	}
}

static int read_headers(struct elf *elf, uint64_t offset, unsigned int count,
	unsigned int each_bytes, struct error *err)
{
	size_t want = elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint8_t table[HEADERS_MAX * sizeof(Elf64_Phdr)];
	int rc;

	if (each_bytes != want || !count || count > HEADERS_MAX)
		return error_set(err, -ENOEXEC, elf->pos,
			"is an ELF file with %u program headers of %u bytes: a kernel "
			"has 1 to %d of %zu",
			count, each_bytes, HEADERS_MAX, want);
	rc = bytes_at(elf, offset, table, count * want, err);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < count; i++)
		decode_header(elf->is_64, table + i * want, &elf->headers[i]);
	elf->header_count = count;
	return 0;
}

static int read_headers_64(struct elf *elf, unsigned int *machine, struct error *err)
{
	Elf64_Ehdr header;
	int rc = bytes_at(elf, 0, &header, sizeof(header), err);

	if (rc)
		return rc;
	*machine = le16toh(header.e_machine);
	elf->entry = le64toh(header.e_entry);
	if (*machine != EM_X86_64)
		return 0;
	return read_headers(elf, le64toh(header.e_phoff), le16toh(header.e_phnum),
		le16toh(header.e_phentsize), err);
}

static int read_headers_32(struct elf *elf, unsigned int *machine, struct error *err)
{
	Elf32_Ehdr header;
	int rc = bytes_at(elf, 0, &header, sizeof(header), err);

	if (rc)
		return rc;
	*machine = le16toh(header.e_machine);
	if (*machine != EM_386)
		return 0;
	return read_headers(elf, le32toh(header.e_phoff), le16toh(header.e_phnum),
		le16toh(header.e_phentsize), err);
}

static int open_elf(struct elf *elf, struct error *err)
{
	unsigned int machine;
	uint8_t ident[EI_NIDENT];
	int rc = bytes_at(elf, 0, ident, sizeof(ident), err);

	if (rc)
		return rc;
	elf->is_64 = ident[EI_CLASS] == ELFCLASS64;
	if (ident[EI_DATA] != ELFDATA2LSB ||
		(!elf->is_64 && ident[EI_CLASS] != ELFCLASS32))
		return error_set(err, -ENOEXEC, elf->pos,
			"is an ELF file for another CPU: an x86 bzImage or vmlinux is "
			"needed");
	rc = elf->is_64 ? read_headers_64(elf, &machine, err)
			: read_headers_32(elf, &machine, err);
	if (!rc && !elf->header_count)
		rc = error_set(err, -ENOEXEC, elf->pos,
			"is a %s-bit ELF file for another CPU (machine %u): an x86 "
			"bzImage or vmlinux is needed",
			elf->is_64 ? "64" : "32", machine);
	return rc;
}

/* --- what is loaded ----------------------------------------------------------------- */

static uint64_t end_of(const struct program_header *header)
{
	return header->gpa + header->memory_bytes;
}

static int check_load(
	const struct elf *elf, const struct program_header *load, struct error *err)
{
	if (load->file_bytes > load->memory_bytes)
		return error_set(err, -ENOEXEC, elf->pos,
			"is damaged: a program header has 0x%" PRIx64
			" bytes in the file for 0x%" PRIx64 " in memory",
			load->file_bytes, load->memory_bytes);
	if (load->gpa < X86_HIGH_RAM_GPA || load->gpa > X86_LOW_RAM_END ||
		load->memory_bytes > X86_LOW_RAM_END - load->gpa)
		return error_set(err, -ENOEXEC, elf->pos,
			"is no kernel: it wants 0x%" PRIx64 " bytes at 0x%" PRIx64
			", kernels lie between 0x%llx and 0x%llx",
			load->memory_bytes, load->gpa, X86_HIGH_RAM_GPA, X86_LOW_RAM_END);
	if (load->offset > UINT64_MAX - load->file_bytes)
		return error_set(err, -ENOEXEC, elf->pos,
			"is damaged: a program header has its bytes at 0x%" PRIx64,
			load->offset);
	if (elf->file_bytes && load->file_bytes &&
		load->offset + load->file_bytes > elf->file_bytes)
		return error_set(err, -EBADMSG, elf->pos,
			"is truncated: it ends after %" PRIu64 " of %" PRIu64 " bytes",
			elf->file_bytes, load->offset + load->file_bytes);
	return 0;
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a_bytes && b_bytes && a < b + b_bytes && b < a + a_bytes;
}

static int check_apart(const struct elf *elf, const struct program_header *a,
	const struct program_header *b, struct error *err)
{
	if (overlap(a->gpa, a->memory_bytes, b->gpa, b->memory_bytes))
		return error_set(err, -ENOEXEC, elf->pos,
			"is damaged: program headers overlap at 0x%" PRIx64
			" and 0x%" PRIx64 " in memory",
			a->gpa, b->gpa);
	if (overlap(a->offset, a->file_bytes, b->offset, b->file_bytes))
		return error_set(err, -ENOEXEC, elf->pos,
			"is damaged: program headers overlap at 0x%" PRIx64
			" and 0x%" PRIx64 " in the file",
			a->offset, b->offset);
	return 0;
}

static int collect_loads(struct elf *elf, struct error *err)
{
	for (unsigned int i = 0; i < elf->header_count; i++) {
		const struct program_header *header = &elf->headers[i];
		int rc;

		if (header->type == PT_INTERP)
			return error_set(err, -ENOEXEC, elf->pos,
				"is a program of an operating system, no kernel");
		if (header->type != PT_LOAD ||
			!(header->memory_bytes | header->file_bytes))
			continue;
		if (elf->load_count == KERNEL_SEGMENTS_MAX)
			return error_set(err, -ENOEXEC, elf->pos,
				"has more than %d parts to load, a kernel has fewer",
				KERNEL_SEGMENTS_MAX);
		rc = check_load(elf, header, err);
		for (unsigned int j = 0; !rc && j < elf->load_count; j++)
			rc = check_apart(elf, &elf->headers[elf->loads[j]], header, err);
		if (rc)
			return rc;
		elf->loads[elf->load_count++] = i;
	}
	return elf->load_count ? 0
			       : error_set(err, -ENOEXEC, elf->pos,
					 "is an ELF file with nothing to load: a vmlinux "
					 "is needed");
}

/* By rising file_offset, as a packed file is unpacked. */
static void add_segment(struct kernel_image *image, const struct program_header *load)
{
	struct kernel_segment *at = &image->segments[image->segment_count];

	while (at > image->segments && at[-1].file_offset > load->offset) {
		*at = at[-1];
		at--;
	}
	*at = (struct kernel_segment){
		load->offset, load->file_bytes, load->gpa - image->load_offset};
	image->segment_count++;
}

static void fill_image(const struct elf *elf, struct kernel_image *image)
{
	uint64_t end = 0;

	image->load_offset = UINT64_MAX;
	for (unsigned int i = 0; i < elf->load_count; i++) {
		const struct program_header *load = &elf->headers[elf->loads[i]];

		if (load->gpa < image->load_offset)
			image->load_offset = load->gpa;
		if (end_of(load) > end)
			end = end_of(load);
	}
	image->memory_bytes = end - image->load_offset;
	for (unsigned int i = 0; i < elf->load_count; i++)
		if (elf->headers[elf->loads[i]].file_bytes)
			add_segment(image, &elf->headers[elf->loads[i]]);
}

/* --- where it begins ---------------------------------------------------------------- */

/* 1 and *ret where these notes have the entry, 0 where they do not. */
static int find_entry(const uint8_t *notes, uint64_t bytes, uint64_t align, uint64_t *ret)
{
	static const char owner[] = "Xen";
	uint64_t at = 0;
	Elf64_Nhdr note; /* the same as Elf32_Nhdr */

	while (bytes - at >= sizeof(note)) {
		uint64_t name = at + sizeof(note);
		uint64_t value;
		uint64_t desc;
		uint32_t name_bytes;
		uint32_t desc_bytes;

		memcpy(&note, notes + at, sizeof(note));
		name_bytes = le32toh(note.n_namesz);
		desc_bytes = le32toh(note.n_descsz);
		desc = align_up(name + name_bytes, align);
		if (desc + desc_bytes > bytes)
			return -ENOEXEC;
		if (le32toh(note.n_type) == XEN_ELFNOTE_PHYS32_ENTRY &&
			name_bytes == sizeof(owner) &&
			memcmp(notes + name, owner, sizeof(owner)) == 0 &&
			(desc_bytes == 4 || desc_bytes == 8)) {
			value = 0;
			memcpy(&value, notes + desc, desc_bytes);
			*ret = le64toh(value);
			return 1;
		}
		at = align_up(desc + desc_bytes, align);
		if (at > bytes)
			break;
	}
	return 0;
}

/* 1 and *ret where there is a PVH entry, 0 where there is none. */
static int pvh_entry(const struct elf *elf, uint64_t *ret, struct error *err)
{
	uint8_t notes[NOTES_BYTES_MAX];

	for (unsigned int i = 0; i < elf->header_count; i++) {
		const struct program_header *header = &elf->headers[i];
		int rc;

		if (header->type != PT_NOTE)
			continue;
		if (header->file_bytes > sizeof(notes))
			return error_set(err, -ENOEXEC, elf->pos,
				"is damaged: it has 0x%" PRIx64
				" bytes of notes, kernels have up to 0x%x",
				header->file_bytes, NOTES_BYTES_MAX);
		rc = bytes_at(
			elf, header->offset, notes, (size_t)header->file_bytes, err);
		if (rc)
			return rc;
		rc = find_entry(
			notes, header->file_bytes, header->align == 8 ? 8 : 4, ret);
		if (rc < 0)
			return error_set(err, rc, elf->pos,
				"is damaged: a note reaches beyond the 0x%" PRIx64
				" bytes of notes at offset 0x%" PRIx64,
				header->file_bytes, header->offset);
		if (rc)
			return rc;
	}
	return 0;
}

static bool is_loaded(const struct elf *elf, uint64_t gpa)
{
	for (unsigned int i = 0; i < elf->load_count; i++) {
		const struct program_header *load = &elf->headers[elf->loads[i]];

		if (gpa >= load->gpa && gpa - load->gpa < load->file_bytes)
			return true;
	}
	return false;
}

static int fill_entry(
	const struct elf *elf, struct kernel_image *image, struct error *err)
{
	uint64_t entry = elf->entry;
	int rc = pvh_entry(elf, &entry, err);

	if (rc < 0)
		return rc;
	if (!rc && !elf->is_64)
		return error_set(err, -ENOEXEC, elf->pos,
			"is a 32-bit ELF kernel without a PVH note: build it with "
			"CONFIG_PVH, or take its bzImage");
	if (!is_loaded(elf, entry))
		return error_set(err, -ENOEXEC, elf->pos,
			"begins at 0x%" PRIx64 ", where nothing of it is loaded", entry);
	image->format = rc ? "x86 ELF, PVH entry" : "x86 ELF, 64-bit entry";
	image->x86 = (struct x86_kernel){
		.entry = rc ? X86_ENTRY_PVH : X86_ENTRY_LONG,
		.entry_offset = entry - image->load_offset,
		.bootargs_max = LINUX_BOOTARGS_MAX,
		.initrd_end_max =
			elf->is_64 ? LINUX_INITRD_END_MAX : LINUX_32_INITRD_END_MAX,
	};
	return 0;
}

int x86_image_read_elf(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err)
{
	struct elf elf = {.head = head,
		.head_bytes = head_bytes,
		.file_bytes = file_bytes,
		.rom = rom,
		.pos = pos};
	struct kernel_image image = {.arch = CONFIG_ARCH_X86_64,
		.file_bytes = file_bytes,
		.load_align_bytes = 1};
	int rc = open_elf(&elf, err);

	if (!rc)
		rc = collect_loads(&elf, err);
	if (rc)
		return rc;
	fill_image(&elf, &image);
	rc = fill_entry(&elf, &image, err);
	if (!rc)
		*ret = image;
	return rc;
}
