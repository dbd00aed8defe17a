/* SPDX-License-Identifier: Apache-2.0 */
/* First process of the guest whose boot is measured: says so, and powers off. */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	static const char word[] = "reached init\n";
	ssize_t done = write(STDOUT_FILENO, word, sizeof(word) - 1);

	reboot(RB_POWER_OFF);
	return done < 0;
}
