# SPDX-License-Identifier: Apache-2.0
# The net through taps, whose frames Bonsai moves or the host's kernel: large transfers both ways
# arrive whole, after the driver was taken away and came again, too.

files_cross_the_taps()
{
	bonsai mktap --user nobody tap0
	bonsai mktap --user nobody --queues tap1
	ip addr add 10.9.0.1/24 dev tap0
	ip addr add 10.9.1.1/24 dev tap1
	head -c 8000000 /dev/urandom >/srv/random
	md5sum </srv/random >sum
	script <<-'END'
		ping -c 3 10.9.0.1
		wget -q -O /tmp/random http://10.9.0.1:8080/random
		echo "sum: $(md5sum </tmp/random)"
		device=$(basename $(realpath /sys/class/net/eth1/device))
		echo "pairs: $(ls -d /sys/class/net/eth1/queues/rx-* | wc -l)"
		for turn in 1 2; do
			ip addr add 10.9.1.2/24 dev eth1
			ip link set eth1 up
			wget -q -O /tmp/random http://10.9.1.1:8080/random
			echo "sum of turn $turn: $(md5sum </tmp/random)"
			[ $turn = 2 ] && break
			echo $device >/sys/bus/virtio/drivers/virtio_net/unbind
			echo $device >/sys/bus/virtio/drivers/virtio_net/bind
		done
		httpd -p 80 -h /tmp
		echo serving
		sleep 60
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		bootargs='console=hvc0 loglevel=4 bonsai.net=10.9.0.2/24'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="eth0" type="net"><tap ifname="tap0"/></virtio_device>
		<virtio_device name="eth1" type="net" queues="2"><tap ifname="tap1" vhost="yes"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 120 serving
	ps -o comm | grep -c "^vhost-$monitor$" >workers
	wget -q -O back http://10.9.0.2/random
	wget -q -O back1 http://10.9.1.2/random
	kill $monitor
	wait $monitor || fail "exit status $?"
	says "0% packet loss" "sum: $(cat sum)" "pairs: 2" "sum of turn 1: $(cat sum)" \
		"sum of turn 2: $(cat sum)"
	[ "$(cat workers)" = 2 ] || fail "the kernel has $(cat workers) workers for it"
	[ "$(md5sum <back)" = "$(cat sum)" ] || fail "the file came back changed"
	[ "$(md5sum <back1)" = "$(cat sum)" ] || fail "the file came back changed from the kernel's"
	rm /srv/random
	bonsai mktap --delete tap0
	bonsai mktap --delete tap1
}

missing_module_is_named()
{
	vm "kernel_rom='$lab/bookworm/linux' cpu_count='1'" <<-END
		<virtio_device name="eth0" type="net"><tap vhost="yes"/></virtio_device>
	END
	mv /dev/vhost-net /dev/elsewhere
	refuses 1 vm.xml:2 "there is no /dev/vhost-net: load the kernel's module vhost_net"
	mv /dev/elsewhere /dev/vhost-net
}

claim "files cross taps both ways unharmed" files_cross_the_taps
claim "a missing module is named" missing_module_is_named
