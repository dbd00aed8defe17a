/* SPDX-License-Identifier: Apache-2.0 */
/* sign and keygen of a static program, which checks signatures and makes none. */
#include <stdio.h>

#include "src/cmd.h"

static int refuse(const char *command)
{
	fprintf(stderr,
		"bonsai: %s is not in static programs: use one that tools/build native "
		"makes, or openssl (see bonsai(1))\n",
		command);
	return EXIT_USAGE;
}

int cmd_sign(int argc, char **argv)
{
	return refuse(argv[0]);
}

int cmd_keygen(int argc, char **argv)
{
	return refuse(argv[0]);
}
