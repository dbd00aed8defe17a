# SPDX-License-Identifier: Apache-2.0
# Whatever ends a VM, nothing is left behind.

# A VM with one of everything that could be left: sockets, links, passt, a raw terminal.
busy_vm()
{
	truncate -s 1M disk.img
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		bootargs='console=hvc0 loglevel=8 bonsai.net=none'" <<-END
		<uart><pty link="/run/vm.uart"/></uart>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="hvc1" type="console"><unix path="/run/vm.hvc1"/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="eth0" type="net"><user/></virtio_device>
	END
}

# The same, whose guest has a few instructions.
start_idle()
{
	local ticks=200
	busy_vm
	sed -i "s,kernel_rom='[^']*' initrd_rom='[^']*',kernel_rom='$lab/bare/idle'," vm.xml
	start
	until bonsai list | grep -q "^vm  *running"; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || fail "it does not run"
		usleep 100000
	done
}

# leaves_on_signal SIGNAL
leaves_on_signal()
{
	start_idle
	ends_by "$1"
}

# What runs beside is confined as docs/security.md says. A crash ends the VM by its signal, and
# them with it; what it could not remove is not in the way of the next one.
crashes_alone()
{
	local status=0
	start_idle
	has_status "$(process bonsai-broker)" NoNewPrivs:.1 Seccomp:.2 Seccomp_filters:.1
	has_status "$(process passt)" 'Uid:(.65534){4}' NoNewPrivs:.1 Seccomp:.2 'CapEff:.0*'
	is_apart "$(process passt)" user mnt ipc uts
	kill -SEGV $monitor
	wait $monitor || status=$?
	[ $status = 139 ] || fail "exit status $status"
	until_so 10 none_beside || fail "beside it still runs: $(ps -o comm)"
	start_idle
	ends_by TERM
}

none_beside()
{
	! ps -o comm | grep -qE '^(bonsai|passt)'
}

# ends_by SIGNAL
ends_by()
{
	[ -e /run/vm.uart ] || fail "no link to the pty"
	[ -S /run/vm.hvc1 ] || fail "no socket"
	kill -$1 $monitor
	wait $monitor || fail "exit status $?"
}

leaves_up_and_running()
{
	busy_vm
	start
	wait_for 60 "guest: disks"
	ends_by TERM
}

leaves_early()
{
	busy_vm
	for delay in 0 20000 50000 100000 200000 400000; do
		start
		usleep $delay
		kill -TERM $monitor
		wait $monitor || [ $? = 143 ] || fail "exit status $? after $delay us"
		[ ! -e /run/vm.uart ] && [ ! -e /run/vm.hvc1 ] || fail "a socket after $delay us"
	done
}

leaves_by_key()
{
	busy_vm
	mkfifo keys
	in_terminal <keys &
	exec 5>keys
	wait_for 60 "guest: disks"
	wait_for 20 "# "
	printf 'echo $((6 * 7))\n' >&5
	wait_for 20 42
	printf '\001x' >&5
	wait_for 20 "terminal: restored"
	exec 5>&-
	wait
	says "status: 0"
}

for signal in INT HUP; do
	claim "SIG$signal leaves nothing behind" leaves_on_signal $signal
done
claim "what runs beside is confined, and ends with a crash" crashes_alone
claim "SIGTERM leaves nothing behind" leaves_up_and_running
claim "SIGTERM at any moment of the start leaves nothing behind" leaves_early
claim "Ctrl-A x leaves the VM and a sane terminal" leaves_by_key
