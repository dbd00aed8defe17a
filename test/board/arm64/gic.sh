# SPDX-License-Identifier: Apache-2.0
# Interrupts, timers and PSCI as 64-bit and 32-bit guests see them, with every controller that
# this host gives: its own, and on a host with GICv3 alone also Bonsai's GICv2. Where CPUs run at
# the same time it is that one alone, since races in the kernel's are not ours to find.

# guest NAME CPUS: $arch's guest of that name, with GIC $version.
guest()
{
	local GIC=$version bare=bare
	[ "$arch" = arm64 ] || bare=bare32
	vm "kernel_rom='$lab/$bare/$1' arch='$arch' cpu_count='$2'" </dev/null
}

# Each line of the guest is a claim of its own; on the whole, that it came to its end.
guest_claims()
{
	guest "$1" "$2"
	run 60 0
	[ -s out ] || fail "it says nothing"
	! grep -v '^ok ' out || fail "a claim does not hold"
}

# Processes have their ticks of CPU time in fields 14 and 15 of that file (proc(5)).
idles_behind_its_last_cpu()
{
	local before after
	guest last 2
	start
	wait_for 20 "all other CPUs are off"
	sleep 1
	before=$(awk '{ print $14 + $15 }' /proc/$monitor/stat)
	sleep 3
	after=$(awk '{ print $14 + $15 }' /proc/$monitor/stat)
	[ $((after - before)) -le 3 ] || fail "$((after - before)) ticks of CPU time in 3 s"
	kill -TERM $monitor
	wait $monitor || fail "exit status $?"
	! grep FAILED out || fail "the last CPU goes on"
}

# Boots without end, so not through run().
is_as_new_after_a_reboot()
{
	local ticks=$((patience * 100))
	guest again 2
	start
	until [ "$(grep -c '^ok ' out)" -ge 3 ] || [ $ticks = 0 ]; do
		ticks=$((ticks - 1))
		usleep 100000
	done
	kill $monitor
	wait $monitor || fail "exit status $?"
	sort out | uniq -c
	[ $ticks -gt 0 ] || fail "fewer than 3 boots"
	! grep FAILED out || fail "something of the boot before was there"
}

versions=$GIC
[ "$GIC" = 2 ] || versions="$GIC 2"
[ "$CLOCK" = steady ] || versions=2
for version in $versions; do
	for arch in arm64 armv7; do
		about="GICv$version"
		[ $version = "$GIC" ] || about="own GICv$version"
		about="$about, $arch:"
		for name in interrupts:1 cpus:8 timers:4 psci:8; do
			claim "$about ${name%:*} of a bare guest" guest_claims ${name%:*} ${name#*:}
			# The guest's own words for it.
			tr -d '\r' <$place/out | sed -n "s/^\(ok\|FAILED\) /\1 $where $about /p"
		done
		claim "$about a VM whose CPUs are all off idles, and ends when told" \
			idles_behind_its_last_cpu
		claim "$about the controller is as new after a reboot" is_as_new_after_a_reboot
	done
done
