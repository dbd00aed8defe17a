# SPDX-License-Identifier: Apache-2.0
# The board's own devices, as a stock kernel uses them.

guest_has_the_time()
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
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 180 0
	says "rtc: rtc-pl031" "alarms: 1" "guest: exit status 0"
	date=$(sed -n 's/^date: //p' out | tr -d '\r')
	[ "$date" -ge "$begin" ] && [ "$date" -le "$(date -u +%s)" ] ||
		fail "it is $(date -u +%s), and the guest says $date"
}

# A bare guest, as Debian's kernels have no driver for this.
panic_ends_with_status_3()
{
	vm "kernel_rom='$lab/$1/panic' cpu_count='1'" </dev/null
	run 20 3
	says "ok both events of a panic are taken" "ok a crash kernel may run on"
}

claim "a guest has the time of day, and an alarm" guest_has_the_time
claim "a panic that a 64-bit guest reports ends with status 3" panic_ends_with_status_3 bare
claim "a panic that a 32-bit guest reports ends with status 3" panic_ends_with_status_3 bare32
