/* SPDX-License-Identifier: Apache-2.0 */
/* The software GICv2 against its model, over long random programs that are always the
 * same. */
#include "test/unit/gicv2_rig.h"
#include "test/unit/test.h"

#include "vgic/gicv2_regs.h"

#define SEEDS 4
#define REGISTERS_EVERY 1000

static uint64_t next_random(uint64_t *random)
{
	/* splitmix64 */
	uint64_t z = *random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static struct gicv2_step random_step(uint64_t *random)
{
	uint64_t bits = next_random(random);

	return (struct gicv2_step){.kind = (uint8_t)bits,
		.cpu = (uint8_t)(bits >> 8),
		.where = (uint16_t)(bits >> 16),
		.value = (uint32_t)(bits >> 32)};
}

/* As a guest does before it lets interrupts come, so that the program has some to meet.
 */
static void enable_all(struct gicv2_rig *rig)
{
	static const struct {
		uint16_t cpu_register;
		uint32_t value;
	} writes[] = {{GICC_PMR, 0xf0}, {GICC_CTLR, 3}};

	gicv2_dist_write(rig->gic, 0, GICD_CTLR, 4, 3);
	model_dist_write(&rig->model, 0, GICD_CTLR, 4, 3);
	for (unsigned int i = 0; i < 2 * rig->model.cpu_count; i++) {
		gicv2_cpu_write(rig->gic, i / 2, writes[i % 2].cpu_register, 4,
			writes[i % 2].value);
		model_cpu_write(&rig->model, i / 2, writes[i % 2].cpu_register, 4,
			writes[i % 2].value);
	}
}

static void run(unsigned int cpu_count, unsigned int spi_count, unsigned int steps)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		uint64_t random = seed << 16 | cpu_count;
		struct gicv2_rig rig;

		CHECK_EQ(rig_init(&rig, cpu_count, spi_count), 0);
		if (seed % 2)
			enable_all(&rig);
		for (unsigned int i = 0; i < steps && !rig.wrong; i++) {
			struct gicv2_step step = random_step(&random);

			rig_step(&rig, &step);
			if ((i + 1) % REGISTERS_EVERY == 0 || i + 1 == steps)
				rig_compare_registers(&rig);
			if (rig.wrong)
				test_fail(__FILE__, __LINE__,
					"%u CPUs, %u SPIs, seed %u, step %u (kind %u): "
					"%s",
					cpu_count, spi_count, (unsigned int)seed, i,
					step.kind % 16u, rig.wrong);
		}
		rig_finish(&rig);
	}
}

TEST(agrees_with_the_model_on_one_cpu)
{
	run(1, 32, 6000);
}

TEST(agrees_with_the_model_on_two_cpus)
{
	run(2, 64, 5000);
}

TEST(agrees_with_the_model_on_four_cpus)
{
	run(4, 128, 3000);
}

TEST(agrees_with_the_model_on_eight_cpus_and_all_interrupts)
{
	run(8, 992, 400);
}

TEST_MAIN(CASE(agrees_with_the_model_on_one_cpu), CASE(agrees_with_the_model_on_two_cpus),
	CASE(agrees_with_the_model_on_four_cpus),
	CASE(agrees_with_the_model_on_eight_cpus_and_all_interrupts))
