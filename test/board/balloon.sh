# SPDX-License-Identifier: Apache-2.0
# What a guest does not need goes back to the host, which sees it in the monitor.

resident()
{
	awk '/^VmRSS/ { print int($2 / 1024) }' /proc/$monitor/status
}

# resides OPERATOR MIB SECONDS: until the monitor has so much of the host's memory.
resides()
{
	local ticks=$(($3 * patience * 5))
	until [ "$(resident)" "$1" "$2" ]; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || fail "$(resident) MiB are resident, not $1 $2, after $3 s"
		usleep 200000
	done
	echo "-- $(resident) MiB resident, $1 $2"
}

balloon_takes_and_gives()
{
	local low
	script <<-'END'
		left()
		{
			awk '/^MemFree/ { print int($2 / 1024) }' /proc/meminfo
		}
		was=
		until [ "$(left)" = "$was" ]; do
			was=$(left)
			sleep 2
		done
		echo "taken: $(left) MiB are left"
		sleep 2
		mount -o remount,size=90% /tmp
		dd if=/dev/zero of=/tmp/big bs=1M count=$(($(left) + 60)) 2>/dev/null
		echo "filled: $? $(($(stat -c %s /tmp/big) >> 20)) MiB"
		sleep 4
		rm /tmp/big
		echo "freed"
		sleep 100
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		<virtio_device name="balloon0" type="balloon" size="96M"/>
	END
	start
	wait_for 60 "taken: "
	low=$(resident)
	[ "$low" -lt 190 ] || fail "$low MiB are resident with 96 MiB of 256 in the balloon"
	wait_for 60 "filled: 0"
	resides -gt $((low + 70)) 4
	wait_for 20 "freed"
	resides -lt $((low + 30)) 20
	kill $monitor
	wait $monitor || fail "exit status $?"
	cat out
}

# Nothing of this depends on the interrupt controller.
if [ "$GIC" != 2 ]; then
	claim "balloon takes memory, gives it back for want, and gets what is freed" \
		balloon_takes_and_gives
fi
