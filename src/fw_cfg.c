/* SPDX-License-Identifier: Apache-2.0 */
#include "src/fw_cfg.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/bus.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/log.h"
#include "src/read_full.h"

#define PORT_SELECTOR 0
#define PORT_DATA 1
#define PORT_DMA 4

#define REG_DATA 0
#define REG_SELECTOR 8
#define REG_DMA 16

#define KEY_SIGNATURE 0x00
#define KEY_ID 0x01
#define KEY_DIRECTORY 0x19
#define KEY_FILE_FIRST 0x20

#define ID_TRADITIONAL 1u
#define ID_DMA 2u

#define DMA_ERROR 0x01u
#define DMA_READ 0x02u
#define DMA_SKIP 0x04u
#define DMA_SELECT 0x08u
#define DMA_WRITE 0x10u
#define DMA_KEY_SHIFT 16

/* What the DMA address reads as, where it is offered. */
static const char dma_signature[8] = {'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'};

/* As the guest lays it out. */
struct dma_access {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};

/* An entry of the directory, after the count of them. */
struct directory_entry {
	uint32_t bytes;
	uint16_t key;
	uint16_t reserved;
	char name[FW_CFG_NAME_BYTES];
};

/* Bytes of our own, or of a file. */
struct part {
	uint8_t *own; /* NULL: of the file */
	int fd;
	uint64_t offset;
	uint64_t bytes;
};

struct fw_cfg_item {
	struct fw_cfg_item *next;
	uint16_t key;
	char name[FW_CFG_NAME_BYTES]; /* "": it has none */
	uint64_t bytes;
	struct part *parts;
	unsigned int part_count;
};

struct fw_cfg {
	struct mmio_region region;
	const struct guest_mem *mem;
	struct fw_cfg_item *items; /* named ones by name, behind the others */
	struct guest_log log;
	bool told_of_file; /* that cannot be read */

	pthread_mutex_t lock;               /* of what follows */
	const struct fw_cfg_item *selected; /* NULL: none of that key */
	uint64_t offset;                    /* in the selected one, at most its size */
	uint32_t dma_high;
};

/* --- items -------------------------------------------------------------------------- */

/* Keeps the list in order, hence the directory the same at every start. */
static struct fw_cfg_item *add_item(struct fw_cfg *fw_cfg, uint16_t key, const char *name)
{
	struct fw_cfg_item *item = calloc(1, sizeof(*item));
	struct fw_cfg_item **at = &fw_cfg->items;

	if (!item)
		return NULL;
	assert(strlen(name) < FW_CFG_NAME_BYTES);
	item->key = key;
	memcpy(item->name, name, strlen(name));
	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	item->next = *at;
	*at = item;
	return item;
}

struct fw_cfg_item *fw_cfg_item(struct fw_cfg *fw_cfg, uint16_t key)
{
	return add_item(fw_cfg, key, "");
}

struct fw_cfg_item *fw_cfg_file(struct fw_cfg *fw_cfg, const char *name)
{
	return add_item(fw_cfg, 0, name);
}

