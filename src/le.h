/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian numbers at any address, as file headers and boot protocols have them. */
#ifndef SRC_LE_H
#define SRC_LE_H

#include <stdint.h>

static inline uint16_t le16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t le32_at(const uint8_t *bytes)
{
	return le16_at(bytes) | (uint32_t)le16_at(bytes + 2) << 16;
}

static inline uint64_t le64_at(const uint8_t *bytes)
{
	return le32_at(bytes) | (uint64_t)le32_at(bytes + 4) << 32;
}

static inline void le16_put(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static inline void le32_put(uint8_t *bytes, uint32_t value)
{
	le16_put(bytes, (uint16_t)value);
	le16_put(bytes + 2, (uint16_t)(value >> 16));
}

static inline void le64_put(uint8_t *bytes, uint64_t value)
{
	le32_put(bytes, (uint32_t)value);
	le32_put(bytes + 4, (uint32_t)(value >> 32));
}

#endif
