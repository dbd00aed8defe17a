/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sandbox_policy.h"

#include <stddef.h>

#define BIT(role) (1u << SANDBOX_##role)
#define SCREEN (BIT(MAIN_SCREEN) | BIT(LOOP_SCREEN))
#define MAIN (BIT(MAIN) | BIT(MAIN_SCREEN) | BIT(MAIN_SERVER))
#define LOOP (MAIN | BIT(LOOP) | BIT(LOOP_SCREEN))
#define VCPU (MAIN | BIT(VCPU))
#define WORKER (MAIN | BIT(WORKER))
#define SAVER (MAIN | BIT(SAVER))
#define VIEWER (BIT(MAIN_SERVER) | BIT(VIEWER))
#define TLS (MAIN | BIT(TLS))
#define BROKER BIT(BROKER)
#define KEEPER BIT(KEEPER)
#define X11 BIT(WINDOW)
#define WAYLAND BIT(WAYLAND)
#define WINDOW (X11 | WAYLAND)
#define THREADS (LOOP | VCPU | WORKER | SAVER | VIEWER | TLS)
#define ALL (THREADS | BROKER | KEEPER | WINDOW)
/* Those that make and give back memory. */
#define HEAPS (ALL & ~(BIT(VCPU) | KEEPER))
#define PEERS (LOOP | VIEWER | TLS | WINDOW)

#define ANY(name, who)                                                                   \
	{                                                                                \
		.call = #name, .roles = (who)                                            \
	}
#define FORM(name, other, who)                                                           \
	{                                                                                \
		.call = #name, .roles = (who), .form_of = #other                         \
	}
#define GLIBC(name, who)                                                                 \
	{                                                                                \
		.call = #name, .roles = (who), .glibc = true                             \
	}
#define WHERE(name, who, text, at, bits, what)                                           \
	{                                                                                \
		.call = #name, .roles = (who), .detail = (text), .argument = (at),       \
		.mask = (bits), .value = (what)                                          \
	}
#define FORM_WHERE(name, other, who, text, at, bits, what)                               \
	{                                                                                \
		.call = #name, .roles = (who), .form_of = #other, .detail = (text),      \
		.argument = (at), .mask = (bits), .value = (what)                        \
	}

/* An ioctl by direction, type and number (asm-generic/ioctl.h). Its size is left open:
 * structures have different ones on different CPUs. */
#define NONE 0x00000000u
#define WRITE 0x40000000u
#define READ 0x80000000u
#define BOTH 0xc0000000u
#define IOCTL(who, name, direction, type, number)                                        \
	WHERE(ioctl, who, name, 1, 0xc000ffffu, (direction) | (type) << 8 | (number))
#define KVM(who, name, direction, number)                                                \
	IOCTL(who, "KVM_" name, direction, 0xaeu, number)
#define DRM(name, number) IOCTL(SCREEN, "DRM_" name, BOTH, 0x64u, number)
#define VHOST(name, direction, number)                                                   \
	IOCTL(LOOP, "VHOST_" name, direction, 0xafu, number)
#define EVDEV(name, direction, number)                                                   \
	IOCTL(LOOP | BROKER, name, direction, 0x45u, number)
/* Those from before the scheme. */
#define OLD_IOCTL(who, name, number) WHERE(ioctl, who, name, 1, 0xffffffffu, number)

#define PROT_EXEC_BIT 4u
#define CLONE_THREAD_BIT 0x00010000u
#define FAMILY_UNIX 1u
#define OPEN_WRITES 01103u   /* O_WRONLY, O_RDWR, O_CREAT, O_TRUNC */
#define FCNTL_FIRST 7u       /* F_DUPFD to F_SETLKW; F_SETOWN signals others */
#define FCNTL_COPY 1030u     /* F_DUPFD_CLOEXEC */
#define FCNTL_SEAL 1033u     /* F_ADD_SEALS */
#define EMPTY_PATH 0x1000u   /* AT_EMPTY_PATH */
#define SHARED_EXEC 0100000u /* SHM_EXEC */
#define SET_FILTER 1u        /* SECCOMP_SET_MODE_FILTER */

