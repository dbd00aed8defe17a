# SPDX-License-Identifier: Apache-2.0
# Stock kernels find files as persistent memory: Debian 13's maps it for programs too.

# pmem NAME ATTRIBUTES FILE-ATTRIBUTES: a fresh file, and its device.
pmem()
{
	cp "$lab/pmem.ext4" "$1.img"
	echo "<virtio_device name=\"$1\" type=\"pmem\" ${2-}><file path=\"$1.img\" ${3-}/></virtio_device>"
}

# machine KERNEL DEVICES
machine()
{
	vm "kernel_rom='$lab/$1/linux' initrd_rom='$lab/$1/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=3 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		$2
	END
}

guest_uses_files_as_memory()
{
	script <<-'END'
		flushes()
		{
			awk '/virtio2$/ { print $2 }' /proc/interrupts
		}
		mount -t ext4 -o dax /dev/pmem0 /mnt && echo "dax: $(cat /mnt/greeting)"
		before=$(flushes)
		echo "from the guest" >/mnt/answer
		sync
		echo "flushed: $(($(flushes) > before))"
		umount /mnt
		mount -t ext4 -o dax /dev/pmem1 /mnt && echo "private: $(cat /mnt/greeting)"
		echo "lost" >/mnt/answer
		umount /mnt
		mount -t ext4 /dev/pmem1 /mnt && echo "private again: $(cat /mnt/answer)"
		umount /mnt
		mount -t ext4 -o ro,noload,dax /dev/pmem2 /mnt && echo "readonly: $(cat /mnt/greeting)"
		umount /mnt
		before=$(md5sum </dev/pmem2)
		dd if=/dev/urandom of=/dev/pmem2 bs=4k count=1 oflag=direct
		echo "written: $?"
		[ "$before" = "$(dd if=/dev/pmem2 bs=1M iflag=direct | md5sum)" ] && echo "unchanged"
		poweroff -f
	END
	machine trixie "$(pmem shared)$(pmem private '' 'shared="no"')$(pmem fixed 'readonly="yes"')"
	run 120 0
	says "dax: from the host" "flushed: 1" "private: from the host" "private again: lost" \
		"readonly: from the host" "written: " "unchanged"
	cmp private.img "$lab/pmem.ext4" || fail "the private file has changed"
	cmp fixed.img "$lab/pmem.ext4" || fail "the read-only file has changed"
	grep -q "from the guest" shared.img || fail "the shared file has not changed"
}

file_shrinks_under_the_guest()
{
	local status=0
	script <<-'END'
		mount -t ext4 /dev/pmem0 /mnt && echo "mounted: $(cat /mnt/greeting)"
		echo "from the guest" >/mnt/answer
		umount /mnt
		echo "shrink it"
		while :; do
			dd if=/dev/pmem0 of=/dev/null bs=1M iflag=direct 2>/dev/null
		done
	END
	machine bookworm "$(pmem shared)"
	start
	wait_for 60 "shrink it"
	says "mounted: from the host"
	grep -q "from the guest" shared.img || fail "the file has not changed"
	truncate -s 0 shared.img
	wait $monitor || status=$?
	cat out
	[ $status = 3 ] || fail "exit status $status instead of 3"
	says "cannot run on: the host has no page for what it touches"
}

# Nothing of this depends on the interrupt controller.
if [ "$GIC" = 3 ]; then
	claim "guest uses files as memory: dax, flushes, read-only, private" guest_uses_files_as_memory
	claim "file that shrinks under its guest ends that guest alone" file_shrinks_under_the_guest
fi
