/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the XML's tree to one struct vm_config: <config>, the overrides of the command
 * line, and what follows from the whole. Set-up thread only.
 */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/device.h"
#include "config/handover.h"
#include "config/language.h"
#include "config/memory.h"
#include "config/ready.h"
#include "config/text.h"
#include "config/tls.h"
#include "config/value.h"
#include "config/verify.h"
#include "config/x86.h"
#include "config/xml.h"

/* The file's name without .xml, made a name that is allowed. */
static char *default_name(struct build *build)
{
	const char *slash = strrchr(build->path, '/');
	char *name = build_copy(build, slash ? slash + 1 : build->path);
	size_t chars;

	if (!name)
		return NULL;
	chars = strlen(name);
	if (chars > 4 && !strcmp(name + chars - 4, ".xml"))
		name[chars - 4] = 0;
	if (strlen(name) > CONFIG_NAME_CHARS)
		name[CONFIG_NAME_CHARS] = 0;
	for (char *at = name; *at; at++) {
		char one[2] = {*at, 0};

		if (!value_is_name(one) || (at == name && strchr(".-", *at)))
			*at = '_';
	}
	if (name[0])
		return name;
	free(name);
	return build_copy(build, "vm");
}

/* The attributes of <config> with those of --set in their place; the caller's to free. */
static struct xml_attribute *overridden(
	struct build *build, const struct xml_element *root, unsigned int *ret_count)
{
	const struct config_options *options = build->options;
	unsigned int count = root->attribute_count;
	struct xml_attribute *ret =
		build_alloc(build, (size_t)count + options->set_count, sizeof(*ret));

	if (!ret)
		return NULL;
	memcpy(ret, root->attributes, count * sizeof(*ret));
	for (unsigned int i = 0; i < options->set_count; i++) {
		const struct config_set *set = &options->sets[i];
		unsigned int at = 0;

		while (at < count && strcmp(ret[at].name, set->attribute))
			at++;
		if (at == count)
			count++;
		ret[at] = (struct xml_attribute){
			.name = set->attribute, .value = set->value};
	}
	*ret_count = count;
	return ret;
}

static void read_root(struct build *build, const struct xml_element *root)
{
	struct vm_config *config = build->config;
	struct xml_element element = *root;
	struct xml_attribute *attributes =
		overridden(build, root, &element.attribute_count);

	if (!attributes)
		return;
	element.attributes = attributes;
	config->pos = build_pos(build, root->line);
	config->gic = CONFIG_GIC_V2;
	config->ram_size_pos = config->pos;
	config->memory.pos = config->pos;
	config->sandbox.seccomp = true;
	config->sandbox.landlock = true;
	config->sandbox.namespaces = true;
	config->isa = (struct config_isa){.rtc = true,
		.serial = true,
		.pit = true,
		.pic = true,
		.option_roms = true,
		.kernel_cmdline = true,
		.acpi = true,
		.pos = config->pos};
	attributes_apply(build, &language_config, &element, ~0u, config);
	if (!xml_attribute_value(&element, "kernel_rom") && !config->firmware.path)
		build_rom(build, "kernel_rom", "linux", root->line, &config->kernel);
	if (config->initrd_count && !xml_attribute_value(&element, "kernel_rom") &&
		config->firmware.path)
		build_problem(build, config->initrds[0].pos.line,
			"initrd_rom is for the kernel, which a firmware has only with "
			"kernel_rom");
	if (!xml_attribute_value(&element, "name") && build->options->needs_name)
		build_problem(build, root->line,
			"there is no name, and no file's to take: say name=\"…\", or "
			"--name");
	else if (!config->name)
		config->name = default_name(build);
	free(attributes);
}

/* Whether this is the first of its name; a further one is a problem. */
static bool is_first(struct build *build, const struct xml_element *element)
{
	for (const struct xml_element *other = element->parent->children;
		other != element; other = other->next)
		if (!strcmp(other->name, element->name)) {
			build_problem(build, element->line,
				"a second <%s>, the first is on line %d, allowed: one",
				element->name, other->line);
			return false;
		}
	return true;
}