const struct sandbox_rule sandbox_rules[] = {
	/* Waiting, signals, the end. */
	ANY(futex, ALL),
	FORM(futex_time64, futex, ALL),
	FORM(restart_syscall, futex, ALL),
	ANY(rt_sigreturn, ALL),
	FORM(sigreturn, rt_sigreturn, ALL),
	ANY(rt_sigprocmask, ALL),
	ANY(exit, THREADS | WINDOW),
	ANY(exit_group, MAIN | BROKER | KEEPER),
	WHERE(tgkill, ALL, "own threads", 0, 0xffffffffu, SANDBOX_OWN_PID),
	ANY(getpid, MAIN | VIEWER | BROKER),
	ANY(gettid, VCPU),
	/* What glibc's raise() and abort() take. */
	GLIBC(getpid, ALL & ~(MAIN | VIEWER | BROKER)),
	GLIBC(gettid, ALL & ~VCPU),
	ANY(clock_gettime, ALL),
	FORM(clock_gettime64, clock_gettime, ALL),
	FORM(gettimeofday, clock_gettime, ALL),
	FORM(time, clock_gettime, ALL),
	ANY(write, ALL),
	FORM(writev, write, ALL),

	/* Memory, none of it executable. */
	WHERE(mmap, HEAPS, "not executable", 2, PROT_EXEC_BIT, 0),
	FORM_WHERE(mmap2, mmap, HEAPS, "not executable", 2, PROT_EXEC_BIT, 0),
	WHERE(mprotect, HEAPS, "not executable", 2, PROT_EXEC_BIT, 0),
	ANY(munmap, HEAPS),
	GLIBC(brk, HEAPS),
	ANY(madvise, ALL),

	/* Threads, all of them the main thread's to start. */
	WHERE(clone, MAIN, "threads", 0, CLONE_THREAD_BIT, CLONE_THREAD_BIT),
	GLIBC(set_robust_list, MAIN),
	GLIBC(rseq, MAIN),
	WHERE(sched_setaffinity, MAIN, "its own", 0, 0xffffffffu, 0),
	ANY(rt_sigaction, MAIN | WINDOW),
	ANY(wait4, MAIN),
	WHERE(kill, MAIN, "itself", 0, 0xffffffffu, SANDBOX_OWN_PID),
	WHERE(seccomp, MAIN, "to narrow a thread", 0, 0xffffffffu, SET_FILTER),

	/* Devices. */
	ANY(epoll_wait, LOOP | TLS),
	FORM(epoll_pwait, epoll_wait, LOOP | TLS),
	ANY(epoll_ctl, LOOP | TLS | VCPU),
	ANY(timerfd_settime, LOOP | TLS | VCPU),
	FORM(timerfd_settime64, timerfd_settime, LOOP | TLS | VCPU),
	ANY(read, PEERS | SAVER | BROKER | KEEPER),
	FORM(readv, read, LOOP),
	ANY(close, PEERS | SAVER | BROKER | KEEPER),
	ANY(io_uring_enter, LOOP),
	ANY(getrandom, PEERS | WORKER | BROKER),

	/* Their peers, which have connected. */
	ANY(accept4, LOOP),
	ANY(recvfrom, PEERS | KEEPER),
	FORM(recv, recvfrom, PEERS | KEEPER),
	FORM(recvmsg, recvfrom, LOOP | BROKER | WINDOW),
	/* To whom else, the length of an address says. */
	WHERE(sendto, PEERS | VCPU | KEEPER, "no address", 5, 0xffffffffu, 0),
	FORM(send, sendto, PEERS | VCPU | KEEPER),
	FORM(sendmsg, sendto, LOOP | BROKER | WINDOW),
	ANY(shutdown, PEERS),
	ANY(setsockopt, MAIN | VIEWER),
	ANY(getsockopt, LOOP),
	WHERE(socketpair, TLS, "unix", 0, 0xffffffffu, FAMILY_UNIX),
	ANY(poll, MAIN | VIEWER | TLS | KEEPER | WINDOW),
	FORM(ppoll, poll, MAIN | VIEWER | TLS | KEEPER | WINDOW),
	FORM(ppoll_time64, poll, MAIN | VIEWER | TLS | KEEPER | WINDOW),
	ANY(eventfd2, MAIN),

	/* Files that are open. */
	ANY(pread64, VCPU | WORKER),
	FORM(preadv, pread64, WORKER),
	ANY(pwrite64, WORKER),
	FORM(pwritev, pwrite64, WORKER),
	ANY(fdatasync, WORKER),
	ANY(fallocate, LOOP | WORKER | WAYLAND),
	ANY(ftruncate, MAIN | WAYLAND),
	FORM(ftruncate64, ftruncate, MAIN | WAYLAND),
	ANY(lseek, MAIN | SAVER | VIEWER | BROKER),
	FORM(_llseek, lseek, MAIN | SAVER | VIEWER | BROKER),
	ANY(fstat, MAIN | SAVER | VIEWER | BROKER),
	FORM(fstat64, fstat, MAIN | SAVER | VIEWER | BROKER),
	FORM_WHERE(newfstatat, fstat, MAIN | SAVER | VIEWER, "of a descriptor", 3,
		EMPTY_PATH, EMPTY_PATH),
	FORM_WHERE(statx, fstat, MAIN | SAVER | VIEWER, "of a descriptor", 2, EMPTY_PATH,
		EMPTY_PATH),
	WHERE(fcntl, MAIN | SAVER | VIEWER | BROKER, "flags", 1, ~FCNTL_FIRST, 0),
	FORM_WHERE(fcntl64, fcntl, MAIN | SAVER | VIEWER | BROKER, "flags", 1,
		~FCNTL_FIRST, 0),
	WHERE(fcntl, MAIN | VIEWER | WAYLAND, "F_DUPFD_CLOEXEC", 1, 0xffffffffu,
		FCNTL_COPY),
	FORM_WHERE(fcntl64, fcntl, MAIN | VIEWER | WAYLAND, "F_DUPFD_CLOEXEC", 1,
		0xffffffffu, FCNTL_COPY),

	/* A boot. */
	ANY(mlock2, MAIN),
	ANY(mlock, MAIN),
	GLIBC(sysinfo, LOOP | WORKER | BROKER),

	/* A viewer's library, and the files of its web pages. */
	ANY(select, VIEWER),
	FORM(_newselect, select, VIEWER),
	FORM(pselect6, select, VIEWER),
	FORM(pselect6_time64, select, VIEWER),
	ANY(getpeername, VIEWER),
	ANY(getsockname, VIEWER),
	WHERE(openat, VIEWER | WINDOW, "to read", 2, OPEN_WRITES, 0),
	ANY(faccessat, VIEWER),

	/* The broker: paths, and sockets that it connects. */
	WHERE(socket, BROKER, "unix", 0, 0xffffffffu, FAMILY_UNIX),
	ANY(connect, BROKER),
	ANY(openat, BROKER),
	FORM(open, openat, BROKER),
	ANY(unlink, BROKER),
	FORM(unlinkat, unlink, BROKER),
	ANY(rmdir, BROKER),
	ANY(rename, BROKER),
	FORM(renameat, rename, BROKER),
	FORM(renameat2, rename, BROKER),
	ANY(stat, BROKER),
	FORM(stat64, stat, BROKER),
	FORM(lstat, stat, BROKER),
	FORM(lstat64, stat, BROKER),
	FORM(newfstatat, stat, BROKER),
	FORM(fstatat64, stat, BROKER),
	FORM(statx, stat, BROKER),
	ANY(readlink, BROKER),
	FORM(readlinkat, readlink, BROKER),
	ANY(getdents64, BROKER),

	/* The keeper: a virtual terminal, and the signals that say who has it. */
	ANY(signalfd4, KEEPER),
	OLD_IOCTL(KEEPER, "VT_SETMODE", 0x5602u),
	OLD_IOCTL(KEEPER, "VT_RELDISP", 0x5605u),
	OLD_IOCTL(KEEPER, "KDSETMODE", 0x4b3au),
	OLD_IOCTL(KEEPER, "KDGETMODE", 0x4b3bu),

	/* A window: memory that it shares with the server of its machine. Its libraries
	 * look for files that they can do without; Landlock refuses them. */
	ANY(shmget, X11),
	WHERE(shmat, X11, "not executable", 2, SHARED_EXEC, 0),
	ANY(shmdt, X11),
	ANY(shmctl, X11),
	ANY(memfd_create, WAYLAND),
	WHERE(fcntl, WAYLAND, "F_ADD_SEALS", 1, 0xffffffffu, FCNTL_SEAL),
	FORM_WHERE(fcntl64, fcntl, WAYLAND, "F_ADD_SEALS", 1, 0xffffffffu, FCNTL_SEAL),
	FORM(newfstatat, stat, WINDOW),
	FORM(fstatat64, stat, WINDOW),
	FORM(statx, stat, WINDOW),
	ANY(clock_nanosleep, X11),
	FORM(clock_nanosleep_time64, clock_nanosleep, X11),
	FORM(nanosleep, clock_nanosleep, X11),

	/* A vCPU in the guest, and its last words. */
	KVM(VCPU, "RUN", NONE, 0x80u),
	KVM(VCPU, "KVMCLOCK_CTRL", NONE, 0xadu),
	KVM(VCPU | LOOP, "IRQ_LINE", WRITE, 0x61u),
	KVM(VCPU | LOOP, "IRQFD", WRITE, 0x76u),
	KVM(VCPU | LOOP, "SET_GSI_ROUTING", WRITE, 0x6au),
	KVM(VCPU, "GET_REGS", READ, 0x81u),
	KVM(VCPU, "GET_SREGS", READ, 0x83u),
	KVM(VCPU, "GET_ONE_REG", WRITE, 0xabu),
	KVM(VCPU, "SET_VCPU_EVENTS", WRITE, 0xa0u),

	/* A VM made anew, when the guest reboots. */
	KVM(MAIN, "GET_API_VERSION", NONE, 0x00u),
	KVM(MAIN, "CREATE_VM", NONE, 0x01u),
	KVM(MAIN, "CHECK_EXTENSION", NONE, 0x03u),
	KVM(MAIN, "GET_VCPU_MMAP_SIZE", NONE, 0x04u),
	KVM(MAIN, "GET_SUPPORTED_CPUID", BOTH, 0x05u),
	KVM(MAIN, "CREATE_VCPU", NONE, 0x41u),
	KVM(MAIN, "SET_USER_MEMORY_REGION", WRITE, 0x46u),
	KVM(MAIN, "SET_TSS_ADDR", NONE, 0x47u),
	KVM(MAIN, "SET_IDENTITY_MAP_ADDR", WRITE, 0x48u),
	KVM(MAIN, "CREATE_IRQCHIP", NONE, 0x60u),
	KVM(MAIN, "CREATE_PIT2", WRITE, 0x77u),
	KVM(MAIN, "IOEVENTFD", WRITE, 0x79u),
	KVM(MAIN, "SET_REGS", WRITE, 0x82u),
	KVM(MAIN, "SET_SREGS", WRITE, 0x84u),
	KVM(MAIN, "SET_MSRS", WRITE, 0x89u),
	KVM(MAIN, "GET_LAPIC", READ, 0x8eu),
	KVM(MAIN, "SET_LAPIC", WRITE, 0x8fu),
	KVM(MAIN, "SET_CPUID2", WRITE, 0x90u),
	KVM(MAIN, "GET_TSC_KHZ", NONE, 0xa3u),
	KVM(MAIN, "ENABLE_CAP", WRITE, 0xa3u),
	KVM(MAIN, "SET_ONE_REG", WRITE, 0xacu),
	KVM(MAIN, "ARM_VCPU_INIT", WRITE, 0xaeu),
	KVM(MAIN, "ARM_PREFERRED_TARGET", READ, 0xafu),
	KVM(MAIN, "CREATE_DEVICE", BOTH, 0xe0u),
	KVM(MAIN, "SET_DEVICE_ATTR", WRITE, 0xe1u),

	/* What a terminal is, its size, and giving it back as it was. */
	OLD_IOCTL(LOOP | SAVER | VIEWER | BROKER, "TCGETS", 0x5401u),
	OLD_IOCTL(LOOP, "TCSETS", 0x5402u),
	OLD_IOCTL(LOOP, "TIOCGPGRP", 0x540fu),
	OLD_IOCTL(LOOP | SAVER | VIEWER | BROKER, "TIOCGWINSZ", 0x5413u),

	/* Devices whose driver changes its mind. */
	OLD_IOCTL(LOOP | WORKER, "BLKDISCARD", 0x1277u),
	IOCTL(LOOP, "BLKGETSIZE64", READ, 0x12u, 114u),
	IOCTL(LOOP, "TUNSETOFFLOAD", WRITE, 0x54u, 208u),
	IOCTL(LOOP, "TUNSETQUEUE", WRITE, 0x54u, 217u),
	VHOST("SET_FEATURES", WRITE, 0x00u),
	VHOST("SET_MEM_TABLE", WRITE, 0x03u),
	VHOST("SET_VRING_NUM", WRITE, 0x10u),
	VHOST("SET_VRING_ADDR", WRITE, 0x11u),
	VHOST("SET_VRING_BASE", WRITE, 0x12u),
	VHOST("SET_VRING_KICK", WRITE, 0x20u),
	VHOST("SET_VRING_CALL", WRITE, 0x21u),
	VHOST("NET_SET_BACKEND", WRITE, 0x30u),
	VHOST("VSOCK_SET_RUNNING", WRITE, 0x61u),

	/* An input device: what it is after it was plugged in again. */
	EVDEV("EVIOCGID", READ, 0x02u),
	EVDEV("EVIOCGNAME", READ, 0x06u),
	EVDEV("EVIOCGPHYS", READ, 0x07u),
	EVDEV("EVIOCGUNIQ", READ, 0x08u),
	EVDEV("EVIOCGPROP", READ, 0x09u),
	EVDEV("EVIOCGMTSLOTS", READ, 0x0au),
	EVDEV("EVIOCGKEY", READ, 0x18u),
	EVDEV("EVIOCGSW", READ, 0x1bu),
	EVDEV("EVIOCGRAB", WRITE, 0x90u),
	WHERE(ioctl, LOOP | BROKER, "EVIOCGBIT", 1, 0xc000ffe0u, READ | 0x4500u | 0x20u),
	WHERE(ioctl, LOOP | BROKER, "EVIOCGABS", 1, 0xc000ffc0u, READ | 0x4500u | 0x40u),

	/* A graphics card of the host. */
	IOCTL(SCREEN, "DRM_SET_MASTER", NONE, 0x64u, 0x1eu),
	IOCTL(SCREEN, "DRM_DROP_MASTER", NONE, 0x64u, 0x1fu),
	IOCTL(SCREEN, "DRM_GEM_CLOSE", WRITE, 0x64u, 0x09u),
	DRM("GET_CAP", 0x0cu),
	DRM("PRIME_FD_TO_HANDLE", 0x2eu),
	DRM("MODE_GETRESOURCES", 0xa0u),
	DRM("MODE_GETCRTC", 0xa1u),
	DRM("MODE_SETCRTC", 0xa2u),
	DRM("MODE_GETENCODER", 0xa6u),
	DRM("MODE_GETCONNECTOR", 0xa7u),
	DRM("MODE_GETPROPERTY", 0xaau),
	DRM("MODE_RMFB", 0xafu),
	DRM("MODE_PAGE_FLIP", 0xb0u),
	DRM("MODE_DIRTYFB", 0xb1u),
	DRM("MODE_CREATE_DUMB", 0xb2u),
	DRM("MODE_MAP_DUMB", 0xb3u),
	DRM("MODE_DESTROY_DUMB", 0xb4u),
	DRM("MODE_GETPLANERESOURCES", 0xb5u),
	DRM("MODE_GETPLANE", 0xb6u),
	DRM("MODE_ADDFB2", 0xb8u),
	DRM("MODE_OBJ_GETPROPERTIES", 0xb9u),
	DRM("MODE_CURSOR2", 0xbbu),
	DRM("MODE_ATOMIC", 0xbcu),
	DRM("MODE_CREATEPROPBLOB", 0xbdu),
	DRM("MODE_DESTROYPROPBLOB", 0xbeu),
	DRM("MODE_REVOKE_LEASE", 0xc9u),
	OLD_IOCTL(SCREEN | KEEPER, "VT_GETMODE", 0x5601u),
	IOCTL(SCREEN, "UDMABUF_CREATE_LIST", WRITE, 0x75u, 0x43u),
};
const unsigned int sandbox_rule_count = sizeof(sandbox_rules) / sizeof(sandbox_rules[0]);

/*
 * C libraries do without: they fall back on clone, whose arguments do not lie in memory
 * where no filter sees them, and on copying.
 */
const char *const sandbox_absent[] = {"clone3", "mremap", NULL};
