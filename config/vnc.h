/* SPDX-License-Identifier: Apache-2.0 */
/* <vnc>: where clients find a gpu's screen. */
#ifndef CONFIG_VNC_H
#define CONFIG_VNC_H

struct build;
struct config_gpu;
struct config_vnc;
struct xml_element;

/* After the attributes of a <vnc>: fills in what was not said, and says what cannot be.
 */
void vnc_check(
	struct build *build, const struct xml_element *element, struct config_gpu *gpu);

/* What it owns. */
void vnc_finish(struct config_vnc *vnc);

#endif
