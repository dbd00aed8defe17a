/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory balloon: virtio 1.2, section 5.5. Runs with the lock of its loop held.
 *
 * Linux numbers the queues that it uses without gaps, where the specification has a fixed
 * place for each; so any queue behind the statistics' is taken for the reports', since
 * the one that could be between them is not offered.
 */
#include "virtio/balloon.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/log.h"
#include "virtio/virtio.h"

enum { QUEUE_INFLATE, QUEUE_DEFLATE, QUEUE_STATS, QUEUES_MIN, QUEUES_MAX = 5 };

#define PAGE_BYTES VIRTIO_BALLOON_PAGE_BYTES
#define PAGE_SHIFT 12
#define BATCH_PFNS 1024u

/* What one turn of the loop spends on this guest's pages. */
#define TURN_BYTES (1ull << 30)

#define SECOND_NS 1000000000ull

struct balloon {
	struct virtio_device dev;
	struct virtio_balloon_config config;
	unsigned int stats_interval;
	struct loop_timer stats_timer;
	bool stats_held; /* the driver's buffer, which is given back as a question */
	uint16_t stats_head;
	uint64_t stats_time;
	uint64_t stats[VIRTIO_BALLOON_STATS];
	void (*changed)(void *user);
	void *user;

	/* Of hosts with larger pages: a bit for each page of the guest that is in the
	 * balloon, since only whole pages of the host can be given back. */
	uint64_t pages_per_host_page;
	uint64_t pfn_count;
	uint64_t *inflated;

	bool complained;
	struct virtq_chain chain;
	uint32_t pfns[BATCH_PFNS];
};

/* ---- giving memory back ----------------------------------------------------------- */

static void discard(struct balloon *balloon, void *hva, uint64_t bytes)
{
	int code = guest_mem_discard(balloon->dev.mem, hva, bytes);

	if (code && !balloon->complained)
		log_host("%s: the host takes no memory back: %s", balloon->dev.name,
			strerror(-code));
	balloon->complained |= code != 0;
}

static void discard_pages(struct balloon *balloon, uint64_t pfn, uint64_t count)
{
	uint64_t bytes = count << PAGE_SHIFT;
	void *hva = guest_mem_range(balloon->dev.mem, pfn << PAGE_SHIFT, bytes);

	if (hva)
		discard(balloon, hva, bytes);
	else
		guest_log(&balloon->dev.log, "page frames 0x%llx and %llu more: no RAM",
			(unsigned long long)pfn, (unsigned long long)count - 1);
}

static bool is_whole(const struct balloon *balloon, uint64_t first)
{
	uint64_t step = balloon->pages_per_host_page;
	uint64_t mask = step < 64 ? ((1ull << step) - 1) << first % 64 : ~0ull;

	for (uint64_t i = first; i < first + step; i += 64) {
		if ((balloon->inflated[i / 64] & mask) != mask)
			return false;
	}
	return true;
}

static void note_pages(struct balloon *balloon, uint64_t pfn, uint64_t count, bool taken)
{
	if (!balloon->inflated || pfn >= balloon->pfn_count)
		return;
	for (uint64_t i = pfn; i < pfn + count && i < balloon->pfn_count; i++) {
		if (taken)
			balloon->inflated[i / 64] |= 1ull << i % 64;
		else
			balloon->inflated[i / 64] &= ~(1ull << i % 64);
	}
}

/* Pages of the host that these make whole. */
static void inflate_parts(struct balloon *balloon, uint64_t pfn, uint64_t count)
{
	uint64_t step = balloon->pages_per_host_page;

	note_pages(balloon, pfn, count, true);
	for (uint64_t at = pfn - pfn % step; balloon->inflated && at < pfn + count;
		at += step) {
		if (at + step <= balloon->pfn_count && is_whole(balloon, at))
			discard_pages(balloon, at, step);
	}
}

static void inflate(struct balloon *balloon, uint64_t pfn, uint64_t count)
{
	if (balloon->pages_per_host_page == 1)
		discard_pages(balloon, pfn, count);
	else
		inflate_parts(balloon, pfn, count);
}

