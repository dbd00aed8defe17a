/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a VM's XML: problems or a configuration, never anything else. */
#include <stdlib.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct config_options options = {.skip_files = true};
	static struct problems problems;
	struct vm_config *config = NULL;
	int code;

	problems.count = 0;
	code = config_parse(
		(const char *)bytes, count, "vm.xml", &options, &config, &problems);
	/* Either all is well or it is said what is not. */
	if (!code != !problems.count || !code != !!config)
		abort();
	if (config && (!config->name || !config->uart.pos.file ||
			      (!config->kernel.path && !config->firmware.path)))
		abort();
	config_destroy(config);
	return 0;
}
