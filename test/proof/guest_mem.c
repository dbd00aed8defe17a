/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look-up of guest memory, for any map and any address and length: what comes out is
 * mapped RAM from the first byte to the last, and NULL only what is not.
 *
 * Proves: span_holds, guest_mem_range
 */
#include "test/proof/guest_mem.h"

#include "src/guest_mem_range.c"
