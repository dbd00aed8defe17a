/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real hypervisor, on whatever /dev/kvm this machine has: guests of a few
 * instructions, written here as bytes, run on a KVM without hardware behind it too.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/x86/layout.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/hv.h"
#include "src/irq.h"
#include "src/plan.h"
#include "src/window.h"
#include "test/unit/test.h"

#define CODE_GPA 0x100000u
#define RAM_BYTES (2u << 20)

struct machine {
	struct vm_config config;
	struct board_plan plan;
	uint64_t cpu_ids[2];
	struct guest_mem mem;
	struct hv *hv;
	struct hv_exit exit;
};

/* What the next guests see beside RAM. */
static const struct windows *windows;

/* A guest in 32-bit protected mode; false, having said why, where there is no KVM. */
static bool start(struct machine *m, const void *code, size_t bytes)
{
	struct host_caps caps;
	struct error err = {0};
	struct hv *hv;

	if (hv_open(&hv, &caps, &err)) {
		printf("skipped: %s\n", err.text);
		return false;
	}
	*m = (struct machine){.cpu_ids = {0, 1}};
	m->plan = (struct board_plan){.config = &m->config,
		.arch = CONFIG_ARCH_X86_64,
		.cpu_count = 2,
		.cpu_ids = m->cpu_ids,
		.cpu_type = "host",
		.entry_gpa = CODE_GPA};
	m->plan.files.kernel.x86.entry = X86_ENTRY_PROTECTED;
	m->mem.windows = windows;
	CHECK_EQ(guest_mem_add(&m->mem, 0, RAM_BYTES, &err), 0);
	memcpy(guest_mem_range(&m->mem, CODE_GPA, bytes), code, bytes);
	m->hv = hv;
	CHECK_EQ(hv_setup(m->hv, &m->plan, &m->mem, &err), 0);
	CHECK_STR(err.text, "");
	return true;
}

static void finish(struct machine *m)
{
	hv_destroy(m->hv);
	guest_mem_finish(&m->mem);
}

static enum hv_exit_kind next(struct machine *m)
{
	for (unsigned int kicks = 0; kicks < 1000; kicks++) {
		hv_vcpu_run(hv_vcpu(m->hv, 0), &m->exit);
		if (m->exit.kind != HV_EXIT_NONE)
			break;
	}
	if (m->exit.kind == HV_EXIT_STUCK)
		hv_vcpu_dump(hv_vcpu(m->hv, 0), stderr);
	CHECK_STR(m->exit.kind == HV_EXIT_STUCK ? m->exit.text : "", "");
	return m->exit.kind;
}

static void expect_port(struct machine *m, bool write, unsigned int port,
	unsigned int bytes, uint64_t value)
{
	CHECK_EQ(next(m), HV_EXIT_PORT);
	CHECK_EQ(m->exit.mmio.write, write);
	CHECK_EQ(m->exit.mmio.gpa, port);
	CHECK_EQ(m->exit.mmio.bytes, bytes);
	if (write)
		CHECK_EQ(m->exit.mmio.value, value);
	else
		m->exit.mmio.value = value;
}

TEST(a_guest_begins_at_its_entry_with_the_zero_page_in_esi)
{
	static const uint8_t code[] = {
		0x89, 0xf0, /* mov eax, esi */
		0xe7, 0x80, /* out 0x80, eax */
		0xf4,       /* hlt */
	};
	struct machine m;

	if (!start(&m, code, sizeof(code)))
		return;
	expect_port(&m, true, 0x80, 4, X86_ZERO_PAGE_GPA);
	finish(&m);
}

