# SPDX-License-Identifier: Apache-2.0
# A panic of Linux, which tells of it through pvpanic. Debian's kernels for ARM64 have no driver of
# that, so this wants the minimal one, which takes a while to build: it runs when it is named.

# panicking_vm ATTRIBUTES: counts its boots.
panicking_vm()
{
	truncate -s 64K disk.img
	script <<-'END'
		boots=$(($(head -c 1 /dev/vda | tr '\0' 0) + 1))
		echo "boot: $boots"
		printf $boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		[ $boots -lt 2 ] || exit 0
		echo c >/proc/sysrq-trigger
	END
	vm "kernel_rom='$lab/minimal/linux' initrd_rom='$lab/minimal/initrd' cpu_count='2' $1
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
}

ends_with_status_3()
{
	panicking_vm ""
	run 60 3
	says "boot: 1" "Kernel panic"
}

restarts_and_is_told()
{
	local ticks=200
	panicking_vm "on_crash='restart'"
	start
	until [ -S /run/bonsai/vm.sock ] || [ $ticks = 0 ]; do
		ticks=$((ticks - 1))
		usleep 100000
	done
	(echo '{"execute":"qmp_capabilities"}' && exec sleep 1000) |
		"$lab/socat/socat" - UNIX-CONNECT:/run/bonsai/vm.sock >events &
	wait_for 60 "boot: 2"
	wait $monitor || fail "exit status $?"
	killall sleep
	cat events
	grep -q '"event": "GUEST_PANICKED", "data": {"action": "run"}' events || fail "nobody was told"
	says "Kernel panic" "guest: exit status 0"
}

claim "a panic of Linux ends with status 3" ends_with_status_3
claim "a panic of Linux is told and restarts it" restarts_and_is_told
