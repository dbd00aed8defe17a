/* SPDX-License-Identifier: Apache-2.0 */
#include "config/language.h"

#include <limits.h>
#include <string.h>

#include "config/config.h"
#include "config/setter.h"

#define COUNT(array) ((unsigned int)(sizeof(array) / sizeof((array)[0])))
#define AT(object, member) offsetof(struct object, member)
#define ELEMENT(word, table)                                                             \
	.name = (word), .attributes = (table), .attribute_count = COUNT(table)

#define NET (1u << CONFIG_DEVICE_NET)
#define BLOCK (1u << CONFIG_DEVICE_BLOCK)
#define BALLOON (1u << CONFIG_DEVICE_BALLOON)
#define VSOCK (1u << CONFIG_DEVICE_VSOCK)
#define PMEM (1u << CONFIG_DEVICE_PMEM)
#define FS (1u << CONFIG_DEVICE_FS)
#define VHOST_USER (1u << CONFIG_DEVICE_VHOST_USER)
#define GPU (1u << CONFIG_DEVICE_GPU)
#define INPUT (1u << CONFIG_DEVICE_INPUT)

static const char *const arches[] = {"arm64", "armv7", "x86_64", NULL};
static const char *const reboots[] = {"restart", "exit", NULL};
static const char *const crashes[] = {"exit", "restart", NULL};
static const char *const stops[] = {"exit", "powerdown", NULL};
static const char *const images[] = {"read", "map", NULL};
static const char *const hugepages[] = {"no", "yes", "2M", "1G", NULL};
static const char *const no_or_yes[] = {"no", "yes", NULL};
static const char *const protocols[] = {"tcp", "udp", NULL};
static const char *const watchdog_actions[] = {
	"reset", "poweroff", "crash", "pause", "none", NULL};
static const char *const input_kinds[] = {"keyboard", "pointer", "tablet", "touch", NULL};
static const char *const keys[] = {"file", "passphrase", NULL};
static const char *const caches[] = {"writeback", "none", NULL};

const char *const language_expiries[] = {"check", "ignore", NULL};

/* <config> */
static const struct attribute_def config_attributes[] = {
	{"name", set_vm_name, AT(vm_config, name)},
	{"kernel_rom", set_rom, AT(vm_config, kernel), .min = 1},
	{"initrd_rom", set_initrds, 0, .max = 16},
	{"firmware_rom", set_rom, AT(vm_config, firmware)},
	{"dtb_overlay_rom", set_rom, AT(vm_config, dtb_overlay)},
	{"ram_size", set_ram_size, 0, .required = true},
	{"cpu_count", set_uint, AT(vm_config, cpu_count), true, .min = 1, .max = 512},
	{"cpu_type", set_cpu_type, AT(vm_config, cpu_type)},
	{"gic_version", set_gic, AT(vm_config, gic)},
	{"bootargs", set_any_text, AT(vm_config, bootargs)},
	{"arch", set_word, AT(vm_config, arch), .min = 1, .words = arches},
	{"cpu_affinity", set_affinity, 0},
	{"on_reboot", set_word, AT(vm_config, on_reboot), .words = reboots},
	{"on_crash", set_word, AT(vm_config, on_crash), .words = crashes},
	{"on_stop", set_word, AT(vm_config, on_stop), .words = stops},
};
const struct element_def language_config = {ELEMENT("config", config_attributes)};

/* <memory> */
static const struct attribute_def memory_attributes[] = {
	{"image", set_word, AT(config_memory, image), .words = images},
	{"hugepages", set_word, AT(config_memory, hugepages), .words = hugepages},
	{"merge", set_bool, AT(config_memory, merge)},
	{"shared", set_word, AT(config_memory, shared), .min = CONFIG_SHARED_NO,
		.words = no_or_yes},
	{"lock", set_bool, AT(config_memory, lock)},
};
const struct element_def language_memory = {ELEMENT("memory", memory_attributes)};