TEST(ports_are_read_and_written_in_every_size)
{
	static const uint8_t code[] = {
		0xe4,
		0x60, /* in al, 0x60 */
		0xe6,
		0x61, /* out 0x61, al */
		0x66,
		0xe5,
		0x62, /* in ax, 0x62 */
		0x66,
		0xe7,
		0x63, /* out 0x63, ax */
		0xe5,
		0x64, /* in eax, 0x64 */
		0xe7,
		0x65, /* out 0x65, eax */
		0xf4,
	};
	struct machine m;

	if (!start(&m, code, sizeof(code)))
		return;
	expect_port(&m, false, 0x60, 1, 0x5a);
	expect_port(&m, true, 0x61, 1, 0x5a);
	expect_port(&m, false, 0x62, 2, 0x1234);
	expect_port(&m, true, 0x63, 2, 0x1234);
	expect_port(&m, false, 0x64, 4, 0x89abcdef);
	expect_port(&m, true, 0x65, 4, 0x89abcdef);
	finish(&m);
}

TEST(a_string_instruction_is_one_access_an_element)
{
	static const uint8_t code[] = {
		0xbe,
		0x40,
		0x00,
		0x10,
		0x00, /* mov esi, 0x100040 */
		0xb9,
		0x03,
		0x00,
		0x00,
		0x00, /* mov ecx, 3 */
		0xba,
		0xf8,
		0x03,
		0x00,
		0x00, /* mov edx, 0x3f8 */
		0xf3,
		0x6e, /* rep outsb */
		0xbf,
		0x80,
		0x00,
		0x10,
		0x00, /* mov edi, 0x100080 */
		0xb9,
		0x02,
		0x00,
		0x00,
		0x00, /* mov ecx, 2 */
		0xf3,
		0x6c, /* rep insb */
		0x66,
		0xa1,
		0x80,
		0x00,
		0x10,
		0x00, /* mov ax, [0x100080] */
		0x66,
		0xe7,
		0x80, /* out 0x80, ax */
		0xf4,
	};
	struct machine m;

	if (!start(&m, code, sizeof(code)))
		return;
	memcpy(guest_mem_range(&m.mem, CODE_GPA + 0x40, 3), "abc", 3);
	expect_port(&m, true, 0x3f8, 1, 'a');
	expect_port(&m, true, 0x3f8, 1, 'b');
	expect_port(&m, true, 0x3f8, 1, 'c');
	expect_port(&m, false, 0x3f8, 1, 'x');
	expect_port(&m, false, 0x3f8, 1, 'y');
	expect_port(&m, true, 0x80, 2, 'x' | 'y' << 8);
	finish(&m);
}

TEST(a_device_register_is_an_exit_and_an_ioeventfd_none)
{
	static const uint8_t code[] = {
		0xbb,
		0x00,
		0x00,
		0xb0,
		0xfe, /* mov ebx, 0xfeb00000 */
		0x8b,
		0x03, /* mov eax, [ebx] */
		0x89,
		0x43,
		0x10, /* mov [ebx + 0x10], eax */
		0xb8,
		0x03,
		0x00,
		0x00,
		0x00, /* mov eax, 3 */
		0x89,
		0x43,
		0x50, /* mov [ebx + 0x50], eax: the eventfd */
		0xe7,
		0x80, /* out 0x80, eax */
		0xf4,
	};
	struct machine m;
	uint64_t count = 0;
	int fd;

	if (!start(&m, code, sizeof(code)))
		return;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK_EQ(hv_ioeventfd(m.hv, X86_VIRTIO_GPA + 0x50, 3, fd, NULL), 0);
	CHECK_EQ(next(&m), HV_EXIT_MMIO);
	CHECK(!m.exit.mmio.write);
	CHECK_EQ(m.exit.mmio.gpa, X86_VIRTIO_GPA);
	m.exit.mmio.value = 0x74726976;
	CHECK_EQ(next(&m), HV_EXIT_MMIO);
	CHECK(m.exit.mmio.write);
	CHECK_EQ(m.exit.mmio.gpa, X86_VIRTIO_GPA + 0x10);
	CHECK_EQ(m.exit.mmio.value, 0x74726976);
	expect_port(&m, true, 0x80, 4, 3);
	CHECK_EQ(read(fd, &count, sizeof(count)), sizeof(count));
	CHECK_EQ(count, 1);
	close(fd);
	finish(&m);
}

