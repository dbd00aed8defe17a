/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd_image.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/boot.h"
#include "src/cmd.h"
#include "src/container_of.h"
#include "src/root_fs.h"

#define MEM_DEFAULT "256M"
#define ATTRIBUTES_MAX (16 + CMD_SETS_MAX)

/* A text that is being written; what fails is found when it is closed. */
struct writer {
	FILE *out;
	const struct cmd_vm *vm;
	unsigned int count; /* of the attributes of <config> */
	struct config_set attributes[ATTRIBUTES_MAX];
};

static void write_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n':
		case '\t':
		case '\r':
			fprintf(out, "&#%d;", *text);
			break;
		default:
			putc(*text, out);
		}
	}
	putc('"', out);
}

/* A name of the command line, such that the text means the same in any folder. */
static void write_path(FILE *out, const char *name)
{
	char folder[PATH_MAX];
	char path[2 * PATH_MAX];

	if (name[0] == '/' || !getcwd(folder, sizeof(folder)) ||
		snprintf(path, sizeof(path), "%s/%s", strcmp(folder, "/") ? folder : "",
			name) >= (int)sizeof(path))
		write_quoted(out, name);
	else
		write_quoted(out, path);
}

/* --- the kernel --------------------------------------------------------------------- */

/* Where --kernel says nothing: what a person sets, what lies there, what is installed. */
static const char *find_kernel(const struct cmd_vm *vm, char *buf, size_t room)
{
	static const char *const names[] = {"linux", "Image", "vmlinuz"};
	const char *chosen = getenv("BONSAI_KERNEL");
	const char *slash = strrchr(vm->path, '/');
	int folder = slash ? (int)(slash - vm->path) + 1 : 0;

	if (chosen && chosen[0])
		return chosen;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (snprintf(buf, room, "%.*s%s", folder, vm->path, names[i]) <
				(int)room &&
			access(buf, F_OK) == 0)
			return buf;
	}
	snprintf(buf, room, "/usr/lib/bonsai/kernel-%s",
		host_caps_native() == CONFIG_ARCH_ARM64   ? "arm64"
		: host_caps_native() == CONFIG_ARCH_ARMV7 ? "armhf"
							  : "x86_64");
	if (access(buf, F_OK) == 0)
		return buf;
	fprintf(stderr,
		"bonsai: %s has no kernel: say --kernel FILE or BONSAI_KERNEL=FILE, put "
		"one "
		"beside it as \"linux\", or install %s (bonsai mkkernel builds one)\n",
		vm->path, buf);
	return NULL;
}

/* Whose guest the kernel makes; that of this host where the file does not tell. */
static enum config_arch arch_of(const struct cmd_vm *vm, const char *kernel)
{
	enum config_arch arch = host_caps_native();
	char path[2 * PATH_MAX];
	struct vm_config config = {.kernel.path = path};

	if (!vm->rom_dir || kernel[0] == '/' ||
		snprintf(path, sizeof(path), "%s/%s", vm->rom_dir, kernel) >=
			(int)sizeof(path) ||
		access(path, F_OK) < 0)
		snprintf(path, sizeof(path), "%s", kernel);
	boot_arch(&config, arch, &arch);
	return arch;
}

/* --- <config> ----------------------------------------------------------------------- */

static void add(struct writer *writer, const char *attribute, const char *value)
{
	writer->attributes[writer->count].attribute = attribute;
	writer->attributes[writer->count].value = value;
	writer->count++;
}

static void add_sets(struct writer *writer)
{
	for (unsigned int i = 0; i < writer->vm->set_count; i++) {
		const struct config_set *set = &writer->vm->sets[i];
		unsigned int at = 0;

		while (at < writer->count &&
			strcmp(writer->attributes[at].attribute, set->attribute))
			at++;
		if (at == writer->count)
			add(writer, set->attribute, set->value);
		else
			writer->attributes[at].value = set->value;
	}
}

/* The image's name without its folder and what follows its first dot. */
static void name_of(const char *path, char ret[CONFIG_NAME_CHARS + 1])
{
	const char *slash = strrchr(path, '/');
	const char *from = slash ? slash + 1 : path;
	size_t chars = strcspn(from, ".");

	snprintf(ret, CONFIG_NAME_CHARS + 1, "%.*s", (int)chars, from);
	for (char *at = ret; *at; at++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_-",
			    *at) ||
			(at == ret && *at == '-'))
			*at = '_';
	if (!ret[0])
		snprintf(ret, CONFIG_NAME_CHARS + 1, "vm");
}

static bool may_write(const char *path)
{
	return !root_fs_is_readonly(root_fs_probe(path)) && access(path, W_OK) == 0;
}

static char *bootargs(const struct cmd_vm *vm, enum config_arch arch)
{
	const struct cmd_image *image = &vm->image;
	char *ret;

	if (asprintf(&ret, "console=%s root=/dev/vda rootfstype=%s %s%s%s panic=-1%s%s",
		    arch == CONFIG_ARCH_X86_64 ? "ttyS0" : "ttyAMA0",
		    root_fs_name(root_fs_probe(vm->path)),
		    may_write(vm->path) ? "rw" : "ro", image->init ? " init=" : "",
		    image->init ? image->init : "", image->append ? " " : "",
		    image->append ? image->append : "") < 0)
		return NULL;
	return ret;
}

static bool is_path(const char *attribute)
{
	return !strcmp(attribute, "kernel_rom") || !strcmp(attribute, "initrd_rom");
}