static int add_part(struct fw_cfg_item *item, const struct part *part)
{
	struct part *parts;

	if (part->bytes > UINT32_MAX - item->bytes)
		return -EFBIG;
	parts = reallocarray(item->parts, item->part_count + 1, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	parts[item->part_count++] = *part;
	item->parts = parts;
	item->bytes += part->bytes;
	return 0;
}

int fw_cfg_append(struct fw_cfg_item *item, const void *bytes, size_t count)
{
	struct part part = {.fd = -1, .bytes = count};
	int rc;

	if (!item)
		return -ENOMEM;
	if (!count)
		return 0;
	part.own = malloc(count);
	if (!part.own)
		return -ENOMEM;
	memcpy(part.own, bytes, count);
	rc = add_part(item, &part);
	if (rc)
		free(part.own);
	return rc;
}

int fw_cfg_append_file(struct fw_cfg_item *item, int fd, uint64_t offset, uint64_t count)
{
	struct part part = {.offset = offset, .bytes = count};
	int rc;

	if (!item)
		return -ENOMEM;
	if (!count)
		return 0;
	part.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (part.fd < 0)
		return -errno;
	rc = add_part(item, &part);
	if (rc)
		close(part.fd);
	return rc;
}

int fw_cfg_seal(struct fw_cfg *fw_cfg)
{
	struct fw_cfg_item *directory = fw_cfg_item(fw_cfg, KEY_DIRECTORY);
	uint32_t count = 0;
	uint32_t big_endian;
	int rc;

	for (struct fw_cfg_item *item = fw_cfg->items; item; item = item->next)
		if (item->name[0])
			item->key = (uint16_t)(KEY_FILE_FIRST + count++);
	big_endian = htobe32(count);
	rc = fw_cfg_append(directory, &big_endian, sizeof(big_endian));
	for (struct fw_cfg_item *item = fw_cfg->items; item && !rc; item = item->next) {
		struct directory_entry entry = {
			.bytes = htobe32((uint32_t)item->bytes),
			.key = htobe16(item->key),
		};

		memcpy(entry.name, item->name, sizeof(entry.name));
		if (item->name[0])
			rc = fw_cfg_append(directory, &entry, sizeof(entry));
	}
	return rc;
}

static void destroy_item(struct fw_cfg_item *item)
{
	for (unsigned int i = 0; i < item->part_count; i++) {
		/* It may be a secret. */
		if (item->parts[i].own)
			explicit_bzero(item->parts[i].own, (size_t)item->parts[i].bytes);
		free(item->parts[i].own);
		if (item->parts[i].fd >= 0)
			close(item->parts[i].fd);
	}
	free(item->parts);
	free(item);
}

/* --- reading ------------------------------------------------------------------------ */

static int read_file(const struct part *part, uint64_t from, uint8_t *to, size_t count)
{
	size_t done;
	int rc = pread_full(part->fd, to, count, part->offset + from, &done);

	if (rc)
		return rc;
	memset(to + done, 0, count - done);
	return 0;
}

/* The next count bytes of the selected item, zeroes from its end on. */
static int read_next(struct fw_cfg *fw_cfg, uint8_t *to, size_t count)
{
	const struct fw_cfg_item *item = fw_cfg->selected;
	uint64_t from = fw_cfg->offset;
	int rc = 0;

	for (unsigned int i = 0; item && i < item->part_count && count; i++) {
		const struct part *part = &item->parts[i];
		size_t some = count;

		if (from >= part->bytes) {
			from -= part->bytes;
			continue;
		}
		if (some > part->bytes - from)
			some = (size_t)(part->bytes - from);
		if (part->own)
			memcpy(to, part->own + from, some);
		else
			rc = read_file(part, from, to, some);
		if (rc)
			break;
		from = 0;
		to += some;
		count -= some;
		fw_cfg->offset += some;
	}
	memset(to, 0, count);
	if (rc && !fw_cfg->told_of_file)
		log_host("fw_cfg: a file of item 0x%x%s%s cannot be read: %s", item->key,
			item->name[0] ? ", " : "", item->name, strerror(-rc));
	fw_cfg->told_of_file = fw_cfg->told_of_file || rc;
	return rc;
}

static void skip(struct fw_cfg *fw_cfg, uint64_t count)
{
	uint64_t left = fw_cfg->selected ? fw_cfg->selected->bytes - fw_cfg->offset : 0;

	fw_cfg->offset += count < left ? count : left;
}

static void select_item(struct fw_cfg *fw_cfg, uint16_t key)
{
	const struct fw_cfg_item *item = fw_cfg->items;

	while (item && item->key != key)
		item = item->next;
	fw_cfg->selected = item;
	fw_cfg->offset = 0;
}

/* --- DMA ---------------------------------------------------------------------------- */

/* access is our copy: guest memory may change at any time. */
static int do_access(struct fw_cfg *fw_cfg, const struct dma_access *access)
{
	void *to;

	if (access->control & DMA_SELECT)
		select_item(fw_cfg, (uint16_t)(access->control >> DMA_KEY_SHIFT));
	if (access->control & DMA_READ) {
		if (!access->length)
			return 0;
		to = guest_mem_range(fw_cfg->mem, access->address, access->length);
		if (to)
			return read_next(fw_cfg, to, access->length);
		guest_log(&fw_cfg->log,
			"0x%" PRIx32 " bytes at 0x%" PRIx64 " are not in RAM",
			access->length, access->address);
		return -EFAULT;
	}
	if (access->control & DMA_WRITE) {
		guest_log(&fw_cfg->log, "a write, items are read-only");
		return -EROFS;
	}
	if (access->control & DMA_SKIP)
		skip(fw_cfg, access->length);
	return 0;
}

static void start_dma(struct fw_cfg *fw_cfg, uint64_t gpa)
{
	struct dma_access access;
	/* At any alignment; control, which takes the answer, is first. */
	void *in_guest = guest_mem_range(fw_cfg->mem, gpa, sizeof(access));
	uint32_t result;

	if (!in_guest) {
		guest_log(&fw_cfg->log, "DMA access at 0x%" PRIx64 " is not in RAM", gpa);
		return;
	}
	memcpy(&access, in_guest, sizeof(access));
	access.control = be32toh(access.control);
	access.length = be32toh(access.length);
	access.address = be64toh(access.address);
	result = do_access(fw_cfg, &access) ? htobe32(DMA_ERROR) : 0;
	memcpy(in_guest, &result, sizeof(result));
}

/* --- registers ---------------------------------------------------------------------- */

static struct fw_cfg *from_region(struct mmio_region *region)
{
	return container_of(region, struct fw_cfg, region);
}

/* Which the guest sees in memory's order; offset is in the DMA address. */
static uint64_t read_signature(uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	memcpy(&value, dma_signature + offset, bytes);
	return le64toh(value);
}

static uint64_t read_data(struct fw_cfg *fw_cfg, unsigned int bytes)
{
	uint64_t value = 0;

	pthread_mutex_lock(&fw_cfg->lock);
	read_next(fw_cfg, (uint8_t *)&value, bytes);
	pthread_mutex_unlock(&fw_cfg->lock);
	return le64toh(value);
}

static void write_selector(struct fw_cfg *fw_cfg, uint16_t key)
{
	pthread_mutex_lock(&fw_cfg->lock);
	select_item(fw_cfg, key);
	pthread_mutex_unlock(&fw_cfg->lock);
}

/* offset is in the DMA address, whose last byte starts the access. */
static void write_dma(
	struct fw_cfg *fw_cfg, uint64_t offset, unsigned int bytes, uint64_t value)
{
	uint32_t half = be32toh((uint32_t)value);

	pthread_mutex_lock(&fw_cfg->lock);
	if (offset == 0 && bytes == 4) {
		fw_cfg->dma_high = half;
	} else if (offset == 4 && bytes == 4) {
		uint64_t gpa = (uint64_t)fw_cfg->dma_high << 32 | half;

		fw_cfg->dma_high = 0;
		start_dma(fw_cfg, gpa);
	} else if (offset == 0 && bytes == 8) {
		fw_cfg->dma_high = 0;
		start_dma(fw_cfg, be64toh(value));
	}
	pthread_mutex_unlock(&fw_cfg->lock);
}

static uint64_t ports_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	if (offset >= PORT_DMA)
		return read_signature(offset - PORT_DMA, bytes);
	if (offset != PORT_DATA || bytes != 1)
		return ~0ull >> (64 - 8 * bytes);
	return read_data(from_region(region), bytes);
}