/* <ready> */
static const struct attribute_def ready_attributes[] = {
	{"text", set_text, AT(config_ready, text)},
	{"device", set_name, AT(config_ready, device)},
	{"vsock_port", set_uint, AT(config_ready, vsock_port), .min = 1,
		.max = UINT32_MAX - 1},
};
const struct element_def language_ready = {ELEMENT("ready", ready_attributes)};

/* <tls>, of a tcp or a control */
static const struct attribute_def tls_attributes[] = {
	{"certificate", set_path, AT(config_tls, certificate), .required = true},
	{"key", set_path, AT(config_tls, key), .required = true},
	{"ca", set_path, AT(config_tls, ca), .required = true},
	{"clients", set_text, AT(config_tls, clients)},
};
const struct element_def language_tls = {ELEMENT("tls", tls_attributes)};

/* <control> */
static const struct attribute_def control_attributes[] = {
	{"socket", set_control_socket, 0},
	{"port", set_u16, AT(config_control, port), .min = 1, .max = 65535},
	{"address", set_address, AT(config_control, address)},
};
const struct element_def language_control = {ELEMENT("control", control_attributes)};

/* <watchdog> */
static const struct attribute_def watchdog_attributes[] = {
	{"action", set_word, AT(config_watchdog, action), .words = watchdog_actions},
};
const struct element_def language_watchdog = {ELEMENT("watchdog", watchdog_attributes)};

/* <verify> */
static const struct attribute_def verify_attributes[] = {
	{"manifest", set_path, AT(config_verify, manifest), .required = true},
	{"key", set_path, AT(config_verify, trust.key)},
	{"minimum_version", set_uint, AT(config_verify, trust.minimum_version),
		.max = UINT_MAX},
	{"expiry", set_word, AT(config_verify, trust.expiry), .words = language_expiries},
};
const struct element_def language_verify = {ELEMENT("verify", verify_attributes)};
/* <sandbox> */
static const struct attribute_def sandbox_attributes[] = {
	{"seccomp", set_bool, AT(config_sandbox, seccomp)},
	{"landlock", set_bool, AT(config_sandbox, landlock)},
	{"namespaces", set_bool, AT(config_sandbox, namespaces)},
	{"capabilities", set_bool, AT(config_sandbox, capabilities)},
	{"core_dumps", set_bool, AT(config_sandbox, core_dumps)},
	{"user", set_user, AT(config_sandbox, user)},
};
const struct element_def language_sandbox = {ELEMENT("sandbox", sandbox_attributes)};

/* <isa>, of the x86 board */
static const struct attribute_def isa_attributes[] = {
	{"rtc", set_bool, AT(config_isa, rtc)},
	{"serial", set_bool, AT(config_isa, serial)},
	{"pit", set_bool, AT(config_isa, pit)},
	{"pic", set_bool, AT(config_isa, pic)},
	{"option_roms", set_bool, AT(config_isa, option_roms)},
	{"kernel_cmdline", set_bool, AT(config_isa, kernel_cmdline)},
	{"acpi", set_bool, AT(config_isa, acpi)},
};
const struct element_def language_isa = {ELEMENT("isa", isa_attributes)};

/* <fw_cfg> and <credential> */
static const struct attribute_def fw_cfg_attributes[] = {
	{"name", set_item_name, AT(config_fw_cfg, name), .required = true},
	{"file", set_path, AT(config_fw_cfg, path)},
	{"string", set_any_text, AT(config_fw_cfg, string)},
};
const struct element_def language_fw_cfg = {ELEMENT("fw_cfg", fw_cfg_attributes)};

static const struct attribute_def credential_attributes[] = {
	{"name", set_credential_name, AT(config_fw_cfg, name), .required = true},
	{"file", set_path, AT(config_fw_cfg, path)},
	{"fd", set_fd, AT(config_fw_cfg, fd), .min = 3, .max = INT_MAX},
	{"credential", set_host_credential, AT(config_fw_cfg, host_credential)},
};
const struct element_def language_credential = {
	ELEMENT("credential", credential_attributes)};

