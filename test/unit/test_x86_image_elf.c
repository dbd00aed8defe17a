/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/image.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/plan.h"
#include "src/rom.h"
#include "test/unit/pack.h"
#include "test/unit/test.h"

#define HEAD_BYTES 4096
#define FILE_BYTES 0x9000u
#define NOTES_OFFSET 0x6000u
#define HEADERS 5
#define NOTE (HEADERS - 1)
#define MIB(n) ((uint64_t)(n) << 20)

static _Alignas(8) uint8_t file[FILE_BYTES];
static size_t notes_bytes;
static struct error err;

static void put(size_t offset, uint64_t value, size_t bytes)
{
	value = htole64(value);
	memcpy(file + offset, &value, bytes);
}

#define EHDR(field, value)                                                               \
	put(offsetof(Elf64_Ehdr, field), (value), sizeof(((Elf64_Ehdr *)0)->field))
#define PHDR(i, field, value)                                                            \
	put(sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field), \
		(value), sizeof(((Elf64_Phdr *)0)->field))

static void put_header(unsigned int i, uint32_t type, uint64_t offset, uint64_t gpa,
	uint64_t file_bytes, uint64_t memory_bytes)
{
	PHDR(i, p_type, type);
	PHDR(i, p_offset, offset);
	PHDR(i, p_paddr, gpa);
	PHDR(i, p_filesz, file_bytes);
	PHDR(i, p_memsz, memory_bytes);
	PHDR(i, p_align, 4);
}

static void add_note(const char *owner, uint32_t type, uint64_t value, uint32_t bytes)
{
	size_t at = NOTES_OFFSET + notes_bytes;
	uint32_t name_bytes = (uint32_t)strlen(owner) + 1;

	put(at, name_bytes, 4);
	put(at + 4, bytes, 4);
	put(at + 8, type, 4);
	memcpy(file + at + 12, owner, name_bytes);
	at += 12 + (name_bytes + 3) / 4 * 4;
	put(at, value, bytes < 8 ? bytes : 8);
	at += (bytes + 3) / 4 * 4;
	notes_bytes = at - NOTES_OFFSET;
	PHDR(NOTE, p_filesz, notes_bytes);
}

/* A vmlinux in little, its notes inside the text; not in the order of the file. */
static void make_vmlinux(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, ELFMAG, SELFMAG);
	file[EI_CLASS] = ELFCLASS64;
	file[EI_DATA] = ELFDATA2LSB;
	EHDR(e_type, ET_EXEC);
	EHDR(e_machine, EM_X86_64);
	EHDR(e_entry, MIB(16) + 0x100);
	EHDR(e_phoff, sizeof(Elf64_Ehdr));
	EHDR(e_phentsize, sizeof(Elf64_Phdr));
	EHDR(e_phnum, HEADERS);
	put_header(0, PT_LOAD, 0x1000, MIB(16), 0x6000, 0x6000);
	put_header(1, PT_LOAD, 0x8000, MIB(20), 0x800, 0x1000);
	put_header(2, PT_LOAD, 0x7000, MIB(18), 0x1000, 0x1000);
	put_header(3, PT_LOAD, 0x8800, MIB(22), 0, MIB(2));
	put_header(NOTE, PT_NOTE, NOTES_OFFSET, MIB(16) + 0x5000, 0, 0);
	notes_bytes = 0;
	add_note("GNU", 3, 0x1234, 20);
	add_note("Xen", 6, 0, 6);
}

static void add_pvh_note(void)
{
	add_note("Xen", 18, MIB(16) + 0x850, 8);
}

/* All of it in the head, as where a test has no file. */
static int read_image(struct kernel_image *ret)
{
	return x86_image_read(file, sizeof(file), FILE_BYTES, NULL, NULL, ret, &err);
}