static void ports_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct fw_cfg *fw_cfg = from_region(region);

	if (offset == PORT_SELECTOR && bytes == 2)
		write_selector(fw_cfg, (uint16_t)value);
	else if (offset >= PORT_DMA)
		write_dma(fw_cfg, offset - PORT_DMA, bytes, value);
}

static uint64_t mmio_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	if (offset >= REG_DMA)
		return read_signature(offset - REG_DMA, bytes);
	return offset == REG_DATA ? read_data(from_region(region), bytes) : 0;
}

static void mmio_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct fw_cfg *fw_cfg = from_region(region);

	if (offset == REG_SELECTOR && bytes == 2)
		write_selector(fw_cfg, be16toh((uint16_t)value));
	else if (offset >= REG_DMA)
		write_dma(fw_cfg, offset - REG_DMA, bytes, value);
}

/* By enum fw_cfg_form. */
static const struct {
	struct mmio_ops ops;
	uint32_t bytes;
} forms[] = {
	[FW_CFG_PORTS] = {{.read = ports_read, .write = ports_write}, FW_CFG_PORTS_BYTES},
	[FW_CFG_MMIO] = {{.read = mmio_read, .write = mmio_write}, FW_CFG_MMIO_BYTES},
};

/* --- making it ---------------------------------------------------------------------- */

int fw_cfg_create(const struct guest_mem *mem, enum fw_cfg_form form, uint64_t gpa,
	struct fw_cfg **ret, struct error *err)
{
	const uint32_t id = htole32(ID_TRADITIONAL | ID_DMA);
	struct fw_cfg *fw_cfg = calloc(1, sizeof(*fw_cfg));

	if (!fw_cfg)
		return error_set(err, -ENOMEM, NULL, "fw_cfg: no memory left");
	fw_cfg->region = (struct mmio_region){
		.ops = &forms[form].ops,
		.gpa = gpa,
		.bytes = forms[form].bytes,
		.name = "fw_cfg",
	};
	fw_cfg->mem = mem;
	fw_cfg->log.source = "fw_cfg";
	pthread_mutex_init(&fw_cfg->lock, NULL);
	if (fw_cfg_append(fw_cfg_item(fw_cfg, KEY_SIGNATURE), dma_signature, 4) ||
		fw_cfg_append(fw_cfg_item(fw_cfg, KEY_ID), &id, sizeof(id))) {
		fw_cfg_destroy(fw_cfg);
		return error_set(err, -ENOMEM, NULL, "fw_cfg: no memory left");
	}
	fw_cfg_reset(fw_cfg);
	*ret = fw_cfg;
	return 0;
}

void fw_cfg_destroy(struct fw_cfg *fw_cfg)
{
	struct fw_cfg_item *item;

	if (!fw_cfg)
		return;
	while ((item = fw_cfg->items)) {
		fw_cfg->items = item->next;
		destroy_item(item);
	}
	pthread_mutex_destroy(&fw_cfg->lock);
	free(fw_cfg);
}

struct mmio_region *fw_cfg_region(struct fw_cfg *fw_cfg)
{
	return &fw_cfg->region;
}

void fw_cfg_reset(struct fw_cfg *fw_cfg)
{
	pthread_mutex_lock(&fw_cfg->lock);
	select_item(fw_cfg, KEY_SIGNATURE);
	fw_cfg->dma_high = 0;
	pthread_mutex_unlock(&fw_cfg->lock);
}
