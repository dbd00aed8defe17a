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

begins_in_real_mode()
{
	vm "firmware_rom='$lab/bare/real' cpu_count='1' on_reboot='exit'" </dev/null
	run 20 0
	says "real mode"
}

# Runs until the time is up, so not through run().
reboots_in_place()
{
	vm "firmware_rom='$lab/bare/real' cpu_count='1'" </dev/null
	start
	sleep 4
	[ -d /proc/$monitor ] || fail "another process went on"
	kill $monitor
	wait $monitor || fail "exit status $?"
	[ "$(grep -c "real mode" out)" -ge 3 ] || fail "fewer than 3 boots"
}

claim "a guest begins in 64-bit mode" bare_guest off 1 up
claim "a guest with a PVH note begins in 32-bit protected mode" bare_guest protected 1 \
	"up in protected mode"
claim "a firmware begins in real mode at the reset vector" begins_in_real_mode
claim "a reboot begins there again" reboots_in_place
claim "reads of nothing give ones, writes are ignored" bare_guest stray 1 ffffffff ok
claim "INIT and SIPI start a CPU" bare_guest smp 2 2
