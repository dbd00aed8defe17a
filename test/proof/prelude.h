/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Frama-C's C library says nothing of. A little-endian machine; one thread, which
 * is no loss where, as here, a proof supposes nothing about values that come out of
 * guest memory.
 */
#ifndef TEST_PROOF_PRELUDE_H
#define TEST_PROOF_PRELUDE_H

#include <stdatomic.h>

#define le16toh(value) (value)
#define le32toh(value) (value)
#define le64toh(value) (value)
#define htole16(value) (value)
#define htole32(value) (value)

/*@ assigns \nothing; */
void atomic_signal_fence(memory_order order);

#endif
