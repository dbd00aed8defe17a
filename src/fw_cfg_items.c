/* SPDX-License-Identifier: Apache-2.0 */
/* The items of fw_cfg that the XML asks for. */
#include "src/fw_cfg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "src/error.h"
#include "src/read_full.h"
#include "src/sealed.h"

/* Without waiting, should it be a FIFO that nobody writes to. */
static int open_regular(const char *path, uint64_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		rc = -errno;
	else if (!S_ISREG(status.st_mode))
		rc = -EINVAL;
	if (!rc) {
		*ret_bytes = (uint64_t)status.st_size;
		return fd;
	}
	close(fd);
	return rc;
}

/* A file stays one: the guest reads it when it likes. */
static int append_path(struct fw_cfg_item *item, const struct config_fw_cfg *config)
{
	uint64_t bytes;
	int fd;
	int rc;

	/* A file that was verified is what was copied of it. */
	if (config->sealed)
		return fw_cfg_append_file(
			item, config->sealed->fd, 0, config->sealed->bytes);
	fd = open_regular(config->path, &bytes);
	if (fd < 0)
		return fd;
	rc = fw_cfg_append_file(item, fd, 0, bytes);
	close(fd);
	return rc;
}

/* To the end, which a file may have earlier or later than it said, and a pipe somewhere.
 */
static int append_secret(struct fw_cfg_item *item, int fd)
{
	const size_t room = CONFIG_CREDENTIAL_BYTES_MAX + 1;
	uint8_t *buf = malloc(room);
	size_t bytes = 0;
	int rc;

	if (!buf)
		return -ENOMEM;
	rc = read_full(fd, buf, room, &bytes);
	if (!rc && bytes == room)
		rc = -EFBIG;
	if (!rc)
		rc = fw_cfg_append(item, buf, bytes);
	explicit_bzero(buf, room);
	free(buf);
	return rc;
}

static int append_credential(struct fw_cfg_item *item, const struct config_fw_cfg *config)
{
	uint64_t bytes;
	int fd;
	int rc;

	if (config->fd >= 0) {
		rc = append_secret(item, config->fd);
		close(config->fd);
		return rc;
	}
	fd = open_regular(config->path, &bytes);
	if (fd < 0)
		return fd;
	rc = append_secret(item, fd);
	close(fd);
	return rc;
}

static const char *reason(int rc)
{
	return rc == -EFBIG ? "it is larger than an item may be" : strerror(-rc);
}

static int add(
	struct fw_cfg_item *item, const struct config_fw_cfg *config, struct error *err)
{
	int rc;

	if (!item)
		rc = -ENOMEM;
	else if (config->string)
		rc = fw_cfg_append(item, config->string, strlen(config->string));
	else if (config->credential)
		rc = append_credential(item, config);
	else
		rc = append_path(item, config);
	if (!rc)
		return 0;
	if (config->path)
		return error_set(err, rc, &config->pos, "%s file '%s' cannot be used: %s",
			config->credential ? "credential" : "fw_cfg", config->path,
			reason(rc));
	if (config->fd >= 0)
		return error_set(err, rc, &config->pos,
			"credential fd '%d' cannot be used: %s", config->fd, reason(rc));
	return error_set(
		err, rc, &config->pos, "fw_cfg '%s': %s", config->name, reason(rc));
}

int fw_cfg_add_configured(
	struct fw_cfg *fw_cfg, const struct vm_config *config, struct error *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < config->fw_cfg_count && !rc; i++)
		rc = add(fw_cfg_file(fw_cfg, config->fw_cfgs[i].name),
			&config->fw_cfgs[i], err);
	return rc;
}
