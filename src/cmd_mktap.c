/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bonsai mktap: a tap interface that stays, and that a user without privileges may open
 * (Linux, Documentation/networking/tuntap.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/cmd.h"

struct mktap {
	const char *ifname;
	const char *user; /* name or number, or NULL */
	const char *bridge;
	bool queues;
	bool remove;
};

static int usage(const char *what, const char *word)
{
	fprintf(stderr,
		"bonsai: mktap: %s%s: write bonsai mktap [--user NAME] [--bridge BRIDGE] "
		"[--queues] INTERFACE, or bonsai mktap --delete INTERFACE\n",
		what, word);
	return EXIT_USAGE;
}

static int failed(const struct mktap *tap, const char *what)
{
	int code = errno;

	if (code == EPERM)
		fprintf(stderr,
			"bonsai: %s %s: not permitted; it takes CAP_NET_ADMIN: run it as "
			"root\n",
			what, tap->ifname);
	else
		fprintf(stderr, "bonsai: %s %s: %s\n", what, tap->ifname, strerror(code));
	return EXIT_HOST_FAILED;
}

/* What bonsai.xml(5) allows too. */
static bool is_ifname(const char *name)
{
	size_t chars = strlen(name);

	for (size_t i = 0; i < chars; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr("/:%", name[i]))
			return false;
	return chars && chars < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..");
}

/* The value behind an option, in the same word or the next. */
static const char *value_of(const char *option, char ***next)
{
	size_t chars = strlen(option);
	char *word = **next;

	if (strncmp(word, option, chars) || (word[chars] && word[chars] != '='))
		return NULL;
	if (word[chars])
		return word + chars + 1;
	if (!(*next)[1])
		return "";
	++*next;
	return **next;
}

static int parse(struct mktap *tap, char **argv)
{
	for (char **next = argv + 1; *next; next++) {
		const char *word = *next;
		const char *value;

		if (!strcmp(word, "--queues")) {
			tap->queues = true;
		} else if (!strcmp(word, "--delete")) {
			tap->remove = true;
		} else if ((value = value_of("--user", &next))) {
			tap->user = value;
		} else if ((value = value_of("--bridge", &next))) {
			tap->bridge = value;
			if (!is_ifname(value))
				return usage("no bridge is called ", value);
		} else if (word[0] == '-') {
			return usage("there is no option ", word);
		} else if (tap->ifname) {
			return usage("one interface at a time, not also ", word);
		} else {
			tap->ifname = word;
		}
	}
	if (!tap->ifname)
		return usage("which interface", "");
	if (!is_ifname(tap->ifname))
		return usage("no interface is called ", tap->ifname);
	if (tap->remove && (tap->user || tap->bridge || tap->queues))
		return usage("--delete stands alone", "");
	return 0;
}

/* Whose it is to be: who is named, else who calls, also through sudo. */
static int owner_of(const struct mktap *tap, unsigned long *ret)
{
	const char *caller = geteuid() ? NULL : getenv("SUDO_UID");
	const char *user = tap->user ? tap->user : caller;
	const struct passwd *entry;
	char *end;

	if (!user) {
		*ret = getuid();
		return 0;
	}
	entry = getpwnam(user);
	*ret = entry ? entry->pw_uid : strtoul(user, &end, 10);
	if (entry || (user[0] >= '0' && user[0] <= '9' && !*end && *ret < UINT32_MAX))
		return 0;
	fprintf(stderr, "bonsai: --user %s: there is no such user\n", user);
	return EXIT_USAGE;
}

static int with_interface(const char *ifname, unsigned long request, struct ifreq *ret)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int code = 0;

	memcpy(ret->ifr_name, ifname, strlen(ifname) + 1);
	if (fd < 0 || ioctl(fd, request, ret) < 0)
		code = -errno;
	if (fd >= 0)
		close(fd);
	errno = -code;
	return code;
}

static int connect_interface(const struct mktap *tap)
{
	struct ifreq flags = {0};
	struct ifreq member = {.ifr_ifindex = (int)if_nametoindex(tap->ifname)};

	if (tap->bridge && with_interface(tap->bridge, SIOCBRADDIF, &member)) {
		fprintf(stderr, "bonsai: bridge %s does not take %s: %s\n", tap->bridge,
			tap->ifname, strerror(errno));
		return EXIT_HOST_FAILED;
	}
	if (with_interface(tap->ifname, SIOCGIFFLAGS, &flags))
		return failed(tap, "bringing up");
	flags.ifr_flags |= IFF_UP;
	return with_interface(tap->ifname, SIOCSIFFLAGS, &flags)
		       ? failed(tap, "bringing up")
		       : 0;
}

static int attach(const struct mktap *tap, int fd, int flags)
{
	struct ifreq request = {.ifr_flags = (short)flags};

	memcpy(request.ifr_name, tap->ifname, strlen(tap->ifname) + 1);
	return ioctl(fd, TUNSETIFF, &request);
}

static int make_tap(const struct mktap *tap, int fd, unsigned long owner)
{
	int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	int status;

	if (attach(tap, fd, flags | (tap->queues ? IFF_MULTI_QUEUE : 0)) < 0 ||
		ioctl(fd, TUNSETOWNER, owner) < 0)
		return failed(tap, "making tap");
	/* Until it is persistent, it goes with the descriptor. */
	status = connect_interface(tap);
	if (!status && ioctl(fd, TUNSETPERSIST, 1ul) < 0)
		status = failed(tap, "making tap");
	return status;
}

static int remove_tap(const struct mktap *tap, int fd)
{
	if (attach(tap, fd, IFF_TAP | IFF_NO_PI) < 0 &&
		(errno != EINVAL ||
			attach(tap, fd, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE) < 0)) {
		if (errno != EINVAL)
			return failed(tap, "deleting tap");
		fprintf(stderr, "bonsai: interface %s is no tap\n", tap->ifname);
		return EXIT_HOST_FAILED;
	}
	return ioctl(fd, TUNSETPERSIST, 0ul) < 0 ? failed(tap, "deleting tap") : 0;
}

int cmd_mktap(int argc, char **argv)
{
	struct mktap tap = {0};
	unsigned long owner = 0;
	int status = parse(&tap, argv);
	int fd;

	if (!status && !tap.remove)
		status = owner_of(&tap, &owner);
	if (status)
		return status;
	if (tap.remove == !if_nametoindex(tap.ifname)) {
		fprintf(stderr, "bonsai: there is %s interface %s\n",
			tap.remove ? "no" : "already an", tap.ifname);
		return EXIT_HOST_FAILED;
	}
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "bonsai: /dev/net/tun: %s%s\n", strerror(errno),
			errno == ENOENT ? "; modprobe tun" : "");
		return EXIT_HOST_FAILED;
	}
	status = tap.remove ? remove_tap(&tap, fd) : make_tap(&tap, fd, owner);
	close(fd);
	return status;
}
