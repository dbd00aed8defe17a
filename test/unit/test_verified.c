/* SPDX-License-Identifier: Apache-2.0 */
/* A signed VM in a folder of its own, and everything that somebody else may do to it. */
#include "src/verified.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "src/sealed.h"
#include "src/sign.h"
#include "test/unit/test.h"

/* FLIPS: how many bits are flipped in turn; meson says it. */

static const char xml[] =
	"<config name=\"router\" kernel_rom=\"Image\" initrd_rom=\"initrd modules\"\n"
	"        dtb_overlay_rom=\"overlay\" firmware_rom=\"firmware\" ram_size=\"64M\"\n"
	"        cpu_count=\"2\" bootargs=\"console=hvc0 root=/dev/vda ro quiet\">\n"
	"  <verify manifest=\"vm.sig\" key=\"vendor.pem\" minimum_version=\"5\"/>\n"
	"  <fw_cfg name=\"opt/org.example/table\" file=\"table\"/>\n"
	"  <virtio_device name=\"vda\" type=\"block\">\n"
	"    <verity root_hash=\"8a0e1d36b6c2f5497d0a4b3c9e1f2876"
	"0512d4c3b2a1908f7e6d5c4b3a291807\">\n"
	"      <file path=\"disk\"/> </verity> </virtio_device>\n"
	"</config>\n";

/* All that is flipped, and the disk, which nobody looks at here. */
static const struct {
	const char *name;
	size_t bytes;
} files[] = {
	{"vm.xml", sizeof(xml) - 1},
	{"vm.sig", 0},
	{"Image", 8192},
	{"initrd", 4001},
	{"modules", 1000},
	{"overlay", 600},
	{"firmware", 2048},
	{"table", 300},
	{"disk", 4096},
};
#define FLIPPED 8u

static char folder[] = "/tmp/test_verified.XXXXXX";

static void put(const char *name, const void *from, size_t bytes)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, from, bytes) == (ssize_t)bytes);
	close(fd);
}

static void flip(const char *name, size_t bit)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	uint8_t byte = 0;

	CHECK(pread(fd, &byte, 1, (off_t)(bit / 8)) == 1);
	byte ^= (uint8_t)(1u << bit % 8);
	CHECK(pwrite(fd, &byte, 1, (off_t)(bit / 8)) == 1);
	close(fd);
}

static struct vm_config *load(void)
{
	struct problems problems = {0};
	struct vm_config *config = NULL;

	config_load("vm.xml", NULL, &config, &problems);
	return config;
}

/* A new one, but of RSA, whose making takes its time, always the same. */
static void make_keys(const char *type)
{
	static char rsa_private[SIGN_KEY_BYTES_MAX];
	static char rsa_public[SIGN_KEY_BYTES_MAX];
	char ec_private[SIGN_KEY_BYTES_MAX];
	char ec_public[SIGN_KEY_BYTES_MAX];
	bool rsa = type[0] == 'r';
	char *private_key = rsa ? rsa_private : ec_private;
	char *public_key = rsa ? rsa_public : ec_public;
	struct error err = {0};

	if (!rsa || !rsa_private[0])
		CHECK_EQ(sign_make_key(type, private_key, public_key, &err), 0);
	put("vendor.key", private_key, strlen(private_key));
	put("vendor.pem", public_key, strlen(public_key));
}

static void sign(unsigned int version)
{
	struct vm_config *config = load();
	struct manifest manifest;
	struct error err = {0};
	char text[SIGNED_BYTES_MAX];
	size_t bytes;

	CHECK_EQ(sign_manifest(config, version, &manifest, &err), 0);
	bytes = manifest_print(&manifest, text);
	CHECK_EQ(sign_text("vendor.key", NULL, text, sizeof(text), &bytes, &err), 0);
	put("vm.sig", text, bytes);
	config_destroy(config);
}

