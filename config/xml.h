/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An XML text as a small tree of elements with exact lines. It knows nothing of VMs.
 *
 * The reader takes UTF-8 and plain elements only: no DOCTYPE (hence no entities but the
 * five of XML itself), no namespaces but the one that editors use to find a schema. Size,
 * depth and count are bounded, so what a hostile text costs is bounded too.
 */
#ifndef CONFIG_XML_H
#define CONFIG_XML_H

#include <stddef.h>

struct problems;

#define XML_DEPTH_MAX 16u
#define XML_ELEMENTS_MAX 8192u
#define XML_ATTRIBUTES_MAX 64u

struct xml_attribute {
	const char *name;
	const char *value; /* valid UTF-8, references resolved */
	int line;          /* of its name; 0: not from the file */
};

struct xml_element {
	const char *name;
	int line; /* of its "<" */
	const struct xml_attribute *attributes;
	unsigned int attribute_count;
	const char *text; /* the beginning of the first text that is not blank, or NULL */
	int text_line;
	struct xml_element *parent;
	struct xml_element *children;
	struct xml_element *last_child;
	struct xml_element *next;
};

struct xml_document;

/*
 * Reads one document. A text that is not well-formed or over a limit is one problem (at
 * file, which is borrowed) and -EINVAL; *ret is then untouched. -ENOMEM likewise.
 */
int xml_parse(const char *xml, size_t bytes, const char *file, struct xml_document **ret,
	struct problems *problems);

/* Lives as long as the document. */
const struct xml_element *xml_root(const struct xml_document *document);

/* What the element says of name, or NULL. */
const char *xml_attribute_value(const struct xml_element *element, const char *name);

void xml_destroy(struct xml_document *document);

#endif
