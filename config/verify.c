/* SPDX-License-Identifier: Apache-2.0 */
#include "config/verify.h"

#include <stdlib.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/xml.h"

void verify_read(struct build *build, const struct xml_element *element)
{
	struct config_verify *verify = &build->config->verify;

	verify->trust.pos = build_pos(build, element->line);
	attributes_apply(build, &language_verify, element, ~0u, verify);
	element_no_children(build, element);
	if (!xml_attribute_value(element, "key") &&
		(xml_attribute_value(element, "minimum_version") ||
			xml_attribute_value(element, "expiry")))
		build_problem(build, element->line,
			"minimum_version and expiry are said of a key, but <verify> "
			"names none");
}

/* Clean pages of a private mapping follow what is written to the file later. */
void verify_check(struct build *build)
{
	const struct vm_config *config = build->config;

	if (config->verify.trust.pos.file && config->memory.image == CONFIG_IMAGE_MAP)
		build_problem(build, config->memory.pos.line,
			"image is 'map', but <verify> on line %d has the kernel read and "
			"checked: drop one of them",
			config->verify.trust.pos.line);
}

void verify_finish(struct config_verify *verify)
{
	free(verify->trust.key);
	free(verify->manifest);
}
