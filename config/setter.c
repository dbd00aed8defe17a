/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/value.h"
#include "config/xml.h"

SETTER(set_any_text)
{
	char **text = member;

	if (!value_is_plain(attribute->value))
		problem_value(build, attribute, "UTF-8 without control characters");
	else
		*text = build_copy(build, attribute->value);
}

SETTER(set_text)
{
	if (!attribute->value[0])
		build_problem(build, attribute->line, "%s is empty", attribute->name);
	else
		set_any_text(build, def, attribute, member);
}

SETTER(set_path)
{
	char **path = member;
	char *name = NULL;

	set_text(build, def, attribute, &name);
	if (name)
		*path = build_path(build, name);
	free(name);
}

SETTER(set_socket)
{
	const size_t room = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	const size_t most = def->max ? def->max : room;
	char **path = member;

	set_path(build, def, attribute, path);
	if (*path && strlen(*path) > most)
		build_problem(build, attribute->line,
			"%s has %zu bytes with its folder, a socket's path has at most "
			"%zu",
			attribute->name, strlen(*path), most);
}

SETTER(set_name)
{
	char *name = member;

	if (value_is_name(attribute->value))
		memcpy(name, attribute->value, strlen(attribute->value) + 1);
	else
		problem_value(build, attribute, "1 to 32 of A-Z a-z 0-9 . _ -");
}

SETTER(set_address)
{
	char **address = member;

	if (value_is_address(attribute->value))
		*address = build_copy(build, attribute->value);
	else
		problem_value(build, attribute, "a numeric IPv4 or IPv6 address");
}

static bool number(struct build *build, const struct attribute_def *def,
	const struct xml_attribute *attribute, uint64_t *ret)
{
	char allowed[64];
	uint64_t value = 0;

	if (!value_number(attribute->value, &value) && value >= def->min &&
		value <= def->max) {
		*ret = value;
		return true;
	}
	snprintf(allowed, sizeof(allowed), "%" PRIu64 " to %" PRIu64, def->min, def->max);
	problem_value(build, attribute, allowed);
	return false;
}

SETTER(set_uint)
{
	uint64_t value;

	if (number(build, def, attribute, &value))
		*(unsigned int *)member = (unsigned int)value;
}

SETTER(set_u16)
{
	uint64_t value;

	if (number(build, def, attribute, &value))
		*(uint16_t *)member = (uint16_t)value;
}

static int find_word(struct build *build, const struct attribute_def *def,
	const struct xml_attribute *attribute, const char *const *words)
{
	char list[WORDS_BYTES];

	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], attribute->value))
			return i;
	problem_value(build, attribute, words_list(list, words));
	return -1;
}

SETTER(set_word)
{
	int value = find_word(build, def, attribute, def->words);

	/* Every enum of config.h is as wide as an int. */
	if (value >= 0)
		*(int *)member = value + (int)def->min;
}

SETTER(set_bool)
{
	static const char *const words[] = {"no", "yes", NULL};
	int value = find_word(build, def, attribute, words);

	if (value >= 0)
		*(bool *)member = value == 1;
}
