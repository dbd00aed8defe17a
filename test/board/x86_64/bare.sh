# SPDX-License-Identifier: Apache-2.0
# Guests of a few instructions, in every mode that a CPU can begin in. test/board/native runs
# these without a board, too.

# bare_guest NAME CPUS TEXT…
bare_guest()
{
	vm "kernel_rom='$lab/bare/$1' cpu_count='$2'" </dev/null
	run 20 0
	shift 2
	says "$@"
}

begins_out_of_a_gzip_file()
{
	gzip <"$lab/bare/protected" >kernel.gz
	vm "kernel_rom='kernel.gz' cpu_count='1'" </dev/null
	run 20 0
	says "up in protected mode"
}

# Of a baseline as far as the host's CPU reaches.
cpuid_shows_a_microvm()
{
	vm "kernel_rom='$lab/bare/cpuid' cpu_count='255'" </dev/null
	run 20 0
	says "CPUs: 255" "virtualization: no" "hypervisor: KVMKVMKVM" "clock: told"
	vm "kernel_rom='$lab/bare/cpuid' cpu_count='1' cpu_type='x86-64-v2'" </dev/null
	bonsai host >host || : # which says whether a stock guest would run, too
	if grep -q "^CPU  *x86-64-v1" host; then
		refuses 2 "this host's CPU reaches x86-64-v1"
	else
		run 20 0
		says "level 2, no AVX" "CPUs: 1" "hypervisor: KVMKVMKVM"
	fi
}

begins_in_real_mode()
{
	vm "firmware_rom='$lab/bare/real' cpu_count='1' on_reboot='exit'" </dev/null
	run 20 0
	says "real mode"
}

# begins_again ATTRIBUTES TEXT: boots without end, so not through run().
begins_again()
{
	local ticks=$((patience * 1000))
	vm "cpu_count='1' $1" </dev/null
	start
	until [ "$(grep -c "$2" out)" -ge 3 ] || [ $ticks = 0 ]; do
		ticks=$((ticks - 1))
		usleep 10000
	done
	[ -d /proc/$monitor ] || fail "another process went on"
	kill $monitor
	wait $monitor || fail "exit status $?"
	[ $ticks != 0 ] || fail "fewer than 3 boots"
}

crashes_where_nothing_is()
{
	vm "kernel_rom='$lab/bare/nowhere' cpu_count='1'" </dev/null
	run 20 3
	says "vCPU 0 cannot run on: KVM's internal error 1"
	begins_again "kernel_rom='$lab/bare/nowhere' on_crash='restart'" "internal error 1"
}

# boots_through FIRMWARE CPUS [TEXT]: a kernel, which is a bzImage and says what it was given.
boots_through()
{
	printf '\001\002\003an initrd' >one # no text, of whole words
	printf 'of two\000' >two
	vm "firmware_rom='$lab/firmware/$1' kernel_rom='$lab/bare/setup' cpu_count='$2'
		initrd_rom='one two' bootargs='some words' on_reboot='exit'" </dev/null
	run 60 0
	says "started as Linux is" "some words" "the rest at 1 MiB" "an initrdof two" "${3-}"
}

# elf_through FIRMWARE
elf_through()
{
	vm "firmware_rom='$lab/firmware/$1' kernel_rom='$lab/bare/protected' cpu_count='1'" \
		</dev/null
	run 60 0
	says "up in protected mode"
}

# SeaBIOS has nothing to boot then; qboot does without.
is_offered_no_option_rom()
{
	vm "firmware_rom='$lab/firmware/seabios.bin' kernel_rom='$lab/bare/setup' cpu_count='1'" <<-END
		<isa option_roms="no"/>
	END
	start
	wait_for 60 "No bootable device"
	kill $monitor
	wait $monitor || fail "exit status $?"
	vm "firmware_rom='$lab/firmware/qboot.rom' kernel_rom='$lab/bare/setup' cpu_count='1'
		on_reboot='exit'" <<-END
		<isa option_roms="no"/>
	END
	run 60 0
	says "started as Linux is"
}

refuses_seabios_alone()
{
	cp "$lab/firmware/seabios.bin" .
	vm "firmware_rom='seabios.bin' kernel_rom='$lab/bare/setup' cpu_count='1'" </dev/null
	run 20 2
	says "vm.xml:1: firmware_rom" "is SeaBIOS, which boots this kernel_rom with QEMU's linuxboot_dma.bin only"
}

# one_of_two NAME: its VM waits for what the other's writes.
one_of_two()
{
	mkdir $1
	cd $1
	vm "name='$1' kernel_rom='$lab/bare/share' cpu_count='1'" <<-END
		<shared_memory name="page" path="../page" size="2M" address="0xc0000000"/>
	END
	start
	cd ..
}

two_exchange_bytes()
{
	local first
	one_of_two left
	first=$monitor
	one_of_two right
	wait $first || fail "left: exit status $?"
	wait $monitor || fail "right: exit status $?"
	cat left/out right/out
	[ "$(grep -hx '[12].*' left/out right/out | sort | tr -dc 12)" = 12 ] || fail "not both"
	[ "$(head -c 10 page | tail -c 2)" = 12 ] || fail "the file does not have it"
}

claim "a guest begins in 64-bit mode" bare_guest off 1 up
claim "a guest with a PVH note begins in 32-bit protected mode" bare_guest protected 1 \
	"up in protected mode"
claim "a bzImage without a 64-bit entry begins at its 32-bit one" bare_guest entry32 1 \
	"entered in 32-bit mode"
claim "an ELF kernel begins out of a gzip file" begins_out_of_a_gzip_file
claim "a firmware begins in real mode at the reset vector" begins_in_real_mode
claim "a reboot begins there again" begins_again "firmware_rom='$lab/bare/real'" "real mode"
claim "a jump to where a BIOS would be is a reboot" begins_again "kernel_rom='$lab/bare/bios'" \
	"asks the BIOS"
claim "where KVM cannot run a guest it has crashed" crashes_where_nothing_is
claim "reads of nothing give ones, writes are ignored" bare_guest stray 1 ffffffff ok
claim "INIT and SIPI start a CPU" bare_guest smp 2 2
claim "CPUID shows a microvm of 255 CPUs, and of a baseline nothing above it" \
	cpuid_shows_a_microvm
claim "two guests exchange bytes through memory that they share" two_exchange_bytes
for cpus in 1 2; do
	claim "qboot boots a bzImage with $cpus CPUs" boots_through qboot.rom $cpus
	claim "SeaBIOS boots a bzImage with $cpus CPUs" \
		boots_through seabios.bin $cpus "SeaBIOS (version"
done
claim "qboot starts an ELF kernel" elf_through qboot.rom
claim "SeaBIOS starts an ELF kernel" elf_through seabios.bin
claim "SeaBIOS without its option ROM is refused" refuses_seabios_alone
claim "a firmware that is offered no option ROMs has none" is_offered_no_option_rom
