/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "src/aes_xts_kernel.h"

const struct aes_xts_kernel *aes_xts_kernel(void)
{
	return NULL;
}
