# SPDX-License-Identifier: Apache-2.0
# Many VMs at once, and VMs that die at any moment.

# private_kib PID: what the process has for itself beside guest RAM, which is one mapping.
private_kib()
{
	awk '/^Size:/ { counts = $2 < 32768 } /^Private_/ && counts { sum += $2 } END { print sum }' \
		/proc/$1/smaps
}

twenty_vms_share_a_board()
{
	local pid pids= before
	truncate -s 1M disk.img
	vm "kernel_rom='$lab/bare/last' cpu_count='2'" <<-END
		<virtio_device name="hvc0" type="console"><null/></virtio_device>
		<virtio_device name="disk" type="block" readonly="yes"><file path="disk.img"/></virtio_device>
		<virtio_device name="eth0" type="net"><null/></virtio_device>
		<virtio_device name="rng" type="rng"/>
	END
	sed -i 's/256M/32M/' vm.xml
	for i in $(seq 20); do
		cp vm.xml vm$i.xml
		bonsai run vm$i.xml </dev/null >out$i 2>&1 &
		pids="$pids $!"
	done
	for i in $(seq 20); do
		wait_for 20 "all other CPUs are off" out$i
	done
	[ "$(bonsai list | grep -c running)" = 20 ] || fail "$(bonsai list)"
	for pid in $pids; do
		private_kib $pid
	done | sort -n | sed -n '1p;$p' >kib
	cat kib
	[ "$(tail -n 1 kib)" -le 2048 ] || fail "a VM has more than 2 MiB for itself"
	before=$(date +%s)
	kill -TERM $pids
	for pid in $pids; do
		wait $pid || fail "exit status $?"
	done
	[ $(($(date +%s) - before)) -lt 10 ] || fail "they take more than 10 s to stop"
}

keeps_what_it_said_is_safe()
{
	local sum=0 told
	vm "kernel_rom='$lab/bare/flush' cpu_count='1'" <<-END
		<uart><file path="uart.log"/></uart>
		<virtio_device name="hvc0" type="console"><unix path="/run/vm.hvc0"/></virtio_device>
		<virtio_device name="hvc1" type="console"><pty link="/run/vm.hvc1"/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
	END
	for i in $(seq 100); do
		rm -f disk.img
		: >uart.log
		truncate -s 64K disk.img
		start
		[ $((i % 2)) = 0 ] || wait_for 20 2 uart.log
		usleep $((RANDOM * 8))
		kill -9 $monitor
		wait $monitor || true
		! grep -v "hvc1 is at" out || fail "something is in the way of a start"
		told=$(last_told uart.log)
		told_is_kept $told disk.img
		sum=$((sum + told))
	done
	echo "$sum blocks were safe"
	[ $sum -ge 50 ] || fail "the guest hardly ran"
	: >uart.log
	start
	wait_for 20 2 uart.log
	kill -TERM $monitor
	wait $monitor || fail "exit status $?"
}

claim "20 VMs at once take less than 2 MiB each, and stop at once" twenty_vms_share_a_board
claim "a VM killed a hundred times keeps what it said is safe, and starts again" \
	keeps_what_it_said_is_safe
