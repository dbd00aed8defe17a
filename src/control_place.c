/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/error.h"
#include "src/outside.h"

int control_place(const char *name, unsigned int index, char ret[CONTROL_PLACE_BYTES])
{
	const char *base = index == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	int length;

	if (index > 1 || !base || base[0] != '/')
		return -ENOENT;
	length = snprintf(ret, CONTROL_PLACE_BYTES, "%s/bonsai/%s.sock", base, name);
	return length < CONTROL_PLACE_BYTES ? 0 : -ENAMETOOLONG;
}

static void cut_to_folder(char path[CONTROL_PLACE_BYTES])
{
	*strrchr(path, '/') = 0;
}

static int make_folder(const char *path)
{
	char folder[CONTROL_PLACE_BYTES];

	snprintf(folder, sizeof(folder), "%s", path);
	cut_to_folder(folder);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	return access(folder, W_OK | X_OK) < 0 ? -errno : 0;
}

int control_place_make(const char *name, char ret[CONTROL_PLACE_BYTES], struct error *err)
{
	int codes[2];

	for (unsigned int i = 0; i < 2; i++) {
		codes[i] = control_place(name, i, ret);
		if (!codes[i])
			codes[i] = make_folder(ret);
		if (!codes[i])
			return 0;
	}
	return error_set(err, codes[1], NULL,
		"/run/bonsai is not to be written to (%s), and %s", strerror(-codes[0]),
		getenv("XDG_RUNTIME_DIR") ? "neither is $XDG_RUNTIME_DIR/bonsai"
					  : "there is no $XDG_RUNTIME_DIR");
}

int control_place_announce(const char *path)
{
	char folder[CONTROL_PLACE_BYTES];

	snprintf(folder, sizeof(folder), "%s", path);
	cut_to_folder(folder);
	return outside_removes_folder(folder);
}

void control_place_leave(const char *path)
{
	char folder[CONTROL_PLACE_BYTES];

	snprintf(folder, sizeof(folder), "%s", path);
	cut_to_folder(folder);
	rmdir(folder); /* fails where another VM has its socket there */
}
