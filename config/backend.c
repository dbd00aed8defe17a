/* SPDX-License-Identifier: Apache-2.0 */
#include "config/backend.h"

#include <stdio.h>
#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/tls.h"
#include "config/value.h"
#include "config/vnc.h"
#include "config/xml.h"

#define BACKENDS_MAX 8u

/* A child of element that is none of list, nor further (or NULL). */
static void refuse_child(struct build *build, const struct xml_element *element,
	const struct xml_element *child, const struct element_list *list,
	const char *further)
{
	static const struct element_list *const others[] = {&language_terminals,
		&language_nics, &language_disks, &language_pmems, &language_vsocks,
		&language_inputs, &language_file_systems, &language_gpus};
	const char *allowed[BACKENDS_MAX + 2];
	unsigned int count = 0;
	bool foreign = false;
	char words[WORDS_BYTES];

	if (language_index(language_later_backends, child->name) >= 0) {
		problem_not_yet(build, child->line, "backend", child->name);
		return;
	}
	for (; count < list->count; count++)
		allowed[count] = list->elements[count].name;
	if (further)
		allowed[count++] = further;
	allowed[count] = NULL;
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		foreign = foreign || language_find(others[i], child->name);
	if (foreign || !strcmp(child->name, language_port.name) ||
		!strcmp(child->name, language_forward.name))
		build_problem(build, child->line,
			"<%s> is not for this <%s>, allowed: %s", child->name,
			element->name, count ? words_list(words, allowed) : "none");
	else
		problem_unknown(build, child->line, "element", child->name, element->name,
			allowed);
}

const struct xml_element *backend_find(struct build *build,
	const struct xml_element *element, const struct element_list *list,
	const char *further, const struct element_def **ret_def)
{
	const struct xml_element *found = NULL;

	element_no_text(build, element);
	for (const struct xml_element *child = element->children; child;
		child = child->next) {
		const struct element_def *def = language_find(list, child->name);

		if (further && !strcmp(child->name, further))
			continue;
		if (!def) {
			refuse_child(build, element, child, list, further);
		} else if (found) {
			build_problem(build, child->line,
				"<%s> is a second backend, <%s> is on line %d, allowed: "
				"one",
				child->name, found->name, found->line);
		} else {
			found = child;
			*ret_def = def;
		}
	}
	return found;
}

static unsigned int count_children(const struct xml_element *element, const char *name)
{
	unsigned int count = 0;

	for (const struct xml_element *child = element->children; child;
		child = child->next)
		count += !strcmp(child->name, name);
	return count;
}

static void claim_terminal(
	struct build *build, const struct config_terminal *terminal, int line)
{
	if (terminal->kind == CONFIG_TERMINAL_STDIO) {
		build_claim(build, line, false, "stdio");
		build->stdio_line = line;
	} else if (terminal->kind == CONFIG_TERMINAL_TCP && terminal->address) {
		build_claim(build, line, false, "tcp %s port %u", terminal->address,
			terminal->port);
	} else if (terminal->path) {
		build_claim(build, line, false, "path '%s'", terminal->path);
	}
}

static void read_tcp(struct build *build, const struct xml_element *element,
	struct config_terminal *terminal)
{
	tls_read(build, element, &terminal->tls);
	if (!xml_attribute_value(element, "address"))
		terminal->address = build_copy(build, "127.0.0.1");
	if (terminal->address)
		tls_check_reach(build, element, terminal->address, &terminal->tls,
			"this console");
}

static void read_terminal(struct build *build, const struct xml_element *element,
	const char *further, struct config_terminal *terminal)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_terminals, further, &def);

	if (!child)
		return;
	terminal->kind = (enum config_terminal_kind)def->kind;
	terminal->pos = build_pos(build, child->line);
	attributes_apply(build, def, child, ~0u, terminal);
	if (terminal->kind == CONFIG_TERMINAL_TCP)
		read_tcp(build, child, terminal);
	else
		element_no_children(build, child);
	claim_terminal(build, terminal, child->line);
}

void backend_read_terminal(struct build *build, const struct xml_element *element,
	struct config_terminal *terminal)
{
	read_terminal(build, element, NULL, terminal);
}

void backend_read_console(struct build *build, const struct xml_element *element,
	struct config_console *console)
{
	const char *further = language_port.name;
	unsigned int count = count_children(element, further);

	read_terminal(build, element, further, &console->terminal);
	if (!count)
		return;
	if (count > LANGUAGE_PORTS_MAX)
		build_problem(build, element->line, "%u <port> elements, allowed: %u",
			count, LANGUAGE_PORTS_MAX);
	console->ports = build_alloc(build, count, sizeof(*console->ports));
	for (const struct xml_element *child = element->children; child && console->ports;
		child = child->next) {
		struct config_port *port = &console->ports[console->port_count];

		if (strcmp(child->name, further))
			continue;
		port->pos = build_pos(build, child->line);
		console->port_count++;
		attributes_apply(build, &language_port, child, ~0u, port);
		read_terminal(build, child, NULL, &port->terminal);
		if (port->name)
			build_claim(
				build, child->line, false, "port name '%s'", port->name);
	}
}

