/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap interface of the host (Linux, Documentation/networking/tuntap.rst): the kernel
 * takes and gives frames with the virtio-net header in front, checksums and segmentation
 * left open as nic_set_offloads() allows. One descriptor a queue.
 *
 * Runs with the loop's lock held; events on the loop's thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/nic_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"

#define TAP_FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)

struct tap_queue {
	struct loop_fd watch; /* fd -1: not opened; not added: detached */
	struct tap *tap;
	bool wanted;
	bool blocked; /* a send said -EAGAIN */
};

struct tap {
	struct nic nic;
	struct loop *loop;
	char ifname[IFNAMSIZ];
	bool failure_logged;
	struct tap_queue queues[];
};

/* ---- frames ----------------------------------------------------------------------- */

static int update_events(struct tap_queue *queue)
{
	uint32_t events = (queue->wanted ? EPOLLIN : 0) | (queue->blocked ? EPOLLOUT : 0);

	if (queue->watch.loop)
		return loop_fd_modify(&queue->watch, events);
	queue->watch.events = events;
	return 0;
}

static int tap_send(struct nic *nic, unsigned int index, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	struct tap *tap = container_of(nic, struct tap, nic);
	struct tap_queue *queue = &tap->queues[index];
	int code;

	if (writev(queue->watch.fd, iov, (int)n) >= 0)
		return 0;
	code = -errno;
	if (code == -EAGAIN) {
		queue->blocked = true;
		return update_events(queue) < 0 ? -EIO : -EAGAIN;
	}
	if (code == -EIO && !tap->failure_logged) {
		tap->failure_logged = true;
		log_host("network interface %s is down: ip link set %s up", tap->ifname,
			tap->ifname);
	}
	return code;
}

static ssize_t tap_receive(struct nic *nic, unsigned int index, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	struct tap *tap = container_of(nic, struct tap, nic);
	struct iovec roomy[NIC_IOV_MAX + 1];
	uint8_t spill;
	ssize_t length;

	/*
	 * The kernel cuts a frame that does not fit and does not tell; one byte more than
	 * there is room for does.
	 */
	if (bytes < NIC_FRAME_BYTES_MAX) {
		memcpy(roomy, iov, n * sizeof(*iov));
		roomy[n] = (struct iovec){.iov_base = &spill, .iov_len = 1};
		iov = roomy;
		n++;
	}
	length = readv(tap->queues[index].watch.fd, iov, (int)n);
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
	return (size_t)length > bytes ? -EMSGSIZE : length;
}

static void tap_want_frames(struct nic *nic, unsigned int index, bool want)
{
	struct tap *tap = container_of(nic, struct tap, nic);

	tap->queues[index].wanted = want;
	update_events(&tap->queues[index]);
}

/* The interface was deleted; epoll would tell for ever. */
static void lose_interface(struct tap *tap)
{
	for (unsigned int i = 0; i < tap->nic.queues; i++)
		loop_fd_remove(&tap->queues[i].watch);
	tap->nic.link_up = false;
	log_host("network interface %s is gone", tap->ifname);
	if (tap->nic.user)
		tap->nic.user->events->link_changed(tap->nic.user);
}

static void queue_ready(struct loop_fd *watch, uint32_t events)
{
	struct tap_queue *queue = container_of(watch, struct tap_queue, watch);
	struct tap *tap = queue->tap;
	struct nic_user *user = tap->nic.user;
	unsigned int index = (unsigned int)(queue - tap->queues);

	if (events & (EPOLLERR | EPOLLHUP)) {
		lose_interface(tap);
		return;
	}
	if (events & EPOLLOUT) {
		queue->blocked = false;
		update_events(queue);
		if (user)
			user->events->writable(user, index);
	}
	if ((events & EPOLLIN) && queue->wanted && user)
		user->events->readable(user, index);
}

/* ---- offloads and queues ---------------------------------------------------------- */

static int tap_set_offloads(struct nic *nic, uint32_t offloads)
{
	static const struct {
		uint32_t offload;
		unsigned int flag;
	} flags[] = {
		{NIC_OFFLOAD_CSUM, TUN_F_CSUM},
		{NIC_OFFLOAD_TSO4, TUN_F_TSO4},
		{NIC_OFFLOAD_TSO6, TUN_F_TSO6},
		{NIC_OFFLOAD_ECN, TUN_F_TSO_ECN},
		{NIC_OFFLOAD_UFO, TUN_F_UFO},
	};
	struct tap *tap = container_of(nic, struct tap, nic);
	unsigned long wanted = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (offloads & flags[i].offload)
			wanted |= flags[i].flag;
	}
	/* The flags are the interface's, whichever queue they are set on. */
	return ioctl(tap->queues[0].watch.fd, TUNSETOFFLOAD, wanted) < 0 ? -errno : 0;
}

