/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/queue.h"

#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"
#include "test/unit/virtio_probe.h"

#define RAM_END (DRIVER_RAM_GPA + DRIVER_RAM_BYTES)
#define BOTH (VIRTIO_BIT(VIRTIO_F_EVENT_IDX) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC))

static struct probe probe;

static void begin(uint64_t features)
{
	probe_init(&probe, 1);
	CHECK(driver_start(&probe.driver, features));
}

/* Publishes one avail entry for head, whatever the descriptors say. */
static void offer(uint16_t head)
{
	struct driver_queue *q = &probe.driver.queues[0];

	driver_avail(&probe.driver, 0)[2 + q->avail_index % q->size] = head;
	q->avail_index++;
	driver_publish(&probe.driver, 0);
}

static void put_desc(unsigned int index, struct driver_desc desc)
{
	*driver_desc(&probe.driver, 0, index) = desc;
}

/* The next pop fails, with these words, and the driver hears that a reset is due. */
static void check_breaks(const char *words)
{
	CHECK(!probe_pop(&probe, 0));
	CHECK_HAS(probe.dev.queues[0].broken, words);
	CHECK(driver_status(&probe.driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK(!probe_pop(&probe, 0));
	CHECK_EQ(driver_take_interrupt(&probe.driver), 2);
	probe_finish(&probe);
}

/* ---- legal traffic ---------------------------------------------------------------- */

TEST(hands_out_chains_direct_and_indirect)
{
	for (unsigned int indirect = 0; indirect < 2; indirect++) {
		struct driver_used used;
		uint64_t gpa;
		uint16_t head;

		begin(BOTH);
		gpa = driver_alloc(&probe.driver, 4096, 4096);
		memcpy(driver_hva(&probe.driver, gpa, 4), "abcd", 4);
		head = driver_add(&probe.driver, 0,
			(struct driver_buffer[]){{.gpa = gpa, .bytes = 4},
				{.gpa = gpa + 8, .bytes = 100},
				{.gpa = gpa + 512, .bytes = 512, .writable = true},
				{.gpa = RAM_END - 1, .bytes = 1, .writable = true}},
			4, indirect);
		CHECK(probe_pop(&probe, 0));
		CHECK_EQ(probe.chain.head, head);
		CHECK_EQ(probe.chain.readable, 2);
		CHECK_EQ(probe.chain.readable_bytes, 104);
		CHECK_EQ(probe.chain.writable, 2);
		CHECK_EQ(probe.chain.writable_bytes, 513);
		CHECK(memcmp(probe.chain.iov[0].iov_base, "abcd", 4) == 0);
		CHECK_EQ(probe.chain.iov[2].iov_len, 512);
		CHECK(!probe_pop(&probe, 0));
		CHECK(!driver_used(&probe.driver, 0, &used));
		virtq_push(&probe.dev.queues[0], head, 7);
		CHECK(driver_used(&probe.driver, 0, &used));
		CHECK_EQ(used.head, head);
		CHECK_EQ(used.bytes, 7);
		CHECK(!driver_used(&probe.driver, 0, &used));
		probe_finish(&probe);
	}
}

TEST(follows_an_indirect_table_after_direct_buffers)
{
	uint64_t gpa;
	struct driver_desc *table;

	begin(BOTH);
	gpa = driver_alloc(&probe.driver, 4096, 4096) + 1; /* tables need no alignment */
	table = driver_hva(&probe.driver, gpa, 32);
	put_desc(0, (struct driver_desc){gpa, 8, DRIVER_NEXT, 1});
	/* WRITE says nothing on a descriptor that refers to a table. */
	put_desc(1, (struct driver_desc){gpa, 32, DRIVER_INDIRECT | DRIVER_WRITE, 0});
	memcpy(&table[0], &(struct driver_desc){gpa, 3, DRIVER_NEXT, 1}, 16);
	memcpy(&table[1], &(struct driver_desc){gpa, 5, DRIVER_WRITE, 0}, 16);
	offer(0);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.readable, 2);
	CHECK_EQ(probe.chain.readable_bytes, 11);
	CHECK_EQ(probe.chain.writable_bytes, 5);
	probe_finish(&probe);
}

TEST(goes_on_past_65536_chains)
{
	static const uint64_t features[] = {0, BOTH};

	for (unsigned int mode = 0; mode < ARRAY_SIZE(features); mode++) {
		struct driver_used used;
		unsigned int interrupts;

		begin(features[mode]);
		probe.mode = PROBE_ECHO;
		interrupts = probe.driver.interrupts;
		for (unsigned int i = 0; i < 66000; i++) {
			driver_want_interrupts(&probe.driver, 0, true);
			driver_add(&probe.driver, 0,
				&(struct driver_buffer){
					DRIVER_RAM_GPA, 1 + i % 100, true},
				1, false);
			if (!driver_kick(&probe.driver, 0) ||
				!driver_used(&probe.driver, 0, &used) ||
				used.bytes != 1 + i % 100) {
				test_fail(__FILE__, __LINE__, "lost chain %u", i);
				break;
			}
		}
		CHECK_EQ(probe.chains, 66000);
		CHECK_EQ(probe.driver.interrupts - interrupts, 66000);
		CHECK_EQ(probe.dev.queues[0].in_flight, 0);
		probe_finish(&probe);
	}
}

TEST(takes_a_full_ring_and_returns_it_in_any_order)
{
	struct driver_used used;
	uint16_t heads[DRIVER_QUEUE_SIZE];

	begin(0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE; i++)
			heads[i] = driver_add(&probe.driver, 0,
				&(struct driver_buffer){DRIVER_RAM_GPA, 9, false}, 1,
				false);
		for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE; i++)
			CHECK(probe_pop(&probe, 0));
		CHECK_EQ(probe.dev.queues[0].in_flight, DRIVER_QUEUE_SIZE);
		for (unsigned int i = DRIVER_QUEUE_SIZE; i-- > 0;)
			virtq_push(&probe.dev.queues[0], heads[i], i);
		for (unsigned int i = DRIVER_QUEUE_SIZE; i-- > 0;) {
			CHECK(driver_used(&probe.driver, 0, &used));
			CHECK_EQ(used.head, heads[i]);
		}
	}
	probe_finish(&probe);
}

