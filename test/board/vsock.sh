# SPDX-License-Identifier: Apache-2.0
# Sockets between the host and its guest. An echo is cat at the other end: what comes back has
# gone both ways, and each direction's end has arrived.

PATH=$PATH:$lab

vsock_script()
{
	script <<-'END'
		head -c 3000000 /dev/urandom >/tmp/random
		vsock connect 2 1024 </tmp/random >/tmp/back
		cmp /tmp/random /tmp/back && echo "guest to host: unharmed"
		vsock connect 2 9 </dev/null || echo "nobody at the host: refused"
		vsock listen 80 cat 2>/dev/null &
		vsock listen 81 cat /etc/hosts 2>/dev/null &
		sleep 1
		echo serving
		wait
		echo "the guest is done"
	END
}

sockets_cross_through_unix_sockets()
{
	head -c 3000000 /dev/urandom >random
	vsock_script
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd $lab/vsock.cpio'
		cpu_count='2' bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="vsock0" type="vsock"><unix path="vm.vsock"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	vsock serve vm.vsock_1024 cat &
	start
	wait_for 90 serving
	vsock ask vm.vsock 80 <random >back
	cmp random back || fail "what went through the guest came back changed"
	vsock ask vm.vsock 82 </dev/null 2>refused && fail "a port that nobody listens on answers"
	grep -q refused refused || fail "no refusal: $(cat refused)"
	vsock ask vm.vsock 81 </dev/null >hosts
	grep -q localhost hosts || fail "the guest's file did not come"
	wait $monitor || fail "exit status $?"
	says "guest to host: unharmed" "nobody at the host: refused" "the guest is done"
	[ ! -e vm.vsock ] || fail "the socket is still there"
}

sockets_cross_through_the_hosts_kernel()
{
	head -c 3000000 /dev/urandom >random
	vsock_script
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd $lab/vsock.cpio'
		cpu_count='2' bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="vsock0" type="vsock" cid="42"><vhost/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	vsock listen 1024 cat &
	start
	wait_for 90 serving
	vsock connect 42 80 <random >back
	cmp random back || fail "what went through the guest came back changed"
	vsock connect 42 82 </dev/null 2>refused && fail "a port that nobody listens on answers"
	vsock connect 42 81 </dev/null >hosts
	grep -q localhost hosts || fail "the guest's file did not come"
	wait $monitor || fail "exit status $?"
	says "guest to host: unharmed" "nobody at the host: refused" "the guest is done"
}

missing_module_is_named()
{
	vm "kernel_rom='$lab/bookworm/linux' cpu_count='1'" <<-END
		<virtio_device name="vsock0" type="vsock" cid="42"><vhost/></virtio_device>
	END
	mv /dev/vhost-vsock /dev/elsewhere
	refuses 1 "there is no /dev/vhost-vsock: load the kernel's module vhost_vsock"
	mv /dev/elsewhere /dev/vhost-vsock
}

claim "sockets cross between host and guest" sockets_cross_through_unix_sockets
claim "sockets cross through the host's kernel" sockets_cross_through_the_hosts_kernel
claim "a missing module is named" missing_module_is_named