static void make_vm(const char *key_type)
{
	uint8_t content[8192];

	put("vm.xml", xml, sizeof(xml) - 1);
	for (size_t i = 2; i < sizeof(files) / sizeof(files[0]); i++) {
		for (size_t j = 0; j < files[i].bytes; j++)
			content[j] = (uint8_t)(j * 7 + i + j / 256);
		put(files[i].name, content, files[i].bytes);
	}
	unlink("linuxboot_dma.bin");
	make_keys(key_type);
	sign(7);
}

/* As the VM's own <verify> asks for it. */
static int begin(struct vm_config *config, struct verified **ret, struct error *err)
{
	const struct config_trust *any = &config->verify.trust;
	const struct verified_demand demand = {config->verify.trust.pos, 1, &any};

	return verified_begin(config, &demand, 1, ret, err);
}

static int verify(struct error *err)
{
	struct vm_config *config = load();
	struct verified *verified = NULL;
	int rc = -EINVAL;

	if (config)
		rc = begin(config, &verified, err);
	if (!rc)
		rc = verified_join(verified, err);
	verified_destroy(verified);
	config_destroy(config);
	return rc;
}

TEST(takes_what_was_signed)
{
	static const char *const types[] = {"p256", "p384", "rsa3072"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct error err = {0};

		make_vm(types[i]);
		CHECK_EQ(verify(&err), 0);
		CHECK_STR(err.text, "");
	}
}

static size_t size_of(const char *name)
{
	struct stat status;

	return stat(name, &status) < 0 ? 0 : (size_t)status.st_size;
}

static void flip_evenly(size_t from, size_t to, size_t count)
{
	size_t total = 0;
	size_t refused = 0;

	for (size_t i = from; i < to; i++)
		total += 8 * size_of(files[i].name);
	for (size_t n = 0; n < count; n++) {
		size_t bit = (size_t)((uint64_t)n * total / count);
		struct error err = {0};
		size_t i = from;

		for (; bit >= 8 * size_of(files[i].name); i++)
			bit -= 8 * size_of(files[i].name);
		flip(files[i].name, bit);
		if (verify(&err))
			refused++;
		else
			test_fail(
				__FILE__, __LINE__, "bit %zu of %s", bit, files[i].name);
		flip(files[i].name, bit);
	}
	CHECK_EQ(refused, count);
	CHECK_EQ(verify(&(struct error){0}), 0);
}

/* RSA, because that is checked the fastest. */
TEST(refuses_ten_thousand_flipped_bits_of_everything_signed)
{
	make_vm("rsa3072");
	flip_evenly(0, FLIPPED, FLIPS);
}

TEST(refuses_flipped_bits_of_manifests_with_signatures_of_both_curves)
{
	make_vm("p256");
	flip_evenly(1, 2, 500);
	make_vm("p384");
	flip_evenly(1, 2, 100);
}

TEST(refuses_what_is_longer_or_shorter)
{
	for (size_t i = 0; i < FLIPPED; i++) {
		size_t bytes;

		make_vm("p256");
		bytes = size_of(files[i].name);
		CHECK_EQ(truncate(files[i].name, (off_t)bytes - 1), 0);
		CHECK(verify(&(struct error){0}));
		make_vm("p256");
		CHECK_EQ(truncate(files[i].name, (off_t)bytes + 1), 0);
		CHECK(verify(&(struct error){0}));
	}
}

TEST(says_in_one_line_what_is_not_as_it_was_signed)
{
	struct error err = {0};

	make_vm("p256");
	flip("initrd", 4000);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "initrd_rom \"");
	CHECK_HAS(err.text, "initrd\" is not the file that was signed");
	CHECK_EQ(err.pos.line, 1);
	flip("initrd", 4000);
	CHECK_EQ(truncate("modules", 999), 0);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "it has 999 bytes in place of 1000");
}

