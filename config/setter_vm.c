/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setter.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/value.h"
#include "config/xml.h"

/*
 * RAM is a multiple of the largest page of an ARM64 host, so that what works on one host
 * works on all.
 */
#define RAM_STEP_BYTES (UINT64_C(64) << 10)
#define RAM_BYTES_MIN (UINT64_C(1) << 20)
#define RAM_BYTES_MAX (UINT64_C(1) << 44)
#define BALLOON_STEP_BYTES 4096
#define GPU_BYTES_MIN (UINT64_C(1) << 20)
#define GPU_BYTES_MAX (UINT64_C(64) << 30)

#define PRINTABLE                                                                        \
	"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"             \
	"abcdefghijklmnopqrstuvwxyz{|}~"

SETTER(set_vm_name)
{
	char **name = member;

	/* The name becomes that of a socket, and a word of a command. */
	if (value_is_name(attribute->value) && !strchr(".-", attribute->value[0]))
		*name = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"1 to 32 of A-Z a-z 0-9 . _ - with neither . nor - first");
}

SETTER(set_rom)
{
	struct config_rom *rom = member;
	char *name = NULL;

	if (!attribute->value[0] && !def->min)
		return;
	set_text(build, def, attribute, &name);
	if (name)
		build_rom(build, attribute->name, name, attribute->line, rom);
	free(name);
}

SETTER(set_initrds)
{
	struct vm_config *config = member;
	char *names = NULL;
	char *rest;
	char *name;

	set_any_text(build, def, attribute, &names);
	if (!names)
		return;
	/* No two names without a space between them. */
	config->initrds =
		build_alloc(build, strlen(names) / 2 + 1, sizeof(*config->initrds));
	for (name = strtok_r(names, " ", &rest); name && config->initrds;
		name = strtok_r(NULL, " ", &rest)) {
		if (config->initrd_count == def->max) {
			problem_value(build, attribute, "at most 16 files");
			break;
		}
		build_rom(build, attribute->name, name, attribute->line,
			&config->initrds[config->initrd_count++]);
	}
	free(names);
}

SETTER(set_ram_size)
{
	struct vm_config *config = member;
	uint64_t bytes = 0;

	config->ram_size_pos =
		build_pos(build, attribute->line ? attribute->line : config->pos.line);
	if (value_size(attribute->value, &bytes) || bytes < RAM_BYTES_MIN ||
		bytes > RAM_BYTES_MAX || bytes % RAM_STEP_BYTES)
		problem_value(build, attribute,
			"1M to 16384G in steps of 64K, as bytes or with K, M or G");
	else
		config->ram_size_bytes = bytes;
}

SETTER(set_cpu_type)
{
	char **type = member;
	size_t chars = strlen(attribute->value);

	if (chars && chars <= 64 && strspn(attribute->value, PRINTABLE) == chars)
		*type = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"a CPU's name such as arm,cortex-a53 or x86-64-v3, 1 to 64 "
			"characters without blanks");
}

SETTER(set_gic)
{
	enum config_gic *gic = member;

	if (!strcmp(attribute->value, "2"))
		*gic = CONFIG_GIC_V2;
	else if (!strcmp(attribute->value, "3"))
		*gic = CONFIG_GIC_V3;
	else if (!strcmp(attribute->value, "host"))
		*gic = CONFIG_GIC_HOST;
	else
		problem_value(build, attribute, "2, 3, host");
}

SETTER(set_affinity)
{
	struct vm_config *config = member;
	int code =
		value_cpus(attribute->value, &config->affinity, &config->affinity_count);

	if (code == -ENOMEM)
		build->no_memory = true;
	else if (code)
		problem_value(build, attribute, "host CPUs from 0 to 1023 such as 0,2-3");
}

SETTER(set_control_socket)
{
	struct config_control *control = member;

	if (!strcmp(attribute->value, "none"))
		control->none = true;
	else
		set_socket(build, def, attribute, &control->path);
}

SETTER(set_type)
{
	enum config_device_type *type = member;
	int index = language_index(language_types, attribute->value);
	char list[WORDS_BYTES];

	if (index >= 0)
		*type = (enum config_device_type)index;
	else
		problem_value(build, attribute, words_list(list, language_types));
}

SETTER(set_port_name)
{
	char buf[CONFIG_NAME_CHARS + 1] = "";
	char **name = member;

	set_name(build, def, attribute, buf);
	if (buf[0])
		*name = build_copy(build, buf);
}

SETTER(set_item_name)
{
	/* All others are the monitor's own to give. */
	static const char prefix[] = "opt/";
	const size_t prefix_chars = sizeof(prefix) - 1;
	size_t chars = strlen(attribute->value);
	char **name = member;

	if (chars > prefix_chars && chars <= CONFIG_FW_CFG_NAME_CHARS &&
		!strncmp(attribute->value, prefix, prefix_chars) &&
		strspn(attribute->value, PRINTABLE) == chars)
		*name = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"opt/ and 1 to 51 printable characters without blanks");
}

/* As systemd has them: a file's name without a colon. */
static bool is_credential(const char *name, size_t chars_max)
{
	size_t chars = strlen(name);

	return chars && chars <= chars_max && strspn(name, PRINTABLE) == chars &&
	       !strpbrk(name, "/:") && strcmp(name, ".") && strcmp(name, "..");
}

