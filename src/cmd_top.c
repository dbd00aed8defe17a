/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What VMs use of this host, again and again. A VM's socket says which process it is and
 * which threads are its CPUs; the rest is the kernel's to tell (proc(5)).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/cmd_top.h"
#include "src/loop.h"
#include "src/vm_client.h"

#define ROUND_S 1
#define NAME_WIDTH 12 /* of a name that is not longer */
#define NS_PER_S 1000000000ull

struct sample {
	char name[CONTROL_PLACE_BYTES];
	char status[16];
	pid_t pid;
	uint64_t at_ns;
	uint64_t cpu_ns;   /* of all threads */
	uint64_t guest_ns; /* of those that are CPUs of the VM */
	uint64_t memory_bytes;
	uint64_t read_bytes;
	uint64_t written_bytes;
	bool tells_exits;
	uint64_t exits;     /* of the guest, to us: not those that stay in the kernel */
	uint64_t net_bytes; /* in both directions */
};

struct samples {
	struct sample *list;
	unsigned int count;
};

/* ---- proc ------------------------------------------------------------------------- */

uint64_t cmd_top_cpu_ns(const char *stat)
{
	uint64_t user;
	uint64_t system;
	/* The name of the program may hold anything, closing brackets too. */
	const char *at = strrchr(stat, ')');

	if (!at || sscanf(at + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
			   " %" SCNu64,
			   &user, &system) != 2)
		return 0;
	return (user + system) * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t cmd_top_io(const char *io, const char *key)
{
	const char *at = strstr(io, key);
	uint64_t bytes;

	while (at && at != io && at[-1] != '\n')
		at = strstr(at + 1, key);
	return at && sscanf(at + strlen(key), " %" SCNu64, &bytes) == 1 ? bytes : 0;
}

static const char *read_proc(char *buf, size_t room, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t bytes = file ? fread(buf, 1, room - 1, file) : 0;

	buf[bytes] = '\0';
	if (file)
		fclose(file);
	return buf;
}

static uint64_t thread_ns(pid_t pid, json_int_t thread)
{
	char path[80];
	char text[1024];

	snprintf(path, sizeof(path), "/proc/%d/task/%lld/stat", (int)pid,
		(long long)thread);
	return cmd_top_cpu_ns(read_proc(text, sizeof(text), path));
}

static void sample_process(struct sample *sample)
{
	char path[80];
	char text[1024];
	uint64_t pages = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)sample->pid);
	sample->cpu_ns = cmd_top_cpu_ns(read_proc(text, sizeof(text), path));
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)sample->pid);
	if (sscanf(read_proc(text, sizeof(text), path), "%*u %" SCNu64, &pages) == 1)
		sample->memory_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	snprintf(path, sizeof(path), "/proc/%d/io", (int)sample->pid);
	read_proc(text, sizeof(text), path);
	sample->read_bytes = cmd_top_io(text, "read_bytes:");
	sample->written_bytes = cmd_top_io(text, "write_bytes:");
}

/* ---- one round -------------------------------------------------------------------- */

/* What only the VM itself knows. */
static void take_stats(struct vm_client *client, struct sample *sample)
{
	json_t *answer = NULL;
	json_t *cpu;
	json_t *net;
	json_t *exits;
	json_t *value;
	const char *kind;
	size_t index;

	if (vm_client_call(client, "bonsai-stats", NULL, &answer, NULL))
		return;
	json_array_foreach(json_object_get(answer, "cpus"), index, cpu)
	{
		exits = json_object_get(cpu, "exits");
		json_object_foreach(exits, kind, value) sample->exits +=
			(uint64_t)json_integer_value(value);
		sample->tells_exits = true;
	}
	json_array_foreach(json_object_get(answer, "nets"), index, net)
	{
		json_int_t received = 0;
		json_int_t sent = 0;

		json_unpack(net, "{s:{s:I}, s:{s:I}}", "received", "bytes", &received,
			"sent", "bytes", &sent);
		sample->net_bytes += (uint64_t)received + (uint64_t)sent;
	}
	json_decref(answer);
}

/* False where there is no VM any more. */
static bool take_sample(const struct cmd_vm_socket *socket, struct sample *ret)
{
	struct vm_client *client = NULL;
	json_t *answer = NULL;
	const char *status = NULL;
	json_t *cpu;
	size_t index;

	if (vm_client_open(socket->path, VM_CLIENT_ANSWER_MS, &client, NULL))
		return false;
	*ret = (struct sample){.pid = vm_client_process(client), .at_ns = loop_now_ns()};
	snprintf(ret->name, sizeof(ret->name), "%s", socket->name);
	if (!vm_client_call(client, "query-status", NULL, &answer, NULL) &&
		!json_unpack(answer, "{s:s}", "status", &status))
		snprintf(ret->status, sizeof(ret->status), "%s", status);
	json_decref(answer);
	answer = NULL;
	sample_process(ret);
	if (!vm_client_call(client, "query-cpus-fast", NULL, &answer, NULL))
		json_array_foreach(answer, index, cpu) ret->guest_ns += thread_ns(
			ret->pid, json_integer_value(json_object_get(cpu, "thread-id")));
	json_decref(answer);
	take_stats(client, ret);
	vm_client_close(client);
	return true;
}

