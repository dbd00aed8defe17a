/* SPDX-License-Identifier: Apache-2.0 */
#include "config/attribute.h"

#include <stdio.h>
#include <string.h>

#include "config/build.h"
#include "config/language.h"
#include "config/value.h"
#include "config/xml.h"

const char *words_list(char buf[WORDS_BYTES], const char *const *words)
{
	size_t used = 0;

	buf[0] = 0;
	for (; *words; words++) {
		int bytes = snprintf(
			buf + used, WORDS_BYTES - used, "%s%s", used ? ", " : "", *words);

		if (bytes < 0 || (size_t)bytes >= WORDS_BYTES - used)
			break;
		used += (size_t)bytes;
	}
	return buf;
}

void problem_unknown(struct build *build, int line, const char *what, const char *name,
	const char *in, const char *const *allowed)
{
	char quoted[VALUE_QUOTE_BYTES];
	char list[WORDS_BYTES];

	value_quote(quoted, name);
	for (const char *const *word = allowed; *word; word++)
		if (value_is_near(name, *word)) {
			build_problem(build, line,
				"unknown %s '%s' in <%s>, did you mean '%s'?", what,
				quoted, in, *word);
			return;
		}
	if (*allowed)
		build_problem(build, line, "unknown %s '%s' in <%s>, allowed: %s", what,
			quoted, in, words_list(list, allowed));
	else
		build_problem(build, line, "unknown %s '%s' in <%s>, which has none",
			what, quoted, in);
}

void problem_not_yet(struct build *build, int line, const char *what, const char *name)
{
	build_problem(build, line, "%s '%s' is not in this build yet", what, name);
}

void element_no_text(struct build *build, const struct xml_element *element)
{
	char quoted[VALUE_QUOTE_BYTES];

	if (element->text)
		build_problem(build, element->text_line,
			"text '%s' in <%s>, which holds none",
			value_quote(quoted, element->text), element->name);
}

void element_no_children(struct build *build, const struct xml_element *element)
{
	static const char *const none[] = {NULL};

	element_no_text(build, element);
	for (const struct xml_element *child = element->children; child;
		child = child->next)
		problem_unknown(
			build, child->line, "element", child->name, element->name, none);
}

unsigned int element_count_children(struct build *build,
	const struct xml_element *element, const char *name, unsigned int most)
{
	unsigned int count = 0;

	for (const struct xml_element *child = element->children; child;
		child = child->next)
		count += !strcmp(child->name, name);
	if (count <= most)
		return count;
	build_problem(
		build, element->line, "%u <%s> elements, allowed: %u", count, name, most);
	return most;
}

static void problem_unknown_attribute(struct build *build, const struct element_def *def,
	const struct xml_attribute *attribute, unsigned int types)
{
	const char *allowed[XML_ATTRIBUTES_MAX + 1];
	unsigned int count = 0;

	for (unsigned int i = 0; i < def->attribute_count; i++)
		if (def->attributes[i].set &&
			(!def->attributes[i].types || def->attributes[i].types & types))
			allowed[count++] = def->attributes[i].name;
	allowed[count] = NULL;
	problem_unknown(
		build, attribute->line, "attribute", attribute->name, def->name, allowed);
}

/* The attribute belongs to other types of device: says which. */
static void problem_foreign(struct build *build, const struct element_def *def,
	const struct xml_attribute *attribute)
{
	const char *owners[8];
	unsigned int types = 0;
	unsigned int count = 0;
	char list[WORDS_BYTES];

	for (unsigned int i = 0; i < def->attribute_count; i++)
		if (!strcmp(def->attributes[i].name, attribute->name))
			types |= def->attributes[i].types;
	for (unsigned int i = 0; language_types[i] && count < 7; i++)
		if (types & 1u << i)
			owners[count++] = language_types[i];
	owners[count] = NULL;
	build_problem(build, attribute->line, "attribute '%s' is for devices of type %s",
		attribute->name, words_list(list, owners));
}

static void apply(struct build *build, const struct element_def *def,
	const struct attribute_def *found, const struct xml_attribute *attribute,
	unsigned int types, void *object)
{
	if (!found)
		problem_unknown_attribute(build, def, attribute, types);
	else if (found->types && !(found->types & types))
		problem_foreign(build, def, attribute);
	else if (!found->set)
		problem_not_yet(build, attribute->line, "attribute", found->name);
	else
		found->set(build, found, attribute, (char *)object + found->offset);
}

void attributes_apply(struct build *build, const struct element_def *def,
	const struct xml_element *element, unsigned int types, void *object)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];
		const struct attribute_def *found = NULL;

		/* Of two with one name, that of this type. */
		for (unsigned int j = 0; j < def->attribute_count; j++) {
			if (strcmp(def->attributes[j].name, attribute->name))
				continue;
			seen |= UINT64_C(1) << j;
			if (!found || def->attributes[j].types & types)
				found = &def->attributes[j];
		}
		apply(build, def, found, attribute, types, object);
	}
	for (unsigned int j = 0; j < def->attribute_count; j++)
		if (def->attributes[j].required && !(seen & UINT64_C(1) << j))
			build_problem(build, element->line,
				"<%s> needs the attribute '%s'", def->name,
				def->attributes[j].name);
}

void problem_value(
	struct build *build, const struct xml_attribute *attribute, const char *allowed)
{
	char quoted[VALUE_QUOTE_BYTES];

	build_problem(build, attribute->line, "%s is '%s', allowed: %s", attribute->name,
		value_quote(quoted, attribute->value), allowed);
}
