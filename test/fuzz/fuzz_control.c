/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's bytes: what comes before its negotiation and after it, in pieces of any
 * size, and a client that leaves at any moment, one that waits for a screendump as well.
 * The machine only counts.
 */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/terminal.h"
#include "src/control.h"
#include "src/loop.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

static struct control_rig rig;
static struct terminal *terminal;

static void answer_dumps(void)
{
	while (rig.dump_count)
		rig_answer_dump(&rig, 0, NULL);
}

static void turn(void)
{
	for (unsigned int i = 0; i < 4; i++)
		loop_turn(rig.loop, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? 1 + data[0] : 1;
	int fd;

	if (!rig.loop) {
		rig_begin(&rig);
		terminal_null_create(&terminal, NULL);
		control_add_terminal(rig.control, "hvc0", terminal, NULL);
	}
	fd = rig_connect(&rig);
	if (piece & 1)
		rig_send(fd, "{\"execute\": \"qmp_capabilities\"}");
	for (size_t at = 1; at < size; at += piece) {
		size_t bytes = size - at < piece ? size - at : piece;

		if (send(fd, data + at, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		turn();
		if (piece & 8)
			answer_dumps();
	}
	if (piece & 4)
		terminal_write(terminal, data, size);
	if (piece & 2)
		control_event(rig.control, "TEST", NULL);
	close(fd);
	turn();
	answer_dumps();
	turn();
	return 0;
}
