/* SPDX-License-Identifier: Apache-2.0 */
#include "src/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/error.h"
#include "src/landlock.h"
#include "src/log.h"
#include "src/sandbox.h"

#define HEAD_BYTES offsetof(struct outside_message, data)
#define OPEN_PATH 0 /* in place of a job's number */

/* A message on the wire: the first field is the job's number or what run() returned. */
struct packet {
	int64_t code;
	struct outside_message message;
};

static struct outside_job **jobs;
static unsigned int job_count;
static char **paths; /* that may be opened */
static unsigned int path_count;
static struct landlock_place *places; /* where files are changed */
static unsigned int place_count;
static bool sealed;

/* The second one is for the jobs that start helpers. */
static struct broker {
	int fd;    /* our end */
	pid_t pid; /* 0: there is none */
} brokers[2] = {{.fd = -1}, {.fd = -1}};

/* ---- jobs ---------------------------------------------------------------------------
 */

int outside_add(struct outside_job *job, outside_run run)
{
	struct outside_job **more = realloc(jobs, (job_count + 1) * sizeof(jobs[0]));

	job->run = run;
	if (!more)
		return -ENOMEM;
	jobs = more;
	jobs[job_count++] = job;
	job->number = job_count;
	return 0;
}

int outside_add_start(struct outside_job *job, outside_run run)
{
	job->starts = true;
	return outside_add(job, run);
}

void outside_remove(struct outside_job *job)
{
	if (!job->number)
		return;
	if (sealed) {
		job->number = 0;
		return;
	}
	jobs[job->number - 1] = NULL;
	while (job_count && !jobs[job_count - 1])
		job_count--;
	if (!job_count) {
		free(jobs);
		jobs = NULL;
	}
	job->number = 0;
}

static bool is_listed(const char *path)
{
	for (unsigned int i = 0; i < path_count; i++)
		if (!strcmp(paths[i], path))
			return true;
	return false;
}

static int list(const char *path)
{
	char **more = realloc(paths, (path_count + 1) * sizeof(paths[0]));

	if (!more)
		return -ENOMEM;
	paths = more;
	paths[path_count] = strdup(path);
	if (!paths[path_count])
		return -ENOMEM;
	path_count++;
	return 0;
}

static int add_place(const char *folder, enum landlock_act act)
{
	struct landlock_place *more;

	for (unsigned int i = 0; i < place_count; i++)
		if (places[i].act == act && !strcmp(places[i].folder, folder))
			return 0;
	more = realloc(places, (place_count + 1) * sizeof(places[0]));
	if (!more)
		return -ENOMEM;
	places = more;
	places[place_count] = (struct landlock_place){strdup(folder), act};
	if (!places[place_count].folder)
		return -ENOMEM;
	place_count++;
	return 0;
}

static int add_parent(const char *path, enum landlock_act act)
{
	char *copy = strdup(path);
	int code = copy ? add_place(dirname(copy), act) : -ENOMEM;

	free(copy);
	return code;
}

int outside_removes(const char *path)
{
	return add_parent(path, LANDLOCK_REMOVE_FILES);
}

int outside_removes_folder(const char *path)
{
	return add_parent(path, LANDLOCK_REMOVE_FOLDERS);
}

int outside_writes(const char *folder)
{
	return add_place(folder, LANDLOCK_WRITE);
}

/* Without waiting: a FIFO without a writer must not hold up the start. */
static int open_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* ---- the wire -----------------------------------------------------------------------
 */

union fd_room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(OUTSIDE_FDS_MAX * sizeof(int))];
};

