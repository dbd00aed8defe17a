/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs that come and go: ARM DEN 0022. */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"

#define ABSENT 100u
#define NO_FUNCTION 0x84000fffu
#define NOT_NEEDED 2 /* no trusted OS that would have to migrate */
#define RESTARTS 20u

void interrupt(void)
{
}

static volatile bool leave;
static volatile unsigned int came;

static bool idle(void)
{
	return true;
}

static bool stay(void)
{
	came = this_cpu();
	EXPECT(WAIT_FOR(leave), true);
	return true;
}

static bool version_is_known(void)
{
	int32_t version = psci(PSCI_VERSION, 0, 0, 0);

	EXPECT(version == 2 || version >> 16 == 1, true);
	return true;
}

static bool absent_cpu_is_refused(void)
{
	EXPECT(psci(PSCI_CPU_ON, ABSENT, 0x40000000, 0), PSCI_INVALID_PARAMETERS);
	EXPECT(psci(PSCI_CPU_ON, 0x00ffff00, 0x40000000, 0), PSCI_INVALID_PARAMETERS);
	EXPECT(psci(PSCI_AFFINITY_INFO, ABSENT, 0, 0), PSCI_INVALID_PARAMETERS);
	return true;
}

static bool this_cpu_is_on(void)
{
	EXPECT(psci(PSCI_AFFINITY_INFO, 0, 0, 0), PSCI_ON);
	EXPECT(psci(PSCI_CPU_ON, 0, 0x40000000, 0), PSCI_ALREADY_ON);
	return true;
}

static bool running_cpu_is_refused(void)
{
	unsigned int last = cpu_count() - 1;

	came = 0;
	leave = false;
	EXPECT(psci(PSCI_AFFINITY_INFO, last, 0, 0), PSCI_OFF);
	if (!cpu_start(last, stay))
		return false;
	EXPECT(WAIT_FOR(came != 0), true);
	EXPECT(came, last);
	EXPECT(psci(PSCI_AFFINITY_INFO, last, 0, 0), PSCI_ON);
	EXPECT(psci(PSCI_CPU_ON, last, 0x40000000, 0), PSCI_ALREADY_ON);
	leave = true;
	return cpu_join(last);
}

static bool cpu_comes_again(void)
{
	for (unsigned int i = 0; i < RESTARTS; i++) {
		if (!cpu_start(1, idle) || !cpu_join(1))
			return false;
		EXPECT(psci(PSCI_AFFINITY_INFO, 1, 0, 0), PSCI_OFF);
	}
	return true;
}

static bool all_come_and_go(void)
{
	return cpus_run(idle);
}

static bool unknown_function_is_refused(void)
{
	EXPECT(psci(NO_FUNCTION, 0, 0, 0), PSCI_NOT_SUPPORTED);
	return true;
}

static bool nothing_migrates(void)
{
	EXPECT(psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), NOT_NEEDED);
	return true;
}

static bool features_are_said(void)
{
	if (psci(PSCI_VERSION, 0, 0, 0) >> 16 == 0)
		return true;
	EXPECT(psci(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), PSCI_SUCCESS);
	EXPECT(psci(PSCI_FEATURES, PSCI_SYSTEM_RESET, 0, 0), PSCI_SUCCESS);
	EXPECT(psci(PSCI_FEATURES, NO_FUNCTION, 0, 0), PSCI_NOT_SUPPORTED);
	return true;
}

void guest_main(void)
{
	claim("PSCI has a version that Linux knows", version_is_known);
	claim("PSCI refuses an absent CPU", absent_cpu_is_refused);
	claim("PSCI knows that this CPU is on", this_cpu_is_on);
	claim("PSCI refuses to start a running CPU", running_cpu_is_refused);
	claim("a CPU that was switched off starts again", cpu_comes_again);
	claim("all CPUs come and go at once", all_come_and_go);
	claim("PSCI refuses unknown functions", unknown_function_is_refused);
	claim("PSCI has nothing that migrates", nothing_migrates);
	claim("PSCI says what it has", features_are_said);
}