/* Any user of this machine reaches its own addresses, so that none is an exception. */
static void check_control_port(struct build *build, const struct xml_element *element,
	struct config_control *control)
{
	if (!control->tls.pos.file)
		build_problem(build, element->line,
			"whoever reaches port %u could do anything to this VM: <control> "
			"needs a <tls certificate=\"...\" key=\"...\" ca=\"...\"/> "
			"there",
			control->port);
	if (!xml_attribute_value(element, "address"))
		control->address = build_copy(build, "127.0.0.1");
	if (control->address && control->port)
		build_claim(build, element->line, false, "tcp %s port %u",
			control->address, control->port);
}

static void read_control(struct build *build, const struct xml_element *element)
{
	struct config_control *control = &build->config->control;

	control->pos = build_pos(build, element->line);
	attributes_apply(build, &language_control, element, ~0u, control);
	tls_read(build, element, &control->tls);
	if (control->path)
		build_claim(build, element->line, false, "path '%s'", control->path);
	if (xml_attribute_value(element, "port"))
		check_control_port(build, element, control);
	else if (control->tls.pos.file || control->address)
		build_problem(build, element->line,
			"<control> has %s without the attribute 'port'",
			control->address ? "an address" : "a <tls>");
}

static void read_watchdog(struct build *build, const struct xml_element *element)
{
	struct config_watchdog *watchdog = &build->config->watchdog;

	watchdog->pos = build_pos(build, element->line);
	attributes_apply(build, &language_watchdog, element, ~0u, watchdog);
	element_no_children(build, element);
}

static void read_sandbox(struct build *build, const struct xml_element *element)
{
	struct config_sandbox *sandbox = &build->config->sandbox;

	sandbox->pos = build_pos(build, element->line);
	attributes_apply(build, &language_sandbox, element, ~0u, sandbox);
	element_no_children(build, element);
}

static void read_child(struct build *build, const struct xml_element *element)
{
	struct vm_config *config = build->config;

	if (!strcmp(element->name, language_device.name)) {
		struct config_device *device = &config->devices[config->device_count];

		if (config->device_count == LANGUAGE_DEVICES_MAX)
			return;
		if (device_read(build, element, device))
			config->device_count++;
	} else if (!strcmp(element->name, language_uart.name)) {
		if (is_first(build, element))
			device_read_uart(build, element, &config->uart);
	} else if (!strcmp(element->name, language_memory.name)) {
		if (is_first(build, element))
			memory_read(build, element);
	} else if (!strcmp(element->name, language_ready.name)) {
		if (is_first(build, element))
			ready_read(build, element, &config->ready);
	} else if (!strcmp(element->name, language_control.name)) {
		if (is_first(build, element))
			read_control(build, element);
	} else if (!strcmp(element->name, language_watchdog.name)) {
		if (is_first(build, element))
			read_watchdog(build, element);
	} else if (!strcmp(element->name, language_verify.name)) {
		if (is_first(build, element))
			verify_read(build, element);
	} else if (!strcmp(element->name, language_sandbox.name)) {
		if (is_first(build, element))
			read_sandbox(build, element);
	} else if (!strcmp(element->name, language_isa.name)) {
		if (is_first(build, element))
			x86_read_isa(build, element);
	} else if (handover_read(build, element)) {
		return;
	} else {
		problem_unknown(build, element->line, "element", element->name,
			element->parent->name, language_children);
	}
}

static void read_children(struct build *build, const struct xml_element *root)
{
	struct vm_config *config = build->config;

	element_no_text(build, root);
	config->devices = build_alloc(build,
		element_count_children(
			build, root, language_device.name, LANGUAGE_DEVICES_MAX),
		sizeof(*config->devices));
	if (!handover_prepare(build, root) || !config->devices)
		return;
	for (const struct xml_element *child = root->children; child; child = child->next)
		read_child(build, child);
}

