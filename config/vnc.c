/* SPDX-License-Identifier: Apache-2.0 */
#include "config/vnc.h"

#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/config.h"
#include "config/tls.h"
#include "config/xml.h"

#define PORT 5900
#define LOOPBACK "127.0.0.1"
#define WEB_ROOT "/usr/share/novnc" /* where Debian's package puts it */

void vnc_check(
	struct build *build, const struct xml_element *element, struct config_gpu *gpu)
{
	struct config_vnc *vnc = &gpu->vnc;
	int line = element->line;

	tls_read(build, element, &vnc->tls);
	if (gpu->scanouts > 1)
		build_problem(build, line,
			"<vnc> shows one screen, the device has %u scanouts",
			gpu->scanouts);
	if (vnc->path && (vnc->port || vnc->address))
		build_problem(build, line,
			"<vnc> has both a path and %s, allowed: one "
			"of them",
			vnc->port ? "a port" : "an address");
	if (vnc->web_root && !vnc->web)
		build_problem(build, line, "web_root without web=\"yes\"");
	if (!vnc->web_root)
		vnc->web_root = build_copy(build, WEB_ROOT);
	if (vnc->path && vnc->tls.pos.file)
		build_problem(build, line,
			"<vnc> has both a path and a <tls>, which is for a port");
	build_claim(build, line, false, "<vnc>");
	if (vnc->path) {
		build_claim(build, line, false, "path '%s'", vnc->path);
		return;
	}
	if (!vnc->port)
		vnc->port = PORT;
	if (!vnc->address)
		vnc->address = build_copy(build, LOOPBACK);
	if (!vnc->address)
		return;
	tls_check_reach(build, element, vnc->address, &vnc->tls, "this screen");
	build_claim(build, line, false, "tcp %s port %u", vnc->address, vnc->port);
}

void vnc_finish(struct config_vnc *vnc)
{
	free(vnc->path);
	free(vnc->address);
	free(vnc->password_file);
	free(vnc->web_root);
	tls_finish(&vnc->tls);
}
