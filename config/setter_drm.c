/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/setter.h"
#include "config/xml.h"

#define CONNECTOR_CHARS 31u
#define CONNECTOR_LETTERS                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"
#define DIGITS "0123456789"
#define MODE_DIGITS 5u

SETTER(set_connectors)
{
	char **connectors = member;
	const char *at = attribute->value;
	unsigned int count = 0;

	for (;;) {
		size_t chars = strspn(at, CONNECTOR_LETTERS);

		if (!chars || chars > CONNECTOR_CHARS ||
			count++ == CONFIG_GPU_SCANOUTS_MAX)
			break;
		if (!at[chars]) {
			*connectors = build_copy(build, attribute->value);
			return;
		}
		if (at[chars] != ' ')
			break;
		at += chars + 1;
	}
	problem_value(build, attribute,
		"names such as HDMI-A-1, at most 16, with a blank between them");
}

/* Up to end, of a text of digits; *at moves behind it. 0 where it is none. */
static uint32_t take_number(const char **at, char end)
{
	size_t digits = strspn(*at, DIGITS);
	uint32_t number = 0;

	if (!digits || digits > MODE_DIGITS || (*at)[digits] != end)
		return 0;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint32_t)((*at)[i] - '0');
	*at += digits + (end != '\0');
	return number;
}

SETTER(set_mode)
{
	struct config_drm *drm = member;
	const char *at = attribute->value;
	bool has_rate = strchr(at, '@');
	uint32_t width = take_number(&at, 'x');
	uint32_t height = width ? take_number(&at, has_rate ? '@' : '\0') : 0;
	uint32_t refresh = height && has_rate ? take_number(&at, '\0') : 0;

	if (!height || width > CONFIG_GPU_SIDE_MAX || height > CONFIG_GPU_SIDE_MAX ||
		refresh > 1000 || (has_rate && !refresh)) {
		problem_value(build, attribute, "WIDTHxHEIGHT or WIDTHxHEIGHT@HZ");
		return;
	}
	drm->width = width;
	drm->height = height;
	drm->refresh = refresh;
}