SETTER(set_credential_name)
{
	static const char prefix[] = CONFIG_CREDENTIAL_PREFIX;
	char buf[CONFIG_FW_CFG_NAME_CHARS + 1];
	char **name = member;

	if (!is_credential(attribute->value, sizeof(buf) - sizeof(prefix))) {
		problem_value(build, attribute,
			"1 to 28 printable characters without blanks / :, neither . nor "
			"..");
		return;
	}
	snprintf(buf, sizeof(buf), "%s%s", prefix, attribute->value);
	*name = build_copy(build, buf);
}

SETTER(set_host_credential)
{
	char **name = member;

	if (is_credential(attribute->value, NAME_MAX))
		*name = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"1 to 255 printable characters without blanks / :, neither . nor "
			"..");
}

SETTER(set_shared_size)
{
	uint64_t bytes = 0;

	if (value_size(attribute->value, &bytes) || !bytes || bytes > RAM_BYTES_MAX ||
		bytes % CONFIG_SHARED_MEMORY_STEP_BYTES)
		problem_value(build, attribute,
			"2M to 16384G in steps of 2M, as bytes or with K, M or G");
	else
		*(uint64_t *)member = bytes;
}

SETTER(set_gpa)
{
	uint64_t gpa = 0;

	if (value_address(attribute->value, &gpa) || !gpa ||
		gpa % CONFIG_SHARED_MEMORY_STEP_BYTES)
		problem_value(build, attribute,
			"a multiple of 2M above zero, as 0x80000000 or 2G");
	else
		*(uint64_t *)member = gpa;
}

SETTER(set_protocol)
{
	int protocol = 0; /* as an enum would be */

	set_word(build, def, attribute, &protocol);
	*(bool *)member = protocol == 1;
}

SETTER(set_mac)
{
	static const uint8_t none[6];
	uint8_t mac[6];

	if (value_mac(attribute->value, mac))
		problem_value(build, attribute,
			"six pairs of hexadecimal digits such as 02:00:00:00:00:01");
	else if (mac[0] & 1)
		problem_value(build, attribute,
			"an address of one station: an even first pair, no multicast");
	else if (!memcmp(mac, none, sizeof(mac)))
		problem_value(build, attribute, "an address other than zero");
	else
		memcpy(member, mac, sizeof(mac));
}

SETTER(set_serial)
{
	size_t chars = strlen(attribute->value);

	if (chars <= 20 && strspn(attribute->value, PRINTABLE " ") == chars)
		memcpy(member, attribute->value, chars + 1);
	else
		problem_value(build, attribute, "up to 20 printable ASCII characters");
}

SETTER(set_iothread)
{
	bool *own = member;
	bool wanted = false;

	set_bool(build, def, attribute, &wanted);
	if (wanted)
		build_problem(build, attribute->line,
			"iothread is 'yes', which is not in this build yet, allowed: no");
	else
		*own = false;
}

SETTER(set_balloon_size)
{
	struct config_balloon *balloon = member;
	uint64_t bytes = 0;

	balloon->size_pos = build_pos(build, attribute->line);
	if (value_size(attribute->value, &bytes) || bytes > RAM_BYTES_MAX ||
		bytes % BALLOON_STEP_BYTES)
		problem_value(build, attribute,
			"0 to less than ram_size in steps of 4K, as bytes or with K, M "
			"or G");
	else
		balloon->size_bytes = bytes;
}

SETTER(set_gpu_memory)
{
	uint64_t bytes = 0;

	if (value_size(attribute->value, &bytes) || bytes < GPU_BYTES_MIN ||
		bytes > GPU_BYTES_MAX)
		problem_value(build, attribute, "1M to 64G, as bytes or with K, M or G");
	else
		*(uint64_t *)member = bytes;
}

SETTER(set_root_hash)
{
	size_t digits = strlen(attribute->value);

	if ((digits == 64 || digits == 128) &&
		strspn(attribute->value, "0123456789abcdefABCDEF") == digits)
		*(char **)member = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"64 or 128 hexadecimal digits, as veritysetup prints them");
}

SETTER(set_offset)
{
	uint64_t bytes = 0;

	if (value_size(attribute->value, &bytes) || bytes > INT64_MAX || bytes % 512)
		problem_value(build, attribute,
			"a multiple of 512, as bytes or with K, M or G");
	else
		*(uint64_t *)member = bytes;
}

SETTER(set_ifname)
{
	char **ifname = member;
	size_t chars = strlen(attribute->value);

	if (chars && chars < IFNAMSIZ && strspn(attribute->value, PRINTABLE) == chars &&
		!strpbrk(attribute->value, "/:%") && strcmp(attribute->value, ".") &&
		strcmp(attribute->value, ".."))
		*ifname = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"an interface's name: 1 to 15 characters without blanks / : %, "
			"neither . nor ..");
}

SETTER(set_user)
{
	char **user = member;

	if (value_is_user(attribute->value))
		*user = build_copy(build, attribute->value);
	else
		problem_value(build, attribute,
			"the name of a user, a number up to 1999999999, or UID:GID");
}

SETTER(set_fd)
{
	unsigned int fd = 0;

	set_uint(build, def, attribute, &fd);
	if (fd)
		*(int *)member = (int)fd;
}