TEST(puts_chains_back)
{
	uint16_t heads[3];

	begin(0);
	for (unsigned int i = 0; i < 3; i++)
		heads[i] = driver_add(&probe.driver, 0,
			&(struct driver_buffer){DRIVER_RAM_GPA, 1, false}, 1, false);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(probe_pop(&probe, 0));
	virtq_unpop(&probe.dev.queues[0], 2);
	CHECK(virtq_more(&probe.dev.queues[0]));
	CHECK_EQ(probe.dev.queues[0].in_flight, 1);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.head, heads[1]);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.head, heads[2]);
	CHECK(!virtq_more(&probe.dev.queues[0]));
	probe_finish(&probe);
}

TEST(shows_staged_chains_together)
{
	struct driver_used used;
	uint16_t heads[2];

	begin(0);
	for (unsigned int i = 0; i < 2; i++) {
		heads[i] = driver_add(&probe.driver, 0,
			&(struct driver_buffer){DRIVER_RAM_GPA, 1, true}, 1, false);
		CHECK(probe_pop(&probe, 0));
		virtq_stage(&probe.dev.queues[0], heads[i], 1);
		CHECK(!driver_used(&probe.driver, 0, &used));
	}
	CHECK(!virtq_must_signal(&probe.dev.queues[0]));
	virtq_publish(&probe.dev.queues[0]);
	CHECK(virtq_must_signal(&probe.dev.queues[0]));
	CHECK(!virtq_must_signal(&probe.dev.queues[0]));
	CHECK(driver_used(&probe.driver, 0, &used));
	CHECK(driver_used(&probe.driver, 0, &used));
	probe_finish(&probe);
}

TEST(allows_empty_buffers_and_empty_chains)
{
	begin(0);
	/* An empty buffer has no address to check. */
	driver_add(&probe.driver, 0,
		(struct driver_buffer[]){{.gpa = 1, .bytes = 0},
			{.gpa = DRIVER_RAM_GPA, .bytes = 2},
			{.gpa = UINT64_MAX, .bytes = 0, .writable = true}},
		3, false);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.readable, 1);
	CHECK_EQ(probe.chain.readable_bytes, 2);
	CHECK_EQ(probe.chain.writable, 0);
	driver_add(&probe.driver, 0, &(struct driver_buffer){0, 0, false}, 1, false);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.readable + probe.chain.writable, 0);
	probe_finish(&probe);
}

