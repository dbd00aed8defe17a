# SPDX-License-Identifier: Apache-2.0
# Ways to end: every kind of reboot restarts in place, power-off has status 0.

# counts_boots FINISH: a script that ends the second boot with success, the first with FINISH.
counting_script()
{
	script <<-END
		boots=\$((\$(head -c 1 /dev/vda | tr '\\0' 0) + 1))
		echo "boot: \$boots"
		printf \$boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		[ \$boots -lt 2 ] || exit 0
		$1
	END
}

# reboots KERNEL ISA BOOTARGS [FINISH]
reboots()
{
	truncate -s 64K disk.img
	counting_script "${4:-reboot -f}"
	vm "kernel_rom='$lab/$1/linux' initrd_rom='$lab/$1/initrd' cpu_count='2'
		bootargs='console=hvc0 loglevel=4 $3'" <<-END
		<isa $2/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 90 "boot: 1"
	wait_for 90 "boot: 2"
	[ -d /proc/$monitor ] || fail "another process went on"
	wait_for 30 "guest: exit status 0"
	if [ "$1" = minimal ]; then
		kill $monitor # its init can but reboot
	fi
	wait $monitor || fail "exit status $?"
}

# A panic that the guest reports, before it reboots or not.
ends_with_a_panic()
{
	script <<-'END'
		echo c >/proc/sysrq-trigger
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=ttyS0 loglevel=4 panic=1'" <<-END
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 90 3
	says "Kernel panic"
}

claim "reboot=t restarts" reboots bookworm "" reboot=t
claim "reboot=k restarts" reboots bookworm "" reboot=k
claim "reboot=a restarts" reboots bookworm "" reboot=a
claim "reboot=t restarts without ACPI" reboots minimal 'acpi="no"' reboot=t
claim "reboot=k restarts without ACPI" reboots minimal 'acpi="no"' reboot=k
claim "a panic ends with status 3" ends_with_a_panic
