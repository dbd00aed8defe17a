/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SAX2 interface of libxml2 (2.9 and later) over a text in memory; XML 1.0, 5th
 * edition. The parser's own tree is not used: its line numbers end at 65535 and point to
 * the end of a start tag. Here a line is counted in the text, from the offset at which
 * the parser stands. Set-up thread only.
 */
#include "config/xml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "config/text.h"
#include "config/value.h"
#include "src/error.h"

#define CHUNK_BYTES 16384u
#define TEXT_BYTES 64u
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

#if LIBXML_VERSION >= 21200
#define XML_ERROR_POINTER const xmlError *
#else
#define XML_ERROR_POINTER xmlErrorPtr
#endif

struct chunk {
	struct chunk *next;
	size_t used;
	size_t room;
	_Alignas(8) char bytes[];
};

struct xml_document {
	struct chunk *chunks;
	struct xml_element *root;
};

struct reader {
	struct xml_document *document;
	struct problems *problems;
	const char *file;
	const char *xml;
	size_t bytes;
	size_t offset; /* up to here lines are counted */
	int line;      /* at offset */
	xmlParserCtxtPtr parser;
	struct xml_element *current;
	unsigned int depth;
	unsigned int elements;
	int code; /* after the first problem nothing more is read */
};

static void *take(struct xml_document *document, size_t bytes)
{
	struct chunk *chunk = document->chunks;
	void *ret;

	bytes = (bytes + 7) & ~(size_t)7;
	if (!chunk || chunk->room - chunk->used < bytes) {
		size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->room = room;
		chunk->next = document->chunks;
		document->chunks = chunk;
	}
	ret = chunk->bytes + chunk->used;
	chunk->used += bytes;
	return ret;
}

static void stop(struct reader *reader, int code)
{
	reader->code = code;
	xmlStopParser(reader->parser);
}

static void refuse(struct reader *reader, int line, const char *what)
{
	struct source_pos pos = {.file = reader->file, .line = line};

	stop(reader, problems_add(reader->problems, &pos, "%s", what));
}

static char *copy(struct reader *reader, const char *from, size_t bytes)
{
	char *ret = take(reader->document, bytes + 1);

	if (!ret)
		stop(reader, -ENOMEM);
	else
		memcpy(ret, from, bytes);
	return ret;
}

static char *qualified(struct reader *reader, const xmlChar *prefix, const xmlChar *local)
{
	size_t prefix_bytes = prefix ? strlen((const char *)prefix) + 1 : 0;
	size_t local_bytes = strlen((const char *)local);
	char *ret = take(reader->document, prefix_bytes + local_bytes + 1);

	if (!ret) {
		stop(reader, -ENOMEM);
		return NULL;
	}
	if (prefix) {
		memcpy(ret, prefix, prefix_bytes - 1);
		ret[prefix_bytes - 1] = ':';
	}
	memcpy(ret + prefix_bytes, local, local_bytes);
	return ret;
}

static size_t here(const struct reader *reader)
{
	long at = xmlByteConsumed(reader->parser);

	return at < 0 || (size_t)at > reader->bytes ? reader->bytes : (size_t)at;
}

/* Offsets come in rising order; one that does not gets the line of the last. */
static int line_at(struct reader *reader, size_t offset)
{
	for (; reader->offset < offset; reader->offset++)
		if (reader->xml[reader->offset] == '\n')
			reader->line++;
	return reader->line;
}

/*
 * The line of an attribute's name in a start tag that the parser has found well-formed:
 * <element name = "value" …, where no value holds a "<" or its own quote.
 */
static int attribute_line(const char *tag, const char *end, int line, const char *name)
{
	size_t bytes = strlen(name);

	while (tag < end && !text_is_space(*tag))
		tag++;
	while (tag < end) {
		const char *start;
		char quote;

		for (; tag < end && text_is_space(*tag); tag++)
			line += *tag == '\n';
		start = tag;
		while (tag < end && *tag != '=' && !text_is_space(*tag))
			tag++;
		if ((size_t)(tag - start) == bytes && !memcmp(start, name, bytes))
			return line;
		for (; tag < end && *tag != '"' && *tag != '\''; tag++)
			line += *tag == '\n';
		if (tag == end)
			break;
		quote = *tag++;
		for (; tag < end && *tag != quote; tag++)
			line += *tag == '\n';
		if (tag < end)
			tag++;
	}
	return line;
}

