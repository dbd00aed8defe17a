/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tls.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config/attribute.h"
#include "config/backend.h"
#include "config/build.h"
#include "config/config.h"
#include "config/language.h"
#include "config/xml.h"

void tls_read(
	struct build *build, const struct xml_element *element, struct config_tls *tls)
{
	const struct xml_element *child = element->children;

	backend_find(build, element, &language_none, language_tls.name, NULL);
	if (!element_count_children(build, element, language_tls.name, 1))
		return;
	while (strcmp(child->name, language_tls.name))
		child = child->next;
	tls->pos = build_pos(build, child->line);
	attributes_apply(build, &language_tls, child, ~0u, tls);
	element_no_children(build, child);
}

void tls_finish(struct config_tls *tls)
{
	free(tls->certificate);
	free(tls->key);
	free(tls->ca);
	free(tls->clients);
}

static bool is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

void tls_check_reach(struct build *build, const struct xml_element *element,
	const char *address, const struct config_tls *tls, const char *what)
{
	if (!tls->pos.file && !is_loopback(address))
		build_problem(build, element->line,
			"whoever reaches %s could use %s: <%s> needs a <tls "
			"certificate=\"...\" key=\"...\" ca=\"...\"/> there",
			address, what, element->name);
}