/* Nothing is to be done: the host gives pages as they are touched. */
static void deflate(struct balloon *balloon, uint64_t pfn, uint64_t count)
{
	note_pages(balloon, pfn, count, false);
}

/* ---- page frames ------------------------------------------------------------------ */

static int compare_pfns(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Neighbours become one range: a call to the kernel costs more than all of this. */
static void do_batch(struct balloon *balloon, unsigned int count,
	void (*apply)(struct balloon *balloon, uint64_t pfn, uint64_t count))
{
	uint32_t *pfns = balloon->pfns;
	unsigned int first = 0;

	for (unsigned int i = 0; i < count; i++)
		pfns[i] = le32toh(pfns[i]);
	qsort(pfns, count, sizeof(pfns[0]), compare_pfns);
	for (unsigned int i = 1; i <= count; i++) {
		if (i < count && pfns[i] - pfns[i - 1] <= 1)
			continue;
		apply(balloon, pfns[first], (uint64_t)pfns[i - 1] - pfns[first] + 1);
		first = i;
	}
}

/* Returns how many there were. */
static uint64_t do_chain(struct balloon *balloon,
	void (*apply)(struct balloon *balloon, uint64_t pfn, uint64_t count))
{
	const struct virtq_chain *chain = &balloon->chain;
	uint64_t done = 0;

	while (done < VIRTIO_BALLOON_CHAIN_PFNS) {
		size_t bytes = iov_copy_out(chain->iov, chain->readable,
			(size_t)done * sizeof(balloon->pfns[0]), balloon->pfns,
			sizeof(balloon->pfns));
		unsigned int count = (unsigned int)(bytes / sizeof(balloon->pfns[0]));

		if (!count)
			return done;
		do_batch(balloon, count, apply);
		done += count;
	}
	if (chain->readable_bytes > done * sizeof(balloon->pfns[0]))
		guest_log(&balloon->dev.log, "more than %u page frames at once",
			VIRTIO_BALLOON_CHAIN_PFNS);
	return done;
}

/* ---- reports ---------------------------------------------------------------------- */

static uint64_t ram_bytes(const struct balloon *balloon)
{
	const struct guest_mem *mem = balloon->dev.mem;
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < mem->count; i++)
		bytes += mem->regions[i].bytes;
	return bytes;
}

/*
 * What was reported reads as zeroes afterwards. That a guest which fills its free pages
 * with anything else must not see: it keeps them.
 */
static uint64_t do_report(struct balloon *balloon)
{
	const struct virtq_chain *chain = &balloon->chain;

	if (balloon->config.poison_val)
		return 0;
	if (chain->writable_bytes > ram_bytes(balloon)) {
		guest_log(&balloon->dev.log, "reports more free pages than there is RAM");
		return 0;
	}
	for (unsigned int i = 0; i < chain->writable; i++) {
		const struct iovec *iov = &chain->iov[chain->readable + i];

		discard(balloon, iov->iov_base, iov->iov_len);
	}
	return chain->writable_bytes;
}

/* ---- statistics ------------------------------------------------------------------- */

static void arm_stats(struct balloon *balloon)
{
	if (balloon->stats_interval)
		loop_timer_arm(balloon->dev.loop, &balloon->stats_timer,
			balloon->stats_interval * SECOND_NS);
}

/* The buffer comes back with fresh figures. */
static void ask_for_stats(struct loop_timer *timer)
{
	struct balloon *balloon = container_of(timer, struct balloon, stats_timer);

	if (balloon->stats_held) {
		balloon->stats_held = false;
		virtq_push(&balloon->dev.queues[QUEUE_STATS], balloon->stats_head, 0);
		virtio_device_signal(&balloon->dev, QUEUE_STATS);
	}
	arm_stats(balloon);
}

static void forget_stats(struct balloon *balloon)
{
	memset(balloon->stats, 0xff, sizeof(balloon->stats));
}

