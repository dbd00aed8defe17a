/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arguments of the commands that read a VM. By hand, because getopt() of one C
 * library says and reorders other things than that of the next.
 */
#include <stdio.h>
#include <string.h>

#include "src/cmd.h"
#include "src/container_of.h"

enum option_kind {
	OPTION_TEXT,
	OPTION_SET,
	OPTION_NAME,
	OPTION_HOST,
	OPTION_DISK,
	OPTION_SHARE,
	OPTION_CONFIG,
	OPTION_FLAG
};

#define AT(member) offsetof(struct cmd_vm, member)
#define OF_IMAGE(member) AT(image.member), .of_image = true

static const struct option_def {
	const char *word;
	const char *value; /* NULL: it has none */
	enum option_kind kind;
	size_t offset;         /* of an OPTION_TEXT or OPTION_FLAG in struct cmd_vm */
	bool of_image;         /* beside a root image alone */
	unsigned int commands; /* CMD_TAKES_…, 0: any */
	const char *whose;     /* those commands, for people */
} options[] = {
	{"--rom-dir", "DIR", OPTION_TEXT, AT(rom_dir)},
	{"--set", "ATTRIBUTE=VALUE", OPTION_SET},
	{"--name", "NAME", OPTION_NAME},
	{"--config", "VM.xml", OPTION_CONFIG},
	{"--host", "KEY=VALUE", OPTION_HOST, .commands = CMD_TAKES_HOST,
		.whose = "check, plan and dtb"},
	{"--output", "FILE", OPTION_TEXT, AT(output), .commands = CMD_TAKES_OUTPUT,
		.whose = "dtb and sign"},
	{"-o", "FILE", OPTION_TEXT, AT(output), .commands = CMD_TAKES_OUTPUT,
		.whose = "dtb and sign"},
	{"--print-xml", NULL, OPTION_FLAG, AT(print_xml), .commands = CMD_TAKES_PRINT_XML,
		.whose = "run"},
	{"--require-signed", NULL, OPTION_FLAG, AT(require_signed),
		.commands = CMD_TAKES_TRUST, .whose = "run and verify"},
	{"--policy", "FILE", OPTION_TEXT, AT(policy), .commands = CMD_TAKES_TRUST,
		.whose = "run and verify"},
	{"--key", "FILE", OPTION_TEXT, AT(key),
		.commands = CMD_TAKES_TRUST | CMD_TAKES_SIGN,
		.whose = "run, verify and sign"},
	{"--certificates", "FILE", OPTION_TEXT, AT(certificates),
		.commands = CMD_TAKES_SIGN, .whose = "sign"},
	{"--version", "NUMBER", OPTION_TEXT, AT(version), .commands = CMD_TAKES_SIGN,
		.whose = "sign"},
	{"--unsigned", NULL, OPTION_FLAG, AT(only_manifest), .commands = CMD_TAKES_SIGN,
		.whose = "sign"},
	{"--init", "PROGRAM", OPTION_TEXT, OF_IMAGE(init)},
	{"--mem", "SIZE", OPTION_TEXT, OF_IMAGE(mem)},
	{"--cpus", "COUNT", OPTION_TEXT, OF_IMAGE(cpus)},
	{"--kernel", "FILE", OPTION_TEXT, OF_IMAGE(kernel)},
	{"--initrd", "FILE", OPTION_TEXT, OF_IMAGE(initrd)},
	{"--append", "TEXT", OPTION_TEXT, OF_IMAGE(append)},
	{"--net", "user|tap:INTERFACE|none", OPTION_TEXT, OF_IMAGE(net)},
	{"--acpi", "yes|no", OPTION_TEXT, OF_IMAGE(acpi)},
	{"--disk", "FILE", OPTION_DISK, .of_image = true},
	{"--share", "FOLDER:TAG", OPTION_SHARE, .of_image = true},
};

/* The words that are left, and what has been made of the ones before. */
struct args {
	struct cmd_vm *vm;
	unsigned int takes;
	const char *command;
	char **next; /* ended by NULL */
	bool only_files;
	bool in_host; /* behind --host and its words */
};

/* The option that the word is, and what follows its "="; NULL where it is none. */
static const struct option_def *find_option(char *word, char **ret_value)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		size_t chars = strlen(options[i].word);
		bool is_long = options[i].word[1] == '-';

		if (strncmp(word, options[i].word, chars) != 0)
			continue;
		if (!word[chars])
			*ret_value = NULL;
		else if (!is_long || word[chars] == '=')
			*ret_value = word + chars + is_long;
		else
			continue;
		return &options[i];
	}
	return NULL;
}

static int push_set(struct cmd_vm *vm, const char *attribute, const char *value)
{
	if (vm->set_count == CMD_SETS_MAX) {
		fprintf(stderr, "bonsai: more than %d times --set\n", CMD_SETS_MAX);
		return EXIT_USAGE;
	}
	vm->sets[vm->set_count].attribute = attribute;
	vm->sets[vm->set_count].value = value;
	vm->set_count++;
	return 0;
}

