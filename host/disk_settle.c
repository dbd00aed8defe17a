/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_impl.h"
#include "host/disk_layer.h"
#include "src/container_of.h"

#define SETTLE_NS 1000000000ull

void disk_settle_later(struct disk *disk)
{
	if (disk->layer->ops->sync && !disk->settling && !disk->settle_timer.loop)
		loop_timer_arm(disk->loop, &disk->settle_timer, SETTLE_NS);
}

static void done(struct disk_request *request)
{
	request->disk->settling = false;
}

void disk_settle_now(struct loop_timer *timer)
{
	struct disk *disk = container_of(timer, struct disk, settle_timer);

	disk->settling = true;
	disk->settle = (struct disk_request){.op = DISK_FLUSH, .done = done};
	disk_start(disk, &disk->settle);
	disk_commit(disk);
}
