# SPDX-License-Identifier: Apache-2.0
# What people, other programs and a full host do to a VM: one clear line each, an exit status
# that tells whose fault it is, and nothing left behind. Bare guests, but where Linux has to say
# what it sees.

# bare NAME ATTRIBUTES: vm.xml with a bare guest; devices from standard input.
bare()
{
	vm "kernel_rom='$lab/bare/$1' cpu_count='1' $2"
}

# other NAME ATTRIBUTES: the same as other.xml, running beside, in $other.
other()
{
	bare "$@"
	mv vm.xml other.xml
	bonsai run other.xml </dev/null >other.out 2>&1 &
	other=$!
	wait_for 20 up other.out
}

end_other()
{
	kill $other
	wait $other || fail "the other VM ended with $?"
}

# as_nobody: vm.xml as a user who may use KVM and no more.
as_nobody()
{
	status=0
	chmod 755 /tmp/claim
	chmod 666 /dev/kvm
	timeout 20 su -s /bin/sh nobody -c "exec bonsai run vm.xml" </dev/null >out 2>&1 ||
		status=$?
	chmod 600 /dev/kvm
	cat out
	[ $status = 1 ] || fail "exit status $status"
	[ "$(wc -l <out)" = 1 ] || fail "not one line"
}

refuses_more_cpus_than_the_controller_serves()
{
	bare off "" </dev/null
	sed -i "s/cpu_count='1'/cpu_count='9'/" vm.xml
	if [ "$GIC" = 2 ]; then
		refuses 2 "vm.xml:1: cpu_count is 9, this host allows 1 to 8"
	else
		run 20 0
	fi
}

refuses_taps_that_it_may_not_have()
{
	bare off "" <<-'END'
		<virtio_device name="eth0" type="net"><tap ifname="tap7"/></virtio_device>
	END
	chmod 600 /dev/net/tun
	as_nobody
	says "vm.xml:2: no permission on /dev/net/tun"
	chmod 666 /dev/net/tun
	as_nobody
	says "vm.xml:2: no permission for tap tap7; create it beforehand"
	bare off "" <<-'END'
		<virtio_device name="eth0" type="net"><tap ifname="eth0"/></virtio_device>
	END
	refuses 1 "vm.xml:2: interface eth0 is no tap"
}

refuses_disks_that_cannot_be_used()
{
	truncate -s 1M good.img
	: >empty.img
	head -c 700 /dev/zero >odd.img
	mkdir readonly
	mount -t tmpfs -o size=1M readonly readonly
	truncate -s 64K readonly/disk.img
	mount -o remount,ro readonly
	bare off "" <<-'END'
		<virtio_device name="a" type="block"><file path="none.img"/></virtio_device>
		<virtio_device name="b" type="block"><file path="empty.img"/></virtio_device>
		<virtio_device name="c" type="block"><file path="odd.img"/></virtio_device>
		<virtio_device name="d" type="block"><file path="readonly/disk.img"/></virtio_device>
		<virtio_device name="e" type="block"><file path="good.img"/></virtio_device>
	END
	run 20 2
	umount readonly
	says "vm.xml:2: disk 'none.img' cannot be used: No such file or directory; make one with" \
		"vm.xml:3: disk 'empty.img' is empty; give it a size" \
		"vm.xml:4: disk 'odd.img' has 700 bytes, a multiple of 512 is needed" \
		"vm.xml:5: disk 'readonly/disk.img' cannot be written (Read-only file system)"
	[ "$(wc -l <out)" = 4 ] || fail "not four lines"
}

refuses_what_another_vm_has()
{
	truncate -s 1M disk.img
	other idle "" <<-'END'
		<virtio_device name="a" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="b" type="console"><unix path="console.sock"/></virtio_device>
		<virtio_device name="c" type="console"><tcp port="4321"/></virtio_device>
	END
	bare off "" <<-'END'
		<virtio_device name="a" type="block"><file path="disk.img"/></virtio_device>
	END
	refuses 1 "vm.xml:2: disk disk.img is in use by another process; stop that one"
	bare off "" <<-'END'
		<virtio_device name="b" type="console"><unix path="console.sock"/></virtio_device>
	END
	refuses 1 "vm.xml:2: socket console.sock belongs to a running process"
	[ -S console.sock ] || fail "the other VM's socket is gone"
	bare off "" <<-'END'
		<virtio_device name="c" type="console"><tcp port="4321"/></virtio_device>
	END
	refuses 1 "vm.xml:2: cannot listen at 127.0.0.1 port 4321: another program does"
	end_other
	[ ! -e console.sock ] || fail "a socket is left"
}

