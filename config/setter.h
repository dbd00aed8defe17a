/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setters of attribute_def: each puts an attribute's value into the member, whose C
 * type is said behind it, or adds a problem and leaves the member alone.
 */
#ifndef CONFIG_SETTER_H
#define CONFIG_SETTER_H

struct attribute_def;
struct build;
struct xml_attribute;

#define SETTER(name)                                                                     \
	void name(struct build *build, const struct attribute_def *def,                  \
		const struct xml_attribute *attribute, void *member)

/* Values of any element: config/setter.c. */
SETTER(set_any_text); /* char * */
SETTER(set_text);     /* char *, not empty */
SETTER(set_path);     /* char *, in the XML's folder */
SETTER(set_socket);   /* char *, the same, up to def->max or a sockaddr_un */
SETTER(set_name);     /* char [CONFIG_NAME_CHARS + 1] */
SETTER(set_address);  /* char * */
SETTER(set_uint);     /* unsigned int, within def->min and def->max */
SETTER(set_u16);      /* uint16_t, likewise */
SETTER(set_word);     /* an enum: def->min and the index in def->words */
SETTER(set_bool);     /* bool: no, yes */

/* Values that one place has: config/setter_vm.c. */
SETTER(set_vm_name);         /* char * */
SETTER(set_rom);             /* struct config_rom; "" is none where def->min is 0 */
SETTER(set_initrds);         /* struct vm_config, its initrds */
SETTER(set_ram_size);        /* struct vm_config, size and position */
SETTER(set_cpu_type);        /* char * */
SETTER(set_gic);             /* enum config_gic */
SETTER(set_affinity);        /* struct vm_config, its affinity */
SETTER(set_control_socket);  /* struct config_control */
SETTER(set_type);            /* enum config_device_type */
SETTER(set_port_name);       /* char * */
SETTER(set_item_name);       /* char * */
SETTER(set_credential_name); /* char *, of the item */
SETTER(set_host_credential); /* char * */
SETTER(set_shared_size);     /* uint64_t, in steps of 2 MiB */
SETTER(set_gpa);             /* uint64_t, likewise */
SETTER(set_protocol);        /* bool: tcp, udp */
SETTER(set_mac);             /* uint8_t [6] */
SETTER(set_serial);          /* char [21] */
SETTER(set_tag);             /* char [CONFIG_TAG_BYTES + 1] */
SETTER(set_queue_size);      /* uint16_t, a power of two */
SETTER(set_device_id);       /* struct config_vhost: id, and what its class has */
SETTER(set_iothread);        /* bool */
SETTER(set_root_hash);       /* char *: hexadecimal digits */
SETTER(set_offset);          /* uint64_t: bytes, in steps of 512 */
SETTER(set_ifname);          /* char * */
SETTER(set_user);            /* char * */
SETTER(set_fd);              /* int */
SETTER(set_balloon_size);    /* struct config_balloon, size and position */
SETTER(set_gpu_memory);      /* uint64_t */

/* Values of a screen: config/setter_drm.c. */
SETTER(set_connectors); /* char * */
SETTER(set_mode);       /* struct config_drm: width, height and refresh */

#endif
