/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elements and their attributes as tables: what is allowed, what is required, how a value
 * gets into its member. The tables themselves are in config/language.c.
 */
#ifndef CONFIG_ATTRIBUTE_H
#define CONFIG_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct build;
struct xml_attribute;
struct xml_element;

struct attribute_def {
	const char *name;
	/*
	 * Puts the value into member, or says what is wrong with it. NULL: a name that
	 * this build knows and cannot do yet.
	 */
	void (*set)(struct build *build, const struct attribute_def *def,
		const struct xml_attribute *attribute, void *member);
	size_t offset; /* of the member in the element's object */
	bool required;
	unsigned int types; /* bit per config_device_type that has it; 0: all */
	uint64_t min;
	uint64_t max;
	const char *const *words; /* ended by NULL; a word's index is its value */
};

struct element_def {
	const char *name;
	const struct attribute_def *attributes;
	unsigned int attribute_count;
	int kind; /* of a backend: its enum's value */
};

/*
 * Sets object's members from the element's attributes. types is the device's bit, or ~0u.
 * Unknown, missing and foreign attributes are problems.
 */
void attributes_apply(struct build *build, const struct element_def *def,
	const struct xml_element *element, unsigned int types, void *object);

/* A problem where the element holds text. */
void element_no_text(struct build *build, const struct xml_element *element);
/* Likewise for children; says so of each. */
void element_no_children(struct build *build, const struct xml_element *element);

/* How many children have that name, or most where more are: then it is a problem. */
unsigned int element_count_children(struct build *build,
	const struct xml_element *element, const char *name, unsigned int most);

/*
 * "unknown WHAT 'NAME' in <IN>", with the likely meant one or all that are allowed.
 * allowed is ended by NULL.
 */
void problem_unknown(struct build *build, int line, const char *what, const char *name,
	const char *in, const char *const *allowed);
void problem_not_yet(struct build *build, int line, const char *what, const char *name);

/* "NAME is VALUE, allowed: …" */
void problem_value(
	struct build *build, const struct xml_attribute *attribute, const char *allowed);

#define WORDS_BYTES 320
/* "a, b, c" in buf, as many as fit; words is ended by NULL. */
const char *words_list(char buf[WORDS_BYTES], const char *const *words);

#endif