static void read_forwards(
	struct build *build, const struct xml_element *element, struct config_net *net)
{
	unsigned int count = count_children(element, language_forward.name);

	if (count > LANGUAGE_FORWARDS_MAX)
		build_problem(build, element->line, "%u <forward> elements, allowed: %u",
			count, LANGUAGE_FORWARDS_MAX);
	/* Any other child is a problem. */
	backend_find(build, element, &language_none, language_forward.name, NULL);
	net->forwards = build_alloc(build, count, sizeof(*net->forwards));
	for (const struct xml_element *child = element->children; child && net->forwards;
		child = child->next) {
		struct config_forward *forward = &net->forwards[net->forward_count];

		if (strcmp(child->name, language_forward.name))
			continue;
		forward->pos = build_pos(build, child->line);
		net->forward_count++;
		attributes_apply(build, &language_forward, child, ~0u, forward);
		element_no_children(build, child);
		if (!forward->guest_port)
			forward->guest_port = forward->host_port;
		if (forward->host_port)
			build_claim(build, child->line, false, "%s %s port %u",
				forward->udp ? "udp" : "tcp",
				forward->address ? forward->address : "any",
				forward->host_port);
	}
}

static void claim_nic(struct build *build, const struct config_net *net, int line)
{
	if (net->ifname && net->fd >= 0)
		build_problem(build, line,
			"<tap> has both ifname '%s' and fd '%d', allowed: one of them",
			net->ifname, net->fd);
	if (net->ifname)
		build_claim(build, line, false, "interface '%s'", net->ifname);
	if (net->fd >= 0)
		build_claim(build, line, false, "fd %d", net->fd);
	if (net->path)
		build_claim(build, line, false, "path '%s'", net->path);
}

void backend_read_net(
	struct build *build, const struct xml_element *element, struct config_net *net)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_nics, NULL, &def);

	net->backend_pos = build_pos(build, child ? child->line : element->line);
	if (!child)
		return; /* user is the first of the enum */
	net->kind = (enum config_nic_kind)def->kind;
	attributes_apply(build, def, child, ~0u, net);
	if (net->kind == CONFIG_NIC_USER)
		read_forwards(build, child, net);
	else
		element_no_children(build, child);
	claim_nic(build, net, child->line);
}

void backend_read_vsock(struct build *build, const struct xml_element *element,
	struct config_vsock *vsock)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_vsocks, NULL, &def);

	/* Linux has room for one, and the guest's side has no names for more. */
	build_claim(build, element->line, false, "type 'vsock'");
	vsock->backend_pos = build_pos(build, child ? child->line : element->line);
	if (child)
		vsock->kind = (enum config_vsock_kind)def->kind; /* else unix */
	if (vsock->kind == CONFIG_VSOCK_UNIX && !vsock->cid)
		vsock->cid = CONFIG_VSOCK_CID;
	else if (!xml_attribute_value(element, "cid"))
		build_problem(build, element->line,
			"<vhost> needs the attribute 'cid' of its device, 3 to "
			"4294967294, another one for each VM of this host");
	if (!child)
		return;
	attributes_apply(build, def, child, ~0u, vsock);
	element_no_children(build, child);
	if (vsock->path)
		build_claim(build, child->line, false, "path '%s'", vsock->path);
}

void backend_resolve_vsock(struct build *build, struct config_vsock *vsock)
{
	char name[CONFIG_NAME_CHARS + sizeof(".vsock")];
	int line = vsock->backend_pos.line;

	if (vsock->kind != CONFIG_VSOCK_UNIX || vsock->path)
		return;
	snprintf(name, sizeof(name), "%s.vsock", build->config->name);
	vsock->path = build_path(build, name);
	if (!vsock->path)
		return;
	if (strlen(vsock->path) > LANGUAGE_VSOCK_PATH_MAX)
		build_problem(build, line,
			"the socket of a vsock would be %s, which is too long: give it a "
			"<unix path=\"...\"/> of at most %u bytes",
			vsock->path, LANGUAGE_VSOCK_PATH_MAX);
	build_claim(build, line, false, "path '%s'", vsock->path);
}

void backend_read_pmem(
	struct build *build, const struct xml_element *element, struct config_pmem *pmem)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_pmems, NULL, &def);
	bool alone;

	pmem->backend_pos = build_pos(build, child ? child->line : element->line);
	if (!child) {
		if (!element->children)
			build_problem(build, element->line,
				"a pmem without a backend, <file path=\"...\"/> is "
				"needed");
		return;
	}
	attributes_apply(build, def, child, ~0u, pmem);
	element_no_children(build, child);
	if (!pmem->path)
		return;
	alone = pmem->shared && !pmem->readonly;
	pmem->bytes = build_check_pmem(build, pmem->path, !alone, child->line);
	build_claim(build, child->line, !alone, "path '%s'", pmem->path);
}