/* Keeps what this kernel knows; UFO came and went. */
static int probe_offloads(struct tap *tap)
{
	const uint32_t tso = NIC_OFFLOAD_TSO4 | NIC_OFFLOAD_TSO6 | NIC_OFFLOAD_ECN;
	const uint32_t sets[] = {
		NIC_OFFLOAD_CSUM | tso | NIC_OFFLOAD_UFO,
		NIC_OFFLOAD_CSUM | tso,
		NIC_OFFLOAD_CSUM,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets) && !tap->nic.offloads; i++) {
		if (tap_set_offloads(&tap->nic, sets[i]) == 0)
			tap->nic.offloads = sets[i];
	}
	return tap_set_offloads(&tap->nic, 0);
}

static int set_attached(struct tap *tap, struct tap_queue *queue, bool attached)
{
	struct ifreq request = {
		.ifr_flags = attached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE};

	if (attached == (queue->watch.loop != NULL))
		return 0;
	/* A detached descriptor reports an error to epoll all the time. */
	if (!attached)
		loop_fd_remove(&queue->watch);
	if (ioctl(queue->watch.fd, TUNSETQUEUE, &request) < 0)
		return -errno;
	return attached ? loop_fd_add(tap->loop, &queue->watch) : 0;
}

static int tap_set_active_queues(struct nic *nic, unsigned int count)
{
	struct tap *tap = container_of(nic, struct tap, nic);
	int code = nic->link_up ? 0 : -ENETDOWN;

	/* The interface spreads its frames over the attached queues. */
	for (unsigned int i = 1; i < nic->queues && !code; i++)
		code = set_attached(tap, &tap->queues[i], i < count);
	return code;
}

static int tap_vhost_fd(const struct nic *nic, unsigned int index)
{
	return container_of(nic, const struct tap, nic)->queues[index].watch.fd;
}

static void tap_destroy(struct nic *nic)
{
	struct tap *tap = container_of(nic, struct tap, nic);

	for (unsigned int i = 0; i < tap->nic.queues; i++) {
		loop_fd_remove(&tap->queues[i].watch);
		if (tap->queues[i].watch.fd >= 0)
			close(tap->queues[i].watch.fd);
	}
	free(tap);
}

static const struct nic_ops tap_ops = {
	.send = tap_send,
	.receive = tap_receive,
	.want_frames = tap_want_frames,
	.set_offloads = tap_set_offloads,
	.set_active_queues = tap_set_active_queues,
	.vhost_fd = tap_vhost_fd,
	.destroy = tap_destroy,
};

/* ---- opening ---------------------------------------------------------------------- */

static int open_device(const struct source_pos *pos, struct error *err)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int code = -errno;

	if (fd >= 0)
		return fd;
	if (code == -ENOENT || code == -ENODEV || code == -ENXIO)
		return error_set(
			err, code, pos, "no /dev/net/tun on this host: modprobe tun");
	if (code == -EACCES || code == -EPERM)
		return error_set(err, code, pos,
			"no permission on /dev/net/tun: let this user read and write it "
			"(usually: chmod 666 /dev/net/tun)");
	return error_set(err, code, pos, "/dev/net/tun: %s", strerror(-code));
}

static int explain_attach(
	const struct tap *tap, int code, const struct source_pos *pos, struct error *err)
{
	const char *name = tap->ifname[0] ? tap->ifname : "tap0";
	const char *multi = tap->nic.queues > 1 ? " multi_queue" : "";

	switch (code) {
	case -EPERM:
		return error_set(err, code, pos,
			"no permission for tap %s; create it beforehand, as root: "
			"ip tuntap add dev %s mode tap%s user %ld",
			name, name, multi, (long)getuid());
	case -EBUSY:
		return error_set(
			err, code, pos, "tap %s is in use by another program", name);
	case -E2BIG:
		return error_set(err, code, pos, "tap %s gives no %u queues to us", name,
			tap->nic.queues);
	case -EINVAL:
		if (tap->nic.queues > 1)
			return error_set(err, code, pos,
				"interface %s exists, and not as a tap for %u queues: ip "
				"tuntap add dev %s mode tap multi_queue user %ld",
				name, tap->nic.queues, name, (long)getuid());
		return error_set(err, code, pos, "interface %s is no tap", name);
	default:
		return error_set(err, code, pos, "tap %s: %s", name, strerror(-code));
	}
}

/* Binds an open /dev/net/tun to the interface; the kernel fills its name in. */
static int attach(struct tap *tap, int fd)
{
	struct ifreq request = {.ifr_flags = TAP_FLAGS};

	if (tap->nic.queues > 1)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	memcpy(request.ifr_name, tap->ifname, sizeof(tap->ifname));
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		int code = -errno;

		/* One of several queues will do, but must be asked for as such. */
		if (code != -EINVAL || tap->nic.queues > 1)
			return code;
		request.ifr_flags |= IFF_MULTI_QUEUE;
		if (ioctl(fd, TUNSETIFF, &request) < 0)
			return code;
	}
	memcpy(tap->ifname, request.ifr_name, sizeof(tap->ifname));
	return 0;
}

