/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_stats.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "src/container_of.h"
#include "src/control_impl.h"
#include "src/machine_control.h"
#include "src/read_full.h"
#include "src/thread.h"

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *cpus(struct machine_control *machine)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < machine->plan->cpu_count; i++) {
		struct vcpu_counts counts;

		machine->ops->cpu_counts(machine, i, &counts);
		json_array_append_new(list,
			json_pack("{s:i, s:o, s:{s:o, s:o, s:o}}", "cpu-index", (int)i,
				"cpu-time-ns", count(counts.cpu_ns), "exits", "mmio",
				count(counts.mmio_exits), "port",
				count(counts.port_exits), "kick", count(counts.kicks)));
	}
	return list;
}

static json_t *disks(struct machine_control *machine)
{
	static const char *const names[] = {
		[DISK_READ] = "read",
		[DISK_WRITE] = "write",
		[DISK_FLUSH] = "flush",
		[DISK_DISCARD] = "discard",
		[DISK_WRITE_ZEROES] = "write-zeroes",
	};
	json_t *list = json_array();
	struct machine_disk disk;

	for (unsigned int i = 0; machine->ops->disk(machine, i, &disk); i++) {
		json_t *entry = json_pack("{s:s, s:o, s:b}", "device", disk.name, "size",
			count(disk.bytes), "readonly", disk.readonly);

		for (size_t op = 0; op < ARRAY_SIZE(names); op++)
			json_object_set_new(entry, names[op],
				json_pack("{s:o, s:o}", "requests",
					count(disk.counts.requests[op]), "bytes",
					count(disk.counts.bytes[op])));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *frames(uint64_t number, uint64_t bytes)
{
	return json_pack("{s:o, s:o}", "frames", count(number), "bytes", count(bytes));
}

static json_t *nets(struct machine_control *machine)
{
	json_t *list = json_array();
	struct machine_net net;

	for (unsigned int i = 0; machine->ops->net(machine, i, &net); i++)
		json_array_append_new(list,
			json_pack("{s:s, s:b, s:o, s:o, s:o}", "device", net.name, "link",
				net.link_up, "received",
				frames(net.counts.received_frames,
					net.counts.received_bytes),
				"sent",
				frames(net.counts.sent_frames, net.counts.sent_bytes),
				"lost-frames", count(net.counts.lost_frames)));
	return list;
}

struct page {
	int fd;
	char text[2048];
};

static int read_page(void *argument)
{
	struct page *page = argument;
	size_t bytes;
	int code = pread_full(page->fd, page->text, sizeof(page->text) - 1, 0, &bytes);

	page->text[code ? 0 : bytes] = '\0';
	return code;
}

/* Sums for the whole process; what this kernel does not tell is left out. */
static json_t *memory(int fd)
{
	static const struct {
		const char *line;
		const char *name;
	} lines[] = {
		{"Rss:", "resident"},
		{"Pss:", "proportional"},
		{"Private_Clean:", "private"},
		{"Private_Dirty:", "private"},
		{"Private_Hugetlb:", "private"},
		{"Swap:", "swapped"},
	};
	json_t *ret = json_object();
	unsigned long long kib;
	struct page page = {.fd = fd};
	char word[64];
	char *rest = page.text;
	char *line;

	if (thread_ask(read_page, &page))
		return ret;
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%63s %llu kB", word, &kib) != 2)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
			json_t *before = json_object_get(ret, lines[i].name);

			if (!strcmp(word, lines[i].line))
				json_object_set_new(ret, lines[i].name,
					json_integer(json_integer_value(before) +
						     (json_int_t)kib * 1024));
		}
	}
	return ret;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int stats(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		*ret = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cpus",
			cpus(machine), "loop-cpu-time-ns",
			count(clock_ns(CLOCK_THREAD_CPUTIME_ID)), "process-cpu-time-ns",
			count(clock_ns(CLOCK_PROCESS_CPUTIME_ID)), "memory",
			memory(client->control->memory_fd), "disks", disks(machine),
			"nets", nets(machine), "consoles",
			control_consoles_stats(client->control));
	return code;
}

const struct control_command control_stats_commands[] = {
	{"bonsai-stats", stats},
	{NULL, NULL},
};
