/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_keys.h"

#include <linux/input-event-codes.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXTENDED 0x80

/* Up to here evdev's codes are those of the PC's first keyboards. */
#define SAME_AS_SCANCODE KEY_KPDOT

struct pair {
	uint32_t from;
	uint16_t key;
};

static const struct pair scancodes[] = {
	{0x54, KEY_SYSRQ},
	{0x55, KEY_F16},
	{0x56, KEY_102ND},
	{0x57, KEY_F11},
	{0x58, KEY_F12},
	{0x59, KEY_KPEQUAL},
	{0x5a, KEY_F20},
	{0x5d, KEY_F13},
	{0x5e, KEY_F14},
	{0x5f, KEY_F15},
	{0x64, KEY_OPEN},
	{0x65, KEY_PASTE},
	{0x6d, KEY_F23},
	{0x6f, KEY_F24},
	{0x70, KEY_KATAKANAHIRAGANA},
	{0x71, KEY_HANJA},
	{0x72, KEY_HANGEUL},
	{0x73, KEY_RO},
	{0x74, KEY_F21},
	{0x76, KEY_ZENKAKUHANKAKU},
	{0x77, KEY_HIRAGANA},
	{0x78, KEY_KATAKANA},
	{0x79, KEY_HENKAN},
	{0x7b, KEY_MUHENKAN},
	{0x7d, KEY_YEN},
	{0x7e, KEY_KPCOMMA},
	{EXTENDED | 0x03, KEY_F17},
	{EXTENDED | 0x04, KEY_F19},
	{EXTENDED | 0x05, KEY_AGAIN},
	{EXTENDED | 0x06, KEY_PROPS},
	{EXTENDED | 0x07, KEY_UNDO},
	{EXTENDED | 0x10, KEY_PREVIOUSSONG},
	{EXTENDED | 0x19, KEY_NEXTSONG},
	{EXTENDED | 0x1c, KEY_KPENTER},
	{EXTENDED | 0x1d, KEY_RIGHTCTRL},
	{EXTENDED | 0x20, KEY_MUTE},
	{EXTENDED | 0x21, KEY_CALC},
	{EXTENDED | 0x22, KEY_PLAYPAUSE},
	{EXTENDED | 0x24, KEY_STOPCD},
	{EXTENDED | 0x25, KEY_SUSPEND},
	{EXTENDED | 0x2e, KEY_VOLUMEDOWN},
	{EXTENDED | 0x30, KEY_VOLUMEUP},
	{EXTENDED | 0x32, KEY_HOMEPAGE},
	{EXTENDED | 0x35, KEY_KPSLASH},
	{EXTENDED | 0x37, KEY_SYSRQ},
	{EXTENDED | 0x38, KEY_RIGHTALT},
	{EXTENDED | 0x3c, KEY_CUT},
	{EXTENDED | 0x41, KEY_FIND},
	{EXTENDED | 0x46, KEY_PAUSE},
	{EXTENDED | 0x47, KEY_HOME},
	{EXTENDED | 0x48, KEY_UP},
	{EXTENDED | 0x49, KEY_PAGEUP},
	{EXTENDED | 0x4b, KEY_LEFT},
	{EXTENDED | 0x4d, KEY_RIGHT},
	{EXTENDED | 0x4f, KEY_END},
	{EXTENDED | 0x50, KEY_DOWN},
	{EXTENDED | 0x51, KEY_PAGEDOWN},
	{EXTENDED | 0x52, KEY_INSERT},
	{EXTENDED | 0x53, KEY_DELETE},
	{EXTENDED | 0x5b, KEY_LEFTMETA},
	{EXTENDED | 0x5c, KEY_RIGHTMETA},
	{EXTENDED | 0x5d, KEY_COMPOSE},
	{EXTENDED | 0x5e, KEY_POWER},
	{EXTENDED | 0x5f, KEY_SLEEP},
	{EXTENDED | 0x63, KEY_WAKEUP},
	{EXTENDED | 0x65, KEY_SEARCH},
	{EXTENDED | 0x66, KEY_BOOKMARKS},
	{EXTENDED | 0x67, KEY_REFRESH},
	{EXTENDED | 0x68, KEY_STOP},
	{EXTENDED | 0x69, KEY_FORWARD},
	{EXTENDED | 0x6a, KEY_BACK},
	{EXTENDED | 0x6b, KEY_COMPUTER},
	{EXTENDED | 0x6c, KEY_MAIL},
	{EXTENDED | 0x6d, KEY_MEDIA},
	{EXTENDED | 0x75, KEY_HELP},
	{EXTENDED | 0x76, KEY_KPLEFTPAREN},
	{EXTENDED | 0x77, KEY_F18},
	{EXTENDED | 0x78, KEY_COPY},
	{EXTENDED | 0x79, KEY_F22},
	{EXTENDED | 0x7b, KEY_KPRIGHTPAREN},
	{EXTENDED | 0x7d, KEY_EJECTCD},
};

