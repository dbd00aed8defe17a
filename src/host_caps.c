/* SPDX-License-Identifier: Apache-2.0 */
#include "src/host_caps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"

/* Stage 2 takes 32 to 52 bits of address (Arm ARM, VTCR_EL2). */
#define IPA_BITS_MIN 32
#define IPA_BITS_MAX 52
/* What KVM on arm64 gives with a GICv3. */
#define VCPUS_ASSUMED 512
#define VCPUS_MAX 65536
/* What a GICv2 serves. */
#define ARMV7_VCPUS_ASSUMED 8
/* What 8-bit APIC ids can name. */
#define X86_VCPUS_ASSUMED 255
#define X86_LEVEL_MAX 3

enum config_arch host_caps_native(void)
{
#if defined(__x86_64__)
	return CONFIG_ARCH_X86_64;
#elif defined(__arm__)
	return CONFIG_ARCH_ARMV7;
#else
	return CONFIG_ARCH_ARM64;
#endif
}

enum config_arch host_caps_arch(enum config_arch guest)
{
	/* A 64-bit host runs them too; a 32-bit one runs nothing else. */
	if (guest == CONFIG_ARCH_ARMV7 && host_caps_native() != CONFIG_ARCH_ARMV7)
		return CONFIG_ARCH_ARM64;
	return guest;
}

static void assume_x86(struct host_caps *ret)
{
	*ret = (struct host_caps){
		.stated = true,
		.arch = CONFIG_ARCH_X86_64,
		.ipa_bits = 40,
		.vcpus_max = X86_VCPUS_ASSUMED,
		.x86_level = X86_LEVEL_MAX,
		.split_irqchip = true,
	};
}

/* KVM is gone from 32-bit hosts after Linux 5.6. */
static void assume_armv7(struct host_caps *ret)
{
	*ret = (struct host_caps){
		.stated = true,
		.arch = CONFIG_ARCH_ARMV7,
		.gicv2 = true,
		.ipa_bits = 40,
		.vcpus_max = ARMV7_VCPUS_ASSUMED,
		.aarch32_el1 = true,
	};
}

void host_caps_assume(struct host_caps *ret, enum config_arch arch)
{
	if (arch == CONFIG_ARCH_X86_64) {
		assume_x86(ret);
		return;
	}
	if (arch == CONFIG_ARCH_ARMV7) {
		assume_armv7(ret);
		return;
	}
	*ret = (struct host_caps){
		.stated = true,
		.arch = arch,
		.gicv2 = true,
		.gicv3 = true,
		.user_irq = true,
		.ipa_bits = 40,
		.vcpus_max = VCPUS_ASSUMED,
		.aarch32_el1 = true,
		.pmu = true,
		.steal_time = true,
	};
}

static int state_gic(struct host_caps *caps, const char *value, struct error *err)
{
	static const struct {
		const char *value;
		bool v2;
		bool v3;
	} words[] = {
		{"2,3", true, true},
		{"3,2", true, true},
		{"2", true, false},
		{"3", false, true},
		{"none", false, false},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value, words[i].value) == 0) {
			caps->gicv2 = words[i].v2;
			caps->gicv3 = words[i].v3;
			return 0;
		}
	return error_set(err, -EINVAL, NULL,
		"--host gic=%s: allowed are gic=2, gic=3, gic=2,3 and gic=none", value);
}

static int state_number(const char *key, const char *value, unsigned int low,
	unsigned int high, unsigned int *ret, struct error *err)
{
	unsigned long number = 0;
	char *end = NULL;

	/* strtoul() would take a sign and white space too. */
	if (*value >= '0' && *value <= '9')
		number = strtoul(value, &end, 10);
	if (!end || *end || number < low || number > high)
		return error_set(err, -EINVAL, NULL,
			"--host %s=%s: a number from %u to %u is needed", key, value, low,
			high);
	*ret = (unsigned int)number;
	return 0;
}

static int state_flag(const char *key, const char *value, bool *ret, struct error *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return error_set(err, -EINVAL, NULL,
			"--host %s=%s: allowed are yes and no", key, value);
	*ret = strcmp(value, "yes") == 0;
	return 0;
}

static int state_cpu(struct host_caps *caps, const char *value, struct error *err)
{
	if (!*value || strlen(value) >= sizeof(caps->cpu_compatible))
		return error_set(err, -EINVAL, NULL,
			"--host cpu=%s: 1 to %zu characters are needed, such as "
			"arm,cortex-a53",
			value, sizeof(caps->cpu_compatible) - 1);
	snprintf(caps->cpu_compatible, sizeof(caps->cpu_compatible), "%s", value);
	return 0;
}

static int state_arch(struct host_caps *caps, const char *value, struct error *err)
{
	if (!strcmp(value, "arm64"))
		host_caps_assume(caps, CONFIG_ARCH_ARM64);
	else if (!strcmp(value, "armv7"))
		host_caps_assume(caps, CONFIG_ARCH_ARMV7);
	else if (!strcmp(value, "x86_64"))
		host_caps_assume(caps, CONFIG_ARCH_X86_64);
	else
		return error_set(err, -EINVAL, NULL,
			"--host arch=%s: allowed are arm64, armv7 and x86_64", value);
	return 0;
}

/* The value where word is KEY=VALUE, else NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t chars = strlen(key);

	return strncmp(word, key, chars) == 0 && word[chars] == '=' ? word + chars + 1
								    : NULL;
}

static int state_word(struct host_caps *caps, const char *word, struct error *err)
{
	const char *value;

	if ((value = value_of(word, "gic")))
		return state_gic(caps, value, err);
	if ((value = value_of(word, "ipa")))
		return state_number(
			"ipa", value, IPA_BITS_MIN, IPA_BITS_MAX, &caps->ipa_bits, err);
	if ((value = value_of(word, "vcpus")))
		return state_number("vcpus", value, 1, VCPUS_MAX, &caps->vcpus_max, err);
	if ((value = value_of(word, "el1_32bit")))
		return state_flag("el1_32bit", value, &caps->aarch32_el1, err);
	if ((value = value_of(word, "pmu")))
		return state_flag("pmu", value, &caps->pmu, err);
	if ((value = value_of(word, "steal_time")))
		return state_flag("steal_time", value, &caps->steal_time, err);
	if ((value = value_of(word, "arch")))
		return state_arch(caps, value, err);
	if ((value = value_of(word, "level")))
		return state_number(
			"level", value, 1, X86_LEVEL_MAX, &caps->x86_level, err);
	if ((value = value_of(word, "cpu")))
		return state_cpu(caps, value, err);
	return error_set(err, -EINVAL, NULL,
		"--host %s: allowed are arch=arm64|armv7|x86_64 gic=2,3 ipa=BITS vcpus=N "
		"el1_32bit=yes|no pmu=yes|no steal_time=yes|no cpu=COMPATIBLE "
		"level=1|2|3",
		word);
}

int host_caps_state(struct host_caps *caps, const char *word, struct error *err)
{
	int rc = state_word(caps, word, err);

	if (!rc)
		caps->stated = true;
	return rc;
}
