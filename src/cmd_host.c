/* SPDX-License-Identifier: Apache-2.0 */
/* What this host offers to VMs and, for what is missing, what to do about it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/container_of.h"
#include "src/hv.h"
#include "src/landlock.h"
#include "src/namespaces.h"
#include "src/sandbox.h"

static void line(const char *what, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(const char *what, const char *fmt, ...)
{
	va_list args;

	printf("%-16s", what);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static void show_device(const char *what, const char *path, const char *missing)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		line(what, "yes (%s)", path);
	} else if (errno == EACCES) {
		line(what, "no permission on %s: add this user to the group that owns it",
			path);
	} else {
		line(what, "no (%s: %s): %s", path, strerror(errno), missing);
	}
}

static void show_io_uring(void)
{
	struct io_uring_params params = {0};
	long fd = syscall(__NR_io_uring_setup, 1, &params);

	if (fd >= 0) {
		close((int)fd);
		line("io_uring", "yes");
	} else if (errno == EPERM) {
		line("io_uring", "forbidden: disks use worker threads; sysctl "
				 "kernel.io_uring_disabled=0 allows it");
	} else {
		line("io_uring",
			"no (%s): disks use worker threads; Linux 5.10 and newer have it",
			strerror(errno));
	}
}

/* The entries of a folder whose names start so, on one line. */
static void show_entries(
	const char *what, const char *folder, const char *start, const char *missing)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	unsigned int found = 0;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, start, strlen(start)) != 0)
			continue;
		if (!found)
			printf("%-16s", what);
		printf("%s%s/%s", found ? " " : "", folder, entry->d_name);
		found++;
	}
	if (dir)
		closedir(dir);
	if (found)
		printf("\n");
	else
		line(what, "none: %s", missing);
}

/* A helper program, as a shell would find it. */
static void show_program(const char *name, const char *missing)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	for (const char *at = path ? path : "/bin:/usr/bin"; *at;) {
		int chars = (int)strcspn(at, ":");

		snprintf(file, sizeof(file), "%.*s/%s", chars, at, name);
		if (chars && access(file, X_OK) == 0) {
			line(name, "yes (%s)", file);
			return;
		}
		at += chars;
		at += *at == ':';
	}
	line(name, "none: %s", missing);
}

/* As a VM would have them that this user starts. */
static void show_namespaces(void)
{
	bool net = !sandbox_can_filter();
	int code = namespaces_try(net);
	char lacking[80];

	namespaces_lacking("/proc/self/ns", net, lacking, sizeof(lacking));
	if (*lacking)
		line("namespaces", "not all: a kernel with %s has them", lacking);
	if (code)
		line("namespaces",
			"no (%s): a VM that root starts has its own, unless a container "
			"forbids that",
			strerror(-code));
	else if (!*lacking)
		line("namespaces", "yes");
}

static int show_arm_kvm(const struct host_caps *caps)
{
	line("KVM", "yes");
	if (caps->gicv2 || caps->gicv3)
		line("GIC", "%s%s%s", caps->gicv2 ? "2" : "",
			caps->gicv2 && caps->gicv3 ? ", " : "", caps->gicv3 ? "3" : "");
	else
		line("GIC", "none that KVM can use");
	line("GIC in software", "%s",
		caps->user_irq ? "2" : "no: this KVM tells nobody of its timers");
	line("vCPUs", "%u", caps->vcpus_max);
	line("address bits", "%u", caps->ipa_bits);
	line("CPU", "%s", caps->cpu_compatible[0] ? caps->cpu_compatible : "not named");
	line("32-bit guests", "%s",
		caps->aarch32_el1 ? "yes" : "no: this CPU has no 32-bit kernel mode");
	line("PMU", "%s", caps->pmu ? "yes" : "no");
	line("stolen time", "%s", caps->steal_time ? "yes" : "no");
	return caps->gicv2 || caps->gicv3 || caps->user_irq ? 0 : EXIT_HOST_FAILED;
}

static int show_x86_kvm(const struct host_caps *caps)
{
	if (caps->emulated)
		line("KVM",
			"no: /dev/kvm opens, but this CPU shows neither vmx nor svm: "
			"there is no\n%-16shardware virtualization behind it and "
			"guests get nowhere; enable it in the\n%-16sfirmware, or in the "
			"hypervisor that this machine runs on",
			"", "");
	else
		line("KVM", "yes");
	line("vCPUs", "%u", caps->vcpus_max);
	line("address bits", "%u", caps->ipa_bits);
	line("CPU", "x86-64-v%u", caps->x86_level);
	line("isa pic=\"no\"", "%s",
		caps->split_irqchip ? "yes" : "no: this KVM has no split irqchip");
	line("ARM guests",
		"on the emulated board: tools/board arm64 -- bonsai run VM.xml");
	return caps->emulated ? EXIT_HOST_FAILED : 0;
}

/* Returns the exit status: 1 where no VM can run here. */
static int show_kvm(void)
{
	struct host_caps caps;
	struct error err;
	struct hv *hv;

	if (hv_open(&hv, &caps, &err)) {
		line("KVM", "no: %s", err.text);
		return EXIT_HOST_FAILED;
	}
	hv_destroy(hv);
	return caps.arch == CONFIG_ARCH_X86_64 ? show_x86_kvm(&caps)
					       : show_arm_kvm(&caps);
}

int cmd_host(int argc, char **argv)
{
	int status;

	if (argc > 1) {
		fprintf(stderr, "bonsai: host takes no arguments\n");
		return EXIT_USAGE;
	}
	status = show_kvm();
	show_device("vhost-net", "/dev/vhost-net", "load the vhost_net module");
	show_device("vhost-vsock", "/dev/vhost-vsock", "load the vhost_vsock module");
	show_device("tap", "/dev/net/tun", "load the tun module");
	show_program("passt", "install the package passt, for nets with <user/>");
	show_io_uring();
	line("Landlock", "%s",
		landlock_version() ? "yes"
				   : "no: this kernel lacks it, or a container does");
	line("system calls", "%s",
		sandbox_can_filter()
			? "are filtered"
			: "are not filtered: this kernel cannot, or a container may not");
	show_namespaces();
	show_entries("displays", "/dev/dri", "card", "no DRM driver is loaded");
	show_entries("input devices", "/dev/input", "event", "no input driver is loaded");
	return status;
}