TEST(takes_the_longest_chain_that_is_allowed)
{
	static struct driver_buffer buffers[VIRTQ_CHAIN_MAX];

	begin(BOTH);
	for (unsigned int i = 0; i < VIRTQ_CHAIN_MAX; i++)
		buffers[i] = (struct driver_buffer){DRIVER_RAM_GPA, 16, i >= 100};
	driver_add(&probe.driver, 0, buffers, VIRTQ_CHAIN_MAX, true);
	CHECK(probe_pop(&probe, 0));
	CHECK_EQ(probe.chain.readable, 100);
	CHECK_EQ(probe.chain.writable, VIRTQ_CHAIN_MAX - 100);
	probe_finish(&probe);
}

/* ---- notifications ---------------------------------------------------------------- */

TEST(asks_for_kicks_when_it_finds_nothing)
{
	static const uint64_t features[] = {0, BOTH};

	for (unsigned int mode = 0; mode < ARRAY_SIZE(features); mode++) {
		begin(features[mode]);
		probe.mode = PROBE_IDLE;
		for (unsigned int i = 0; i < 3; i++) {
			CHECK(!probe_pop(&probe, 0));
			driver_add(&probe.driver, 0,
				&(struct driver_buffer){DRIVER_RAM_GPA, 1, false}, 1,
				false);
			CHECK(driver_kick(&probe.driver, 0));
			CHECK(probe_pop(&probe, 0));
		}
		probe_finish(&probe);
	}
}

TEST(interrupts_only_a_driver_that_asked)
{
	static const uint64_t features[] = {0, BOTH};

	for (unsigned int mode = 0; mode < ARRAY_SIZE(features); mode++) {
		struct virtq *q = &probe.dev.queues[0];
		struct driver_used used;

		begin(features[mode]);
		for (unsigned int i = 0; i < 4; i++)
			driver_add(&probe.driver, 0,
				&(struct driver_buffer){DRIVER_RAM_GPA, 1, false}, 1,
				false);
		CHECK(!virtq_must_signal(q));
		CHECK(probe_pop(&probe, 0));
		virtq_push(q, probe.chain.head, 0);
		CHECK(virtq_must_signal(q));
		CHECK(!virtq_must_signal(q));
		CHECK(driver_used(&probe.driver, 0, &used));
		driver_want_interrupts(&probe.driver, 0, false);
		CHECK(probe_pop(&probe, 0));
		virtq_push(q, probe.chain.head, 0);
		CHECK(!virtq_must_signal(q));
		/* Asked again after the fact: the driver looks at the index itself. */
		CHECK(driver_used(&probe.driver, 0, &used));
		driver_want_interrupts(&probe.driver, 0, true);
		CHECK(!virtq_must_signal(q));
		for (unsigned int i = 0; i < 2; i++) {
			CHECK(probe_pop(&probe, 0));
			virtq_push(q, probe.chain.head, 0);
		}
		CHECK(virtq_must_signal(q));
		probe_finish(&probe);
	}
}

/* ---- misbehaviour ----------------------------------------------------------------- */

