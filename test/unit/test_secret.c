/* SPDX-License-Identifier: Apache-2.0 */
#include "src/secret.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/hmac.h"
#include "test/unit/test.h"

static const char *watched;
static unsigned int wiped; /* of the bytes there, when they were given back */

int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes)
{
	for (size_t i = 0; at == watched && i < bytes; i++)
		wiped += !watched[i];
	return __real_munmap(at, bytes);
}

/* AddressSanitizer leaves it out. */
static bool locks(void)
{
	return mlock((void *)-4096L, 4096) < 0;
}

/* The kernel's own words for the pages there: proc(5), VmFlags. */
static void flags_of(const void *at, char *flags, size_t bytes)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char start[32];
	char line[512];
	bool here = false;

	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	flags[0] = 0;
	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (strchr(line, '-') && strspn(line, "0123456789abcdef") >= 8)
			here = !strncmp(line, start, strlen(start));
		if (here && !strncmp(line, "VmFlags:", 8))
			snprintf(flags, bytes, "%s", line);
	}
	if (smaps)
		fclose(smaps);
}

TEST(is_kept_out_of_swap_and_core_dumps)
{
	char *secret = secret_alloc(100);
	char flags[512];

	CHECK(secret && !secret[0] && !secret[99]);
	flags_of(secret, flags, sizeof(flags));
	if (locks())
		CHECK_HAS(flags, " lo ");
	CHECK_HAS(flags, " dd ");
	secret_free(secret, 100);
	secret_free(NULL, 100);
}

static size_t heap_bytes(void)
{
#ifdef __GLIBC__
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

/* With a key's digests one needs no key. */
TEST(has_all_of_a_keyed_digest)
{
	for (int kind = DIGEST_SHA256; kind <= DIGEST_SHA512; kind++) {
		struct hmac *hmac = NULL;
		uint8_t sum[DIGEST_BYTES_MAX];
		char flags[512];
		size_t before;

		flags_of(
			sum, flags, sizeof(flags)); /* stdio's buffers are there by now */
		before = heap_bytes();
		CHECK_EQ(hmac_create((enum digest_kind)kind, "key", 3, &hmac), 0);
		hmac_start(hmac);
		hmac_end(hmac, sum);
		CHECK_EQ(heap_bytes(), before);
		flags_of(hmac, flags, sizeof(flags));
		CHECK_HAS(flags, " dd ");
		CHECK_HAS(flags, " wf ");
		hmac_destroy(hmac);
	}
}

TEST(is_wiped_before_it_is_given_back)
{
	char *secret = secret_alloc(5000);

	memset(secret, 'x', 5000);
	watched = secret;
	wiped = 0;
	secret_free(secret, 5000);
	watched = NULL;
	CHECK_EQ(wiped, 5000);
}

TEST(is_not_for_children)
{
	char *secret = secret_alloc(100);
	int status = -1;
	pid_t child;

	memcpy(secret, "open sesame", 12);
	child = fork();
	if (!child)
		_exit(secret[0] ? 1 : 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_STR(secret, "open sesame");
	secret_free(secret, 100);
}

TEST(says_where_a_limit_is)
{
	struct rlimit limit = {0, 0};

	CHECK_HAS(secret_reason(-EPERM), "LimitMEMLOCK=");
	CHECK_STR(secret_reason(-EIO), strerror(EIO));
	if (!locks())
		return;
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return;
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	CHECK(!secret_alloc(100));
	CHECK_EQ(errno, EPERM);
}

TEST_MAIN(CASE(is_kept_out_of_swap_and_core_dumps), CASE(has_all_of_a_keyed_digest),
	CASE(is_wiped_before_it_is_given_back), CASE(is_not_for_children),
	CASE(says_where_a_limit_is))