static int copy_attributes(struct reader *reader, struct xml_element *element,
	const char *tag, const char *end, unsigned int count, const xmlChar **from)
{
	struct xml_attribute *to = take(reader->document, (count + 1) * sizeof(*to));

	if (!to)
		return -ENOMEM;
	element->attributes = to;
	/* Each has five words: local name, prefix, namespace, value and the value's end.
	 */
	for (; count; count--, from += 5) {
		const char *value = (const char *)from[3];

		if (from[2] && !strcmp((const char *)from[2], XSI) && !reader->current &&
			(!strcmp((const char *)from[0], "noNamespaceSchemaLocation") ||
				!strcmp((const char *)from[0], "schemaLocation")))
			continue;
		to->name = qualified(reader, from[1], from[0]);
		to->value = copy(reader, value, (size_t)((const char *)from[4] - value));
		if (!to->name || !to->value)
			return -ENOMEM;
		to->line = attribute_line(tag, end, element->line, to->name);
		element->attribute_count++;
		to++;
	}
	return 0;
}

static bool limits_hold(struct reader *reader, int line, int namespaces,
	const xmlChar **namespace, int attributes)
{
	const char *what = NULL;

	for (int i = 0; i < namespaces; i++)
		if (!namespace[2 * i] || strcmp((const char *)namespace[2 * i + 1], XSI))
			what = "namespaces (xmlns) have no meaning here";
	if (reader->depth == XML_DEPTH_MAX)
		what = "elements nest deeper than 16 levels";
	else if (reader->elements == XML_ELEMENTS_MAX)
		what = "more than 8192 elements";
	else if (attributes > (int)XML_ATTRIBUTES_MAX)
		what = "an element with more than 64 attributes";
	if (what)
		refuse(reader, line, what);
	return !what;
}

static void start_element(void *context, const xmlChar *local, const xmlChar *prefix,
	const xmlChar *uri, int namespaces, const xmlChar **namespace, int attributes,
	int defaulted, const xmlChar **attribute)
{
	struct reader *reader = context;
	struct xml_element *element;
	size_t end = here(reader);
	size_t start = end;
	int line;

	if (reader->code)
		return;
	/* A start tag holds no other "<", so the last one begins it. */
	while (start && reader->xml[--start] != '<')
		;
	line = line_at(reader, start);
	if (!limits_hold(reader, line, namespaces, namespace, attributes))
		return;
	element = take(reader->document, sizeof(*element));
	if (!element) {
		stop(reader, -ENOMEM);
		return;
	}
	element->line = line;
	element->name = qualified(reader, prefix, local);
	if (!element->name ||
		copy_attributes(reader, element, reader->xml + start, reader->xml + end,
			(unsigned int)attributes, attribute)) {
		stop(reader, -ENOMEM);
		return;
	}
	element->parent = reader->current;
	if (!element->parent)
		reader->document->root = element;
	else if (element->parent->last_child)
		element->parent->last_child->next = element;
	else
		element->parent->children = element;
	if (element->parent)
		element->parent->last_child = element;
	reader->current = element;
	reader->depth++;
	reader->elements++;
}

static void end_element(
	void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *reader = context;

	if (reader->code)
		return;
	reader->current = reader->current->parent;
	reader->depth--;
}

/* Remembers the beginning of a text that starts at an offset of the file. */
static void note_text(struct reader *reader, size_t at, const char *text, size_t left)
{
	size_t bytes = 1;

	reader->current->text_line = line_at(reader, at);
	while (bytes < left && bytes < TEXT_BYTES && !strchr("<\n", text[bytes]))
		bytes++;
	/* Not in the middle of a character. */
	while (bytes < left && bytes > 1 && (text[bytes] & 0xc0) == 0x80)
		bytes--;
	reader->current->text = copy(reader, text, bytes);
}

static void characters(void *context, const xmlChar *chars, int count)
{
	struct reader *reader = context;
	const char *text = (const char *)chars;
	size_t at = here(reader);
	size_t left = (size_t)count;

	if (reader->code || !reader->current || reader->current->text)
		return;
	/* The parser shows a piece before it passes it, or a copy when it has. */
	if (chars != reader->parser->input->cur)
		at = at > left ? at - left : 0;
	for (; left && text_is_space(*text); left--, at++)
		text++;
	if (!left)
		return;
	/* The piece may be short; the text goes on in the file, if this is its place. */
	if (at < reader->bytes && left <= reader->bytes - at &&
		!memcmp(reader->xml + at, text, left)) {
		text = reader->xml + at;
		left = reader->bytes - at;
	}
	note_text(reader, at, text, left);
}

