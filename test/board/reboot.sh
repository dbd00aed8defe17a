# SPDX-License-Identifier: Apache-2.0
# Reboots happen in the same process, whatever is under way in the guest.

rebooting_vm()
{
	truncate -s 16M disk.img
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		on_crash='restart' bootargs='console=hvc0 loglevel=4 panic=-1'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		<virtio_device name="eth0" type="net"><user/></virtio_device>
		<virtio_device name="rng" type="rng"/>
	END
}

# As script, with the number of this boot in $boots, which the disk remembers.
counting_script()
{
	{
		cat <<-'END'
			boots=$(($(head -c 1 /dev/vda | tr '\0' 0) + 1))
			echo "boot: $boots"
			printf $boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		END
		cat
	} | script
}

# Once asked for, once after a panic, both in the middle of everything.
restarts_with_interrupts_pending()
{
	counting_script <<-'END'
		[ $boots -lt 3 ] || exit 0
		while :; do dd if=/dev/vda of=/dev/null bs=4k iflag=direct 2>/dev/null; done &
		while :; do dd if=/dev/zero of=/dev/vda bs=64k seek=1 count=99 oflag=direct 2>/dev/null; done &
		while :; do wget -q -O /dev/null http://10.0.2.2:8080/hello; done &
		cat /dev/hwrng >/dev/null &
		usleep 300000
		[ $boots = 2 ] || reboot -f
		echo c >/proc/sysrq-trigger
	END
	rebooting_vm
	start
	wait_for 120 "boot: 1"
	wait_for 120 "boot: 2"
	[ -d /proc/$monitor ] || fail "another process went on"
	wait_for 120 "boot: 3"
	wait $monitor || fail "exit status $?"
	says "Kernel panic" "guest: exit status 0"
}

claim "a guest restarts in place, by itself and after a panic, with interrupts pending" \
	restarts_with_interrupts_pending