TEST(takes_a_vmlinux_with_a_pvh_note)
{
	static const struct kernel_segment segments[] = {
		{0x1000, 0x6000, 0},
		{0x7000, 0x1000, MIB(2)},
		{0x8000, 0x800, MIB(4)},
	};
	struct kernel_image image;

	make_vmlinux();
	add_pvh_note();
	CHECK_EQ(read_image(&image), 0);
	CHECK_EQ(image.arch, CONFIG_ARCH_X86_64);
	CHECK_STR(image.format, "x86 ELF, PVH entry");
	CHECK_EQ(image.file_bytes, FILE_BYTES);
	CHECK_EQ(image.load_offset, MIB(16));
	CHECK_EQ(image.memory_bytes, MIB(8));
	CHECK(!image.anywhere);
	CHECK_EQ(image.segment_count, 3);
	CHECK_EQ(memcmp(image.segments, segments, sizeof(segments)), 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_PVH);
	CHECK_EQ(image.x86.entry_offset, 0x850);
	CHECK_EQ(image.x86.setup_bytes, 0);
	CHECK_EQ(image.x86.header_bytes, 0);
	CHECK_EQ(image.x86.bootargs_max, 2047);
	CHECK_EQ(image.x86.initrd_end_max, MIB(2048));
}

TEST(without_the_note_it_begins_at_its_64_bit_entry)
{
	struct kernel_image image;

	make_vmlinux();
	CHECK_EQ(read_image(&image), 0);
	CHECK_STR(image.format, "x86 ELF, 64-bit entry");
	CHECK_EQ(image.x86.entry, X86_ENTRY_LONG);
	CHECK_EQ(image.x86.entry_offset, 0x100);
	/* The number alone is not the note; nor is an entry of any other width. */
	add_note("NotXen", 18, MIB(16), 8);
	add_note("Xeo", 18, MIB(16), 8);
	add_note("Xen", 18, MIB(16), 2);
	CHECK_EQ(read_image(&image), 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_LONG);
	add_note("Xen", 18, MIB(16) + 4, 4);
	CHECK_EQ(read_image(&image), 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_PVH);
	CHECK_EQ(image.x86.entry_offset, 4);
}

TEST(notes_aligned_to_8_are_found_too)
{
	struct kernel_image image;

	make_vmlinux();
	notes_bytes = 0;
	add_note("GNU", 5, 0, 4); /* ends at 20, the next one begins at 24 */
	notes_bytes = 24;
	add_note("Xen", 18, MIB(16) + 8, 8);
	PHDR(NOTE, p_align, 8);
	CHECK_EQ(read_image(&image), 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_PVH);
	CHECK_EQ(image.x86.entry_offset, 8);
}

static void make_32(bool pvh)
{
	Elf32_Ehdr header = {.e_type = htole16(ET_EXEC),
		.e_machine = htole16(EM_386),
		.e_entry = htole32((uint32_t)MIB(1)),
		.e_phoff = htole32(sizeof(header)),
		.e_phentsize = htole16(sizeof(Elf32_Phdr)),
		.e_phnum = htole16(2)};
	Elf32_Phdr table[] = {
		{.p_type = htole32(PT_LOAD),
			.p_offset = htole32(0x1000),
			.p_paddr = htole32((uint32_t)MIB(1)),
			.p_filesz = htole32(0x2000),
			.p_memsz = htole32(0x5000)},
		{.p_type = htole32(PT_NOTE), .p_offset = htole32(NOTES_OFFSET)},
	};

	memset(file, 0, sizeof(file));
	notes_bytes = 0;
	if (pvh)
		add_note("Xen", 18, MIB(1) + 0x40, 4);
	table[1].p_filesz = htole32((uint32_t)notes_bytes);
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS32;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), table, sizeof(table));
}

TEST(a_32_bit_one_needs_the_note)
{
	struct kernel_image image;

	make_32(true);
	CHECK_EQ(read_image(&image), 0);
	CHECK_EQ(image.load_offset, MIB(1));
	CHECK_EQ(image.memory_bytes, 0x5000);
	CHECK_EQ(image.x86.entry, X86_ENTRY_PVH);
	CHECK_EQ(image.x86.entry_offset, 0x40);
	CHECK_EQ(image.x86.initrd_end_max, 0x38000000);
	make_32(false);
	CHECK_EQ(read_image(&image), -ENOEXEC);
	CHECK_STR(err.text, "is a 32-bit ELF kernel without a PVH note: build it with "
			    "CONFIG_PVH, or take its bzImage");
}

static void wrong_type(void)
{
	for (unsigned int i = 0; i < NOTE; i++)
		PHDR(i, p_type, PT_PHDR);
}

static void nine_parts(void)
{
	EHDR(e_phnum, 9);
	for (unsigned int i = 0; i < 9; i++)
		put_header(i, PT_LOAD, 0x1000 + 16 * i, MIB(16 + i), 16, 16);
}