static void read_config(struct build *build, const struct xml_element *root)
{
	static const char *const roots[] = {"config", NULL};
	char quoted[VALUE_QUOTE_BYTES];

	if (strcmp(root->name, roots[0])) {
		build_problem(build, root->line,
			"the outermost element is <%s>, allowed: <config>",
			value_quote(quoted, root->name));
		return;
	}
	read_root(build, root);
	read_children(build, root);
	memory_check(build);
	verify_check(build);
	x86_check_isa(build);
	x86_find_option_roms(build);
	device_resolve_terminals(build);
	ready_resolve(build);
	device_check_balloons(build);
	if (build->config->name) {
		device_resolve_macs(build);
		device_resolve_vsock(build);
	}
}

/* By line, so that they read like the file; those of the command line come first. */
static void sort_problems(struct problems *problems, unsigned int from)
{
	unsigned int end =
		problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;

	for (unsigned int i = from + 1; i < end; i++) {
		struct error moving = problems->list[i];
		unsigned int at = i;

		for (; at > from && problems->list[at - 1].pos.line > moving.pos.line;
			at--)
			problems->list[at] = problems->list[at - 1];
		problems->list[at] = moving;
	}
}

/* A signature is over the bytes that were read, whatever became of the file since. */
static void keep_text(struct build *build, const char *xml, size_t bytes)
{
	build->config->text = build_alloc(build, bytes, 1);
	build->config->text_bytes = bytes;
	if (build->config->text)
		memcpy(build->config->text, xml, bytes);
}

int config_parse(const char *xml, uint64_t xml_bytes, const char *path,
	const struct config_options *options, struct vm_config **ret,
	struct problems *problems)
{
	static const struct config_options plain;
	struct build build = {.path = path, .problems = problems};
	struct xml_document *document = NULL;
	unsigned int before = problems->count;
	int code;

	build.options = options ? options : &plain;
	code = xml_parse(xml, xml_bytes, path, &document, problems);
	if (code)
		return code;
	build.config = build_alloc(&build, 1, sizeof(*build.config));
	if (build.config) {
		keep_text(&build, xml, (size_t)xml_bytes);
		read_config(&build, xml_root(document));
	}
	xml_destroy(document);
	build_finish(&build);
	if (build.no_memory)
		problems_add(problems, NULL, "no memory for the configuration");
	if (problems->count > before) {
		sort_problems(problems, before);
		config_destroy(build.config);
		return build.no_memory ? -ENOMEM : -EINVAL;
	}
	*ret = build.config;
	return 0;
}

int config_read(int fd, const char *path, const struct config_options *options,
	struct vm_config **ret, struct problems *problems)
{
	size_t bytes = 0;
	char *xml = NULL;
	int code = text_read(fd, path, &xml, &bytes, problems);

	if (!code)
		code = config_parse(xml, bytes, path, options, ret, problems);
	free(xml);
	return code;
}

int config_load(const char *path, const struct config_options *options,
	struct vm_config **ret, struct problems *problems)
{
	size_t bytes = 0;
	char *xml = NULL;
	int code = text_load(path, &xml, &bytes, problems);

	if (!code)
		code = config_parse(xml, bytes, path, options, ret, problems);
	free(xml);
	return code;
}

void config_destroy(struct vm_config *config)
{
	if (!config)
		return;
	for (unsigned int i = 0; i < config->device_count; i++)
		device_finish(&config->devices[i]);
	free(config->devices);
	handover_finish(config);
	ready_finish(&config->ready);
	verify_finish(&config->verify);
	free(config->text);
	for (unsigned int i = 0; i < config->initrd_count; i++)
		free(config->initrds[i].path);
	free(config->initrds);
	device_finish_terminal(&config->uart);
	free(config->name);
	free(config->kernel.path);
	free(config->dtb_overlay.path);
	free(config->firmware.path);
	free(config->linuxboot.path);
	free(config->pvh.path);
	free(config->sandbox.user);
	free(config->control.path);
	free(config->control.address);
	tls_finish(&config->control.tls);
	free(config->cpu_type);
	free(config->bootargs);
	free(config->affinity);
	free(config);
}