TEST(a_guest_reads_from_a_window_what_another_one_wrote)
{
	static const uint8_t writer[] = {
		0xbb,
		0x00,
		0x00,
		0x00,
		0x80, /* mov ebx, 0x80000000 */
		0xb8,
		0x78,
		0x56,
		0x34,
		0x12, /* mov eax, 0x12345678 */
		0x89,
		0x03, /* mov [ebx], eax */
		0xe7,
		0x80, /* out 0x80, eax */
		0xf4,
	};
	static const uint8_t reader[] = {
		0xbb,
		0x00,
		0x00,
		0x00,
		0x80, /* mov ebx, 0x80000000 */
		0x8b,
		0x03, /* mov eax, [ebx] */
		0xe7,
		0x80, /* out 0x80, eax */
		0x89,
		0x43,
		0x04, /* mov [ebx + 4], eax */
		0xe7,
		0x81, /* out 0x81, eax */
		0xf4,
	};
	struct windows writable = {0};
	struct windows readonly = {0};
	int fd = memfd_create("window", MFD_CLOEXEC);
	struct machine m;

	CHECK_EQ(ftruncate(fd, 2 << 20), 0);
	CHECK_EQ(windows_add(&writable, 0x80000000, 2 << 20, fd, false, NULL), 0);
	CHECK_EQ(windows_add(&readonly, 0x80000000, 2 << 20, fd, true, NULL), 0);
	close(fd);
	windows = &writable;
	if (start(&m, writer, sizeof(writer))) {
		expect_port(&m, true, 0x80, 4, 0x12345678);
		finish(&m);
		windows = &readonly;
		CHECK(start(&m, reader, sizeof(reader)));
		expect_port(&m, true, 0x80, 4, 0x12345678);
		/* Its write is one to a register that nobody has. */
		CHECK_EQ(next(&m), HV_EXIT_MMIO);
		CHECK(m.exit.mmio.write);
		CHECK_EQ(m.exit.mmio.gpa, 0x80000004);
		expect_port(&m, true, 0x81, 4, 0x12345678);
		CHECK_EQ(writable.list[0].hva[4], 0);
		finish(&m);
	}
	windows = NULL;
	windows_finish(&writable);
	windows_finish(&readonly);
}

TEST(a_triple_fault_is_a_reset)
{
	static const uint8_t code[] = {0x0f, 0x0b}; /* ud2, and there is no IDT */
	struct machine m;

	if (!start(&m, code, sizeof(code)))
		return;
	CHECK_EQ(next(&m), HV_EXIT_RESET);
	finish(&m);
}

static void *kick(void *vcpu)
{
	usleep(20000);
	hv_vcpu_kick(vcpu);
	return NULL;
}

TEST(a_kick_stops_a_guest_that_spins)
{
	static const uint8_t code[] = {0xeb, 0xfe}; /* jmp to itself */
	struct machine m;
	pthread_t thread;

	if (!start(&m, code, sizeof(code)))
		return;
	CHECK_EQ(pthread_create(&thread, NULL, kick, hv_vcpu(m.hv, 0)), 0);
	m.exit.kind = HV_EXIT_NONE;
	hv_vcpu_run(hv_vcpu(m.hv, 0), &m.exit);
	CHECK_EQ(m.exit.kind, HV_EXIT_NONE);
	pthread_join(thread, NULL);
	finish(&m);
}

/*
 * Enables its APIC and interrupts with a handler that writes to port 0x81, then waits.
 * The IDT at 0x101000 has one gate, for vector 0x41: all of it is data at 0x100100.
 */