static void wide_note(void)
{
	put(NOTES_OFFSET + 4, UINT32_MAX, 4);
}

static void wide_name(void)
{
	put(NOTES_OFFSET, UINT32_MAX - 2, 4);
}

static void pvh_elsewhere(void)
{
	add_note("Xen", 18, MIB(22), 8);
}

/* One number of the file wrong each, or what a function does to it. */
static const struct {
	void (*spoil)(void);
	size_t offset;
	unsigned int bytes;
	uint64_t value;
	int code;
	const char *text;
} lies[] = {
#define E(field, value)                                                                  \
	NULL, offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field), value
#define P(i, field, value)                                                               \
	NULL,                                                                            \
		sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) +                          \
			offsetof(Elf64_Phdr, field),                                     \
		sizeof(((Elf64_Phdr *)0)->field), value
	{NULL, EI_CLASS, 1, 9, -ENOEXEC, "is an ELF file for another CPU: an x86"},
	{NULL, EI_DATA, 1, ELFDATA2MSB, -ENOEXEC, "ELF file for another CPU"},
	{NULL, EI_CLASS, 1, ELFCLASS32, -ENOEXEC,
		"is a 32-bit ELF file for another CPU (machine 62): an x86"},
	{E(e_machine, EM_AARCH64), -ENOEXEC,
		"is a 64-bit ELF file for another CPU (machine 183)"},
	{E(e_phnum, 0), -ENOEXEC, "with 0 program headers of 56 bytes"},
	{E(e_phnum, 33), -ENOEXEC,
		"with 33 program headers of 56 bytes: a "
		"kernel has 1 to 32 of 56"},
	{E(e_phnum, 0xffff), -ENOEXEC, "with 65535 program headers"},
	{E(e_phentsize, 55), -ENOEXEC, "with 5 program headers of 55 bytes"},
	{E(e_phoff, FILE_BYTES - 8), -EBADMSG,
		"is truncated: it ends before the 280 bytes at offset 36856 that "
		"its headers promise"},
	{E(e_phoff, UINT64_MAX), -EBADMSG, "at offset 18446744073709551615"},
	{E(e_entry, 0), -ENOEXEC, "begins at 0x0, where nothing of it is loaded"},
	{E(e_entry, MIB(22)), -ENOEXEC, "begins at 0x1600000, where nothing"},
	{P(0, p_filesz, 0x6001), -ENOEXEC,
		"is damaged: a program header has 0x6001 bytes in the file for "
		"0x6000 in memory"},
	{P(0, p_paddr, MIB(1) - 1), -ENOEXEC,
		"is no kernel: it wants 0x6000 bytes at 0xfffff, kernels lie "
		"between 0x100000 and 0xc0000000"},
	{P(0, p_paddr, UINT64_MAX - 1), -ENOEXEC, "is no kernel: it wants"},
	{P(0, p_paddr, MIB(3072) - 0x5fff), -ENOEXEC, "is no kernel: it wants"},
	{P(0, p_memsz, UINT64_MAX), -ENOEXEC, "is no kernel: it wants"},
	{P(0, p_offset, UINT64_MAX), -ENOEXEC,
		"is damaged: a program header has its bytes at 0xffff"},
	{P(0, p_offset, FILE_BYTES - 0x5fff), -EBADMSG,
		"is truncated: it ends after 36864 of 36865 bytes"},
	{P(1, p_paddr, MIB(16) + 0x5fff), -ENOEXEC,
		"overlap at 0x1000000 and 0x1005fff in memory"},
	{P(1, p_paddr, MIB(24) - 1), -ENOEXEC, "in memory"},
	{P(1, p_offset, 0x7fff), -ENOEXEC, "overlap at 0x7fff and 0x7000 in the file"},
	{P(1, p_type, PT_INTERP), -ENOEXEC,
		"is a program of an operating system, no kernel"},
	{wrong_type, 0, 0, 0, -ENOEXEC, "is an ELF file with nothing to load"},
	{nine_parts, 0, 0, 0, -ENOEXEC, "has more than 8 parts to load"},
	{P(NOTE, p_filesz, 16385), -ENOEXEC,
		"is damaged: it has 0x4001 bytes of notes, kernels have up to "
		"0x4000"},
	{P(NOTE, p_offset, FILE_BYTES - 4), -EBADMSG, "is truncated"},
	{P(NOTE, p_offset, UINT64_MAX), -EBADMSG, "is truncated"},
	{wide_note, 0, 0, 0, -ENOEXEC, "is damaged: a note reaches beyond the"},
	{wide_name, 0, 0, 0, -ENOEXEC, "is damaged: a note reaches beyond the"},
	{pvh_elsewhere, 0, 0, 0, -ENOEXEC, "begins at 0x1600000"},