/* Of more than it knows the guest may tell, and of one twice. */
static void read_stats(struct balloon *balloon)
{
	const struct virtq_chain *chain = &balloon->chain;
	struct virtio_balloon_stat stat;

	forget_stats(balloon);
	for (size_t i = 0; i < 4ul * VIRTIO_BALLOON_STATS; i++) {
		if (iov_copy_out(chain->iov, chain->readable, i * sizeof(stat), &stat,
			    sizeof(stat)) < sizeof(stat))
			break;
		if (le16toh(stat.tag) < VIRTIO_BALLOON_STATS)
			balloon->stats[le16toh(stat.tag)] = le64toh(stat.val);
	}
	balloon->stats_time = (uint64_t)time(NULL);
}

static void kick_stats(struct balloon *balloon)
{
	struct virtq *q = &balloon->dev.queues[QUEUE_STATS];

	while (virtq_pop(q, &balloon->chain)) {
		/* One at a time is the rule; what comes on top goes back at once. */
		if (balloon->stats_held)
			virtq_push(q, balloon->stats_head, 0);
		balloon->stats_held = true;
		balloon->stats_head = balloon->chain.head;
		read_stats(balloon);
	}
}

/* ---- the device ------------------------------------------------------------------- */

/* Returns what it cost, in bytes of the guest. */
static uint64_t take_chain(struct balloon *balloon, unsigned int queue)
{
	if (queue == QUEUE_INFLATE)
		return do_chain(balloon, inflate) << PAGE_SHIFT;
	if (queue == QUEUE_DEFLATE)
		return do_chain(balloon, deflate) << PAGE_SHIFT;
	return virtio_device_has(&balloon->dev, VIRTIO_BALLOON_F_REPORTING)
		       ? do_report(balloon)
		       : 0;
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);
	struct virtq *q = &dev->queues[queue];
	uint64_t spent = 0;

	if (queue == QUEUE_STATS && virtio_device_has(dev, VIRTIO_BALLOON_F_STATS_VQ)) {
		kick_stats(balloon);
		return;
	}
	while (virtq_pop(q, &balloon->chain)) {
		spent += take_chain(balloon, queue);
		virtq_push(q, balloon->chain.head, 0);
		if (spent >= TURN_BYTES) {
			virtio_device_kick_soon(dev, queue);
			return;
		}
	}
}

static void start(struct virtio_device *dev)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);
	const struct guest_mem *mem = dev->mem;

	arm_stats(balloon);
	if (balloon->pages_per_host_page == 1)
		return;
	balloon->pfn_count = 0;
	for (unsigned int i = 0; i < mem->count; i++) {
		uint64_t end =
			(mem->regions[i].gpa + mem->regions[i].bytes) >> PAGE_SHIFT;

		if (end > balloon->pfn_count)
			balloon->pfn_count = end;
	}
	balloon->inflated = calloc((size_t)(balloon->pfn_count / 64 + 1), 8);
	if (!balloon->inflated)
		log_host("%s: no memory to note the guest's pages, none is taken back",
			dev->name);
}

static void tell_change(struct balloon *balloon)
{
	if (balloon->changed)
		balloon->changed(balloon->user);
}

/* The host's wish outlives the guest's driver, nothing else does. */
static void stop(struct virtio_device *dev)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);

	loop_timer_cancel(&balloon->stats_timer);
	balloon->stats_held = false;
	balloon->config.actual = 0;
	balloon->config.poison_val = 0;
	free(balloon->inflated);
	balloon->inflated = NULL;
	forget_stats(balloon);
	balloon->stats_time = 0;
	tell_change(balloon);
}

static void config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	struct balloon *balloon = container_of(dev, struct balloon, dev);
	uint8_t *config = (uint8_t *)&balloon->config;

	for (uint32_t at = offset; at < offset + bytes; at++) {
		if ((at >= offsetof(struct virtio_balloon_config, actual) &&
			    at < offsetof(struct virtio_balloon_config, actual) + 4) ||
			at >= offsetof(struct virtio_balloon_config, poison_val))
			config[at] = (uint8_t)(value >> 8 * (at - offset));
	}
	tell_change(balloon);
}

