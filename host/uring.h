/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small io_uring (io_uring_setup(2), io_uring_enter(2), io_uring_register(2)) by plain
 * system calls. The ring is made disabled, given its files, restricted to the opcodes
 * that its user names and to those files, and only then enabled: it would be a way
 * around the process's system call filter otherwise. Kernels that cannot do that
 * (before 5.10) get no ring.
 *
 * No thread of its own; the caller serializes all calls. IORING_SETUP_SINGLE_ISSUER and
 * IORING_SETUP_COOP_TASKRUN are left alone: a vCPU thread may submit too (a kick without
 * ioeventfd, DRIVER_OK), and completions that wait for its next exit from the guest
 * could wait for good.
 */
#ifndef HOST_URING_H
#define HOST_URING_H

#include <stdbool.h>
#include <stdint.h>

struct io_uring_sqe;
struct uring;

/*
 * Makes a ring for files[0 .. file_count), which submissions name by index, and for
 * requests in flight up to depth. -errno where the host does not offer it.
 */
int uring_create(unsigned int depth, const int *files, unsigned int file_count,
	const uint8_t *opcodes, unsigned int opcode_count, struct uring **ret);
void uring_destroy(struct uring *ring); /* nothing in flight; NULL is fine */

/* Readable (EPOLLIN) while completions wait. */
int uring_fd(const struct uring *ring);

/* A zeroed submission on files[file], or NULL where the queue is full: submit first. */
struct io_uring_sqe *uring_next(struct uring *ring, unsigned int file);

/*
 * Hands over what uring_next() gave out and waits until wait_count completions are
 * there. On -errno (the kernel is short of memory) uring_take_back() has the rest.
 */
int uring_submit(struct uring *ring, unsigned int wait_count);

/* Takes back the user_data of one submission that the kernel has not taken. */
bool uring_take_back(struct uring *ring, uint64_t *ret_user_data);

/* Takes the next completion; false where there is none. */
bool uring_reap(struct uring *ring, uint64_t *ret_user_data, int *ret_result);

#endif
