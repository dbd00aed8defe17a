/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/language.h"
#include "src/cmd.h"
#include "src/container_of.h"

static const struct command {
	const char *name;
	const char *arguments;
	const char *does;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", "[OPTION]... VM.xml|IMAGE", "run the VM in the foreground", cmd_run},
	{"check", "[OPTION]... VM.xml", "report every problem, or say nothing",
		cmd_check},
	{"plan", "[OPTION]... VM.xml", "show addresses, interrupts and load addresses",
		cmd_plan},
	{"dtb", "[OPTION]... [-o FILE] VM.xml", "write the guest's device tree", cmd_dtb},
	{"verify", "[OPTION]... VM.xml", "check a VM's signature and its files",
		cmd_verify},
	{"sign", "[OPTION]... VM.xml", "sign all that decides what a VM runs", cmd_sign},
	{"keygen", "[--type TYPE] KEY", "make a key to sign with", cmd_keygen},
	{"sandbox", "[OPTION]... VM.xml", "show what the VM's process may do",
		cmd_sandbox},
	{"list", "[--json]", "show which VMs run", cmd_list},
	{"status", "[--json] [NAME]", "show how a VM is, or all", cmd_status},
	{"top", "[-n COUNT]", "show what VMs use, every second", cmd_top},
	{"console", "[--watch] [--uart] NAME [DEVICE]", "visit a console of a VM",
		cmd_console},
	{"powerdown", "[--wait[=SECONDS]] NAME", "ask the guest to power off",
		cmd_powerdown},
	{"stop", "NAME", "end a VM at once", cmd_stop},
	{"reset", "NAME", "restart the guest at once", cmd_reset},
	{"pause", "NAME", "stop the VM's CPUs", cmd_pause},
	{"resume", "NAME", "let them run on", cmd_resume},
	{"balloon", "NAME [SIZE]", "show or set the memory that the guest has",
		cmd_balloon},
	{"screendump", "[OPTION]... NAME FILE.png", "save what is on the VM's screen",
		cmd_screendump},
	{"send-key", "NAME KEY...", "type on the VM's keyboard", cmd_send_key},
	{"host", "", "show what this host offers, and what to do about the rest",
		cmd_host},
	{"lease", "[--card FILE] SOCKET", "hand out the screens of a graphics card",
		cmd_lease},
	{"mktap", "[OPTION]... INTERFACE", "make a tap that a user may open", cmd_mktap},
	{"mkimage", "-o FILE SOURCE", "make a root image of a tar, folder or container",
		NULL},
	{"mkkernel", "-o FILE SOURCE_TREE", "build a minimal kernel for guests", NULL},
};

static int help(FILE *out)
{
	fprintf(out, "bonsai runs a virtual machine that one XML file describes.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  bonsai %-11s%-33s %s\n", commands[i].name,
			commands[i].arguments, commands[i].does);
	fprintf(out,
		"\n"
		"  --rom-dir DIR          look for kernel and initrd here first\n"
		"  --set ATTRIBUTE=VALUE  replace an attribute of <config> for this run\n"
		"  --host KEY=VALUE...    check, plan, dtb: state the host instead of "
		"asking "
		"it:\n"
		"                         arch=arm64 gic=2,3 ipa=40 vcpus=8\n"
		"                         el1_32bit=yes pmu=yes steal_time=yes\n"
		"                         cpu=arm,cortex-a53 level=3\n"
		"  -o FILE                dtb: write the blob into FILE\n"
		"  --require-signed       run: refuse a VM that nobody trusted has "
		"signed\n"
		"  --key FILE             run, verify: who is trusted; sign: the private "
		"key\n"
		"  --policy FILE          run, verify: a policy beside the host's own\n"
		"  --version NUMBER       sign: what it is, against older ones\n"
		"  --certificates FILE    sign: of who signs\n"
		"  --unsigned             sign: the manifest alone\n"
		"  --name NAME            the same as --set name=NAME\n"
		"  --config VM.xml        read XML, - is standard input\n"
		"  --socket PATH          for VMs that run: the control socket, in place "
		"of NAME,\n"
		"                         tls://HOST:PORT on another machine\n"
		"  --certificate FILE --key FILE --ca FILE  by which files that is\n"
		"\n"
		"Beside a root image (ext4, squashfs or erofs) in place of VM.xml:\n"
		"  --kernel FILE --initrd FILE --init PROGRAM --append TEXT\n"
		"  --mem SIZE --cpus COUNT --disk FILE... --share FOLDER:TAG...\n"
		"  --net user|tap:INTERFACE|none\n"
		"  --print-xml            run: show the XML that this stands for\n"
		"\n"
		"  --help, --version\n\n"
		"Exit status: 0 the guest powered off, 1 the host failed it, 2 bad usage "
		"or\nconfiguration, 3 the guest crashed. In a VM's console, Ctrl-A x "
		"leaves.\n"
		"See bonsai(1), and bonsai.xml(5) for the XML.\n");
	return 0;
}

