/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command, waits for words in its output, and prints one "NAME VALUE" a line:
 *
 *   ms          from just before fork and exec to the last word
 *   cpu_us      CPU time of all its threads up to then, in and outside of a guest
 *   outside_ms  the part that KVM's tick accounting does not count as a guest's
 *   private_kib, rss_kib   (with -m) of all mappings but guest RAM; guest_kib is that one
 *   exits, ...  what KVM has counted since it made the VM, where debugfs is mounted
 *
 * Times are taken when read() returns. The command is killed at the end. One thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX (1u << 20)

struct options {
	const char *word;
	unsigned int settle_ms;
	unsigned int timeout_ms;
	uint64_t ram_kib; /* 0: memory is not asked for */
	bool echo;
	const char *root; /* of the command's file system, or NULL */
	char **command;
};

struct child {
	pid_t pid;
	int out_fd;
	int in_fd; /* held open and silent: an end of input is no part of the measurement
		    */
	uint64_t start_ns;
	size_t output_bytes;
	char *output;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void start(struct child *child, const struct options *options)
{
	char **command = options->command;
	int in[2];
	int out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	child->start_ns = now_ns();
	child->pid = fork();
	if (child->pid < 0)
		die("fork");
	if (child->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (options->root && (chroot(options->root) || chdir("/")))
			die(options->root);
		execvp(command[0], command);
		die(command[0]);
	}
	close(in[0]);
	close(out[1]);
	child->in_fd = in[1];
	child->out_fd = out[0];
}

/* Reads what there is; false at the end of the output. */
static bool take_output(struct child *child, bool echo)
{
	char *at = child->output + child->output_bytes;
	ssize_t got = read(child->out_fd, at, OUTPUT_BYTES_MAX - 1 - child->output_bytes);

	if (got <= 0)
		return false;
	child->output_bytes += (size_t)got;
	child->output[child->output_bytes] = '\0';
	if (echo)
		fwrite(at, 1, (size_t)got, stderr);
	return true;
}

/* The time at which the word had come, or 0. */
static uint64_t wait_for_word(struct child *child, const struct options *options)
{
	uint64_t end_ns = child->start_ns + options->timeout_ms * UINT64_C(1000000);

	for (;;) {
		struct pollfd watch = {.fd = child->out_fd, .events = POLLIN};
		uint64_t now = now_ns();

		if (now >= end_ns) {
			fprintf(stderr, "stopwatch: no \"%s\" within %u ms\n",
				options->word, options->timeout_ms);
			return 0;
		}
		if (poll(&watch, 1, (int)((end_ns - now) / 1000000) + 1) <= 0)
			continue;
		if (!take_output(child, options->echo)) {
			fprintf(stderr, "stopwatch: the output ended without \"%s\"\n",
				options->word);
			return 0;
		}
		if (strstr(child->output, options->word))
			return now_ns();
	}
}

/* Lets the machine come to rest, but goes on taking its output. */
static void settle(struct child *child, const struct options *options)
{
	uint64_t end_ns = now_ns() + options->settle_ms * UINT64_C(1000000);
	bool open = true;

	while (now_ns() < end_ns) {
		struct pollfd watch = {.fd = open ? child->out_fd : -1, .events = POLLIN};

		if (poll(&watch, 1, (int)((end_ns - now_ns()) / 1000000) + 1) > 0)
			open = take_output(child, options->echo);
	}
}

/* /proc/PID/stat counts the threads that have ended too; proc(5) numbers its fields. */
static void print_cpu(const struct child *child)
{
	char path[64];
	char line[1024];
	unsigned long ticks[44] = {0};
	unsigned int field = 3;
	double tick_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK);
	char *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)child->pid);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		die(path);
	fclose(file);
	at = strrchr(line, ')');
	for (at = strtok(at ? at + 2 : line, " "); at && field < 44;
		at = strtok(NULL, " "))
		ticks[field++] = strtoul(at, NULL, 10);
	printf("outside_ms %.0f\n",
		(double)(ticks[14] + ticks[15] - ticks[43]) * tick_ms);
}

