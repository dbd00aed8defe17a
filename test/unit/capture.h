/* SPDX-License-Identifier: Apache-2.0 */
/* What a command of the program says, for tests that call it. */
#ifndef TEST_UNIT_CAPTURE_H
#define TEST_UNIT_CAPTURE_H

struct capture {
	char out[8192];
	char err[8192];
	int status;
};

/*
 * Runs a command on the words (a line, cut at blanks); input is its standard input, NULL
 * for none.
 */
void capture(struct capture *capture, int (*command)(int argc, char **argv),
	const char *line, const char *input);

#endif