TEST(breaks_on_bad_descriptors)
{
	static const struct {
		struct driver_desc desc[3];
		const char *words;
	} table[] = {
		{{{DRIVER_RAM_GPA, 1, DRIVER_NEXT, 0}}, "loop"},
		{{{DRIVER_RAM_GPA, 0, DRIVER_NEXT, 1}, {0, 0, DRIVER_NEXT, 0}}, "loop"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_NEXT, DRIVER_QUEUE_SIZE}}, "out of range"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_NEXT, 0xffff}}, "out of range"},
		{{{0, 1, 0, 0}}, "not in RAM"},
		{{{DRIVER_RAM_GPA - 1, 2, 0, 0}}, "not in RAM"},
		{{{RAM_END, 1, 0, 0}}, "not in RAM"},
		{{{RAM_END - 1, 2, DRIVER_WRITE, 0}}, "not in RAM"},
		{{{DRIVER_RAM_GPA, UINT32_MAX, DRIVER_WRITE, 0}}, "not in RAM"},
		{{{UINT64_MAX, 1, 0, 0}}, "not in RAM"},
		{{{UINT64_MAX - 1, UINT32_MAX, 0, 0}}, "not in RAM"},
		{{{UINT64_MAX - DRIVER_RAM_GPA, UINT32_MAX, 0, 0}}, "not in RAM"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_WRITE | DRIVER_NEXT, 1},
			 {DRIVER_RAM_GPA, 1, 0, 0}},
			"readable buffer follows"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_WRITE | DRIVER_NEXT, 1},
			 {DRIVER_RAM_GPA, 0, 0, 0}},
			"readable buffer follows"},
		{{{DRIVER_RAM_GPA, 17, DRIVER_INDIRECT, 0}}, "broken length"},
		{{{DRIVER_RAM_GPA, 15, DRIVER_INDIRECT, 0}}, "broken length"},
		{{{DRIVER_RAM_GPA, 0, DRIVER_INDIRECT, 0}}, "not in RAM"},
		{{{RAM_END - 16, 32, DRIVER_INDIRECT, 0}}, "not in RAM"},
		{{{UINT64_MAX - 15, 32, DRIVER_INDIRECT, 0}}, "not in RAM"},
		{{{0, 0xfffffff0, DRIVER_INDIRECT, 0}}, "not in RAM"},
		{{{DRIVER_RAM_GPA, 16, DRIVER_INDIRECT | DRIVER_NEXT, 1}}, "with a next"},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		begin(BOTH);
		for (unsigned int j = 0; j < ARRAY_SIZE(table[i].desc); j++)
			put_desc(j, table[i].desc[j]);
		offer(0);
		check_breaks(table[i].words);
	}
}

TEST(breaks_on_bad_indirect_tables)
{
	static const struct {
		struct driver_desc desc[2];
		const char *words;
	} table[] = {
		{{{DRIVER_RAM_GPA, 16, DRIVER_INDIRECT, 0}}, "in an indirect table"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_NEXT, 2}}, "out of range"},
		{{{DRIVER_RAM_GPA, 1, DRIVER_NEXT, 1},
			 {DRIVER_RAM_GPA, 1, DRIVER_NEXT, 0}},
			"loop"},
		{{{1, 1, 0, 0}}, "not in RAM"},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t gpa;

		begin(BOTH);
		gpa = driver_alloc(&probe.driver, sizeof(table[i].desc), 16);
		memcpy(driver_hva(&probe.driver, gpa, sizeof(table[i].desc)),
			table[i].desc, sizeof(table[i].desc));
		put_desc(0, (struct driver_desc){gpa, 32, DRIVER_INDIRECT, 0});
		offer(0);
		check_breaks(table[i].words);
	}
}

TEST(breaks_on_an_indirect_table_that_was_not_agreed)
{
	begin(VIRTIO_BIT(VIRTIO_F_EVENT_IDX));
	put_desc(0, (struct driver_desc){DRIVER_RAM_GPA, 16, DRIVER_INDIRECT, 0});
	offer(0);
	check_breaks("without the feature");
}

TEST(breaks_on_a_chain_longer_than_allowed)
{
	static struct driver_buffer buffers[VIRTQ_CHAIN_MAX + 1];

	begin(BOTH);
	for (unsigned int i = 0; i < ARRAY_SIZE(buffers); i++)
		buffers[i] = (struct driver_buffer){DRIVER_RAM_GPA, 16, false};
	driver_add(&probe.driver, 0, buffers, ARRAY_SIZE(buffers), true);
	check_breaks("too long");
}

TEST(breaks_on_a_wild_available_ring)
{
	begin(0);
	offer(DRIVER_QUEUE_SIZE);
	check_breaks("head of a chain is out of range");
	begin(0);
	offer(0xffff);
	check_breaks("head of a chain is out of range");
	begin(0);
	driver_avail(&probe.driver, 0)[1] = DRIVER_QUEUE_SIZE + 1;
	check_breaks("jumps");
	begin(0);
	driver_avail(&probe.driver, 0)[1] = 0xffff; /* backwards */
	check_breaks("jumps");
	/* What the device holds counts: a ring has no room for more. */
	begin(0);
	put_desc(0, (struct driver_desc){DRIVER_RAM_GPA, 1, 0, 0});
	offer(0);
	CHECK(probe_pop(&probe, 0));
	driver_avail(&probe.driver, 0)[1] = 1 + DRIVER_QUEUE_SIZE;
	check_breaks("jumps");
}