static void destroy(struct virtio_device *dev)
{
	free(container_of(dev, struct balloon, dev));
}

static const struct virtio_ops balloon_ops = {
	.device_id = VIRTIO_ID_BALLOON,
	.kick = kick,
	.start = start,
	.stop = stop,
	.config_write = config_write,
	.destroy = destroy,
};

/* ---- for the host ----------------------------------------------------------------- */

static struct balloon *balloon_of(struct virtio_device *dev)
{
	return container_of(dev, struct balloon, dev);
}

void virtio_balloon_take(struct virtio_device *dev, uint64_t bytes)
{
	balloon_of(dev)->config.num_pages = htole32((uint32_t)(bytes >> PAGE_SHIFT));
	virtio_device_config_changed(dev);
}

uint64_t virtio_balloon_taken(const struct virtio_device *dev)
{
	const struct balloon *balloon = container_of(dev, struct balloon, dev);
	uint64_t bytes = (uint64_t)le32toh(balloon->config.actual) << PAGE_SHIFT;
	uint64_t most = ram_bytes(balloon);

	return bytes < most ? bytes : most;
}

void virtio_balloon_watch(
	struct virtio_device *dev, void (*changed)(void *user), void *user)
{
	balloon_of(dev)->changed = changed;
	balloon_of(dev)->user = user;
}

void virtio_balloon_set_stats_interval(struct virtio_device *dev, unsigned int seconds)
{
	struct balloon *balloon = balloon_of(dev);

	if (seconds == balloon->stats_interval)
		return;
	balloon->stats_interval = seconds;
	if (!seconds)
		loop_timer_cancel(&balloon->stats_timer);
	else if (dev->started)
		loop_timer_arm(dev->loop, &balloon->stats_timer, 0);
}

unsigned int virtio_balloon_stats_interval(const struct virtio_device *dev)
{
	return container_of(dev, struct balloon, dev)->stats_interval;
}

const uint64_t *virtio_balloon_stats(const struct virtio_device *dev, uint64_t *ret_time)
{
	const struct balloon *balloon = container_of(dev, struct balloon, dev);

	*ret_time = balloon->stats_time;
	return balloon->stats;
}

int virtio_balloon_create(struct loop *loop, const char *name,
	const struct virtio_balloon_options *options, struct virtio_device **ret,
	struct error *err)
{
	struct balloon *balloon = calloc(1, sizeof(*balloon));
	struct virtio_device *dev;

	if (!balloon)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	dev = &balloon->dev;
	dev->ops = &balloon_ops;
	dev->name = name;
	dev->loop = loop;
	dev->features_offered = VIRTIO_BIT(VIRTIO_BALLOON_F_STATS_VQ);
	dev->queue_count = QUEUES_MIN;
	dev->config = &balloon->config;
	dev->config_bytes = offsetof(struct virtio_balloon_config, free_page_hint_cmd_id);
	if (options->deflate_on_oom)
		dev->features_offered |= VIRTIO_BIT(VIRTIO_BALLOON_F_DEFLATE_ON_OOM);
	if (options->free_page_reporting) {
		/* Without the second a guest that poisons its pages reports none. */
		dev->features_offered |= VIRTIO_BIT(VIRTIO_BALLOON_F_REPORTING) |
					 VIRTIO_BIT(VIRTIO_BALLOON_F_PAGE_POISON);
		dev->queue_count = QUEUES_MAX;
		dev->config_bytes = sizeof(balloon->config);
	}
	balloon->config.num_pages =
		htole32((uint32_t)(options->taken_bytes >> PAGE_SHIFT));
	balloon->stats_interval = options->stats_interval;
	balloon->stats_timer.expired = ask_for_stats;
	forget_stats(balloon);
	balloon->pages_per_host_page = options->host_page_bytes >> PAGE_SHIFT;
	*ret = dev;
	return 0;
}
