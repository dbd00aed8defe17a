# SPDX-License-Identifier: Apache-2.0
# The board's own devices, as a stock kernel uses them.

guest_has_the_time_and_a_power_key()
{
	local begin date
	begin=$(date -u +%s)
	script <<-'END'
		echo "rtc: $(cat /sys/class/rtc/rtc0/name)"
		echo "date: $(date -u +%s)"
		before=$(awk '/rtc-pl031/ { print $2 }' /proc/interrupts)
		echo +2 >/sys/class/rtc/rtc0/wakealarm
		sleep 4
		echo "alarms: $(($(awk '/rtc-pl031/ { print $2 }' /proc/interrupts) - before))"
		echo "key: $(dd if=/dev/input/event0 bs=24 count=1 2>/dev/null | tail -c 8 | od -A n -t u2)"
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<memory image="map"/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 180 "alarms: "
	sleep 2
	bonsai powerdown vm
	wait_for 60 "key: "
	wait $monitor || fail "exit status $?"
	tr -d '\r' <out
	says "rtc: rtc-pl031" "alarms: 1" "guest: exit status 0"
	tr -s ' ' <out | grep -qF "key: 1 116 1 0" || fail "the key is another one"
	date=$(sed -n 's/^date: //p' out | tr -d '\r')
	[ "$date" -ge "$begin" ] && [ "$date" -le "$(date -u +%s)" ] ||
		fail "it is $(date -u +%s), and the guest says $date"
}

# Whoever opens a watchdog and leaves without a word has it end the wait.
watchdog_resets_a_guest_that_hangs()
{
	script <<-'END'
		echo "watchdog: $(cat /sys/class/watchdog/watchdog0/identity)"
		boots=$(($(head -c 1 /dev/vda | tr '\0' 0) + 1))
		echo "boot: $boots"
		printf $boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		[ $boots -lt 2 ] || exit 0
		watchdog -T 4 -t 100 -F /dev/watchdog0
	END
	truncate -s 64K disk.img
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<watchdog/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 240 0
	says "watchdog: sp805-wdt" "the watchdog resets the guest" "boot: 2" \
		"guest: exit status 0"
}

# A bare guest, as Debian's kernels have no driver for this.
panic_ends_with_status_3()
{
	vm "kernel_rom='$lab/$1/panic' cpu_count='1'" </dev/null
	run 20 3
	says "ok both events of a panic are taken" "ok a crash kernel may run on"
}

claim "a guest whose kernel is mapped has the time of day, an alarm and a power key" guest_has_the_time_and_a_power_key
claim "a watchdog resets a guest that hangs" watchdog_resets_a_guest_that_hangs
claim "a panic that a 64-bit guest reports ends with status 3" panic_ends_with_status_3 bare
claim "a panic that a 32-bit guest reports ends with status 3" panic_ends_with_status_3 bare32
