/* SPDX-License-Identifier: Apache-2.0 */
#include "host/escape_keys.h"

#define ESCAPE 0x01 /* Ctrl-A */

size_t escape_keys_filter(
	struct escape_keys *keys, const uint8_t *from, size_t n, uint8_t *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!keys->escape) {
			if (from[i] == ESCAPE)
				keys->escape = true;
			else
				to[kept++] = from[i];
			continue;
		}
		keys->escape = false;
		if (keys->pressed(keys, (char)from[i]))
			continue;
		to[kept++] = ESCAPE;
		if (from[i] != ESCAPE && from[i] != 'a')
			to[kept++] = from[i];
	}
	return kept;
}
