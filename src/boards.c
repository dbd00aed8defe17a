/* SPDX-License-Identifier: Apache-2.0 */
/* The boards of this build. */
#include "src/board.h"

const struct board *const boards[] = {
#ifdef BONSAI_BOARD_ARM
	&arm_board,
#endif
#ifdef BONSAI_BOARD_X86
	&x86_board,
#endif
	NULL,
};

const struct board *board_for(enum config_arch arch)
{
	for (unsigned int i = 0; boards[i]; i++)
		if (boards[i]->runs(arch))
			return boards[i];
	return NULL;
}
