/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sandbox_policy.h"

#include <stddef.h>

#define LOOP (1u << SANDBOX_LOOP | 1u << SANDBOX_SCREEN | SERVER)
#define SCREEN (1u << SANDBOX_SCREEN)
#define SERVER (1u << SANDBOX_SERVER)
#define BROKER (1u << SANDBOX_BROKER)

#define ANY(name, who)                                                                   \
	{                                                                                \
		.call = #name, .roles = (who)                                            \
	}
#define WHERE(name, who, text, at, bits, what)                                           \
	{                                                                                \
		.call = #name, .roles = (who), .detail = (text), .argument = (at),       \
		.mask = (bits), .value = (what)                                          \
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
#define OPEN_WRITES 01103u /* O_WRONLY, O_RDWR, O_CREAT, O_TRUNC */

const struct sandbox_rule sandbox_rules[] = {
	/* No memory is executable. */
	WHERE(mmap, LOOP | BROKER, "not executable", 2, PROT_EXEC_BIT, 0),
	WHERE(mmap2, LOOP | BROKER, "not executable", 2, PROT_EXEC_BIT, 0),
	WHERE(mprotect, LOOP | BROKER, "not executable", 2, PROT_EXEC_BIT, 0),
	WHERE(pkey_mprotect, LOOP | BROKER, "not executable", 2, PROT_EXEC_BIT, 0),

	/* Threads and signals of its own. */
	WHERE(clone, LOOP, "threads", 0, CLONE_THREAD_BIT, CLONE_THREAD_BIT),
	WHERE(kill, LOOP | BROKER, "itself", 0, 0xffffffffu, SANDBOX_OWN_PID),
	WHERE(tgkill, LOOP | BROKER, "own threads", 0, 0xffffffffu, SANDBOX_OWN_PID),

	/* Pairs of sockets, which are connected to nothing else; the broker connects. */
	WHERE(socketpair, LOOP, "unix", 0, 0xffffffffu, FAMILY_UNIX),
	WHERE(socket, BROKER, "unix", 0, 0xffffffffu, FAMILY_UNIX),
	ANY(connect, BROKER),

	/* Paths are the broker's; the web server reads files. */
	WHERE(openat, SERVER, "to read", 2, OPEN_WRITES, 0),
	ANY(openat, BROKER),
	ANY(open, BROKER),
	ANY(unlink, BROKER),
	ANY(unlinkat, BROKER),
	ANY(rmdir, BROKER),
	ANY(rename, BROKER),
	ANY(renameat, BROKER),
	ANY(renameat2, BROKER),

	/* A vCPU in the guest, and its last words. */
	KVM(LOOP, "RUN", NONE, 0x80u),
	KVM(LOOP, "KVMCLOCK_CTRL", NONE, 0xadu),
	KVM(LOOP, "IRQ_LINE", WRITE, 0x61u),
	KVM(LOOP, "IRQFD", WRITE, 0x76u),
	KVM(LOOP, "SET_GSI_ROUTING", WRITE, 0x6au),
	KVM(LOOP, "GET_REGS", READ, 0x81u),
	KVM(LOOP, "GET_SREGS", READ, 0x83u),
	KVM(LOOP, "GET_ONE_REG", WRITE, 0xabu),
	KVM(LOOP, "SET_VCPU_EVENTS", WRITE, 0xa0u),

	/* A VM made anew, when the guest reboots. */
	KVM(LOOP, "GET_API_VERSION", NONE, 0x00u),
	KVM(LOOP, "CREATE_VM", NONE, 0x01u),
	KVM(LOOP, "CHECK_EXTENSION", NONE, 0x03u),
	KVM(LOOP, "GET_VCPU_MMAP_SIZE", NONE, 0x04u),
	KVM(LOOP, "GET_SUPPORTED_CPUID", BOTH, 0x05u),
	KVM(LOOP, "CREATE_VCPU", NONE, 0x41u),
	KVM(LOOP, "SET_USER_MEMORY_REGION", WRITE, 0x46u),
	KVM(LOOP, "SET_TSS_ADDR", NONE, 0x47u),
	KVM(LOOP, "SET_IDENTITY_MAP_ADDR", WRITE, 0x48u),
	KVM(LOOP, "CREATE_IRQCHIP", NONE, 0x60u),
	KVM(LOOP, "CREATE_PIT2", WRITE, 0x77u),
	KVM(LOOP, "IOEVENTFD", WRITE, 0x79u),
	KVM(LOOP, "SET_REGS", WRITE, 0x82u),
	KVM(LOOP, "SET_SREGS", WRITE, 0x84u),
	KVM(LOOP, "SET_MSRS", WRITE, 0x89u),
	KVM(LOOP, "GET_LAPIC", READ, 0x8eu),
	KVM(LOOP, "SET_LAPIC", WRITE, 0x8fu),
	KVM(LOOP, "SET_CPUID2", WRITE, 0x90u),
	KVM(LOOP, "GET_TSC_KHZ", NONE, 0xa3u),
	KVM(LOOP, "ENABLE_CAP", WRITE, 0xa3u),
	KVM(LOOP, "SET_ONE_REG", WRITE, 0xacu),
	KVM(LOOP, "ARM_VCPU_INIT", WRITE, 0xaeu),
	KVM(LOOP, "ARM_PREFERRED_TARGET", READ, 0xafu),
	KVM(LOOP, "CREATE_DEVICE", BOTH, 0xe0u),
	KVM(LOOP, "SET_DEVICE_ATTR", WRITE, 0xe1u),

	/* What a terminal is, its size, and giving it back as it was. */
	OLD_IOCTL(LOOP, "TCGETS", 0x5401u),
	OLD_IOCTL(LOOP, "TCSETS", 0x5402u),
	OLD_IOCTL(LOOP, "TIOCGWINSZ", 0x5413u),

	/* Devices whose driver changes its mind. */
	OLD_IOCTL(LOOP, "BLKDISCARD", 0x1277u),
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
	OLD_IOCTL(SCREEN, "VT_GETMODE", 0x5601u),
	IOCTL(SCREEN, "UDMABUF_CREATE_LIST", WRITE, 0x75u, 0x43u),
};
const unsigned int sandbox_rule_count = sizeof(sandbox_rules) / sizeof(sandbox_rules[0]);

const char *const sandbox_refused[] = {
	/* Programs and other processes. */
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv",
	"process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd",
	"pidfd_send_signal", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "setns",
	"unshare", "move_pages", "migrate_pages",

	/* Files by their paths. */
	"openat2", "creat", "open_by_handle_at", "name_to_handle_at", "link", "linkat",
	"symlink", "symlinkat", "mkdir", "mkdirat", "mknod", "mknodat", "chmod",
	"fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "truncate", "truncate64",
	"setxattr", "lsetxattr", "removexattr", "lremovexattr", "utime", "utimes",
	"futimesat", "utimensat", "chroot", "chdir", "fchdir", "pivot_root", "mount",
	"umount", "umount2", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
	"fspick", "mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
	"fanotify_init", "inotify_add_watch", "uselib", "memfd_secret",

	/* The network. */
	"bind", "listen",

	/* Ways around the filter, and into the kernel. */
	"io_uring_setup", "io_uring_register", "io_setup", "io_submit", "bpf",
	"perf_event_open", "userfaultfd", "seccomp", "personality", "modify_ldt", "iopl",
	"ioperm", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "add_key", "request_key", "keyctl", "landlock_create_ruleset",
	"syslog", "vhangup", "lookup_dcookie",

	/* Who it is, and the machine that it runs on. */
	"setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid",
	"setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32", "setfsuid",
	"setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32", "capset",
	"reboot", "settimeofday", "clock_settime", "clock_settime64", "adjtimex",
	"clock_adjtime", "clock_adjtime64", "stime", "sethostname", "setdomainname",
	"shmget", "shmat", "semget", "msgget", "mq_open", NULL};

/* Its arguments lie in memory, where no filter sees them; C libraries fall back on clone.
 */
const char *const sandbox_absent[] = {"clone3", NULL};
