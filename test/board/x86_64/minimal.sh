# SPDX-License-Identifier: Apache-2.0
# A kernel without ACPI and PCI: it knows the machine from the device tree, which names the virtio
# devices where the command line does not; or, as an ELF file, from its command line and the MP table.

# minimal_guest KERNEL CPUS [ISA]: all devices, found by a kernel in $lab, with as many more disks
# as the machine has slots for, or lines that a command line names.
minimal_guest()
{
	local kernel=$1 cpus=$2 more= count=13 number
	[ $# = 2 ] || count=19
	for number in $(seq $count); do
		echo "disk-$number" >"$number.img"
		truncate -s 4K "$number.img"
		more="$more<virtio_device name='disk$number' type='block'><file path='$number.img'/></virtio_device>"
	done
	echo "from the host" >disk.img
	truncate -s 8M disk.img
	script <<-'END'
		echo "cpus: $(nproc)"
		echo "disk: $(head -n 1 /dev/vda)"
		echo "from the guest" | dd of=/dev/vda bs=4k seek=1 conv=fsync 2>/dev/null
		echo "net: $(cat /sys/class/net/eth0/address) $(wget -q -O - http://10.0.2.2:8080/hello)"
		echo "rng: $(head -c 16 /dev/hwrng | wc -c)"
		echo "more: $(head -q -n 1 /dev/vd? | grep -a '^disk-' | sort -u | wc -l)"
		echo "tree: $(tr '\0' '\n' </proc/device-tree/model)"
		grep -o virtio_mmio.device /proc/cmdline
		echo "interrupts: $(grep -E 'virtio|ttyS0' /proc/interrupts)"
	END
	vm "kernel_rom='$lab/$kernel' initrd_rom='$lab/${kernel%/*}/initrd' cpu_count='$cpus'
		on_reboot='exit' bootargs='console=hvc0 loglevel=4'" <<-END
		<isa acpi="no" ${3-}/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		<virtio_device name="eth0" type="net" mac="02:00:00:00:00:07"><user/></virtio_device>
		<virtio_device name="rng" type="rng"/>
		$more
	END
	run 90 0
	says "cpus: $cpus" "disk: from the host" "more: $count" "rng: 16" "guest: exit status 0" \
		"net: 02:00:00:00:00:07 served by the board" IO-APIC
	[ "$(dd if=disk.img bs=4k skip=1 count=1 2>/dev/null | head -n 1)" = "from the guest" ] ||
		fail "the disk does not have what the guest wrote"
}

tree_names_the_devices()
{
	minimal_guest minimal/linux 2 'kernel_cmdline="no"'
	says "tree: Bonsai x86 board"
	! grep -q virtio_mmio.device out || fail "the command line has them too"
}

# What the least of all machines does: a disk, a shell on the serial port, 32 MB.
boots_to_a_shell_in_32_mb()
{
	cp "$lab/root.ext4" disk.img
	mkfifo keys
	bonsai run --acpi=no --kernel "$lab/minimal/linux" --init=/bin/sh --mem=32M --cpus=2 disk.img \
		<keys >out 2>&1 &
	exec 5>keys
	wait_for 60 "# "
	printf 'mount -t proc proc /proc\nnproc\nfree -m\necho $((6 * 7)) done\n' >&5
	wait_for 20 "42 done"
	printf 'exit\n' >&5
	exec 5>&-
	wait $! || fail "exit status $?"
	tr -d '\r' <out
	tr -d '\r' <out | grep -qx 2 || fail "not two CPUs"
	says "Attempted to kill init"
}

for cpus in 1 4; do
	claim "kernel without ACPI: $cpus CPUs, disk, net, console, rng" \
		minimal_guest minimal/linux $cpus
done
claim "kernel without ACPI finds 2 CPUs and all devices in the tree" tree_names_the_devices
claim "kernel without ACPI, as an ELF file" minimal_guest minimal/vmlinux 2
claim "kernel without ACPI gives a shell on an image in 32 MB" boots_to_a_shell_in_32_mb