static void print_names(const struct element_list *list, const char *end)
{
	for (unsigned int i = 0; i < list->count; i++)
		printf(" %s", list->elements[i].name);
	printf("%s", end);
}

/* What only a dynamic program has. */
#if defined(BONSAI_SDL) && defined(BONSAI_VNC)
static const char libraries[] = " sdl vnc";
#elif defined(BONSAI_SDL)
static const char libraries[] = " sdl";
#elif defined(BONSAI_VNC)
static const char libraries[] = " vnc";
#else
static const char libraries[] = " none";
#endif

static int version(void)
{
	printf("bonsai %s\nboards:", BONSAI_VERSION);
	for (const struct board *const *board = boards; *board; board++)
		printf(" %s", (*board)->name);
	printf("%s\nhypervisor: ", boards[0] ? "" : " none");
#ifdef BONSAI_HV_KVM
	printf("kvm\n");
#else
	printf("none\n");
#endif
	printf("with libraries:%s\n", libraries);
	printf("devices: uart");
	for (const char *const *type = language_types; *type; type++)
		printf(" %s", *type);
	printf("\nback ends:");
	print_names(&language_terminals, ",");
	print_names(&language_nics, ",");
	print_names(&language_disks, ",");
	print_names(&language_vsocks, ",");
	print_names(&language_file_systems, ",");
	print_names(&language_inputs, ",");
	print_names(&language_gpus, "\n");
	return 0;
}

static int unknown(const char *word)
{
	fprintf(stderr, "bonsai: there is no %s %s: see bonsai --help\n",
		word[0] == '-' ? "option" : "command", word);
	return EXIT_USAGE;
}

/* What is opened later must not land on a standard stream that was closed. */
static void open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* Also behind a command, where people look for its options. */
static bool wants_help(char **argv)
{
	if (*argv && !strcmp(*argv, "help"))
		return true;
	for (; *argv && strcmp(*argv, "--"); argv++)
		if (is_help(*argv))
			return true;
	return false;
}

/* Those without a function of their own are scripts, which have their own help. */
static int run_script(char **argv)
{
	const char *name = argv[0];
	int status = cmd_script(argv);

	if (status >= 0)
		return status;
	fprintf(stderr,
		"bonsai: the script bonsai-%s lies neither beside this program nor in "
		"../libexec/bonsai\n",
		name);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	const struct command *command = NULL;
	int status;

	if (!*argv) {
		help(stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands) && !command; i++)
		if (!strcmp(*argv, commands[i].name))
			command = &commands[i];
	if (command && !command->run)
		return run_script(argv);
	if (wants_help(argv))
		return help(stdout);
	if (!strcmp(*argv, "--version"))
		return version();
	if (command)
		return command->run(argc, argv);
	status = cmd_script(argv);
	return status < 0 ? unknown(*argv) : status;
}

int main(int argc, char **argv)
{
	int status;

	open_standard_streams();
	status = run(argc - 1, argv + 1);
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "bonsai: cannot write to standard output%s%s\n",
			errno ? ": " : "", errno ? strerror(errno) : "");
		status = status ? status : EXIT_HOST_FAILED;
	}
	return status;
}