static int send_packet(int fd, struct packet *packet)
{
	struct iovec iov = {packet,
		offsetof(struct packet, message) + HEAD_BYTES + packet->message.bytes};
	struct msghdr head = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t fd_bytes = packet->message.fd_count * sizeof(int);
	union fd_room room;

	if (fd_bytes) {
		memset(&room, 0, sizeof(room));
		room.head.cmsg_level = SOL_SOCKET;
		room.head.cmsg_type = SCM_RIGHTS;
		room.head.cmsg_len = CMSG_LEN(fd_bytes);
		memcpy(CMSG_DATA(&room.head), packet->message.fds, fd_bytes);
		head.msg_control = &room;
		head.msg_controllen = CMSG_SPACE(fd_bytes);
	}
	while (sendmsg(fd, &head, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int receive_packet(int fd, struct packet *packet)
{
	struct iovec iov = {packet, sizeof(*packet)};
	union fd_room room;
	struct msghdr head = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *part;
	ssize_t got;

	do {
		got = recvmsg(fd, &head, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if ((size_t)got < offsetof(struct packet, message) + HEAD_BYTES)
		return -EPIPE;
	packet->message.fd_count = 0;
	part = CMSG_FIRSTHDR(&head);
	if (part && part->cmsg_type == SCM_RIGHTS) {
		size_t bytes = part->cmsg_len - CMSG_LEN(0);

		memcpy(packet->message.fds, CMSG_DATA(part), bytes);
		packet->message.fd_count = (uint32_t)(bytes / sizeof(int));
	}
	if (packet->message.bytes > OUTSIDE_DATA_BYTES)
		return -EPROTO;
	return 0;
}

/* ---- the broker ---------------------------------------------------------------------
 */

static int open_asked(struct outside_message *message)
{
	bool ends = message->bytes && !message->data[message->bytes - 1];
	int fd = ends && is_listed(message->data) ? open_path(message->data) : -EPERM;

	if (fd < 0)
		return fd;
	message->bytes = 0;
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int run_asked(struct packet *packet, bool starts)
{
	struct outside_job *job = NULL;

	if (packet->code > 0 && packet->code <= job_count)
		job = jobs[packet->code - 1];
	packet->message.fd_count = 0;
	if (packet->code == OPEN_PATH && !starts)
		return open_asked(&packet->message);
	return job && job->starts == starts ? job->run(job, &packet->message) : -EPERM;
}

static void serve(int fd, bool starts)
{
	static struct packet packet;

	while (!receive_packet(fd, &packet)) {
		packet.code = run_asked(&packet, starts);
		if (packet.code < 0)
			packet.message.bytes = packet.message.fd_count = 0;
		if (send_packet(fd, &packet))
			break;
		for (unsigned int i = 0; i < packet.message.fd_count; i++)
			close(packet.message.fds[i]);
	}
}

/* Nothing of the VM may live on in it: neither its devices nor its consoles. */
static void be_broker(int socket, pid_t parent, const struct sandbox_options *confinement)
{
	const int own = STDERR_FILENO + 1;
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(0);
	/* What a terminal or a service manager sends to all is the VM's to answer. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (socket != own)
		dup3(socket, own, O_CLOEXEC);
	if (syscall(SYS_close_range, own + 1, ~0u, 0) < 0)
		for (int fd = own + 1; fd < sysconf(_SC_OPEN_MAX); fd++)
			close(fd);
	prctl(PR_SET_NAME, confinement ? "bonsai-broker" : "bonsai-starter", 0, 0, 0);
	if (confinement)
		sandbox_start_beside(confinement);
	serve(own, !confinement);
	_exit(0);
}

/* With a confinement, or to start helpers. */
static int start(struct broker *broker, const struct sandbox_options *confinement,
	struct error *err)
{
	pid_t parent = getpid();
	int ends[2];
	int code;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, -errno, NULL, "no socket for the broker: %s",
			strerror(errno));
	broker->pid = fork();
	code = -errno;
	if (broker->pid == 0)
		be_broker(ends[1], parent, confinement);
	close(ends[1]);
	broker->fd = ends[0];
	if (broker->pid > 0)
		return 0;
	broker->pid = 0;
	close(broker->fd);
	broker->fd = -1;
	return error_set(
		err, code, NULL, "no process for the broker: %s", strerror(-code));
}

int outside_start(bool any_call, bool any_file, struct error *err)
{
	const struct sandbox_options confinement = {
		.main = SANDBOX_BROKER,
		.any_call = any_call,
		.any_file = any_file,
		.places = places,
		.place_count = place_count,
	};
	bool wanted[2] = {path_count > 0, false};
	int code = 0;

	for (unsigned int i = 0; i < job_count; i++)
		if (jobs[i])
			wanted[jobs[i]->starts] = true;
	for (unsigned int i = 0; i < 2 && !code; i++)
		if (wanted[i])
			code = start(&brokers[i], i ? NULL : &confinement, err);
	return code;
}

void outside_seal(void)
{
	sealed = true;
}

void outside_stop(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (brokers[i].fd >= 0)
			close(brokers[i].fd);
		brokers[i].fd = -1;
		if (brokers[i].pid)
			waitpid(brokers[i].pid, NULL, 0);
	}
	while (path_count)
		free(paths[--path_count]);
	free(paths);
	paths = NULL;
	while (place_count)
		free((char *)(uintptr_t)places[--place_count].folder);
	free(places);
	places = NULL;
}

/* ---- asking it ----------------------------------------------------------------------
 */

static int ask_broker(
	struct broker *broker, unsigned int number, struct outside_message *message)
{
	struct packet packet = {.code = number};
	int code;

	packet.message.number = message->number;
	packet.message.bytes = message->bytes;
	memcpy(packet.message.data, message->data, message->bytes);
	code = send_packet(broker->fd, &packet);
	if (!code)
		code = receive_packet(broker->fd, &packet);
	if (code) {
		if (broker->fd >= 0)
			log_host("sandbox: the broker is gone (%s); what it would do "
				 "from now on is not done",
				strerror(-code));
		close(broker->fd);
		broker->fd = -1;
		return -EPIPE;
	}
	*message = packet.message;
	return (int)packet.code;
}

struct outside_message *outside_message(void)
{
	static struct outside_message message;

	message.number = 0;
	message.bytes = message.fd_count = 0;
	return &message;
}

int outside_do(struct outside_job *job, struct outside_message *message)
{
	if (!message)
		message = outside_message();
	if (!sealed)
		return job->run(job, message);
	return job->number ? ask_broker(&brokers[job->starts], job->number, message)
			   : -EPERM;
}

int outside_open(const char *path)
{
	struct outside_message *message;
	size_t bytes = strlen(path) + 1;
	int code;

	if (!sealed) {
		code = is_listed(path) ? 0 : list(path);
		return code ? code : open_path(path);
	}
	if (bytes > OUTSIDE_DATA_BYTES)
		return -ENAMETOOLONG;
	message = outside_message();
	memcpy(message->data, path, bytes);
	message->bytes = (uint32_t)bytes;
	code = ask_broker(&brokers[0], OPEN_PATH, message);
	return code ? code : message->fds[0];
}