TEST(refuses_another_vm_of_the_same_signer)
{
	struct error err = {0};
	char other[sizeof(xml)];

	make_vm("p256");
	memcpy(other, xml, sizeof(other));
	memcpy(strstr(other, "quiet"), "debug", 5);
	put("vm.xml", other, sizeof(other) - 1);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "this file is not the one that was signed");
}

TEST(refuses_an_older_version)
{
	struct error err = {0};

	make_vm("p256");
	sign(5);
	CHECK_EQ(verify(&err), 0);
	sign(4);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_STR(err.text, "version 4 is signed, minimum_version is 5");
	CHECK_EQ(err.pos.line, 4);
}

TEST(refuses_another_key)
{
	struct error err = {0};

	make_vm("p256");
	make_keys("p256");
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "has not signed this manifest");
	unlink("vendor.pem");
	CHECK_EQ(verify(&err), -ENOENT);
	put("vendor.pem", xml, sizeof(xml) - 1);
	CHECK_EQ(verify(&err), -EINVAL);
	CHECK_HAS(err.text, "neither a public key nor a certificate");
}

TEST(wants_every_demand_met)
{
	static char key[] = "vendor.pem";
	struct config_trust stricter = {.key = key, .minimum_version = 8};
	struct config_trust good = {.key = key, .minimum_version = 7};
	const struct config_trust *all[] = {&stricter, &good};
	struct verified_demand demands[] = {
		{{0}, 1, &all[1]},
		{{0}, 1, &all[0]},
		{{0}, 2, &all[0]},
		{{0}, 0, NULL},
	};
	struct verified *verified = NULL;
	struct vm_config *config;
	struct error err = {0};

	make_vm("p256");
	config = load();
	CHECK_EQ(verified_begin(config, &demands[0], 1, &verified, &err), 0);
	verified_destroy(verified);
	CHECK_EQ(verified_begin(config, &demands[0], 2, &verified, &err), -EKEYREJECTED);
	CHECK_EQ(verified_begin(config, &demands[1], 1, &verified, &err), -EKEYREJECTED);
	/* One of several is enough. */
	CHECK_EQ(verified_begin(config, &demands[2], 1, &verified, &err), 0);
	verified_destroy(verified);
	CHECK_EQ(verified_begin(config, &demands[3], 1, &verified, &err), -EKEYREJECTED);
	CHECK_STR(err.text, "no key is trusted for this VM");
	config_destroy(config);
}

/* What the host finds beside a firmware runs in the guest as well. */
TEST(refuses_a_file_that_was_not_there)
{
	struct error err = {0};

	make_vm("p256");
	put("linuxboot_dma.bin", "x", 1);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "is not in the signed manifest");
	sign(7);
	CHECK_EQ(verify(&err), 0);
	unlink("linuxboot_dma.bin");
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "the signed manifest has a linuxboot_rom");
}

/* Large enough for threads. */
TEST(hashes_large_files_beside_the_rest)
{
	struct error err = {0};

	make_vm("p256");
	CHECK_EQ(truncate("initrd", 5 << 20), 0);
	CHECK_EQ(truncate("modules", 3 << 20), 0);
	sign(7);
	CHECK_EQ(verify(&err), 0);
	flip("initrd", 33333333);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "initrd\" is not the file that was signed");
	flip("initrd", 33333333);
	flip("modules", (24 << 20) - 1);
	CHECK_EQ(verify(&err), -EKEYREJECTED);
	CHECK_HAS(err.text, "modules\" is not the file that was signed");
}

/* What the machine gets when it opens that ROM. */
static void read_kernel(const struct vm_config *config, uint8_t ret[8192])
{
	struct error err = {0};
	struct rom rom;
	size_t bytes = 0;

	CHECK_EQ(rom_open(&rom, "kernel_rom", &config->kernel, false, &err), 0);
	CHECK_EQ(rom_read(&rom, ret, 8192, &bytes, &err), 0);
	CHECK_EQ(bytes, 8192);
	rom_close(&rom);
}

