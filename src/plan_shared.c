/* SPDX-License-Identifier: Apache-2.0 */
#include "src/plan_shared.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/align.h"
#include "src/error.h"
#include "src/plan.h"

static uint64_t range_end(const struct plan_range *range)
{
	return range->gpa + range->bytes;
}

/* The first of those with a place that shares bytes with it; plan->shared_count: none. */
static unsigned int find_overlap(
	const struct board_plan *plan, const struct plan_range *range, unsigned int self)
{
	unsigned int i;

	for (i = 0; i < plan->shared_count; i++)
		if (i != self && plan->shared[i].bytes &&
			range->gpa < range_end(&plan->shared[i]) &&
			plan->shared[i].gpa < range_end(range))
			break;
	return i;
}

/* Of sizes and addresses that are at most 64 bits each: no sum that wraps. */
static bool lies_in(const struct plan_range *range, uint64_t gpa, uint64_t end)
{
	return range->gpa >= gpa && range->gpa < end && range->bytes <= end - range->gpa;
}

static void refuse_place(const struct plan_room *room,
	const struct config_shared_memory *config, struct problems *problems)
{
	char hole[80] = "";

	if (room->hole_end > room->hole_gpa)
		snprintf(hole, sizeof(hole), "0x%" PRIx64 " to 0x%" PRIx64 ", or from ",
			room->hole_gpa, room->hole_end - 1);
	problems_add(problems, &config->pos,
		"shared memory '%s' of %" PRIu64 " MiB at 0x%" PRIx64
		" does not lie where nothing else is: %s0x%" PRIx64 " to 0x%" PRIx64
		"; or leave address out",
		config->name, config->bytes >> 20, config->gpa, hole, room->above_gpa,
		room->limit - 1);
}

static void place_fixed(struct board_plan *plan, unsigned int index,
	const struct plan_room *room, struct problems *problems)
{
	const struct config_shared_memory *all = plan->config->shared_memories;
	const struct config_shared_memory *config = &all[index];
	struct plan_range range = {config->gpa, config->bytes};
	unsigned int other;

	if (!lies_in(&range, room->hole_gpa, room->hole_end) &&
		!lies_in(&range, room->above_gpa, room->limit)) {
		refuse_place(room, config, problems);
		return;
	}
	other = find_overlap(plan, &range, index);
	if (other < plan->shared_count)
		problems_add(problems, &config->pos,
			"shared memory '%s' at 0x%" PRIx64
			" overlaps '%s' on line %d, which is at 0x%" PRIx64
			" to 0x%" PRIx64,
			config->name, config->gpa, all[other].name, all[other].pos.line,
			plan->shared[other].gpa, range_end(&plan->shared[other]) - 1);
	else
		plan->shared[index] = range;
}

static void place_free(struct board_plan *plan, unsigned int index,
	const struct plan_room *room, struct problems *problems)
{
	const struct config_shared_memory *config = &plan->config->shared_memories[index];
	struct plan_range range = {
		align_up(room->above_gpa, CONFIG_SHARED_MEMORY_STEP_BYTES),
		config->bytes};
	unsigned int other;

	while (lies_in(&range, room->above_gpa, room->limit)) {
		other = find_overlap(plan, &range, index);
		if (other == plan->shared_count) {
			plan->shared[index] = range;
			return;
		}
		range.gpa = range_end(&plan->shared[other]);
	}
	problems_add(problems, &config->pos,
		"shared memory '%s' of %" PRIu64 " MiB finds no room from 0x%" PRIx64
		" to 0x%" PRIx64 ": make it or ram_size smaller",
		config->name, config->bytes >> 20, room->above_gpa, room->limit - 1);
}

void plan_shared_memories(struct board_plan *plan, const struct plan_room *boards,
	struct problems *problems)
{
	const struct vm_config *config = plan->config;
	struct plan_room above_devices = *boards;
	const struct plan_room *room = &above_devices;

	for (unsigned int i = 0; i < plan->device_count; i++)
		if (range_end(&plan->devices[i].memory) > above_devices.above_gpa)
			above_devices.above_gpa = range_end(&plan->devices[i].memory);
	plan->shared_count = config->shared_memory_count;
	for (unsigned int i = 0; i < plan->shared_count; i++)
		if (config->shared_memories[i].gpa)
			place_fixed(plan, i, room, problems);
	for (unsigned int i = 0; i < plan->shared_count; i++)
		if (!config->shared_memories[i].gpa)
			place_free(plan, i, room, problems);
}
