/* SPDX-License-Identifier: Apache-2.0 */
/* <tls>, of whatever listens at a TCP port. */
#ifndef CONFIG_TLS_H
#define CONFIG_TLS_H

struct build;
struct config_tls;
struct xml_element;

/* The <tls> of element, where it has one; any other child is a problem. */
void tls_read(
	struct build *build, const struct xml_element *element, struct config_tls *tls);
void tls_finish(struct config_tls *tls);

/*
 * A problem where others than this machine reach a numeric address, and nobody has to
 * show who they are. what is what they would get: "this console".
 */
void tls_check_reach(struct build *build, const struct xml_element *element,
	const char *address, const struct config_tls *tls, const char *what);

#endif