static void read_vhost(struct build *build, const struct xml_element *element,
	const struct element_list *list, const char *wanted, struct config_vhost *vhost)
{
	const struct element_def *def = NULL;
	const struct xml_element *child = backend_find(build, element, list, NULL, &def);

	vhost->backend_pos = build_pos(build, child ? child->line : element->line);
	if (!child) {
		if (!element->children)
			build_problem(build, element->line,
				"a device without a backend, %s is needed", wanted);
		return;
	}
	vhost->kind = (enum config_vhost_kind)def->kind;
	attributes_apply(build, def, child, ~0u, vhost);
	element_no_children(build, child);
	if (!vhost->path)
		return;
	if (vhost->kind == CONFIG_VHOST_VIRTIOFSD)
		build_check_folder(build, vhost->path, child->line);
	else
		build_claim(build, child->line, false, "path '%s'", vhost->path);
}

void backend_read_fs(struct build *build, const struct xml_element *element,
	struct config_vhost *vhost)
{
	read_vhost(build, element, &language_file_systems,
		"<virtiofsd path=\"...\"/> or <unix path=\"...\"/>", vhost);
}

void backend_read_vhost_user(struct build *build, const struct xml_element *element,
	struct config_vhost *vhost)
{
	read_vhost(build, element, &language_vhost_users, "<unix path=\"...\"/>", vhost);
}

static unsigned int count_words(const char *text)
{
	unsigned int count = 1;

	for (; *text; text++)
		count += *text == ' ';
	return count;
}

static void check_drm(struct build *build, const struct config_gpu *gpu, int line)
{
	const struct config_drm *drm = &gpu->drm;
	unsigned int connectors = drm->connectors ? count_words(drm->connectors) : 0;

	if (connectors && connectors != gpu->scanouts)
		build_problem(build, line,
			"connector names %u connectors, the device has %u scanouts",
			connectors, gpu->scanouts);
	if (drm->lease && !drm->connectors)
		build_problem(build, line,
			"lease without the attribute 'connector': which screens are to "
			"be leased?");
	if (drm->lease && (drm->device || drm->vt))
		build_problem(build, line,
			"lease with %s, which is the business of who leases the screens",
			drm->device ? "device" : "vt");
	if (drm->device)
		build_claim(build, line, false, "path '%s'", drm->device);
}

void backend_read_gpu(
	struct build *build, const struct xml_element *element, struct config_gpu *gpu)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_gpus, NULL, &def);

	gpu->backend_pos = build_pos(build, child ? child->line : element->line);
	if (!child)
		return; /* what suits the host is the first of the enum */
	gpu->kind = (enum config_gpu_kind)def->kind;
	/* SDL wants all of a process's windows on one thread. */
	if (gpu->kind == CONFIG_GPU_SDL)
		build_claim(build, child->line, false, "<sdl>");
	attributes_apply(build, def, child, ~0u, gpu);
	if (gpu->kind != CONFIG_GPU_VNC)
		element_no_children(build, child);
	if (gpu->kind == CONFIG_GPU_DRM)
		check_drm(build, gpu, child->line);
	if (gpu->kind == CONFIG_GPU_VNC)
		vnc_check(build, child, gpu);
}

void backend_read_input(struct build *build, const struct xml_element *element,
	struct config_input *input)
{
	const struct element_def *def = NULL;
	const struct xml_element *child =
		backend_find(build, element, &language_inputs, NULL, &def);
	const char *kind = xml_attribute_value(element, "kind");

	input->backend_pos = build_pos(build, child ? child->line : element->line);
	input->evdev = child;
	if (!child) {
		if (!kind && !element->children)
			build_problem(build, element->line,
				"an input without a backend needs the attribute 'kind'");
		return;
	}
	input->grab = true;
	attributes_apply(build, def, child, ~0u, input);
	element_no_children(build, child);
	if (kind)
		build_problem(build, child->line,
			"kind is '%s', allowed: none, since <evdev> is what it is", kind);
	if (!xml_attribute_value(child, "path") == !xml_attribute_value(child, "name"))
		build_problem(build, child->line,
			"<evdev> has %s a path %s a name, allowed: one of them",
			xml_attribute_value(child, "path") ? "both" : "neither",
			xml_attribute_value(child, "path") ? "and" : "nor");
	if (input->path)
		build_claim(build, child->line, !input->grab, "path '%s'", input->path);
}

void backend_read_none(struct build *build, const struct xml_element *element)
{
	backend_find(build, element, &language_none, NULL, NULL);
}
