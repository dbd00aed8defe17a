/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device maps to on the host: the one child element of a device that names a
 * backend, and the <port> and <forward> children beside or below it.
 */
#ifndef CONFIG_BACKEND_H
#define CONFIG_BACKEND_H

struct build;
struct config_console;
struct config_input;
struct config_gpu;
struct config_net;
struct config_pmem;
struct config_terminal;
struct config_vsock;
struct config_vhost;
struct element_def;
struct element_list;
struct xml_element;

/*
 * The child of element that names a backend of the list, and its definition in *ret_def;
 * NULL where there is none. Children called further (or NULL) are left to the caller,
 * others are problems.
 */
const struct xml_element *backend_find(struct build *build,
	const struct xml_element *element, const struct element_list *list,
	const char *further, const struct element_def **ret_def);

/* The position of a terminal that is not said stays without a file. */
void backend_read_terminal(struct build *build, const struct xml_element *element,
	struct config_terminal *terminal);
void backend_read_console(struct build *build, const struct xml_element *element,
	struct config_console *console);
void backend_read_net(
	struct build *build, const struct xml_element *element, struct config_net *net);
void backend_read_vsock(struct build *build, const struct xml_element *element,
	struct config_vsock *vsock);
/* Where no socket was said: one named like the VM, which is known by then. */
void backend_resolve_vsock(struct build *build, struct config_vsock *vsock);
void backend_read_pmem(
	struct build *build, const struct xml_element *element, struct config_pmem *pmem);
void backend_read_fs(struct build *build, const struct xml_element *element,
	struct config_vhost *vhost);
void backend_read_vhost_user(struct build *build, const struct xml_element *element,
	struct config_vhost *vhost);
void backend_read_gpu(
	struct build *build, const struct xml_element *element, struct config_gpu *gpu);
void backend_read_input(struct build *build, const struct xml_element *element,
	struct config_input *input);
/* For a device that has no backend: any child is a problem. */
void backend_read_none(struct build *build, const struct xml_element *element);

#endif
