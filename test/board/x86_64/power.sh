# SPDX-License-Identifier: Apache-2.0
# Ways to end: every kind of reboot restarts in place, power-off has status 0.

# reboots KERNEL ISA WAY…: one boot more than there are ways, each ended in the next of them: a type
# of reboot, a "watchdog" that nobody feeds, or "keys", which are Ctrl-Alt-Del and go ACPI's way.
reboots()
{
	local kernel=$1 isa=$2
	shift 2
	truncate -s 64K disk.img
	script <<-END
		set -- $*
		boots=\$((\$(head -c 1 /dev/vda | tr '\\0' 0) + 1))
		echo "boot: \$boots"
		printf \$boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		[ \$boots -le $# ] || exit 0
		shift \$((\$boots - 1))
		[ \$1 != watchdog ] || {
			echo "by: \$1"
			watchdog -T 4 -t 100 -F /dev/watchdog
			sleep 1000
		}
		[ \$1 != keys ] || {
			until grep -qs "Set 2 keyboard" /sys/class/input/*/device/name; do usleep 100000; done
			echo acpi >/sys/kernel/reboot/type
			echo "by: \$1"
			sleep 1000
		}
		echo \$1 >/sys/kernel/reboot/type
		echo "by: \$(cat /sys/kernel/reboot/type)"
		reboot -f
	END
	vm "kernel_rom='$lab/$kernel/linux' initrd_rom='$lab/$kernel/initrd' cpu_count='2'
		bootargs='console=hvc0 loglevel=4'" <<-END
		<isa $isa/>
		<watchdog/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	for way; do
		wait_for 90 "by: $way"
		[ $way != keys ] || bonsai send-key vm ctrl-alt-delete
	done
	wait_for 90 "boot: $(($# + 1))"
	[ -d /proc/$monitor ] || fail "another process went on"
	wait_for 30 "guest: exit status 0"
	if [ "$kernel" = minimal ]; then
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

# Linux chooses EFI where ACPI is the hardware-reduced one; without EFI, a jump to the BIOS is next.
claim "the way that Linux chooses, the keyboard controller and Ctrl-Alt-Del restart a guest" \
	reboots bookworm "" efi kbd keys
claim "triple fault, keyboard controller and watchdog restart it without ACPI" \
	reboots minimal 'acpi="no"' triple kbd watchdog
claim "a panic ends with status 3" ends_with_a_panic
