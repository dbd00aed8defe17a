/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/capture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/test.h"

#define WORDS_MAX 16

static void read_back(FILE *file, char *buf, size_t room)
{
	size_t bytes;

	rewind(file);
	bytes = fread(buf, 1, room - 1, file);
	buf[bytes] = '\0';
	fclose(file);
}

/* Makes fd the file's; the result is what it was. */
static int replace(int fd, FILE *file)
{
	int kept = dup(fd);

	CHECK(dup2(fileno(file), fd) == fd);
	return kept;
}

static void give_back(int fd, int kept)
{
	CHECK(dup2(kept, fd) == fd);
	close(kept);
}

void capture(struct capture *capture, int (*command)(int argc, char **argv),
	const char *line, const char *input)
{
	FILE *files[3] = {tmpfile(), tmpfile(), tmpfile()};
	char words[512];
	char *argv[WORDS_MAX + 1] = {NULL};
	int argc = 0;
	int kept[3];

	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word && argc < WORDS_MAX;
		word = strtok(NULL, " "))
		argv[argc++] = word;
	fputs(input ? input : "", files[0]);
	rewind(files[0]);
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++)
		kept[fd] = replace(fd, files[fd]);
	capture->status = command(argc, argv);
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++)
		give_back(fd, kept[fd]);
	fclose(files[0]);
	read_back(files[1], capture->out, sizeof(capture->out));
	read_back(files[2], capture->err, sizeof(capture->err));
}