replaces_what_a_killed_vm_left()
{
	other idle "" <<-'END'
		<virtio_device name="a" type="console"><unix path="console.sock"/></virtio_device>
		<virtio_device name="b" type="console"><pty link="console.pty"/></virtio_device>
	END
	kill -9 $other
	wait $other || :
	[ -S console.sock ] && [ -L console.pty ] && [ -S /run/bonsai/other.sock ] ||
		fail "nothing stale to replace"
	mv other.xml vm.xml
	sed -i "s,bare/idle,bare/off,; s/<config /&name='other' /" vm.xml
	run 20 0
	[ ! -e console.sock ] && [ ! -L console.pty ] || fail "socket or link is left"
}

keeps_files_that_are_none_of_its_own()
{
	echo mine >console.pty
	echo mine >console.sock
	bare off "" <<-'END'
		<virtio_device name="a" type="console"><pty link="console.pty"/></virtio_device>
	END
	refuses 1 "vm.xml:2: pty link console.pty exists and is no symbolic link; remove it"
	bare off "" <<-'END'
		<virtio_device name="a" type="console"><unix path="console.sock"/></virtio_device>
	END
	refuses 1 "vm.xml:2: console.sock exists and is no socket; remove it"
	[ "$(cat console.pty console.sock)" = "mine
mine" ] || fail "a file was changed"
}

# The terminal is raw already when the tap is refused.
gives_the_terminal_back_when_refused()
{
	bare off "" <<-'END'
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="eth0" type="net"><tap ifname="eth0"/></virtio_device>
	END
	in_terminal </dev/null
	cat out
	says "vm.xml:3: interface eth0 is no tap" "status: 1" "terminal: restored"
}

# As many vCPUs as this host allows have more descriptors than the usual soft limit.
is_not_held_up_by_a_soft_limit()
{
	bare off "" </dev/null
	sh -c 'ulimit -S -n 8; exec bonsai run vm.xml' </dev/null >out 2>&1 || fail "exit status $?"
	says up
	sed -i "s/cpu_count/cpu_affinity='1023' cpu_count/" vm.xml
	refuses 1 "cpu_affinity names host CPU 1023, which is not there"
}

is_nobody_that_the_host_does_not_know()
{
	bare off '' <<-'END'
		<sandbox user="guest"/>
	END
	refuses 1 'vm.xml:2: user is "guest", whom this host does not know'
}

warns_of_each_part_that_is_loosened()
{
	local warning="warning: the sandbox is loosened on line 2:"
	bare off '' <<-'END'
		<sandbox user="root" seccomp="no" landlock="no" namespaces="no" capabilities="yes" core_dumps="yes"/>
	END
	run 20 0
	says "$warning any system call" "$warning files are" "$warning what the host has names for" \
		"$warning capabilities are kept" "$warning a core dump" "$warning root it stays"
}

# A log that a VM would empty keeps its text where that VM never starts.
keeps_a_log_when_another_device_fails()
{
	echo "of yesterday" >uart.log
	bare off "" <<-'END'
		<uart><file path="uart.log"/></uart>
		<virtio_device name="log" type="console"><file path="new.log"/></virtio_device>
		<virtio_device name="eth0" type="net"><tap ifname="eth0"/></virtio_device>
	END
	refuses 1 "vm.xml:4: interface eth0 is no tap"
	[ "$(cat uart.log)" = "of yesterday" ] || fail "the old log is gone"
	[ ! -e new.log ] || fail "a new log is left"
	sed -i /eth0/d vm.xml
	run 20 0
	[ "$(tr -d '\r' <uart.log)" = up ] || fail "the log has: $(cat uart.log)"
	[ -e new.log ] || fail "no log of a VM that ran"
}

says_what_user_networking_needs()
{
	bare off "" <<-'END'
		<virtio_device name="eth0" type="net"><user/></virtio_device>
	END
	status=0
	PATH= /usr/bin/bonsai run vm.xml </dev/null >out 2>&1 || status=$?
	cat out
	[ $status = 1 ] || fail "exit status $status"
	says "vm.xml:2: passt not found: install the package passt"
	bare off "" <<-'END'
		<virtio_device name="eth0" type="net"><user><forward host_port="8080"/></user></virtio_device>
	END
	refuses 1 "vm.xml:2: forwarded tcp port 8080 of the host is in use by another program"
}

# finishes STATUS: the VM that was run with its output elsewhere, and what it said of that.
finishes()
{
	cat out
	[ "$1" = 0 ] || fail "exit status $1"
	[ "$(wc -l <out)" -le 1 ] || fail "more than one line"
}

runs_without_an_output()
{
	bare off "" </dev/null
	status=0
	bonsai run vm.xml </dev/null >/dev/full 2>out || status=$?
	finishes $status
	says "stdout: "
	bonsai run vm.xml </dev/null >&- 2>out || status=$?
	finishes $status
	bonsai run vm.xml <&- >&- 2>&- || fail "exit status $?"
	bonsai run vm.xml </dev/null 2>out | :
	finishes 0
}

# Ends it at moments from before the first line of main to well after the guest is up.
leaves_at_any_moment()
{
	truncate -s 1M disk.img
	bare idle "" <<-'END'
		<uart><unix path="uart.sock"/></uart>
		<virtio_device name="a" type="console"><pty link="a.pty"/></virtio_device>
		<virtio_device name="b" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="c" type="net"><user/></virtio_device>
	END
	delay=1000
	for signal in TERM HUP TERM HUP TERM HUP TERM HUP TERM HUP started; do
		status=0
		start
		if [ $signal = started ]; then
			signal=TERM
			wait_for 20 "a is at"
		fi
		usleep $delay
		kill -$signal $monitor
		wait $monitor || status=$?
		# Before its first file the signal itself may end it.
		case $status in
		0 | 129 | 143) ;;
		*) fail "SIG$signal after $delay us: exit status $status" ;;
		esac
		[ $status = 0 ] || [ ! -s out ] || fail "died of SIG$signal after $delay us"
		[ ! -e uart.sock ] && [ ! -L a.pty ] || fail "left behind after $delay us"
		! ps -o comm | grep -q passt || fail "passt is left after $delay us"
		delay=$((delay * 2))
	done
}

