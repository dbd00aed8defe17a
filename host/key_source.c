/* SPDX-License-Identifier: Apache-2.0 */
#include "host/key_source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/error.h"
#include "src/read_full.h"
#include "src/secret.h"

/* Most keys fit; one that does not moves on to twice as much. */
#define FIRST_BYTES 4096u

void key_finish(struct key *key)
{
	secret_free(key->bytes, key->room);
	*key = (struct key){0};
}

static int grow(struct key *key, size_t room)
{
	struct key larger = {
		.bytes = secret_alloc(room), .count = key->count, .room = room};

	if (!larger.bytes)
		return -errno;
	if (key->count)
		memcpy(larger.bytes, key->bytes, key->count);
	key_finish(key);
	*key = larger;
	return 0;
}

static int read_fd(int fd, struct key *key)
{
	size_t got = 1;
	int code = 0;

	while (!code && got) {
		if (key->count > KEY_SOURCE_BYTES_MAX)
			return -EFBIG;
		if (key->count == key->room)
			code = grow(key, key->room ? 2 * key->room : FIRST_BYTES);
		if (!code)
			code = read_full(fd, key->bytes + key->count,
				key->room - key->count, &got);
		if (!code)
			key->count += got;
	}
	return code;
}

static int read_path(const char *path, struct key *key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int code;

	if (fd < 0)
		return -errno;
	code = read_fd(fd, key);
	close(fd);
	return code;
}

static int read_keyring(const char *description, struct key *key)
{
	long id = syscall(SYS_request_key, "user", description, NULL, 0);
	long bytes = id < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, id, NULL, 0);
	int code;

	if (bytes < 0)
		return -errno;
	code = bytes ? grow(key, (size_t)bytes) : 0;
	if (code || !bytes)
		return code;
	bytes = syscall(SYS_keyctl, KEYCTL_READ, id, key->bytes, key->room);
	if (bytes < 0)
		return -errno;
	key->count = (size_t)bytes < key->room ? (size_t)bytes : key->room;
	return 0;
}

static int refuse(const struct key_source *source, const struct source_pos *pos, int code,
	struct error *err)
{
	const char *reason = secret_reason(code);

	if (code == -EFBIG)
		reason = "it is larger than 8 MiB";
	if (code == -ENOKEY && !source->keyring)
		reason = "it is empty";
	if (source->fd >= 0)
		return error_set(err, code, pos, "key fd '%d' cannot be used: %s",
			source->fd, reason);
	if (source->path)
		return error_set(err, code, pos, "key '%s' cannot be used: %s",
			source->path, reason);
	if (code == -ENOKEY)
		return error_set(err, code, pos,
			"there is no key '%s' in the keyrings of this process; \"keyctl "
			"padd user %s @u\" adds one, and a service needs "
			"KeyringMode=shared",
			source->keyring, source->keyring);
	return error_set(err, code, pos, "key '%s' of the keyring cannot be used: %s",
		source->keyring, reason);
}

int key_read(const struct key_source *source, const struct source_pos *pos,
	struct key *ret, struct error *err)
{
	const uint8_t *end;
	int code;

	*ret = (struct key){0};
	if (source->fd >= 0) {
		code = read_fd(source->fd, ret);
		close(source->fd);
	} else if (source->path) {
		code = read_path(source->path, ret);
	} else {
		code = read_keyring(source->keyring, ret);
	}
	if (!code && source->line && ret->count) {
		end = memchr(ret->bytes, '\n', ret->count);
		ret->count = end ? (size_t)(end - ret->bytes) : ret->count;
	}
	if (!code && !ret->count)
		code = -ENOKEY;
	if (!code)
		return 0;
	key_finish(ret);
	return refuse(source, pos, code, err);
}
