/* SPDX-License-Identifier: Apache-2.0 */
#include "host/nic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/nic_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

struct watcher {
	struct nic_user user;
	unsigned int link_changes;
};

static void ignore(struct nic_user *user, unsigned int queue)
{
}

static void count_link(struct nic_user *user)
{
	container_of(user, struct watcher, user)->link_changes++;
}

static const struct nic_events watcher_events = {
	.readable = ignore,
	.writable = ignore,
	.link_changed = count_link,
};

/* ---- unix -----------------------------------------------------------------------------
 */

TEST(waits_for_a_listener_that_comes_later)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/bonsai-nic-XXXXXX";
	struct watcher watcher = {.user = {&watcher_events}};
	struct loop *loop = NULL;
	struct nic *nic = NULL;
	int listener;
	int peer;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK(mkdtemp(dir) != NULL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
	CHECK_EQ(nic_unix_open(loop, address.sun_path, NULL, &nic, NULL), 0);
	CHECK(!nic_link_up(nic));
	nic_set_user(nic, &watcher.user);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(listener, 1), 0);
	while (!nic_link_up(nic))
		loop_turn(loop, 2000);
	loop_turn(loop, 0);
	CHECK_EQ(watcher.link_changes, 1);
	peer = accept(listener, NULL, NULL);
	CHECK(peer >= 0);
	close(listener);
	unlink(address.sun_path);
	rmdir(dir);
	close(peer);
	nic_destroy(nic);
	loop_destroy(loop);
}

TEST(refuses_a_socket_path_that_cannot_work)
{
	struct source_pos pos = {"vm.xml", 7};
	struct loop *loop = NULL;
	struct nic *nic = NULL;
	struct error err;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(nic_unix_open(loop, path, &pos, &nic, &err), -ENAMETOOLONG);
	CHECK_HAS(err.text, "longer than 107 bytes");
	CHECK_EQ(err.pos.line, 7);
	CHECK(nic_unix_open(loop, "/dev/null/socket", &pos, &nic, &err) < 0);
	CHECK_HAS(err.text, "network socket /dev/null/socket: ");
	CHECK(!nic);
	loop_destroy(loop);
}

/* ---- null, and the verbs --------------------------------------------------------------
 */

TEST(null_takes_everything_and_gives_nothing)
{
	uint8_t frame[64] = {0};
	struct iovec iov = {frame, sizeof(frame)};
	struct nic *nic = NULL;

	CHECK_EQ(nic_null_open(&nic, NULL), 0);
	CHECK_EQ(nic_send(nic, 0, &iov, 1), 0);
	CHECK_EQ(nic_receive(nic, 0, &iov, 1), -EAGAIN);
	CHECK_EQ(nic_offloads(nic), 0);
	CHECK_EQ(nic_set_offloads(nic, NIC_OFFLOAD_CSUM), 0);
	CHECK_EQ(nic_queues(nic), 1);
	CHECK(nic_link_up(nic));
	nic_want_frames(nic, 0, true);
	nic_destroy(nic);
	nic_destroy(NULL);
}

static ssize_t next_result;

static int send_as_told(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	return (int)next_result;
}

static ssize_t receive_as_told(struct nic *nic, unsigned int queue,
	const struct iovec *iov, unsigned int n, size_t bytes)
{
	return next_result;
}

TEST(counts_frames_and_their_bytes_without_headers)
{
	static const struct nic_ops ops = {
		.send = send_as_told, .receive = receive_as_told};
	static const ssize_t sends[] = {0, -EAGAIN, 0, -ENETDOWN};
	static const ssize_t receives[] = {NIC_HEADER_BYTES + 60, -EAGAIN, -EMSGSIZE};
	struct nic nic = {.ops = &ops, .queues = 1};
	uint8_t frame[100] = {0};
	struct iovec iov = {frame, sizeof(frame)};
	struct iovec header = {frame, NIC_HEADER_BYTES};

	for (size_t i = 0; i < ARRAY_SIZE(sends); i++) {
		next_result = sends[i];
		CHECK_EQ(nic_send(&nic, 0, &iov, 1), sends[i]);
	}
	CHECK_EQ(nic_send(&nic, 0, &header, 1), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(receives); i++) {
		next_result = receives[i];
		CHECK_EQ(nic_receive(&nic, 0, &iov, 1), receives[i]);
	}
	CHECK_EQ(nic_counts(&nic)->sent_frames, 2);
	CHECK_EQ(nic_counts(&nic)->sent_bytes, 2 * 88);
	CHECK_EQ(nic_counts(&nic)->received_frames, 1);
	CHECK_EQ(nic_counts(&nic)->received_bytes, 60);
	CHECK_EQ(nic_counts(&nic)->lost_frames, 3);
}

struct offload_nic {
	struct nic nic;
	uint32_t set;
};

static int note_offloads(struct nic *nic, uint32_t offloads)
{
	container_of(nic, struct offload_nic, nic)->set = offloads;
	return 0;
}

TEST(passes_on_only_offloads_that_make_sense)
{
	static const struct {
		uint32_t offered, asked, set;
	} cases[] = {
		{31, 31, 31},
		{31, NIC_OFFLOAD_TSO4, 0},
		{31, NIC_OFFLOAD_CSUM | NIC_OFFLOAD_ECN, NIC_OFFLOAD_CSUM},
		{31, 7, 7},
		{NIC_OFFLOAD_CSUM, 31, NIC_OFFLOAD_CSUM},
		{0, 31, 0},
	};
	static const struct nic_ops ops = {.set_offloads = note_offloads};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct offload_nic nic = {
			.nic = {.ops = &ops, .offloads = cases[i].offered}, .set = 99};

		CHECK_EQ(nic_set_offloads(&nic.nic, cases[i].asked), 0);
		CHECK_EQ(nic.set, cases[i].set);
	}
}

TEST_MAIN(CASE(waits_for_a_listener_that_comes_later),
	CASE(refuses_a_socket_path_that_cannot_work),
	CASE(null_takes_everything_and_gives_nothing),
	CASE(counts_frames_and_their_bytes_without_headers),
	CASE(passes_on_only_offloads_that_make_sense))