/* <shared_memory> */
static const struct attribute_def shared_memory_attributes[] = {
	{"name", set_name, AT(config_shared_memory, name), .required = true},
	{"path", set_path, AT(config_shared_memory, path), .required = true},
	{"size", set_shared_size, AT(config_shared_memory, bytes), .required = true},
	{"address", set_gpa, AT(config_shared_memory, gpa)},
	{"readonly", set_bool, AT(config_shared_memory, readonly)},
};
const struct element_def language_shared_memory = {
	ELEMENT("shared_memory", shared_memory_attributes)};

const struct element_def language_uart = {.name = "uart"};

/* <virtio_device> */
static const struct attribute_def device_attributes[] = {
	{"name", set_name, AT(config_device, name), .required = true},
	{"type", set_type, AT(config_device, type), .required = true},
	{"mac", set_mac, AT(config_device, net.mac), .types = NET},
	{"mtu", set_u16, AT(config_device, net.mtu), .types = NET, .min = 68,
		.max = 65535},
	{"queues", set_u16, AT(config_device, net.queues), .types = NET, .min = 1,
		.max = 16},
	{"queues", set_u16, AT(config_device, block.queues), .types = BLOCK, .min = 1,
		.max = 16},
	{"queues", set_u16, AT(config_device, vhost.queues), .types = FS | VHOST_USER,
		.min = 1, .max = 16},
	{"queue_size", set_queue_size, AT(config_device, vhost.queue_size),
		.types = FS | VHOST_USER, .min = 2, .max = 256},
	{"readonly", set_bool, AT(config_device, block.readonly), .types = BLOCK},
	{"readonly", set_bool, AT(config_device, pmem.readonly), .types = PMEM},
	{"serial", set_serial, AT(config_device, block.serial), .types = BLOCK},
	{"tag", set_tag, AT(config_device, vhost.tag), .types = FS},
	{"id", set_device_id, AT(config_device, vhost), .types = VHOST_USER},
	{"iothread", set_iothread, AT(config_device, block.iothread), .types = BLOCK},
	{"size", set_balloon_size, AT(config_device, balloon), .types = BALLOON},
	{"stats_interval", set_uint, AT(config_device, balloon.stats_interval),
		.types = BALLOON, .max = UINT32_MAX},
	{"deflate_on_oom", set_bool, AT(config_device, balloon.deflate_on_oom),
		.types = BALLOON},
	{"free_page_reporting", set_bool, AT(config_device, balloon.free_page_reporting),
		.types = BALLOON},
	{"cid", set_uint, AT(config_device, vsock.cid), .types = VSOCK, .min = 3,
		.max = UINT32_MAX - 1},
	{"width", set_uint, AT(config_device, gpu.width), .types = GPU,
		.min = CONFIG_GPU_SIDE_MIN, .max = CONFIG_GPU_SIDE_MAX},
	{"height", set_uint, AT(config_device, gpu.height), .types = GPU,
		.min = CONFIG_GPU_SIDE_MIN, .max = CONFIG_GPU_SIDE_MAX},
	{"scanouts", set_uint, AT(config_device, gpu.scanouts), .types = GPU, .min = 1,
		.max = CONFIG_GPU_SCANOUTS_MAX},
	{"max_memory", set_gpu_memory, AT(config_device, gpu.max_memory_bytes),
		.types = GPU},
	{"kind", set_word, AT(config_device, input.kind), .types = INPUT,
		.words = input_kinds},
};
const struct element_def language_device = {ELEMENT("virtio_device", device_attributes)};

/* <port> of a console, <forward> of a user net */
static const struct attribute_def port_attributes[] = {
	{"name", set_port_name, AT(config_port, name), .required = true},
};
const struct element_def language_port = {ELEMENT("port", port_attributes)};

static const struct attribute_def forward_attributes[] = {
	{"protocol", set_protocol, AT(config_forward, udp), .words = protocols},
	{"address", set_address, AT(config_forward, address)},
	{"host_port", set_u16, AT(config_forward, host_port), true, .min = 1,
		.max = 65535},
	{"guest_port", set_u16, AT(config_forward, guest_port), .min = 1, .max = 65535},
};
const struct element_def language_forward = {ELEMENT("forward", forward_attributes)};

