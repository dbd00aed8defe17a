/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtiofsd, which shares a folder with a guest, started when its device connects. It
 * ends with the connection, hence with this process, however that ends.
 */
#ifndef HOST_VIRTIOFSD_H
#define HOST_VIRTIOFSD_H

#include <stdbool.h>

struct error;
struct loop;
struct source_pos;
struct vhost_source;

struct virtiofsd_options {
	const char *folder; /* shared */
	bool readonly;
	const char *binary; /* NULL: where distributions put it */
};

/* What the options name, and pos, are borrowed. See host/vhost_user.h. */
int vhost_source_virtiofsd_create(struct loop *loop,
	const struct virtiofsd_options *options, const struct source_pos *pos,
	struct vhost_source **ret, struct error *err);

#endif
