# SPDX-License-Identifier: Apache-2.0
# VMs without a file of XML: straight from a root image that mkimage made of a container image,
# or from XML on standard input, by a user who may use KVM and no more.

# What mkimage made arrives in the guest: the container's layers, owners and device nodes; with
# a folder beside it, for which the ARM board has what it takes.
image_boots_to_its_init()
{
	cp "$lab/image.ext4" web.img
	set -- --kernel "$lab/bookworm/linux" --initrd "$lab/bookworm/initrd"
	if [ "$BOARD" = arm64 ]; then
		mkdir share
		echo "hello from the folder" >share/greeting
		mkdir -p /usr/lib/qemu
		ln -s "$lab/vhost/virtiofsd" /usr/lib/qemu/
		set -- "$@" --share share:src
	fi
	timeout $((90 * patience)) bonsai run "$@" --mem=256M --cpus=2 --append loglevel=1 web.img \
		</dev/null >out 2>&1 || fail "exit status $?"
	tr -d '\r' <out
	says "image: web on ext4, 2 CPUs" "image: owner 100000 of /etc/owned" \
		"image: 1:3 /etc/null" "image: gone is gone"
	if [ "$BOARD" = arm64 ]; then
		rm /usr/lib/qemu/virtiofsd
		says "image: hello from the folder"
	fi
}

xml_comes_from_standard_input()
{
	vm "kernel_rom='$lab/bare/off' cpu_count='1'" </dev/null
	bonsai run --name piped - <vm.xml >out 2>&1 || fail "exit status $?"
	cat out
	says "bonsai: piped: the VM was read from standard input, so its console on stdio has no input"
	tr -d '\r' <out | grep -qx up || fail "the guest said nothing"
	status=0
	bonsai run - <vm.xml >out 2>&1 || status=$?
	[ $status = 2 ] || fail "exit status $status"
	says "standard input:1: there is no name"
}

# A launcher's VM: no terminal, no privileges, a tap made beforehand.
user_runs_a_vm_on_a_tap_made_for_it()
{
	chmod 755 /tmp/claim
	chmod 666 /dev/kvm /dev/net/tun
	bonsai mktap --user nobody tap0
	vm "name='net' kernel_rom='$lab/bare/off' cpu_count='1'" <<-'END'
		<virtio_device name="eth0" type="net"><tap ifname="tap0"/></virtio_device>
	END
	status=0
	timeout 20 su -s /bin/sh nobody -c "exec bonsai run -" <vm.xml >out 2>&1 || status=$?
	cat out
	[ $status = 0 ] || fail "exit status $status"
	tr -d '\r' <out | grep -qx up || fail "the guest said nothing"
	su -s /bin/sh nobody -c "bonsai mktap tap1" >out 2>&1 && fail "a user made a tap"
	says "making tap tap1: not permitted; it takes CAP_NET_ADMIN: run it as root"
	bonsai mktap --delete tap0
	chmod 600 /dev/kvm
}

claim "a container's image boots to its init" image_boots_to_its_init
claim "XML comes from standard input" xml_comes_from_standard_input
claim "a user runs a VM on a tap that was made for it" user_runs_a_vm_on_a_tap_made_for_it
