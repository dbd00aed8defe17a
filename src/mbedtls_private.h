/* SPDX-License-Identifier: Apache-2.0 */
/* From its version 3 on mbedtls says which members are its own; version 2 has them as
 * they are. */
#ifndef SRC_MBEDTLS_PRIVATE_H
#define SRC_MBEDTLS_PRIVATE_H

#include <mbedtls/version.h>

#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#endif
