/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes are tested everywhere, frames only where this host lets us make a tap.
 */
#include "host/nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define TEST_PROTOCOL 0x88b5 /* for experiments */

struct bench {
	struct nic_user user;
	struct loop *loop;
	struct nic *nic;
	struct error err;
	char ifname[IFNAMSIZ];
	unsigned int frames;
	ssize_t frame_bytes;
	unsigned int link_changes;
};

static void take_frames(struct nic_user *user, unsigned int queue)
{
	struct bench *bench = container_of(user, struct bench, user);
	uint8_t frame[2048];
	struct iovec iov[] = {{frame, 12}, {frame + 12, sizeof(frame) - 12}};
	ssize_t got;

	while ((got = nic_receive(bench->nic, queue, iov, 2)) != -EAGAIN) {
		/* The host's own chatter (IPv6) comes too. */
		if (got < 26 || frame[24] != 0x88 || frame[25] != 0xb5)
			continue;
		bench->frames++;
		bench->frame_bytes = got;
	}
}

static void ignore_writable(struct nic_user *user, unsigned int queue)
{
}

static void count_link(struct nic_user *user)
{
	container_of(user, struct bench, user)->link_changes++;
}

static const struct nic_events bench_events = {
	.readable = take_frames,
	.writable = ignore_writable,
	.link_changed = count_link,
};

/* A name that no other run of this test uses. */
static void make_name(char name[IFNAMSIZ], char suffix)
{
	snprintf(name, IFNAMSIZ, "bonsai%ld%c", (long)getpid() % 10000000, suffix);
}

/* An interface that comes up talks IPv6 by itself, into the tests' frames. */
static void silence(const char *ifname)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", ifname);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	CHECK_EQ(write(fd, "1", 1), 1);
	close(fd);
}

/* False, with the reason printed, where there can be no tap. */
static bool bench_open(struct bench *bench, unsigned int queues)
{
	int code;

	*bench = (struct bench){.user = {&bench_events}};
	make_name(bench->ifname, 't');
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	code = nic_tap_open(
		bench->loop, bench->ifname, -1, queues, NULL, &bench->nic, &bench->err);
	if (code) {
		CHECK(code == -EPERM || code == -ENOENT || code == -ENODEV ||
			code == -EACCES);
		printf("not tested here: %s\n", bench->err.text);
		loop_destroy(bench->loop);
		return false;
	}
	silence(bench->ifname);
	nic_set_user(bench->nic, &bench->user);
	return true;
}

static void bench_finish(struct bench *bench)
{
	nic_destroy(bench->nic);
	loop_destroy(bench->loop);
}

/* The host's side of the wire. */
static int host_side(const struct bench *bench)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(TEST_PROTOCOL),
		.sll_ifindex = (int)if_nametoindex(bench->ifname)};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(TEST_PROTOCOL));

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void fill_frame(uint8_t *frame, size_t bytes)
{
	memset(frame, 0xff, 6);
	memset(frame + 6, 2, 6);
	frame[12] = TEST_PROTOCOL >> 8;
	frame[13] = TEST_PROTOCOL & 0xff;
	for (size_t i = 14; i < bytes; i++)
		frame[i] = (uint8_t)i;
}

TEST(carries_frames_both_ways_on_an_interface_that_it_made)
{
	uint8_t header[NIC_HEADER_BYTES] = {0};
	uint8_t frame[100];
	uint8_t got[200];
	struct iovec iov[] = {{header, sizeof(header)}, {frame, sizeof(frame)}};
	struct bench bench;
	int fd;

	if (!bench_open(&bench, 1))
		return;
	CHECK(nic_link_up(bench.nic));
	CHECK(nic_offloads(bench.nic) & NIC_OFFLOAD_CSUM);
	CHECK(nic_offloads(bench.nic) & NIC_OFFLOAD_TSO4);
	CHECK_EQ(nic_set_offloads(bench.nic, nic_offloads(bench.nic)), 0);
	CHECK_EQ(nic_set_offloads(bench.nic, 0), 0);
	fd = host_side(&bench);
	fill_frame(frame, sizeof(frame));
	CHECK_EQ(nic_send(bench.nic, 0, iov, 2), 0);
	CHECK_EQ(recv(fd, got, sizeof(got), 0), sizeof(frame));
	CHECK(memcmp(got, frame, sizeof(frame)) == 0);

	nic_want_frames(bench.nic, 0, true);
	CHECK_EQ(send(fd, frame, sizeof(frame), 0), sizeof(frame));
	for (int i = 0; i < 100 && !bench.frames; i++)
		loop_turn(bench.loop, 100);
	CHECK_EQ(bench.frames, 1);
	CHECK_EQ(bench.frame_bytes, NIC_HEADER_BYTES + sizeof(frame));
	close(fd);
	bench_finish(&bench);
}