TEST(breaks_on_a_chain_offered_twice)
{
	begin(0);
	put_desc(3, (struct driver_desc){DRIVER_RAM_GPA, 1, 0, 0});
	offer(3);
	offer(3);
	CHECK(probe_pop(&probe, 0));
	check_breaks("in flight");
	/* Given back in between it is a new chain. */
	begin(0);
	put_desc(3, (struct driver_desc){DRIVER_RAM_GPA, 1, 0, 0});
	offer(3);
	CHECK(probe_pop(&probe, 0));
	virtq_push(&probe.dev.queues[0], 3, 0);
	offer(3);
	CHECK(probe_pop(&probe, 0));
	probe_finish(&probe);
}

TEST(does_not_see_changes_of_a_popped_chain)
{
	void *hva;

	begin(0);
	put_desc(0, (struct driver_desc){DRIVER_RAM_GPA, 8, 0, 0});
	offer(0);
	CHECK(probe_pop(&probe, 0));
	hva = probe.chain.iov[0].iov_base;
	put_desc(0, (struct driver_desc){UINT64_MAX, UINT32_MAX, 7, 9});
	CHECK(probe.chain.iov[0].iov_base == hva);
	CHECK_EQ(probe.chain.iov[0].iov_len, 8);
	/* Put back and taken again it is judged again. */
	virtq_unpop(&probe.dev.queues[0], 1);
	check_breaks("indirect");
}

TEST(refuses_bad_areas_and_sizes)
{
	static const struct {
		struct virtq_setup setup;
		bool good;
	} table[] = {
		{{.size = 0}, false},
		{{.size = 3}, false},
		{{.size = 255}, false},
		{{.size = VIRTQ_SIZE_MAX * 2}, false},
		{{.size = 0x80000000u}, false},
		{{.size = UINT32_MAX}, false},
		{{.size = 1}, true},
		{{.size = VIRTQ_SIZE_MAX}, true},
		{{.size = 4, .desc_gpa = 8}, false},
		{{.size = 4, .avail_gpa = 1}, false},
		{{.size = 4, .avail_gpa = 2}, true},
		{{.size = 4, .used_gpa = 2}, false},
		{{.size = 4, .used_gpa = 4}, true},
		{{.size = 4, .desc_gpa = DRIVER_RAM_BYTES - 64}, true},
		{{.size = 4, .desc_gpa = DRIVER_RAM_BYTES - 48}, false},
		{{.size = 4, .avail_gpa = DRIVER_RAM_BYTES - 14}, true},
		{{.size = 4, .avail_gpa = DRIVER_RAM_BYTES - 12}, false},
		{{.size = 4, .used_gpa = DRIVER_RAM_BYTES - 40}, true},
		{{.size = 4, .used_gpa = DRIVER_RAM_BYTES - 36}, false},
		{{.size = 4, .desc_gpa = 0 - DRIVER_RAM_GPA}, false},
		{{.size = 4, .used_gpa = 0ull - 16 - DRIVER_RAM_GPA}, false},
	};
	struct guest_mem mem = {0};

	CHECK_EQ(guest_mem_add(&mem, DRIVER_RAM_GPA, DRIVER_RAM_BYTES, NULL), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct virtq_setup setup = table[i].setup;
		struct virtq q = {0};

		setup.desc_gpa += DRIVER_RAM_GPA;
		setup.avail_gpa += DRIVER_RAM_GPA;
		setup.used_gpa += DRIVER_RAM_GPA;
		if (virtq_start(&q, &setup, &mem, true, true) != table[i].good)
			test_fail(__FILE__, __LINE__, "in row %u", i);
		CHECK_EQ(q.live, table[i].good);
		CHECK_EQ(q.broken == NULL, table[i].good);
		virtq_stop(&q);
		CHECK(!q.live && !q.broken);
	}
	guest_mem_finish(&mem);
}

