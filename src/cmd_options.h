/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of the commands for VMs that run: options in any place, then words. */
#ifndef SRC_CMD_OPTIONS_H
#define SRC_CMD_OPTIONS_H

#include <stdbool.h>

struct cmd_option {
	const char *word;  /* such as "--wait"; NULL ends the list */
	const char *value; /* what it takes, for people; NULL: nothing */
	const char **ret;  /* gets the value, "" where there is none */
	char letter;       /* such as 'n' for -n; 0: none */
	bool bare;         /* it takes a value behind "=" alone, and may go without */
};

/*
 * Sorts argv, which is ended by NULL, into options and at most max words; words that are
 * not there are left alone. usage is what may stand behind the command's name. Returns 0,
 * or EXIT_USAGE having said why.
 */
int cmd_options_parse(char **argv, const struct cmd_option *options, const char *usage,
	const char **words, unsigned int max);

/* A whole number of seconds or rounds from 1; 0 having said that it is none. */
unsigned int cmd_options_number(const char *option, const char *value);

#endif