/* A marked section is text even where it is blank, as it is to XML Schema. */
static void marked_section(void *context, const xmlChar *chars, int count)
{
	static const char mark[] = "<![CDATA[";
	struct reader *reader = context;
	size_t bytes = sizeof(mark) - 1;
	size_t at = here(reader);

	if (reader->code || !reader->current || reader->current->text)
		return;
	while (at &&
		(reader->bytes - at < bytes || memcmp(reader->xml + at, mark, bytes)))
		at--;
	note_text(reader, at, mark, bytes);
}

/* Called before the parser reads anything of the declaration's content. */
static void doctype(void *context, const xmlChar *name, const xmlChar *public_id,
	const xmlChar *system)
{
	struct reader *reader = context;

	if (!reader->code)
		refuse(reader, line_at(reader, here(reader)),
			"a DOCTYPE is not allowed, nor entities that it would declare");
}

static void parser_error(void *context, XML_ERROR_POINTER error)
{
	struct reader *reader = context;
	struct source_pos pos = {.file = reader->file, .line = error->line};
	char quoted[VALUE_QUOTE_BYTES];
	char text[VALUE_QUOTE_BYTES + 1] = "no reason given";

	if (reader->code || error->level == XML_ERR_WARNING)
		return;
	if (error->code == XML_ERR_NO_MEMORY) {
		stop(reader, -ENOMEM);
		return;
	}
	if (pos.line < 1)
		pos.line = 1;
	if (error->message)
		snprintf(text, sizeof(text), "%s", error->message);
	text[strcspn(text, "\n")] = 0;
	stop(reader, problems_add(reader->problems, &pos, "is not well-formed XML: %s",
			     value_quote(quoted, text)));
}

static int read_document(struct reader *reader)
{
	static const xmlSAXHandler handler = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = start_element,
		.endElementNs = end_element,
		.characters = characters,
		.ignorableWhitespace = characters,
		.cdataBlock = marked_section,
		.internalSubset = doctype,
		.serror = parser_error,
	};

	if (text_check(reader->xml, reader->bytes, reader->file, reader->problems))
		return -EINVAL;
	reader->parser = xmlCreateMemoryParserCtxt(reader->xml, (int)reader->bytes);
	if (!reader->parser)
		return -ENOMEM;
	/*
	 * The text is UTF-8 whatever it declares: offsets are bytes of the text. NOENT
	 * makes a plain "&" of an attribute's "&amp;", which is a "&#38;" otherwise;
	 * without a DOCTYPE there is nothing else to replace.
	 */
	xmlCtxtUseOptions(
		reader->parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT);
	*reader->parser->sax = handler;
	reader->parser->userData = reader;
	xmlParseDocument(reader->parser);
	if (!reader->code && (!reader->parser->wellFormed || !reader->document->root))
		refuse(reader, 1, "is not well-formed XML");
	if (reader->parser->myDoc)
		xmlFreeDoc(reader->parser->myDoc);
	xmlFreeParserCtxt(reader->parser);
	return reader->code;
}

int xml_parse(const char *xml, size_t bytes, const char *file, struct xml_document **ret,
	struct problems *problems)
{
	struct reader reader = {.problems = problems, .file = file, .xml = xml};
	int code = -ENOMEM;

	reader.bytes = bytes;
	reader.line = 1;
	reader.document = calloc(1, sizeof(*reader.document));
	if (reader.document)
		code = read_document(&reader);
	if (code == -ENOMEM)
		problems_add(problems, NULL, "no memory for the configuration");
	if (code) {
		xml_destroy(reader.document);
		return code;
	}
	*ret = reader.document;
	return 0;
}

const struct xml_element *xml_root(const struct xml_document *document)
{
	return document->root;
}

const char *xml_attribute_value(const struct xml_element *element, const char *name)
{
	for (unsigned int i = 0; i < element->attribute_count; i++)
		if (!strcmp(element->attributes[i].name, name))
			return element->attributes[i].value;
	return NULL;
}

void xml_destroy(struct xml_document *document)
{
	if (!document)
		return;
	while (document->chunks) {
		struct chunk *chunk = document->chunks;

		document->chunks = chunk->next;
		free(chunk);
	}
	free(document);
}
