/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/platform.h"

#define COM1 0x3f8

void put(const char *text)
{
	for (; *text; text++)
		__asm__ volatile("outb %0, %w1" ::"a"(*text), "d"(COM1));
}

void put_number(uint64_t value)
{
	char text[21];
	unsigned int at = sizeof(text) - 1;

	text[at] = '\0';
	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	put(&text[at]);
}

/* There is no driver of an interrupt controller here: it looks again. */
void wait_for_device(void)
{
	for (unsigned int i = 0; i < 1000; i++)
		__asm__ volatile("pause");
}
