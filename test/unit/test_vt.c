/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper is another process: what it does to the terminal is seen in shared memory.
 */
#include "host/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/drm_sys.h"
#include "src/error.h"
#include "test/unit/test.h"

static struct terminal {
	bool is_vt;
	bool refuses;
	int mode; /* KD_* */
	char switching;
	unsigned int active;
	unsigned int let_go;
	unsigned int took_back;
} * terminal;

/* ---- the door to the kernel
 * -------------------------------------------------------------- */

int drm_sys_open(const char *path)
{
	return strcmp(path, "/dev/tty5") ? -ENOENT
					 : open("/dev/null", O_RDWR | O_CLOEXEC);
}

void *drm_sys_map(int fd, uint64_t offset, size_t bytes)
{
	return NULL;
}

void drm_sys_unmap(void *at, size_t bytes)
{
}

int drm_sys_ioctl(int fd, unsigned long request, void *argument)
{
	uintptr_t number = (uintptr_t)argument;

	if (!terminal->is_vt)
		return -ENOTTY;
	switch (request) {
	case VT_GETMODE:
		*(struct vt_mode *)argument = (struct vt_mode){.mode = VT_AUTO};
		return 0;
	case VT_SETMODE:
		if (terminal->refuses)
			return -EPERM;
		terminal->switching = ((struct vt_mode *)argument)->mode;
		return 0;
	case KDGETMODE:
		*(int *)argument = terminal->mode;
		return 0;
	case KDSETMODE:
		terminal->mode = (int)number;
		return 0;
	case VT_RELDISP:
		terminal->let_go += number == 1;
		terminal->took_back += number == VT_ACKACQ;
		return 0;
	case VT_ACTIVATE:
		terminal->active = (unsigned int)number;
		return 0;
	case VT_WAITACTIVE:
		return 0;
	}
	return -EINVAL;
}