TEST(stopped_queues_do_nothing)
{
	struct virtq_chain chain;
	struct virtq q = {0};

	CHECK(!virtq_pop(&q, &chain));
	CHECK(!virtq_more(&q));
	CHECK(!virtq_want_kicks(&q, true));
	CHECK(!virtq_must_signal(&q));
	virtq_unpop(&q, 1);
	virtq_push(&q, 7, 1);
	CHECK_EQ(q.next_used, 0);
}

/* ---- iov helpers ------------------------------------------------------------------ */

TEST(copies_across_buffers)
{
	char a[] = "ab", b[] = "", c[] = "cdef";
	struct iovec iov[] = {{a, 2}, {b, 0}, {c, 4}};
	char out[8] = {0};

	CHECK_EQ(iov_copy_out(iov, 3, 0, out, 8), 6);
	CHECK_STR(out, "abcdef");
	memset(out, 0, sizeof(out));
	CHECK_EQ(iov_copy_out(iov, 3, 1, out, 3), 3);
	CHECK_STR(out, "bcd");
	CHECK_EQ(iov_copy_out(iov, 3, 6, out, 1), 0);
	CHECK_EQ(iov_copy_out(iov, 3, SIZE_MAX, out, 1), 0);
	CHECK_EQ(iov_copy_out(iov, 0, 0, out, 1), 0);
	CHECK_EQ(iov_copy_out(iov, 3, 0, out, 0), 0);
	CHECK_EQ(iov_copy_in(iov, 3, 1, "XYZ", 3), 3);
	CHECK_STR(a, "aX");
	CHECK_STR(c, "YZef");
	CHECK_EQ(iov_copy_in(iov, 3, 4, "1234", 4), 2);
	CHECK_STR(c, "YZ12");
}

TEST(discards_at_both_ends)
{
	static const struct {
		size_t bytes;
		unsigned int count;
		size_t front; /* length of the first left, and of the last */
		size_t back;
	} table[] = {{0, 3, 2, 4}, {1, 3, 1, 3}, {2, 2, 3, 2}, {3, 2, 2, 1}, {4, 2, 1, 3},
		{5, 1, 4, 2}, {8, 1, 1, 1}, {9, 0, 0, 0}, {100, 0, 0, 0}};
	char bytes[9];

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct iovec iov[] = {{bytes, 2}, {bytes + 2, 3}, {bytes + 5, 4}};
		unsigned int left = iov_discard_front(iov, 3, table[i].bytes);

		CHECK_EQ(left, table[i].count);
		if (left) {
			CHECK_EQ(iov[0].iov_len, table[i].front);
			CHECK(iov[0].iov_base == bytes + table[i].bytes);
			CHECK(iov[left - 1].iov_base ==
				bytes + 9 - iov[left - 1].iov_len);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct iovec iov[] = {{bytes, 2}, {bytes + 2, 3}, {bytes + 5, 4}};
		unsigned int left = iov_discard_back(iov, 3, table[i].bytes);
		size_t sum = 0;

		for (unsigned int j = 0; j < left; j++)
			sum += iov[j].iov_len;
		CHECK_EQ(sum, table[i].bytes < 9 ? 9 - table[i].bytes : 0);
		CHECK(!left || iov[left - 1].iov_len > 0);
	}
}

TEST_MAIN(CASE(hands_out_chains_direct_and_indirect),
	CASE(follows_an_indirect_table_after_direct_buffers),
	CASE(goes_on_past_65536_chains),
	CASE(takes_a_full_ring_and_returns_it_in_any_order), CASE(puts_chains_back),
	CASE(shows_staged_chains_together), CASE(allows_empty_buffers_and_empty_chains),
	CASE(takes_the_longest_chain_that_is_allowed),
	CASE(asks_for_kicks_when_it_finds_nothing),
	CASE(interrupts_only_a_driver_that_asked), CASE(breaks_on_bad_descriptors),
	CASE(breaks_on_bad_indirect_tables),
	CASE(breaks_on_an_indirect_table_that_was_not_agreed),
	CASE(breaks_on_a_chain_longer_than_allowed),
	CASE(breaks_on_a_wild_available_ring), CASE(breaks_on_a_chain_offered_twice),
	CASE(does_not_see_changes_of_a_popped_chain), CASE(refuses_bad_areas_and_sizes),
	CASE(stopped_queues_do_nothing), CASE(copies_across_buffers),
	CASE(discards_at_both_ends))
