/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setter.h"

#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/value.h"
#include "config/xml.h"

#define DEVICE_ID_MAX 63u
/* What is asked for where the class does not say. */
#define CONFIG_BYTES_UNKNOWN 256u

/* The classes with a name, from virtio 1.2, chapter 5: id, queues, config space. */
static const struct device_class {
	const char *name;
	uint16_t id;
	uint16_t queues;
	uint16_t config_bytes;
} classes[] = {
	{"net", 1, 2, 12},
	{"block", 2, 1, 60},
	{"console", 3, 2, 12},
	{"rng", 4, 1, 0},
	{"scsi", 8, 3, 36},
	{"gpu", 16, 2, 16},
	{"input", 18, 2, 136},
	{"vsock", 19, 3, 8},
	{"sound", 25, 4, 12},
	{"fs", CONFIG_DEVICE_ID_FS, 2, 40},
	{"i2c", 34, 1, 0},
	{"can", 36, 3, 2},
	{"gpio", 41, 2, 8},
};
#define CLASS_COUNT (sizeof(classes) / sizeof(classes[0]))

SETTER(set_tag)
{
	size_t bytes = strlen(attribute->value);

	if (bytes && bytes <= CONFIG_TAG_BYTES && value_is_plain(attribute->value))
		memcpy(member, attribute->value, bytes + 1);
	else
		problem_value(build, attribute,
			"1 to 36 bytes of UTF-8 without control characters");
}

SETTER(set_queue_size)
{
	uint64_t value;

	if (!value_number(attribute->value, &value) && value >= def->min &&
		value <= def->max && !(value & (value - 1)))
		*(uint16_t *)member = (uint16_t)value;
	else
		problem_value(build, attribute, "2, 4, 8, 16, 32, 64, 128, 256");
}

SETTER(set_device_id)
{
	struct config_vhost *vhost = member;
	const char *names[CLASS_COUNT + 2] = {"1 to 63"};
	struct device_class found = {.queues = 1, .config_bytes = CONFIG_BYTES_UNKNOWN};
	char list[WORDS_BYTES];
	uint64_t number = 0;

	if (!value_number(attribute->value, &number) && number <= DEVICE_ID_MAX)
		found.id = (uint16_t)number;
	for (unsigned int i = 0; i < CLASS_COUNT; i++) {
		names[1 + i] = classes[i].name;
		if (!strcmp(classes[i].name, attribute->value) ||
			classes[i].id == found.id)
			found = classes[i];
	}
	if (!found.id) {
		problem_value(build, attribute, words_list(list, names));
		return;
	}
	vhost->device_id = found.id;
	vhost->config_bytes = found.config_bytes;
	/* Whichever of the two is said first. */
	if (!vhost->queues)
		vhost->queues = found.queues;
}