TEST(tells_a_frame_that_has_no_room_from_one_that_just_fits)
{
	uint8_t frame[100];
	uint8_t room[NIC_HEADER_BYTES + sizeof(frame)];
	struct iovec exact = {room, sizeof(room)};
	struct iovec small = {room, sizeof(room) - 1};
	struct bench bench;
	ssize_t length;
	int fd;

	if (!bench_open(&bench, 1))
		return;
	fd = host_side(&bench);
	fill_frame(frame, sizeof(frame));
	/* What the host said before it was silenced. */
	while (nic_receive(bench.nic, 0, &exact, 1) != -EAGAIN)
		;
	CHECK_EQ(send(fd, frame, sizeof(frame), 0), sizeof(frame));
	length = nic_receive(bench.nic, 0, &exact, 1);
	CHECK_EQ(length, sizeof(room));
	CHECK_EQ(send(fd, frame, sizeof(frame), 0), sizeof(frame));
	CHECK_EQ(nic_receive(bench.nic, 0, &small, 1), -EMSGSIZE);
	close(fd);
	bench_finish(&bench);
}

TEST(says_when_another_program_has_the_tap)
{
	struct nic *second = NULL;
	struct bench bench;

	if (!bench_open(&bench, 1))
		return;
	CHECK_EQ(nic_tap_open(bench.loop, bench.ifname, -1, 1, NULL, &second, &bench.err),
		-EBUSY);
	CHECK_HAS(bench.err.text, "is in use by another program");
	CHECK_EQ(nic_tap_open(bench.loop, bench.ifname, -1, 2, NULL, &second, &bench.err),
		-EINVAL);
	CHECK_HAS(bench.err.text, "multi_queue");
	CHECK(!second);
	bench_finish(&bench);
}

TEST(parks_and_wakes_queues)
{
	struct bench bench;

	if (!bench_open(&bench, 3))
		return;
	CHECK_EQ(nic_queues(bench.nic), 3);
	CHECK_EQ(nic_set_active_queues(bench.nic, 1), 0);
	nic_want_frames(bench.nic, 0, true);
	nic_want_frames(bench.nic, 2, true);
	loop_turn(bench.loop, 0);
	CHECK_EQ(nic_set_active_queues(bench.nic, 3), 0);
	CHECK_EQ(nic_set_active_queues(bench.nic, 2), 0);
	CHECK_EQ(nic_set_active_queues(bench.nic, 2), 0);
	loop_turn(bench.loop, 0);
	CHECK(nic_link_up(bench.nic));
	CHECK_EQ(bench.link_changes, 0);
	bench_finish(&bench);
}

static int open_tap(const char *ifname, short flags)
{
	struct ifreq request = {.ifr_flags = flags};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	memcpy(request.ifr_name, ifname, strlen(ifname));
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST(takes_an_open_descriptor_over_if_it_is_a_tap_with_headers)
{
	struct loop *loop = NULL;
	struct nic *nic = NULL;
	struct error err;
	char name[IFNAMSIZ];
	int fd;

	make_name(name, 'f');
	fd = open_tap(name, IFF_TAP | IFF_NO_PI);
	if (fd < 0) {
		printf("not tested here: no tap: %s\n", strerror(errno));
		return;
	}
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(nic_tap_open(loop, NULL, fd, 1, NULL, &nic, &err), -EINVAL);
	CHECK_HAS(err.text, "IFF_VNET_HDR");
	CHECK_EQ(fcntl(fd, F_GETFD), -1); /* closed */

	fd = open_tap(name, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	CHECK_EQ(nic_tap_open(loop, NULL, fd, 1, NULL, &nic, &err), 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	nic_destroy(nic);
	loop_destroy(loop);
}

TEST(refuses_names_and_descriptors_that_cannot_work)
{
	struct source_pos pos = {"vm.xml", 3};
	struct loop *loop = NULL;
	struct nic *nic = NULL;
	struct error err;
	int fd = open("/dev/null", O_RDWR);

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK(nic_tap_open(loop, NULL, fd, 1, &pos, &nic, &err) < 0);
	CHECK_HAS(err.text, "is no open tap");
	CHECK_EQ(err.pos.line, 3);
	fd = open("/dev/null", O_RDWR);
	CHECK_EQ(nic_tap_open(loop, NULL, fd, 2, &pos, &nic, &err), -EINVAL);
	CHECK_HAS(err.text, "carries one queue, queues is 2");
	CHECK_EQ(nic_tap_open(loop, "a-name-of-sixteen", -1, 1, &pos, &nic, &err),
		-EINVAL);
	CHECK_HAS(err.text, "longer than 15 characters");
	/* An interface of another kind, and one that an ordinary user may not make. */
	CHECK(nic_tap_open(loop, "lo", -1, 1, &pos, &nic, &err) < 0);
	CHECK(err.text[0] && err.pos.line == 3);
	CHECK(!nic);
	loop_destroy(loop);
}

TEST_MAIN(CASE(carries_frames_both_ways_on_an_interface_that_it_made),
	CASE(tells_a_frame_that_has_no_room_from_one_that_just_fits),
	CASE(says_when_another_program_has_the_tap), CASE(parks_and_wakes_queues),
	CASE(takes_an_open_descriptor_over_if_it_is_a_tap_with_headers),
	CASE(refuses_names_and_descriptors_that_cannot_work))
