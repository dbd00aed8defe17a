# SPDX-License-Identifier: Apache-2.0
# What this host cannot do is one clear line, and nothing is left behind.

# one_vm ATTRIBUTES: a VM that would run; further devices from standard input.
one_vm()
{
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1' $1"
}

# A GICv2 is always to be had, in software.
refuses_a_gicv3()
{
	one_vm "" </dev/null
	sed -i "s/gic_version=\"2\"/gic_version=\"3\"/" vm.xml
	refuses 2 "gic_version is 3" "gic_version=\"2\""
}

refuses_a_taken_tap()
{
	tunctl -t tap9 >/dev/null
	one_vm "bootargs='console=$tty bonsai.net=none quiet'" <<-END
		<virtio_device name="eth0" type="net"><tap ifname="tap9"/></virtio_device>
	END
	cp vm.xml first.xml
	: >first
	bonsai run first.xml </dev/null >first 2>&1 &
	wait_for 60 "guest: disks" first
	refuses 1 tap9
	kill $!
	wait
	tunctl -d tap9 >/dev/null
}

refuses_without_permission()
{
	one_vm "" </dev/null
	chmod 755 /tmp/claim
	su -s /bin/sh nobody -c "exec timeout 20 bonsai run vm.xml" </dev/null >out 2>&1 &&
		fail "it ran"
	cat out
	says /dev/kvm
	[ "$(wc -l <out)" = 1 ] || fail "more than one line"
}

refuses_a_kernel_of_text()
{
	echo "this is no kernel" >text
	one_vm "" </dev/null
	sed -i "s,$lab/bookworm/linux,text," vm.xml
	refuses 2 text
}

refuses_a_kernel_larger_than_ram()
{
	one_vm "" </dev/null
	sed -i 's/256M/16M/' vm.xml
	refuses 2 ram_size
}

[ "$GIC" != 2 ] || claim "a GICv3 that the host lacks is refused" refuses_a_gicv3
claim "a taken tap is refused" refuses_a_taken_tap
claim "no permission on /dev/kvm is said" refuses_without_permission
claim "a kernel of text is refused" refuses_a_kernel_of_text
claim "a kernel larger than the RAM is refused" refuses_a_kernel_larger_than_ram