/* Backends of the uart, consoles and their ports */
static const struct attribute_def pty_attributes[] = {
	{"link", set_path, AT(config_terminal, path)},
};
static const struct attribute_def socket_attributes[] = {
	{"path", set_socket, AT(config_terminal, path), .required = true},
};
static const struct attribute_def tcp_attributes[] = {
	{"port", set_u16, AT(config_terminal, port), true, .min = 1, .max = 65535},
	{"address", set_address, AT(config_terminal, address)},
};
static const struct attribute_def log_attributes[] = {
	{"path", set_path, AT(config_terminal, path), .required = true},
	{"append", set_bool, AT(config_terminal, append)},
};
static const struct element_def terminals[] = {
	{"stdio", .kind = CONFIG_TERMINAL_STDIO},
	{ELEMENT("pty", pty_attributes), .kind = CONFIG_TERMINAL_PTY},
	{ELEMENT("unix", socket_attributes), .kind = CONFIG_TERMINAL_UNIX},
	{ELEMENT("tcp", tcp_attributes), .kind = CONFIG_TERMINAL_TCP},
	{ELEMENT("file", log_attributes), .kind = CONFIG_TERMINAL_FILE},
	{"null", .kind = CONFIG_TERMINAL_NULL},
};
const struct element_list language_terminals = {terminals, COUNT(terminals)};

/* Backends of a net */
static const struct attribute_def tap_attributes[] = {
	{"ifname", set_ifname, AT(config_net, ifname)},
	{"fd", set_fd, AT(config_net, fd), .min = 3, .max = INT_MAX},
	{"vhost", set_bool, AT(config_net, vhost)},
};
static const struct attribute_def net_socket_attributes[] = {
	{"path", set_socket, AT(config_net, path), .required = true},
};
static const struct element_def nics[] = {
	{"user", .kind = CONFIG_NIC_USER},
	{ELEMENT("tap", tap_attributes), .kind = CONFIG_NIC_TAP},
	{ELEMENT("unix", net_socket_attributes), .kind = CONFIG_NIC_UNIX},
	{"null", .kind = CONFIG_NIC_NULL},
};
const struct element_list language_nics = {nics, COUNT(nics)};

/* Backend of a block */
static const struct attribute_def disk_attributes[] = {
	{"path", set_path, AT(config_block, path), .required = true},
	{"cache", set_word, AT(config_block, cache), .words = caches},
	{"discard", set_bool, AT(config_block, discard)},
};
static const struct attribute_def verity_attributes[] = {
	{"root_hash", set_root_hash, AT(config_block, verity.root_hash),
		.required = true},
	{"hash_file", set_path, AT(config_block, verity.hash_path)},
	{"hash_offset", set_offset, AT(config_block, verity.hash_offset_bytes)},
};
static const struct attribute_def crypt_attributes[] = {
	{"fd", set_fd, AT(config_block, crypt.fd), .min = 3, .max = INT_MAX},
	{"credential", set_host_credential, AT(config_block, crypt.credential)},
	{"keyring", set_text, AT(config_block, crypt.keyring)},
	{"key", set_word, AT(config_block, crypt.key), .words = keys},
};
static const struct element_def disks[] = {
	{ELEMENT("file", disk_attributes), .kind = CONFIG_DISK_FILE},
	{ELEMENT("verity", verity_attributes), .kind = CONFIG_DISK_VERITY},
	{ELEMENT("crypt", crypt_attributes), .kind = CONFIG_DISK_CRYPT},
};
const struct element_list language_disks = {disks, COUNT(disks)};
const struct element_list language_disk_files = {&disks[0], 1};

/* Backends of a vsock */
static const struct attribute_def vsock_socket_attributes[] = {
	{"path", set_socket, AT(config_vsock, path), .required = true,
		.max = LANGUAGE_VSOCK_PATH_MAX},
};
static const struct element_def vsocks[] = {
	{ELEMENT("unix", vsock_socket_attributes), .kind = CONFIG_VSOCK_UNIX},
	{"vhost", .kind = CONFIG_VSOCK_VHOST},
};
const struct element_list language_vsocks = {vsocks, COUNT(vsocks)};
/* Backend of a pmem */
static const struct attribute_def pmem_attributes[] = {
	{"path", set_path, AT(config_pmem, path), .required = true},
	{"shared", set_bool, AT(config_pmem, shared)},
};
static const struct element_def pmems[] = {{ELEMENT("file", pmem_attributes)}};
const struct element_list language_pmems = {pmems, COUNT(pmems)};

