/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd_options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/value.h"
#include "src/cmd.h"

#define NUMBER_MAX 1000000u

/* Whether the word is this option; then *ret_value is what is written into the word. */
static bool is_option(const struct cmd_option *option, char *word, char **ret_value)
{
	size_t chars = strlen(option->word);

	*ret_value = NULL;
	if (option->letter && word[1] == option->letter) {
		if (word[2])
			*ret_value = word + 2;
		return true;
	}
	if (strncmp(word, option->word, chars) != 0)
		return false;
	if (word[chars] == '=')
		*ret_value = word + chars + 1;
	return !word[chars] || word[chars] == '=';
}

/* argv[0] is the command; *next is what follows the option. */
static int take_option(
	const char *command, const struct cmd_option *options, char *word, char ***next)
{
	char *value = NULL;

	while (options->word && !is_option(options, word, &value))
		options++;
	if (!options->word) {
		fprintf(stderr, "bonsai: %s has no option %s: see bonsai --help\n",
			command, word);
		return EXIT_USAGE;
	}
	if (value && !options->value) {
		fprintf(stderr, "bonsai: %s takes no value\n", options->word);
		return EXIT_USAGE;
	}
	if (!value && options->value && !options->bare && **next)
		value = *(*next)++;
	if (options->value && !options->bare && (!value || !*value)) {
		fprintf(stderr, "bonsai: %s needs a value: %s %s\n", options->word,
			options->word, options->value);
		return EXIT_USAGE;
	}
	*options->ret = value ? value : "";
	return 0;
}

int cmd_options_parse(char **argv, const struct cmd_option *options, const char *usage,
	const char **words, unsigned int max)
{
	const char *command = *argv++;
	bool only_words = false;
	unsigned int count = 0;

	while (*argv) {
		char *word = *argv++;
		int status = 0;

		if (!only_words && !strcmp(word, "--")) {
			only_words = true;
		} else if (!only_words && word[0] == '-' && word[1]) {
			status = take_option(command, options, word, &argv);
		} else if (count == max) {
			fprintf(stderr,
				"bonsai: %s is one word too many: write bonsai %s%s%s\n",
				word, command, *usage ? " " : "", usage);
			status = EXIT_USAGE;
		} else {
			words[count++] = word;
		}
		if (status)
			return status;
	}
	return 0;
}

unsigned int cmd_options_number(const char *option, const char *value)
{
	uint64_t number = 0;

	if (!value_number(value, &number) && number && number <= NUMBER_MAX)
		return (unsigned int)number;
	fprintf(stderr, "bonsai: %s is '%s', allowed: 1 to %u\n", option, value,
		NUMBER_MAX);
	return 0;
}