/* A descriptor that somebody else opened and attached. */
static int adopt(struct tap *tap, int fd, const struct source_pos *pos, struct error *err)
{
	struct ifreq request = {0};
	int code;

	if (ioctl(fd, TUNGETIFF, &request) < 0) {
		code = -errno;
		return error_set(err, code, pos,
			"descriptor %d is no open tap: open one in the program that "
			"starts bonsai, or name it with ifname",
			fd);
	}
	if ((request.ifr_flags & TAP_FLAGS) != TAP_FLAGS)
		return error_set(err, -EINVAL, pos,
			"descriptor %d was opened with flags 0x%x, a tap needs IFF_TAP, "
			"IFF_NO_PI and IFF_VNET_HDR",
			fd, (unsigned int)(uint16_t)request.ifr_flags);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		code = -errno;
		return error_set(
			err, code, pos, "descriptor %d: %s", fd, strerror(-code));
	}
	memcpy(tap->ifname, request.ifr_name, sizeof(tap->ifname));
	return 0;
}

/* Best effort: with the right to create an interface usually comes this one. */
static void bring_up(const struct tap *tap)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	if (fd < 0)
		return;
	memcpy(request.ifr_name, tap->ifname, sizeof(tap->ifname));
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
			log_host("network interface %s stays down: %s", tap->ifname,
				strerror(errno));
	}
	close(fd);
}

static int set_up_queue(struct tap *tap, struct tap_queue *queue,
	const struct source_pos *pos, struct error *err)
{
	int header_bytes = NIC_HEADER_BYTES;
	int little_endian = 1;
	int code = 0;

	if (ioctl(queue->watch.fd, TUNSETVNETHDRSZ, &header_bytes) < 0 ||
		ioctl(queue->watch.fd, TUNSETVNETLE, &little_endian) < 0)
		code = -errno;
	else
		code = loop_fd_add(tap->loop, &queue->watch);
	return code ? error_set(
			      err, code, pos, "tap %s: %s", tap->ifname, strerror(-code))
		    : 0;
}

static int open_queues(
	struct tap *tap, int fd, const struct source_pos *pos, struct error *err)
{
	bool created = fd < 0 && !(tap->ifname[0] && if_nametoindex(tap->ifname));
	int code = 0;

	for (unsigned int i = 0; i < tap->nic.queues && !code; i++) {
		struct tap_queue *queue = &tap->queues[i];

		queue->watch.fd = fd >= 0 ? fd : open_device(pos, err);
		if (queue->watch.fd < 0)
			return queue->watch.fd;
		if (fd >= 0) {
			code = adopt(tap, fd, pos, err);
		} else {
			code = attach(tap, queue->watch.fd);
			if (code)
				code = explain_attach(tap, code, pos, err);
		}
		if (!code)
			code = set_up_queue(tap, queue, pos, err);
	}
	if (!code && created)
		bring_up(tap);
	return code;
}

static struct tap *tap_alloc(struct loop *loop, unsigned int queues)
{
	struct tap *tap = calloc(1, sizeof(*tap) + queues * sizeof(tap->queues[0]));

	if (!tap)
		return NULL;
	tap->nic.ops = &tap_ops;
	tap->nic.queues = queues;
	tap->nic.link_up = true;
	tap->loop = loop;
	for (unsigned int i = 0; i < queues; i++) {
		tap->queues[i].tap = tap;
		tap->queues[i].watch.fd = -1;
		tap->queues[i].watch.ready = queue_ready;
	}
	return tap;
}

int nic_tap_open(struct loop *loop, const char *ifname, int fd, unsigned int queues,
	const struct source_pos *pos, struct nic **ret, struct error *err)
{
	struct tap *tap = NULL;
	int code;

	if (fd >= 0 && queues > 1) {
		code = error_set(err, -EINVAL, pos,
			"descriptor %d carries one queue, queues is %u", fd, queues);
	} else if (ifname && strlen(ifname) >= IFNAMSIZ) {
		code = error_set(err, -EINVAL, pos,
			"interface name %s is longer than %d characters", ifname,
			IFNAMSIZ - 1);
	} else {
		tap = tap_alloc(loop, queues);
		code = tap ? 0 : error_set(err, -ENOMEM, pos, "no memory for a tap");
	}
	if (code) {
		if (fd >= 0)
			close(fd);
		return code;
	}
	if (ifname)
		memcpy(tap->ifname, ifname, strlen(ifname));
	code = open_queues(tap, fd, pos, err);
	if (!code && probe_offloads(tap) < 0)
		code = error_set(
			err, -errno, pos, "tap %s: %s", tap->ifname, strerror(errno));
	if (code) {
		tap_destroy(&tap->nic);
		return code;
	}
	*ret = &tap->nic;
	return 0;
}
