# SPDX-License-Identifier: Apache-2.0
# The net through a tap: large transfers both ways arrive whole.

files_cross_the_tap()
{
	bonsai mktap --user nobody tap0
	ip addr add 10.9.0.1/24 dev tap0
	head -c 8000000 /dev/urandom >/srv/random
	md5sum </srv/random >sum
	script <<-'END'
		ping -c 3 10.9.0.1
		wget -q -O /tmp/random http://10.9.0.1:8080/random
		echo "sum: $(md5sum </tmp/random)"
		httpd -p 80 -h /tmp
		echo serving
		sleep 60
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		bootargs='console=hvc0 loglevel=4 bonsai.net=10.9.0.2/24'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="eth0" type="net"><tap ifname="tap0"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 60 serving
	wget -q -O back http://10.9.0.2/random
	kill $monitor
	wait $monitor || fail "exit status $?"
	says "0% packet loss" "sum: $(cat sum)"
	[ "$(md5sum <back)" = "$(cat sum)" ] || fail "the file came back changed"
	rm /srv/random
	bonsai mktap --delete tap0
}

claim "files cross the tap both ways unharmed" files_cross_the_tap