TEST(a_file_that_is_overwritten_or_replaced_after_the_check_changes_nothing)
{
	static uint8_t want[8192];
	static uint8_t got[8192];
	struct verified *verified = NULL;
	struct vm_config *config;
	struct error err = {0};

	make_vm("p256");
	config = load();
	read_kernel(config, want);
	CHECK_EQ(begin(config, &verified, &err), 0);
	flip("Image", 100);
	read_kernel(config, got);
	CHECK(!memcmp(got, want, sizeof(got)));
	CHECK_EQ(truncate("Image", 10), 0);
	read_kernel(config, got);
	CHECK(!memcmp(got, want, sizeof(got)));
	put("other", "other", 5);
	CHECK_EQ(rename("other", "Image"), 0);
	CHECK_EQ(verified_join(verified, &err), 0);
	read_kernel(config, got);
	CHECK(!memcmp(got, want, sizeof(got)));
	verified_destroy(verified);
	CHECK(!config->kernel.sealed);
	config_destroy(config);
}

/* A change between the two is a change to a file that is not read any more. */
TEST(what_is_hashed_is_what_was_copied)
{
	struct verified *verified = NULL;
	struct vm_config *config;
	struct error err = {0};

	make_vm("p256");
	flip("Image", 100);
	config = load();
	CHECK_EQ(begin(config, &verified, &err), 0);
	flip("Image", 100);
	CHECK_EQ(verified_join(verified, &err), -EKEYREJECTED);
	verified_destroy(verified);
	config_destroy(config);
}

TEST(nobody_can_write_to_the_copy)
{
	struct verified *verified = NULL;
	struct vm_config *config;
	struct error err = {0};
	char path[64];
	int fd;

	make_vm("p256");
	config = load();
	CHECK_EQ(begin(config, &verified, &err), 0);
	fd = config->kernel.sealed->fd;
	CHECK(pwrite(fd, "x", 1, 0) < 0);
	CHECK_EQ(errno, EPERM);
	CHECK(ftruncate(fd, 0) < 0);
	CHECK(fcntl(fd, F_ADD_SEALS, 0) < 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd < 0 || pwrite(fd, "x", 1, 0) < 0);
	if (fd >= 0)
		close(fd);
	verified_destroy(verified);
	config_destroy(config);
}

TEST(a_check_that_is_given_up_leaves_nothing_behind)
{
	struct verified *verified = NULL;
	struct vm_config *config;
	struct error err = {0};

	make_vm("p256");
	config = load();
	CHECK_EQ(begin(config, &verified, &err), 0);
	verified_destroy(verified);
	verified_destroy(NULL);
	config_destroy(config);
}

/* The folder is the test's own, and gone at its end. */
static void leave(void)
{
	static const char *const more[] = {
		"vendor.key", "vendor.pem", "linuxboot_dma.bin"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i].name);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		unlink(more[i]);
	if (chdir("/") == 0)
		rmdir(folder);
}

TEST(enters_a_folder)
{
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	atexit(leave);
}

TEST_MAIN(CASE(enters_a_folder), CASE(takes_what_was_signed),
	CASE(refuses_ten_thousand_flipped_bits_of_everything_signed),
	CASE(refuses_flipped_bits_of_manifests_with_signatures_of_both_curves),
	CASE(refuses_what_is_longer_or_shorter),
	CASE(says_in_one_line_what_is_not_as_it_was_signed),
	CASE(refuses_another_vm_of_the_same_signer), CASE(refuses_an_older_version),
	CASE(refuses_another_key), CASE(wants_every_demand_met),
	CASE(refuses_a_file_that_was_not_there), CASE(hashes_large_files_beside_the_rest),
	CASE(a_file_that_is_overwritten_or_replaced_after_the_check_changes_nothing),
	CASE(what_is_hashed_is_what_was_copied), CASE(nobody_can_write_to_the_copy),
	CASE(a_check_that_is_given_up_leaves_nothing_behind))