/* attribute=value, cut at the sign in the argument itself. */
static int add_set(struct cmd_vm *vm, char *word)
{
	char *equals = strchr(word, '=');

	if (!equals || equals == word) {
		fprintf(stderr,
			"bonsai: --set %s: write --set ATTRIBUTE=VALUE, such as --set "
			"ram_size=1G\n",
			word);
		return EXIT_USAGE;
	}
	*equals = '\0';
	return push_set(vm, word, equals + 1);
}

static int add_host_word(struct cmd_vm *vm, const char *word)
{
	if (!strchr(word, '=')) {
		fprintf(stderr,
			"bonsai: --host %s: write --host KEY=VALUE, such as --host "
			"gic=3\n",
			word);
		return EXIT_USAGE;
	}
	if (vm->host_word_count == CMD_HOST_WORDS_MAX) {
		fprintf(stderr, "bonsai: more than %d words after --host\n",
			CMD_HOST_WORDS_MAX);
		return EXIT_USAGE;
	}
	vm->host_words[vm->host_word_count++] = word;
	return 0;
}

static int add_word(const char **list, unsigned int *count, unsigned int most,
	const char *option, const char *word)
{
	if (*count == most) {
		fprintf(stderr, "bonsai: more than %u times %s\n", most, option);
		return EXIT_USAGE;
	}
	list[(*count)++] = word;
	return 0;
}

static int take_file(struct args *args, const char *word);

static int apply(struct args *args, const struct option_def *option, char *value)
{
	struct cmd_vm *vm = args->vm;
	struct cmd_image *image = &vm->image;

	if (option->of_image && !image->any)
		image->any = option->word;
	switch (option->kind) {
	case OPTION_SET:
		return add_set(vm, value);
	case OPTION_NAME:
		return push_set(vm, "name", value);
	case OPTION_HOST:
		args->in_host = true;
		return add_host_word(vm, value);
	case OPTION_DISK:
		return add_word(image->disks, &image->disk_count, CMD_IMAGE_DISKS_MAX,
			option->word, value);
	case OPTION_SHARE:
		return add_word(image->shares, &image->share_count, CMD_IMAGE_SHARES_MAX,
			option->word, value);
	case OPTION_CONFIG:
		vm->only_xml = true;
		return take_file(args, value);
	case OPTION_FLAG:
		*(bool *)((char *)vm + option->offset) = true;
		return 0;
	case OPTION_TEXT:
		break;
	}
	*(const char **)((char *)vm + option->offset) = value;
	return 0;
}

static int take_option(struct args *args, char *word)
{
	char *value;
	const struct option_def *option = find_option(word, &value);

	args->in_host = false;
	if (!option) {
		fprintf(stderr, "bonsai: %s has no option %s: see bonsai --help\n",
			args->command, word);
		return EXIT_USAGE;
	}
	if (option->commands && !(args->takes & option->commands)) {
		fprintf(stderr, "bonsai: %s has no option %s, it is for %s\n",
			args->command, option->word, option->whose);
		return EXIT_USAGE;
	}
	if (!option->value) {
		if (!value)
			return apply(args, option, NULL);
		fprintf(stderr, "bonsai: %s has no value\n", option->word);
		return EXIT_USAGE;
	}
	if (!value)
		value = *args->next ? *args->next++ : NULL;
	if (!value || !*value) {
		fprintf(stderr, "bonsai: %s needs a value: %s %s\n", option->word,
			option->word, option->value);
		return EXIT_USAGE;
	}
	return apply(args, option, value);
}

static int take_file(struct args *args, const char *word)
{
	args->in_host = false;
	if (!*word) {
		fprintf(stderr, "bonsai: the name of the VM file is empty\n");
		return EXIT_USAGE;
	}
	if (args->vm->path) {
		fprintf(stderr, "bonsai: %s takes one VM file, not both %s and %s\n",
			args->command, args->vm->path, word);
		return EXIT_USAGE;
	}
	args->vm->path = word;
	return 0;
}

static int take(struct args *args, char *word)
{
	if (!args->only_files && strcmp(word, "--") == 0) {
		args->only_files = true;
		return 0;
	}
	if (!args->only_files && word[0] == '-' && word[1])
		return take_option(args, word);
	if (!args->only_files && args->in_host && strchr(word, '='))
		return add_host_word(args->vm, word);
	return take_file(args, word);
}

int cmd_vm_parse(struct cmd_vm *vm, char **argv, unsigned int takes)
{
	struct args args = {
		.vm = vm, .takes = takes, .command = argv[0], .next = argv + 1};
	int status = 0;

	memset(vm, 0, sizeof(*vm));
	while (!status && *args.next)
		status = take(&args, *args.next++);
	if (!status && !vm->path) {
		fprintf(stderr, "bonsai: which VM? Write bonsai %s VM.xml\n", argv[0]);
		status = EXIT_USAGE;
	}
	return status;
}