static void print_cpu_exact(const struct child *child)
{
	clockid_t clock;
	struct timespec used;

	if (clock_getcpuclockid(child->pid, &clock) || clock_gettime(clock, &used))
		return;
	printf("cpu_us %" PRIu64 "\n",
		(uint64_t)used.tv_sec * 1000000u + (uint64_t)used.tv_nsec / 1000u);
}

/*
 * The one mapping that is as large as guest RAM is guest RAM. Of the private memory a
 * process owns for good what is anonymous; the pages of a program or a library are
 * private as long as no other process runs it.
 */
static void print_memory(const struct child *child, uint64_t ram_kib)
{
	char path[64];
	char line[1024];
	uint64_t private_kib = 0, rss_kib = 0, own_kib = 0, guest_kib = 0;
	bool guest = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)child->pid);
	file = fopen(path, "r");
	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file)) {
		uint64_t kib;

		if (sscanf(line, "Size: %" SCNu64, &kib) == 1)
			guest = kib >= ram_kib && kib < ram_kib + 4096;
		else if (sscanf(line, "Rss: %" SCNu64, &kib) == 1)
			*(guest ? &guest_kib : &rss_kib) += kib;
		else if (!guest &&
			 (sscanf(line, "Private_Clean: %" SCNu64, &kib) == 1 ||
				 sscanf(line, "Private_Dirty: %" SCNu64, &kib) == 1))
			private_kib += kib;
		else if (!guest && sscanf(line, "Anonymous: %" SCNu64, &kib) == 1)
			own_kib += kib;
	}
	fclose(file);
	printf("private_kib %" PRIu64 "\nown_kib %" PRIu64 "\nrss_kib %" PRIu64
	       "\nguest_kib %" PRIu64 "\n",
		private_kib, own_kib, rss_kib, guest_kib);
}

/* Of all VMs that are there: the command's is the only one. */
static void print_exits(void)
{
	static const char *const names[] = {
		"exits", "mmio_exit_user", "mmio_exits", "io_exits"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];
		uint64_t count;
		FILE *file;

		snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%s", names[i]);
		file = fopen(path, "r");
		if (!file)
			continue; /* KVM's names differ between architectures */
		if (fscanf(file, "%" SCNu64, &count) == 1)
			printf("%s %" PRIu64 "\n", names[i], count);
		fclose(file);
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: stopwatch [-r ROOT] [-m RAM_KIB] [-s SETTLE_MS] [-t "
			"TIMEOUT_MS] [-e]"
			" -w WORD COMMAND [ARGUMENT]...\n");
	exit(2);
}

static void parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){.timeout_ms = 60000};
	while ((option = getopt(argc, argv, "+m:r:s:t:ew:")) != -1) {
		switch (option) {
		case 'm':
			options->ram_kib = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			options->root = optarg;
			break;
		case 's':
			options->settle_ms = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 't':
			options->timeout_ms = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'e':
			options->echo = true;
			break;
		case 'w':
			options->word = optarg;
			break;
		default:
			usage();
		}
	}
	options->command = argv + optind;
	if (!options->word || !options->command[0])
		usage();
}

int main(int argc, char **argv)
{
	struct options options;
	struct child child = {.output = malloc(OUTPUT_BYTES_MAX)};
	uint64_t word_ns;

	if (!child.output)
		die("memory");
	child.output[0] = '\0';
	parse(&options, argc, argv);
	start(&child, &options);
	word_ns = wait_for_word(&child, &options);
	if (word_ns) {
		print_cpu_exact(&child);
		print_cpu(&child);
		printf("ms %.3f\n", (double)(word_ns - child.start_ns) / 1e6);
		settle(&child, &options);
		print_exits();
		if (options.ram_kib)
			print_memory(&child, options.ram_kib);
	}
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	free(child.output);
	return word_ns ? 0 : 1;
}