static const struct pair keysyms[] = {
	{0xfe03, KEY_RIGHTALT}, /* AltGr */
	{0xfe20, KEY_TAB},      /* with Shift */
	{0xff08, KEY_BACKSPACE},
	{0xff09, KEY_TAB},
	{0xff0a, KEY_LINEFEED},
	{0xff0d, KEY_ENTER},
	{0xff13, KEY_PAUSE},
	{0xff14, KEY_SCROLLLOCK},
	{0xff15, KEY_SYSRQ},
	{0xff1b, KEY_ESC},
	{0xff22, KEY_MUHENKAN},
	{0xff23, KEY_HENKAN},
	{0xff27, KEY_KATAKANAHIRAGANA},
	{0xff2a, KEY_ZENKAKUHANKAKU},
	{0xff31, KEY_HANGEUL},
	{0xff34, KEY_HANJA},
	{0xff50, KEY_HOME},
	{0xff51, KEY_LEFT},
	{0xff52, KEY_UP},
	{0xff53, KEY_RIGHT},
	{0xff54, KEY_DOWN},
	{0xff55, KEY_PAGEUP},
	{0xff56, KEY_PAGEDOWN},
	{0xff57, KEY_END},
	{0xff61, KEY_SYSRQ}, /* Print */
	{0xff63, KEY_INSERT},
	{0xff67, KEY_COMPOSE}, /* Menu */
	{0xff6a, KEY_HELP},
	{0xff6b, KEY_PAUSE}, /* Break */
	{0xff7e, KEY_RIGHTALT},
	{0xff7f, KEY_NUMLOCK},
	{0xff8d, KEY_KPENTER},
	{0xff95, KEY_KP7}, /* Home and so on: without Num Lock */
	{0xff96, KEY_KP4},
	{0xff97, KEY_KP8},
	{0xff98, KEY_KP6},
	{0xff99, KEY_KP2},
	{0xff9a, KEY_KP9},
	{0xff9b, KEY_KP3},
	{0xff9c, KEY_KP1},
	{0xff9d, KEY_KP5},
	{0xff9e, KEY_KP0},
	{0xff9f, KEY_KPDOT},
	{0xffaa, KEY_KPASTERISK},
	{0xffab, KEY_KPPLUS},
	{0xffac, KEY_KPCOMMA},
	{0xffad, KEY_KPMINUS},
	{0xffae, KEY_KPDOT},
	{0xffaf, KEY_KPSLASH},
	{0xffb0, KEY_KP0},
	{0xffb1, KEY_KP1},
	{0xffb2, KEY_KP2},
	{0xffb3, KEY_KP3},
	{0xffb4, KEY_KP4},
	{0xffb5, KEY_KP5},
	{0xffb6, KEY_KP6},
	{0xffb7, KEY_KP7},
	{0xffb8, KEY_KP8},
	{0xffb9, KEY_KP9},
	{0xffbd, KEY_KPEQUAL},
	{0xffe1, KEY_LEFTSHIFT},
	{0xffe2, KEY_RIGHTSHIFT},
	{0xffe3, KEY_LEFTCTRL},
	{0xffe4, KEY_RIGHTCTRL},
	{0xffe5, KEY_CAPSLOCK},
	{0xffe7, KEY_LEFTMETA},
	{0xffe8, KEY_RIGHTMETA},
	{0xffe9, KEY_LEFTALT},
	{0xffea, KEY_RIGHTALT},
	{0xffeb, KEY_LEFTMETA}, /* Super */
	{0xffec, KEY_RIGHTMETA},
	{0xffff, KEY_DELETE},
};

/* From the space to the tilde, which are keysyms of their own. */
static const uint8_t printable[] = {KEY_SPACE, KEY_1, KEY_APOSTROPHE, KEY_3, KEY_4, KEY_5,
	KEY_7, KEY_APOSTROPHE, KEY_9, KEY_0, KEY_8, KEY_EQUAL, KEY_COMMA, KEY_MINUS,
	KEY_DOT, KEY_SLASH, KEY_0, KEY_1, KEY_2, KEY_3, KEY_4, KEY_5, KEY_6, KEY_7, KEY_8,
	KEY_9, KEY_SEMICOLON, KEY_SEMICOLON, KEY_COMMA, KEY_EQUAL, KEY_DOT, KEY_SLASH,
	KEY_2, KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H, KEY_I, KEY_J,
	KEY_K, KEY_L, KEY_M, KEY_N, KEY_O, KEY_P, KEY_Q, KEY_R, KEY_S, KEY_T, KEY_U,
	KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z, KEY_LEFTBRACE, KEY_BACKSLASH, KEY_RIGHTBRACE,
	KEY_6, KEY_MINUS, KEY_GRAVE, KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G,
	KEY_H, KEY_I, KEY_J, KEY_K, KEY_L, KEY_M, KEY_N, KEY_O, KEY_P, KEY_Q, KEY_R,
	KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z, KEY_LEFTBRACE,
	KEY_BACKSLASH, KEY_RIGHTBRACE, KEY_GRAVE};

static uint16_t find(const struct pair *pairs, size_t count, uint32_t from)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].from == from)
			return pairs[i].key;
	return KEY_RESERVED;
}

uint16_t vnc_key_from_scancode(uint32_t scancode)
{
	if (scancode <= SAME_AS_SCANCODE)
		return (uint16_t)scancode;
	return find(scancodes, COUNT(scancodes), scancode);
}

uint16_t vnc_key_from_keysym(uint32_t keysym)
{
	if (keysym >= ' ' && keysym - ' ' < COUNT(printable))
		return printable[keysym - ' '];
	if (keysym >= 0xffbe && keysym <= 0xffc7) /* F1 to F10 */
		return (uint16_t)(KEY_F1 + (keysym - 0xffbe));
	if (keysym >= 0xffc8 && keysym <= 0xffc9)
		return (uint16_t)(KEY_F11 + (keysym - 0xffc8));
	if (keysym >= 0xffca && keysym <= 0xffd5) /* F13 to F24 */
		return (uint16_t)(KEY_F13 + (keysym - 0xffca));
	return find(keysyms, COUNT(keysyms), keysym);
}
