# SPDX-License-Identifier: Apache-2.0
# Guests of a few instructions, for what no Linux does.

bare_guest()
{
	vm "kernel_rom='$lab/bare/$1' cpu_count='$2'" </dev/null
	run 20 0
	shift 2
	says "$@"
}

# Runs until the time is up, so not through run().
reboots_with_a_fresh_controller()
{
	vm "kernel_rom='$lab/bare/reset' cpu_count='1'" </dev/null
	start
	sleep 4
	kill $monitor
	wait $monitor || fail "exit status $?"
	tr -d '\r' <out | sort | uniq -c
	[ "$(grep -c r out)" -ge 3 ] || fail "fewer than 3 boots"
	[ "$(tr -d '\r' <out | grep -vxE 'r|00000000' | wc -l)" = 0 ] ||
		fail "an interrupt of the boot before was pending"
}

claim "the least guest says up" bare_guest off 1 up
claim "PSCI starts a CPU, and refuses one that is not there" bare_guest smp 2 n 2
claim "stray accesses are survived" bare_guest stray 1 00000000 a ok
claim "the interrupt controller is fresh after a reboot" reboots_with_a_fresh_controller
