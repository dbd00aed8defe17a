/* SPDX-License-Identifier: Apache-2.0 */
/* <verify>: the VM has a signed manifest, and what it is checked against. */
#ifndef CONFIG_VERIFY_H
#define CONFIG_VERIFY_H

struct build;
struct config_verify;
struct xml_element;

void verify_read(struct build *build, const struct xml_element *element);

/* What follows from the whole file. */
void verify_check(struct build *build);

void verify_finish(struct config_verify *verify);

#endif