/* Backends of an fs and of a vhost_user */
static const struct attribute_def virtiofsd_attributes[] = {
	{"path", set_path, AT(config_vhost, path), .required = true},
	{"readonly", set_bool, AT(config_vhost, readonly)},
	{"binary", set_text, AT(config_vhost, binary)},
};
static const struct attribute_def vhost_socket_attributes[] = {
	{"path", set_socket, AT(config_vhost, path), .required = true},
};
static const struct element_def file_systems[] = {
	{ELEMENT("virtiofsd", virtiofsd_attributes), .kind = CONFIG_VHOST_VIRTIOFSD},
	{ELEMENT("unix", vhost_socket_attributes), .kind = CONFIG_VHOST_UNIX},
};
const struct element_list language_file_systems = {file_systems, COUNT(file_systems)};
const struct element_list language_vhost_users = {&file_systems[1], 1};

/* Backends of a gpu */
static const struct attribute_def drm_attributes[] = {
	{"device", set_path, AT(config_gpu, drm.device)},
	{"connector", set_connectors, AT(config_gpu, drm.connectors)},
	{"mode", set_mode, AT(config_gpu, drm)},
	{"lease", set_socket, AT(config_gpu, drm.lease)},
	{"vt", set_uint, AT(config_gpu, drm.vt), .min = 1, .max = 63},
};
static const struct attribute_def sdl_attributes[] = {
	{"fullscreen", set_bool, AT(config_gpu, fullscreen)},
};
static const struct attribute_def vnc_attributes[] = {
	{"port", set_u16, AT(config_gpu, vnc.port), .min = 1, .max = 65535},
	{"address", set_address, AT(config_gpu, vnc.address)},
	{"path", set_socket, AT(config_gpu, vnc.path)},
	{"password_file", set_path, AT(config_gpu, vnc.password_file)},
	{"web", set_bool, AT(config_gpu, vnc.web)},
	{"web_root", set_path, AT(config_gpu, vnc.web_root)},
};
static const struct element_def gpus[] = {
	{ELEMENT("drm", drm_attributes), .kind = CONFIG_GPU_DRM},
	{ELEMENT("sdl", sdl_attributes), .kind = CONFIG_GPU_SDL},
	{ELEMENT("vnc", vnc_attributes), .kind = CONFIG_GPU_VNC},
	{"headless", .kind = CONFIG_GPU_HEADLESS},
};
const struct element_list language_gpus = {gpus, COUNT(gpus)};

/* Backend of an input */
static const struct attribute_def evdev_attributes[] = {
	{"path", set_path, AT(config_input, path)},
	{"name", set_text, AT(config_input, match)},
	{"grab", set_bool, AT(config_input, grab)},
};
static const struct element_def inputs[] = {{ELEMENT("evdev", evdev_attributes)}};
const struct element_list language_inputs = {inputs, COUNT(inputs)};

const struct element_list language_none = {NULL, 0};

const char *const language_types[] = {"console", "net", "block", "rng", "balloon",
	"vsock", "pmem", "fs", "vhost_user", "gpu", "input", NULL};
const char *const language_children[] = {"uart", "virtio_device", "memory", "ready",
	"control", "watchdog", "verify", "sandbox", "isa", "fw_cfg", "credential",
	"shared_memory", NULL};
const char *const language_later_backends[] = {"nbd", NULL};

int language_index(const char *const *list, const char *name)
{
	for (int i = 0; list[i]; i++)
		if (!strcmp(list[i], name))
			return i;
	return -1;
}

const struct element_def *language_find(const struct element_list *list, const char *name)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (!strcmp(list->elements[i].name, name))
			return &list->elements[i];
	return NULL;
}
