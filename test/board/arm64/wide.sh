# SPDX-License-Identifier: Apache-2.0
# What the usual guests do not have: several queues and ports, discard, forwards, an overlay, a
# packed or mapped kernel, many CPUs.

# One guest for all of it; its kernel is packed with zstd.
guest_has_the_lot()
{
	head -c 4194304 /dev/urandom >disk.img
	echo "read only" >fixed.img
	truncate -s 64K fixed.img
	script <<-'END'
		echo "queues: $(ls /sys/class/net/eth0/queues | grep -c rx) $(ls /sys/block/vda/mq | wc -l)"
		echo "serial: $(cat /sys/block/vda/serial)"
		echo "fixed: $(cat /sys/block/vdb/ro) $(head -n 1 /dev/vdb)"
		echo "overlay: $(cat /proc/device-tree/chosen/bonsai,by-path \
			/proc/device-tree/serial@9000000/bonsai,by-label | tr -d '\0')"
		blkdiscard /dev/vda && echo "discarded: $(tr -d '\0' </dev/vda | wc -c)"
		for port in /sys/class/virtio-ports/*; do
			case $(cat $port/name) in
			org.bonsai.log) echo "into the file" >/dev/${port##*/} ;;
			org.bonsai.talk) talk=/dev/${port##*/} ;;
			esac
		done
		echo "served by the guest" >/tmp/hello
		httpd -p 80 -h /tmp
		echo listening
		# Without a client on the host's side a port reads as ended.
		until [ -s /tmp/heard ]; do
			usleep 100000
			head -n 1 $talk >/tmp/heard
		done
		sed 's/^/heard: /' /tmp/heard
	END
	vm "kernel_rom='$lab/linux.zst' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		dtb_overlay_rom='$lab/overlay.dtbo' bootargs='console=hvc0 loglevel=4'" <<-END
		<uart><file path="uart.log"/></uart>
		<virtio_device name="hvc0" type="console">
			<stdio/>
			<port name="org.bonsai.log"><file path="port.log"/></port>
			<port name="org.bonsai.talk"><tcp port="7001"/></port>
		</virtio_device>
		<virtio_device name="eth0" type="net">
			<user><forward host_port="8081" guest_port="80"/></user>
		</virtio_device>
		<virtio_device name="disk" type="block" serial="0123456789" queues="2">
			<file path="disk.img" discard="yes"/>
		</virtio_device>
		<virtio_device name="fixed" type="block" readonly="yes"><file path="fixed.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 90 listening
	wget -q -O forwarded http://127.0.0.1:8081/hello || fail "nothing behind the forward"
	grep -qx "served by the guest" forwarded || fail "the forward leads elsewhere"
	echo "a line from the host" | nc -w 2 127.0.0.1 7001 >/dev/null
	wait $monitor || fail "exit status $?"
	tr -d '\r' <out
	says "queues: 1 2" "serial: 0123456789" "fixed: 1 read only" "overlay: yesyes" \
		"discarded: 0" "heard: a line from the host" "guest: exit status 0"
	grep -qx "into the file" port.log || fail "the port's file has something else"
	[ "$(du -k disk.img | cut -f 1)" -lt 1024 ] || fail "discard freed nothing"
}

# More CPUs than one region of redistributors holds, each pinned.
starts_many_cpus()
{
	vm "kernel_rom='$lab/bare/smp' cpu_count='$1' cpu_affinity='1'" </dev/null
	run 60 0
	says 2
}

claim "queues, ports, discard, forwards, overlay, packed kernel" guest_has_the_lot
if [ "$GIC" = 3 ]; then
	claim "130 CPUs start" starts_many_cpus 130
else
	claim "8 CPUs start" starts_many_cpus 8
fi