static void reset(bool is_vt)
{
	if (!terminal)
		terminal = mmap(NULL, sizeof(*terminal), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(terminal, 0, sizeof(*terminal));
	terminal->is_vt = is_vt;
	terminal->switching = VT_AUTO;
}

/* ---- its owner
 * ---------------------------------------------------------------------------- */

static struct vt_terminals terminals;

struct owner {
	struct vt vt;
	struct loop *loop;
	unsigned int left;
	unsigned int entered;
};

static void on_left(struct vt *vt)
{
	((struct owner *)vt)->left++;
}

static void on_entered(struct vt *vt)
{
	((struct owner *)vt)->entered++;
}

static int take(struct owner *owner, unsigned int number, struct error *err)
{
	memset(owner, 0, sizeof(*owner));
	owner->vt.left = on_left;
	owner->vt.entered = on_entered;
	CHECK_EQ(loop_create(&owner->loop, err), 0);
	return vt_take(&owner->vt, &terminals, owner->loop, number, NULL, err);
}

static void give_back(struct owner *owner)
{
	vt_give_back(&owner->vt);
	loop_destroy(owner->loop);
	CHECK(!terminals.keepers);
}

TEST(takes_a_terminal_and_gives_it_back)
{
	struct owner owner;
	struct error err;

	reset(true);
	CHECK_EQ(take(&owner, 5, &err), 0);
	CHECK_EQ(terminal->active, 5);
	CHECK_EQ(terminal->mode, KD_GRAPHICS);
	CHECK_EQ(terminal->switching, VT_PROCESS);
	give_back(&owner);
	CHECK_EQ(terminal->mode, KD_TEXT);
	CHECK_EQ(terminal->switching, VT_AUTO);
	CHECK_EQ(take(&owner, 0, &err), 0);
	CHECK_EQ(terminal->mode, KD_GRAPHICS);
	give_back(&owner);
	CHECK_EQ(terminal->mode, KD_TEXT);
}

TEST(needs_no_terminal)
{
	struct owner owner;
	struct error err;

	reset(false);
	CHECK(!vt_is_stdin());
	CHECK_EQ(take(&owner, 0, &err), 0);
	CHECK(!owner.vt.keeper);
	give_back(&owner);
}

TEST(says_which_terminal_cannot_be_had)
{
	struct owner owner;
	struct error err;

	reset(true);
	CHECK_EQ(take(&owner, 9, &err), -ENOENT);
	CHECK_STR(err.text, "cannot open /dev/tty9: No such file or directory");
	give_back(&owner);
	terminal->refuses = true;
	CHECK_EQ(take(&owner, 5, &err), -EPERM);
	CHECK_HAS(err.text, "cannot take the virtual terminal");
	CHECK_EQ(terminal->mode, KD_TEXT);
	give_back(&owner);
	reset(false);
	CHECK_EQ(take(&owner, 5, &err), -ENOTTY);
	CHECK_HAS(err.text, "cannot switch to /dev/tty5");
	give_back(&owner);
}

TEST(lets_a_person_switch_away_and_back)
{
	struct owner owner;
	struct error err;

	reset(true);
	CHECK_EQ(take(&owner, 5, &err), 0);
	kill(owner.vt.keeper->pid, SIGUSR1);
	while (!owner.left)
		loop_turn(owner.loop, -1);
	kill(owner.vt.keeper->pid, SIGUSR2);
	while (!owner.entered)
		loop_turn(owner.loop, -1);
	/* What is meant for the owner does not end the keeper. */
	kill(owner.vt.keeper->pid, SIGINT);
	kill(owner.vt.keeper->pid, SIGTERM);
	kill(owner.vt.keeper->pid, SIGHUP);
	kill(owner.vt.keeper->pid, SIGUSR1);
	while (owner.left == 1)
		loop_turn(owner.loop, -1);
	give_back(&owner);
	CHECK_EQ(owner.left, 2);
	CHECK_EQ(terminal->took_back, 1);
	CHECK(terminal->let_go >= 1);
	CHECK_EQ(terminal->mode, KD_TEXT);
}

TEST(keeps_one_terminal_for_all_that_are_on_it)
{
	struct owner owner, other = {.vt = {.left = on_left, .entered = on_entered}};
	struct error err;

	reset(true);
	CHECK_EQ(take(&owner, 5, &err), 0);
	CHECK_EQ(vt_take(&other.vt, &terminals, owner.loop, 5, NULL, &err), 0);
	CHECK(other.vt.keeper == owner.vt.keeper);
	kill(owner.vt.keeper->pid, SIGUSR1);
	while (!owner.left)
		loop_turn(owner.loop, -1);
	CHECK_EQ(other.left, 1);
	kill(owner.vt.keeper->pid, SIGUSR2);
	while (!owner.entered)
		loop_turn(owner.loop, -1);
	CHECK_EQ(other.entered, 1);
	vt_give_back(&other.vt);
	CHECK_EQ(terminal->mode, KD_GRAPHICS);
	kill(owner.vt.keeper->pid, SIGUSR1);
	while (owner.left == 1)
		loop_turn(owner.loop, -1);
	CHECK_EQ(other.left, 1);
	give_back(&owner);
	CHECK_EQ(terminal->mode, KD_TEXT);
}

TEST(gives_back_what_a_killed_owner_had)
{
	struct owner owner;
	struct error err;
	int ends[2], status;
	char byte;
	pid_t pid;

	reset(true);
	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		/* Which the keeper keeps. */
		dup2(ends[1], STDERR_FILENO);
		byte = take(&owner, 5, &err) ? 'x' : 'k';
		if (write(ends[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(byte, 'k');
	CHECK_EQ(terminal->mode, KD_GRAPHICS);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	/* Its end is that of the keeper. */
	CHECK_EQ(read(ends[0], &byte, 1), 0);
	CHECK_EQ(terminal->mode, KD_TEXT);
	CHECK_EQ(terminal->switching, VT_AUTO);
	close(ends[0]);
}

TEST(hears_when_the_keeper_is_gone)
{
	struct owner owner;
	struct error err;

	reset(true);
	CHECK_EQ(take(&owner, 5, &err), 0);
	kill(owner.vt.keeper->pid, SIGKILL);
	while (owner.vt.keeper->socket.loop)
		loop_turn(owner.loop, -1);
	give_back(&owner);
}

TEST_MAIN(CASE(takes_a_terminal_and_gives_it_back), CASE(needs_no_terminal),
	CASE(says_which_terminal_cannot_be_had), CASE(lets_a_person_switch_away_and_back),
	CASE(keeps_one_terminal_for_all_that_are_on_it),
	CASE(gives_back_what_a_killed_owner_had), CASE(hears_when_the_keeper_is_gone))
