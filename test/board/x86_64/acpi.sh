# SPDX-License-Identifier: Apache-2.0
# What Debian's stock kernel, which knows a microvm by its ACPI tables alone, makes of them.

finds_what_the_tables_name()
{
	script <<-'END'
		dmesg -r | grep '^<[0-4]>' | grep -i acpi || echo "no warning"
		ls /sys/bus/acpi/devices
		cat /sys/firmware/qemu_fw_cfg/by_name/opt/word/raw
		echo
		ls -l /dev/rtc0 && date
		grep -h . /sys/class/input/*/name /proc/tty/driver/serial
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		bootargs='console=ttyS0 loglevel=4'" <<-END
		<fw_cfg name="opt/word" string="from the host"/>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 90 0
	says "no warning" LNRO0005:00 ACPI0013:00 PNP0C0C:00 PNP0501:00 PNP0B00:00 PNP0303:00 \
		QEMU0001:00 QEMU0002:00 "from the host" /dev/rtc0 "Power Button" 16550A \
		"guest: exit status 0"
}

claim "a stock kernel finds everything in the tables, and has no complaint" \
	finds_what_the_tables_name