static const uint8_t waiting_guest[] = {
	0x0f, 0x01, 0x1d, 0x00, 0x01, 0x10, 0x00, /* lidt [0x100100] */
	0xbc, 0x00, 0x80, 0x10, 0x00,             /* mov esp, 0x108000 */
	0xbb, 0xf0, 0x00, 0xe0, 0xfe,             /* mov ebx, 0xfee000f0 */
	0xc7, 0x03, 0xff, 0x01, 0x00, 0x00,       /* mov dword [ebx], 0x1ff */
	0xe6, 0x80,                               /* out 0x80, al */
	0xfb,                                     /* sti */
	0xf4,                                     /* hlt */
	0xeb, 0xfd,                               /* jmp to the hlt */
	0x90, 0x90,                               /* up to the handler at 0x1f */
	0xe6, 0x81,                               /* out 0x81, al */
	/* mov dword [0xfee000b0], 0: the end of the interrupt */
	0xc7, 0x05, 0xb0, 0x00, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x00,
	0xfb,       /* sti: no iret, which KVM does not emulate without hardware */
	0xf4,       /* hlt */
	0xeb, 0xfd, /* jmp to the hlt */
};
#define HANDLER_GPA (CODE_GPA + 0x1f)

static bool start_waiting(struct machine *m)
{
	static const uint8_t idt[6] = {0xff, 0x07, 0x00, 0x10, 0x10, 0x00};
	const uint8_t gate[8] = {HANDLER_GPA & 0xff, HANDLER_GPA >> 8 & 0xff, X86_BOOT_CS,
		0, 0, 0x8e, HANDLER_GPA >> 16 & 0xff, 0};
	static const uint8_t code_segment[8] = {0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0};

	if (!start(m, waiting_guest, sizeof(waiting_guest)))
		return false;
	memcpy(guest_mem_range(&m->mem, 0x100100, sizeof(idt)), idt, sizeof(idt));
	memcpy(guest_mem_range(&m->mem, 0x101000 + 8 * 0x41, 8), gate, 8);
	memcpy(guest_mem_range(&m->mem, X86_GDT_GPA + X86_BOOT_CS, 8), code_segment, 8);
	expect_port(m, true, 0x80, 1, 0);
	return true;
}

TEST(a_message_reaches_the_guest_as_an_interrupt)
{
	struct irq_line *line;
	struct machine m;

	if (!start_waiting(&m))
		return;
	CHECK_EQ(hv_irq_line(m.hv, 24, true, &line, NULL), 0);
	CHECK_EQ(hv_route_msi(m.hv, 24, 0xfee00000, 0x41), 0);
	irq_line_pulse(line);
	expect_port(&m, true, 0x81, 1, 0);
	finish(&m);
}

TEST(an_edge_while_unrouted_is_kept_for_later)
{
	struct irq_line *line;
	struct machine m;

	if (!start_waiting(&m))
		return;
	CHECK_EQ(hv_irq_line(m.hv, 25, false, &line, NULL), 0);
	irq_line_set(line, true);
	irq_line_set(line, true); /* no second edge */
	CHECK_EQ(hv_route_msi(m.hv, 25, 0xfee00000, 0x41), 0);
	expect_port(&m, true, 0x81, 1, 0);
	hv_unroute(m.hv, 25);
	irq_line_set(line, false);
	irq_line_set(line, true);
	CHECK_EQ(hv_route_msi(m.hv, 25, 0xfee00000, 0x41), 0);
	expect_port(&m, true, 0x81, 1, 0);
	finish(&m);
}

TEST_MAIN(CASE(a_guest_begins_at_its_entry_with_the_zero_page_in_esi),
	CASE(ports_are_read_and_written_in_every_size),
	CASE(a_string_instruction_is_one_access_an_element),
	CASE(a_device_register_is_an_exit_and_an_ioeventfd_none),
	CASE(a_guest_reads_from_a_window_what_another_one_wrote),
	CASE(a_triple_fault_is_a_reset), CASE(a_kick_stops_a_guest_that_spins),
	CASE(a_message_reaches_the_guest_as_an_interrupt),
	CASE(an_edge_while_unrouted_is_kept_for_later))