static int take_all(struct samples *ret)
{
	struct cmd_vm_socket *sockets = NULL;
	unsigned int count = 0;
	int code = cmd_vm_sockets(&sockets, &count);

	*ret = (struct samples){.list = calloc(count + 1, sizeof(*ret->list))};
	for (unsigned int i = 0; i < count && ret->list; i++)
		ret->count += take_sample(&sockets[i], &ret->list[ret->count]);
	free(sockets);
	return ret->list ? code : -ENOMEM;
}

/* The sample before this one, of the same VM and not of one that had its name. */
static const struct sample *find(
	const struct samples *samples, const struct sample *sample)
{
	for (unsigned int i = 0; i < samples->count; i++)
		if (samples->list[i].pid == sample->pid &&
			!strcmp(samples->list[i].name, sample->name))
			return &samples->list[i];
	return NULL;
}

static double per_second(uint64_t now, uint64_t before, uint64_t elapsed_ns)
{
	if (now < before || !elapsed_ns)
		return 0;
	return (double)(now - before) * NS_PER_S / (double)elapsed_ns;
}

static void print_row(
	const struct sample *now, const struct sample *before, int name_width)
{
	uint64_t elapsed = now->at_ns - before->at_ns;
	char memory[CMD_SIZE_BYTES];
	char got[CMD_SIZE_BYTES];
	char put[CMD_SIZE_BYTES];
	char net[CMD_SIZE_BYTES];
	char exits[24] = "-";

	if (now->tells_exits)
		snprintf(exits, sizeof(exits), "%.0f",
			per_second(now->exits, before->exits, elapsed));
	printf("%-*s  %-8s  %6.1f  %6.1f  %7s  %6s  %6s  %7s  %6s\n", name_width,
		now->name, now->status,
		per_second(now->cpu_ns, before->cpu_ns, elapsed) * 100 / NS_PER_S,
		per_second(now->guest_ns, before->guest_ns, elapsed) * 100 / NS_PER_S,
		exits, cmd_size(memory, now->memory_bytes),
		cmd_size(got, (uint64_t)per_second(
				      now->read_bytes, before->read_bytes, elapsed)),
		cmd_size(put, (uint64_t)per_second(now->written_bytes,
				      before->written_bytes, elapsed)),
		cmd_size(net, (uint64_t)per_second(
				      now->net_bytes, before->net_bytes, elapsed)));
}

/* A VM that came since the round before has its row in the next one. */
static void print_round(const struct samples *now, const struct samples *before,
	bool terminal, bool first)
{
	int name_width = NAME_WIDTH;

	for (unsigned int i = 0; i < now->count; i++) {
		int width = (int)strlen(now->list[i].name);

		name_width = width > name_width ? width : name_width;
	}
	if (terminal)
		printf("\033[H\033[J");
	if (terminal || first)
		printf("%-*s  %-8s  %6s  %6s  %7s  %6s  %6s  %7s  %6s\n", name_width,
			"NAME", "STATUS", "CPU%", "VCPU%", "EXITS/s", "MEMORY", "READ/s",
			"WRITE/s", "NET/s");
	for (unsigned int i = 0; i < now->count; i++) {
		const struct sample *old = find(before, &now->list[i]);

		if (old)
			print_row(&now->list[i], old, name_width);
	}
	if (terminal && !now->count)
		printf("no VM runs\n");
	fflush(stdout);
}

int cmd_top(int argc, char **argv)
{
	const char *count_text = NULL;
	const struct cmd_option options[] = {
		{"--count", "COUNT", &count_text, .letter = 'n'}, {NULL}};
	struct samples before;
	unsigned int count = 0;
	int status = cmd_options_parse(argv, options, "[-n COUNT]", NULL, 0);
	int code;

	if (!status && count_text) {
		count = cmd_options_number("-n", count_text);
		status = count ? 0 : EXIT_USAGE;
	}
	if (status)
		return status;
	code = take_all(&before);
	for (unsigned int round = 0; !code && (!count || round < count); round++) {
		const struct timespec pause = {.tv_sec = ROUND_S};
		struct samples now;

		nanosleep(&pause, NULL);
		code = take_all(&now);
		if (!code)
			print_round(&now, &before, isatty(STDOUT_FILENO), !round);
		free(before.list);
		before = now;
		if (ferror(stdout))
			break; /* nobody reads it, which main tells */
	}
	free(before.list);
	if (!code)
		return 0;
	fprintf(stderr, "bonsai: the VMs cannot be seen: %s\n", strerror(-code));
	return EXIT_HOST_FAILED;
}
