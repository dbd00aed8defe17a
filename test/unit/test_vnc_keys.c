/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_keys.h"

#include <linux/input-event-codes.h>

#include "test/unit/test.h"

TEST(codes_of_a_pc_keyboard_are_keys)
{
	static const struct {
		uint32_t scancode;
		uint16_t key;
	} rows[] = {
		{0x00, KEY_RESERVED},
		{0x01, KEY_ESC},
		{0x1e, KEY_A},
		{0x53, KEY_KPDOT},
		{0x54, KEY_SYSRQ},
		{0x56, KEY_102ND},
		{0x58, KEY_F12},
		{0x7d, KEY_YEN},
		{0x9c, KEY_KPENTER},
		{0xb8, KEY_RIGHTALT},
		{0xc8, KEY_UP},
		{0xdb, KEY_LEFTMETA},
		{0xff, KEY_RESERVED},
		{0xe038, KEY_RESERVED},
		{0xffffffff, KEY_RESERVED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(vnc_key_from_scancode(rows[i].scancode), rows[i].key);
}

TEST(keysyms_are_keys_of_a_us_keyboard)
{
	static const struct {
		uint32_t keysym;
		uint16_t key;
	} rows[] = {
		{' ', KEY_SPACE},
		{'!', KEY_1},
		{'0', KEY_0},
		{'9', KEY_9},
		{':', KEY_SEMICOLON},
		{'?', KEY_SLASH},
		{'@', KEY_2},
		{'A', KEY_A},
		{'Z', KEY_Z},
		{'[', KEY_LEFTBRACE},
		{'^', KEY_6},
		{'_', KEY_MINUS},
		{'`', KEY_GRAVE},
		{'a', KEY_A},
		{'z', KEY_Z},
		{'|', KEY_BACKSLASH},
		{'~', KEY_GRAVE},
		{0x7f, KEY_RESERVED},
		{0xff0d, KEY_ENTER},
		{0xff8d, KEY_KPENTER},
		{0xffbe, KEY_F1},
		{0xffc7, KEY_F10},
		{0xffc8, KEY_F11},
		{0xffc9, KEY_F12},
		{0xffca, KEY_F13},
		{0xffd5, KEY_F24},
		{0xffd6, KEY_RESERVED},
		{0xffff, KEY_DELETE},
		{0, KEY_RESERVED},
		{0xffffffff, KEY_RESERVED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(vnc_key_from_keysym(rows[i].keysym), rows[i].key);
}

TEST_MAIN(CASE(codes_of_a_pc_keyboard_are_keys), CASE(keysyms_are_keys_of_a_us_keyboard))
