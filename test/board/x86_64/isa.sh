# SPDX-License-Identifier: Apache-2.0
# Every switch of <isa>: what is off is not there, and the guest boots.

# without SWITCH KERNEL SCRIPT TEXT…: hvc0 is the console, SCRIPT runs in the guest.
without()
{
	local switch=$1 kernel=$2
	echo "$3" | script
	shift 3
	vm "kernel_rom='$lab/$kernel/linux' initrd_rom='$lab/$kernel/initrd' cpu_count='1'
		on_reboot='exit' bootargs='console=hvc0 loglevel=4 reboot=t'" <<-END
		<isa $switch/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 90 0
	says "guest: exit status 0" "$@"
}

claim "without RTC, serial port and option ROMs" without 'rtc="no" serial="no" option_roms="no"' \
	bookworm '[ -e /dev/rtc0 ] || echo "no rtc"
	grep -q 16550 /proc/tty/driver/serial || echo "no serial"' "no rtc" "no serial" "console hvc0"
claim "without ACPI" without 'acpi="no"' minimal \
	'grep -o virtio_mmio.device /proc/cmdline' virtio_mmio.device
claim "without PIT" without 'pit="no" acpi="no"' minimal \
	'grep -q "edge  *timer" /proc/interrupts || echo "no timer interrupt"' "no timer interrupt"
claim "without PIC" without 'pic="no" pit="no" acpi="no"' minimal \
	'dmesg | grep PIC' "NULL legacy PIC"