/* An attribute a line, so that a message's line tells which. */
static void write_config(struct writer *writer)
{
	for (unsigned int i = 0; i < writer->count; i++) {
		const struct config_set *set = &writer->attributes[i];

		fprintf(writer->out, "%s%s=", i ? "\n        " : "<config ",
			set->attribute);
		/* With --rom-dir, names of ROMs are searched for in that. */
		if (is_path(set->attribute) && !writer->vm->rom_dir)
			write_path(writer->out, set->value);
		else
			write_quoted(writer->out, set->value);
	}
	fputs(">\n", writer->out);
}

/* --- the devices -------------------------------------------------------------------- */

static void write_disk(FILE *out, unsigned int index, const char *path)
{
	fprintf(out, "  <virtio_device name=\"vd%c\" type=\"block\"%s>\n    <file path=",
		'a' + (int)index, may_write(path) ? "" : " readonly=\"yes\"");
	write_path(out, path);
	fputs("/>\n  </virtio_device>\n", out);
}

static int write_net(FILE *out, const char *net)
{
	if (!net || !strcmp(net, "none"))
		return 0;
	fputs("  <virtio_device name=\"eth0\" type=\"net\">\n    ", out);
	if (!strcmp(net, "user")) {
		fputs("<user/>", out);
	} else if (!strncmp(net, "tap:", 4) && net[4]) {
		fputs("<tap ifname=", out);
		write_quoted(out, net + 4);
		fputs("/>", out);
	} else {
		fprintf(stderr,
			"bonsai: --net %s: write --net user, tap:INTERFACE or none\n",
			net);
		return EXIT_USAGE;
	}
	fputs("\n  </virtio_device>\n", out);
	return 0;
}

static int write_share(FILE *out, unsigned int index, const char *share)
{
	const char *colon = strrchr(share, ':');
	char folder[PATH_MAX];

	if (!colon || colon == share || !colon[1] ||
		snprintf(folder, sizeof(folder), "%.*s", (int)(colon - share), share) >=
			(int)sizeof(folder)) {
		fprintf(stderr,
			"bonsai: --share %s: write --share FOLDER:TAG, and in the guest "
			"mount -t virtiofs TAG /mnt\n",
			share);
		return EXIT_USAGE;
	}
	fprintf(out, "  <virtio_device name=\"share%u\" type=\"fs\" tag=", index);
	write_quoted(out, colon + 1);
	fputs(">\n    <virtiofsd path=", out);
	write_path(out, folder);
	fputs("/>\n  </virtio_device>\n", out);
	return 0;
}

static int write_devices(struct writer *writer)
{
	const struct cmd_image *image = &writer->vm->image;
	int status;

	if (image->acpi) {
		fputs("  <isa acpi=", writer->out);
		write_quoted(writer->out, image->acpi);
		fputs("/>\n", writer->out);
	}
	fputs("  <uart> <stdio/> </uart>\n", writer->out);
	write_disk(writer->out, 0, writer->vm->path);
	for (unsigned int i = 0; i < image->disk_count; i++)
		write_disk(writer->out, i + 1, image->disks[i]);
	status = write_net(writer->out, image->net);
	for (unsigned int i = 0; i < image->share_count && !status; i++)
		status = write_share(writer->out, i, image->shares[i]);
	fputs("  <virtio_device name=\"rng\" type=\"rng\"/>\n</config>\n", writer->out);
	return status;
}

/* --- the text ----------------------------------------------------------------------- */

/* A number alone is in MiB, as with other monitors. */
static const char *mem_of(const struct cmd_image *image, char *buf, size_t room)
{
	const char *mem = image->mem ? image->mem : MEM_DEFAULT;

	if (mem[strspn(mem, "0123456789")])
		return mem;
	snprintf(buf, room, "%.32sM", mem);
	return buf;
}

static int write_text(struct writer *writer)
{
	const struct cmd_vm *vm = writer->vm;
	const struct cmd_image *image = &vm->image;
	char found[PATH_MAX];
	const char *kernel = image->kernel;
	char name[CONFIG_NAME_CHARS + 1];
	enum config_arch arch;
	char mem[48];
	char *args;

	if (!kernel)
		kernel = find_kernel(vm, found, sizeof(found));
	if (!kernel)
		return EXIT_USAGE;
	arch = arch_of(vm, kernel);
	args = bootargs(vm, arch);
	name_of(vm->path, name);
	add(writer, "name", name);
	add(writer, "kernel_rom", kernel);
	if (image->initrd)
		add(writer, "initrd_rom", image->initrd);
	add(writer, "ram_size", mem_of(image, mem, sizeof(mem)));
	add(writer, "cpu_count", image->cpus ? image->cpus : "1");
	if (arch != CONFIG_ARCH_X86_64)
		add(writer, "gic_version", "host");
	add(writer, "on_reboot", "exit");
	add(writer, "bootargs", args ? args : "");
	add_sets(writer);
	write_config(writer);
	free(args);
	return args ? write_devices(writer) : EXIT_HOST_FAILED;
}

bool cmd_image_is(const struct cmd_vm *vm)
{
	return !vm->only_xml && root_fs_probe(vm->path) != ROOT_FS_NONE;
}

int cmd_image_xml(const struct cmd_vm *vm, char **ret, size_t *ret_bytes)
{
	struct writer writer = {.vm = vm};
	char *text = NULL;
	int status = EXIT_HOST_FAILED;
	bool whole = false;

	writer.out = open_memstream(&text, ret_bytes);
	if (writer.out) {
		status = write_text(&writer);
		whole = !ferror(writer.out);
		whole = fclose(writer.out) == 0 && whole;
	}
	if (!whole) {
		fprintf(stderr, "bonsai: out of memory\n");
		status = EXIT_HOST_FAILED;
	}
	if (status) {
		free(text);
		return status;
	}
	*ret = text;
	return 0;
}