#undef E
#undef P
};

TEST(refuses_headers_that_lie)
{
	struct kernel_image image = {.memory_bytes = 7};

	for (unsigned int i = 0; i < ARRAY_SIZE(lies); i++) {
		make_vmlinux();
		if (lies[i].spoil)
			lies[i].spoil();
		else
			put(lies[i].offset, lies[i].value, lies[i].bytes);
		CHECK_EQ(read_image(&image), lies[i].code);
		CHECK_HAS(err.text, lies[i].text);
	}
	CHECK_EQ(image.memory_bytes, 7);
}

TEST(takes_notes_cut_anywhere)
{
	struct kernel_image image;

	make_vmlinux();
	add_pvh_note();
	for (size_t bytes = 0; bytes < notes_bytes; bytes++) {
		int rc;

		PHDR(NOTE, p_filesz, bytes);
		rc = read_image(&image);
		CHECK(rc == -ENOEXEC || image.x86.entry == X86_ENTRY_LONG);
	}
}

TEST(takes_a_file_cut_anywhere)
{
	struct kernel_image image;

	make_vmlinux();
	add_pvh_note();
	for (size_t bytes = SELFMAG; bytes < FILE_BYTES; bytes += 13)
		CHECK_EQ(x86_image_read(file, bytes, bytes, NULL, NULL, &image, &err),
			bytes < 0x8800 ? -EBADMSG : 0);
}

/* Where only the head is at hand, the rest is read from the file, packed or not. */
TEST(finds_the_note_far_into_a_packed_file)
{
	static uint8_t packed[PACK_ROOM(FILE_BYTES)];
	char path[] = "/tmp/bonsai-elf-XXXXXX";
	struct config_rom config = {path, {"vm.xml", 2}};
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	make_vmlinux();
	add_pvh_note();
	for (unsigned int kind = 0; kind < 4; kind++) {
		const void *bytes = kind % 2 ? packed : file;
		size_t count = kind % 2 ? 0 : FILE_BYTES;
		struct kernel_image image;
		struct rom rom;

		if (kind == 1)
			count = pack_gzip(packed, file, FILE_BYTES);
		if (kind == 3)
			count = pack_zstd(packed, file, FILE_BYTES);
		/* And one that is not as long as its headers say. */
		if (kind == 2)
			count = NOTES_OFFSET + 10;
		CHECK_EQ(ftruncate(fd, 0), 0);
		CHECK_EQ(pwrite(fd, bytes, count, 0), count);
		CHECK_EQ(rom_open(&rom, "kernel_rom", &config, true, &err), 0);
		CHECK_EQ(x86_image_read(file, HEAD_BYTES, kind ? 0 : FILE_BYTES, &rom,
				 NULL, &image, &err),
			kind == 2 ? -EBADMSG : 0);
		if (kind == 2)
			CHECK_EQ(
				strncmp(err.text, "is truncated: it ends before", 28), 0);
		else
			CHECK_EQ(image.x86.entry_offset, 0x850);
		rom_close(&rom);
	}
	close(fd);
	unlink(path);
	/* Without a file either that is all that can be said. */
	CHECK_EQ(x86_image_read(file, HEAD_BYTES, 0, NULL, NULL,
			 &(struct kernel_image){0}, &err),
		-EBADMSG);
}

TEST_MAIN(CASE(takes_a_vmlinux_with_a_pvh_note),
	CASE(without_the_note_it_begins_at_its_64_bit_entry),
	CASE(notes_aligned_to_8_are_found_too), CASE(a_32_bit_one_needs_the_note),
	CASE(refuses_headers_that_lie), CASE(takes_notes_cut_anywhere),
	CASE(takes_a_file_cut_anywhere), CASE(finds_the_note_far_into_a_packed_file))
