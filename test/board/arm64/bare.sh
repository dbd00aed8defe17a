# SPDX-License-Identifier: Apache-2.0
# Guests of a few instructions, for what no Linux does.

bare_guest()
{
	vm "kernel_rom='$lab/bare/$1' cpu_count='$2'" </dev/null
	run 20 0
	shift 2
	says "$@"
}

leaves_on_reboot()
{
	vm "kernel_rom='$lab/bare/reset' cpu_count='1' on_reboot='exit'" </dev/null
	run 20 0
	[ "$(tr -d '\r' <out | grep -cx r)" = 1 ] || fail "not one boot"
}

# Boots without end, so not through run().
reboots_with_a_fresh_controller()
{
	local ticks=$((patience * 100))
	vm "kernel_rom='$lab/bare/reset' cpu_count='1'" </dev/null
	start
	until [ "$(grep -c r out)" -ge 3 ] || [ $ticks = 0 ]; do
		ticks=$((ticks - 1))
		usleep 10000
	done
	kill $monitor
	wait $monitor || fail "exit status $?"
	tr -d '\r' <out | sort | uniq -c
	[ $ticks != 0 ] || fail "fewer than 3 boots"
	[ "$(tr -d '\r' <out | grep -vxE 'r|00000000' | wc -l)" = 0 ] ||
		fail "an interrupt of the boot before was pending"
}

claim "the least guest says up" bare_guest off 1 up
claim "PSCI starts a CPU, and refuses one that is not there" bare_guest smp 2 n 2
claim "stray accesses are survived" bare_guest stray 1 00000000 a ok
claim "the interrupt controller is fresh after a reboot" reboots_with_a_fresh_controller
claim "on_reboot=exit ends with status 0" leaves_on_reboot
