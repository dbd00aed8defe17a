# SPDX-License-Identifier: Apache-2.0
# What Debian's stock kernel, which knows a microvm by its ACPI tables alone, makes of them.

# There are as many devices as slots: most of them are on the second IOAPIC. Each of these disks begins
# with a word of its own. The clock's alarm rings, or the script comes to no end.
finds_what_the_tables_name()
{
	local disks number
	disks=
	for number in $(seq 22); do
		echo "disk-$number" >"$number.img"
		truncate -s 4K "$number.img"
		disks="$disks<virtio_device name='disk$number' type='block'><file path='$number.img'/></virtio_device>"
	done
	cp "$lab/pmem.ext4" pmem.img
	printf in.. >in
	truncate -s 2M in
	script <<-'END'
		dmesg -r | grep '^<[0-4]>' | grep -i acpi || echo "no warning"
		ls /sys/bus/acpi/devices
		echo "disks: $(head -q -n 1 /dev/vd? | grep -a '^disk-' | sort -u | wc -l)"
		cat /sys/firmware/qemu_fw_cfg/by_name/opt/word/raw
		echo
		ls -l /dev/rtc0 && date
		cat /sys/devices/system/clocksource/clocksource0/available_clocksource
		echo "timer: $(cat /sys/devices/system/clockevents/clockevent0/current_device)"
		echo "package: $(cat /sys/devices/system/cpu/cpu1/topology/package_cpus_list)"
		echo +1 >/sys/class/rtc/rtc0/wakealarm
		grep -h . /sys/class/input/*/name /proc/tty/driver/serial
		mount -t ext4 -o dax /dev/pmem0 /mnt && echo "dax: $(cat /mnt/greeting)"
		echo "from the guest" >/mnt/answer
		umount /mnt
		grep virtio /proc/interrupts
		echo "lines: $(awk '/IO-APIC .*virtio/ && $2 + $3 > 0' /proc/interrupts | wc -l)"
		for name in PRP0001:00 PRP0001:01; do
			echo "$(cat /sys/bus/acpi/devices/$name/path): $(cat /sys/bus/acpi/devices/$name/modalias)"
		done
		echo "shared: $(devmem 0xc0000000 32)"
		devmem 0xc0200000 32 0x74756f2e
		until grep -q '[1-9] .*rtc0' /proc/interrupts; do usleep 100000; done
		button=$(grep -l "Power Button" /sys/class/input/event*/device/name)
		exec 3</dev/input/$(basename ${button%/device/name})
		echo "waits for the button"
		echo "key: $(head -c 24 <&3 | tail -c 8 | od -A n -t u2)"
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		bootargs='console=ttyS0 loglevel=4'" <<-END
		<fw_cfg name="opt/word" string="from the host"/>
		<shared_memory name="in" path="in" size="2M" readonly="yes" address="0xc0000000"/>
		<shared_memory name="out" path="there" size="2M" address="0xc0200000"/>
		<virtio_device name="memory" type="pmem"><file path="pmem.img"/></virtio_device>
		$disks
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 90 "waits for the button"
	bonsai powerdown vm
	wait_for 30 "key: "
	wait $monitor || fail "exit status $?"
	tr -d '\r' <out
	tr -s ' ' <out | grep -qF "key: 1 116 1 0" || fail "the key is another one"
	says "no warning" LNRO0005:17 "disks: 22" "lines: 24" ACPI0013:00 PNP0C0C:00 PNP0501:00 \
		PNP0B00:00 PNP0303:00 QEMU0001:00 QEMU0002:00 "from the host" /dev/rtc0 kvm-clock \
		"timer: lapic-deadline" "package: 0-1" \
		"Power Button" 16550A \
		"guest: exit status 0" "dax: from the host" "shared: 0x2E2E6E69" \
		"SM00: of:Nsm00TCbonsai,shared-memory"
	grep -q "from the guest" pmem.img || fail "the file has not changed"
	[ "$(head -c 4 there)" = .out ] || fail "what the guest wrote is not there"
}

claim "a stock kernel finds everything in the tables, without complaint, and hears the power button" \
	finds_what_the_tables_name
