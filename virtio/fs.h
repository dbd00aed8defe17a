/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system of the host's: virtio 1.2, section 5.11. Another process serves it; ours
 * is the config space.
 */
#ifndef VIRTIO_FS_H
#define VIRTIO_FS_H

struct error;
struct loop;
struct vhost_source;
struct virtio_device;

/*
 * tag is what the guest mounts it by, of at most 36 bytes; there are so many queues of
 * requests beside the urgent one. The rest is as of virtio_vhost_user_create().
 */
int virtio_fs_create(struct loop *loop, const char *name, struct vhost_source *source,
	const char *tag, unsigned int request_queues, unsigned int queue_size,
	unsigned int timeout_ms, struct virtio_device **ret, struct error *err);

#endif