outlives_a_hang_up_under_nohup()
{
	bare idle "" </dev/null
	(
		trap '' HUP
		exec bonsai run vm.xml </dev/null >out 2>&1
	) &
	monitor=$!
	wait_for 20 up
	kill -HUP $monitor
	usleep 300000
	grep -q State:.Z /proc/$monitor/status && fail "the hang-up ended it"
	kill -TERM $monitor || fail "it has ended"
	wait $monitor || fail "exit status $?"
}

# Linux sees errors where a disk shrinks under it or the host has no room, and goes on.
survives_a_failing_host_disk()
{
	truncate -s 4M shrinks.img
	mkdir full
	mount -t tmpfs -o size=1M full full
	truncate -s 8M full/disk.img
	script <<-'END'
		dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null && echo "shrinking: whole"
		echo "guest: cut it now"
		while dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null; do sleep 0.2; done
		echo "shrinking: error"
		dd if=/dev/vda of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null && echo "start: sound"
		dd if=/dev/zero of=/dev/vdb bs=64k oflag=direct 2>/dev/null || echo "full: error"
		dd if=/dev/zero of=/dev/vdb bs=64k seek=100 count=1 oflag=direct 2>/dev/null || echo "full: again"
		dd if=/dev/vdb of=/dev/null bs=64k iflag=direct 2>/dev/null && echo "full: readable"
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=1 bonsai.net=none'" <<-'END'
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="shrinks" type="block"><file path="shrinks.img"/></virtio_device>
		<virtio_device name="full" type="block"><file path="full/disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	start
	wait_for 60 "guest: cut it now"
	truncate -s 1M shrinks.img
	status=0
	wait $monitor || status=$?
	umount -l full # a ring lets go of its files some time after its process
	tr -d '\r' <out
	[ $status = 0 ] || fail "exit status $status"
	says "shrinking: whole" "shrinking: error" "start: sound" "full: error" "full: again" \
		"full: readable" "guest: exit status 0"
	[ "$(grep -c '^bonsai: .*shrinks.img' out)" = 1 ] || fail "not one line on the cut disk"
	[ "$(grep -c '^bonsai: .*full/disk.img' out)" = 1 ] || fail "not one line on the full disk"
}

claim "more CPUs than the interrupt controller serves are refused" \
	refuses_more_cpus_than_the_controller_serves
claim "taps without permission, and interfaces that are none, are refused" \
	refuses_taps_that_it_may_not_have
claim "disks that cannot be used are refused, all at once" refuses_disks_that_cannot_be_used
claim "what another VM has is refused and stays" refuses_what_another_vm_has
claim "what a killed VM left is replaced" replaces_what_a_killed_vm_left
claim "files of others stay" keeps_files_that_are_none_of_its_own
claim "a refused VM gives the terminal back" gives_the_terminal_back_when_refused
claim "a soft limit on descriptors is no limit, a missing host CPU is" is_not_held_up_by_a_soft_limit
claim "a user whom the host does not know is refused" is_nobody_that_the_host_does_not_know
claim "what a sandbox is loosened by is said at a start" warns_of_each_part_that_is_loosened
claim "a log is not emptied by a VM that does not start" keeps_a_log_when_another_device_fails
claim "user networking says what it needs" says_what_user_networking_needs
claim "a VM runs without anybody to read its output" runs_without_an_output
claim "a signal at any moment leaves nothing behind" leaves_at_any_moment
claim "a VM under nohup outlives a hang-up" outlives_a_hang_up_under_nohup
claim "a disk that fails under a guest is the guest's I/O error" survives_a_failing_host_disk
