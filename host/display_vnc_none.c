/* SPDX-License-Identifier: Apache-2.0 */
/* host/display_vnc.h for a program without libvncserver, such as every static one. */
#include "host/display_vnc.h"

#include <errno.h>

#include "src/error.h"

int display_vnc_create(struct loop *loop, struct seat *seat,
	const struct display_vnc_options *options, struct display **ret,
	struct error *err)
{
	return error_set(err, -ENOTSUP, options->pos,
		"<vnc> needs libvncserver, which this program was built without: the "
		"dynamic one has it (tools/build native or arm64-dynamic)");
}
