/* SPDX-License-Identifier: Apache-2.0 */
/* The host's time of day, for the clocks of boards. Any thread. */
#ifndef SRC_UTC_H
#define SRC_UTC_H

#include <stdint.h>

/* Nanoseconds since 1970 in UTC; it may jump either way. */
uint64_t utc_now_ns(void);

#endif
