# SPDX-License-Identifier: Apache-2.0
# Guests run, and reboot, on memory of every kind; what it is made of is seen from the host.

# memory_vm MEMORY: a guest that reads and writes a disk, reboots once and powers off.
memory_vm()
{
	truncate -s 16M disk.img
	script <<-'END'
		boots=$(($(head -c 1 /dev/vda | tr '\0' 0) + 1))
		echo "boot: $boots"
		printf $boots | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
		dd if=/dev/urandom of=/tmp/noise bs=1M count=4 2>/dev/null
		cp /tmp/noise /tmp/copy
		echo "copy: $(cmp /tmp/noise /tmp/copy && echo equal)"
		sleep 1
		[ $boots -lt 2 ] && reboot -f
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<memory $1/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
}

# KiB that the monitor has of a kind of memory.
kib_of()
{
	awk -v "kind=$1:" '$1 == kind { print $2 }' /proc/$monitor/status
}

# at_least KIND KIB…
at_least()
{
	local have
	while [ $# -gt 0 ]; do
		have=$(kib_of "$1")
		[ "$have" -ge "$2" ] || fail "$1 is $have KiB instead of $2 or more"
		shift 2
	done
}

# reboots_with KIND KIB…: both boots have that much of these kinds.
reboots_with()
{
	start
	wait_for 60 "boot: 1"
	wait_for 20 "copy: equal"
	at_least "$@"
	wait_for 60 "boot: 2"
	at_least "$@"
	wait $monitor || fail "exit status $?"
	[ "$(grep -c "copy: equal" out)" = 2 ] || fail "a copy is not equal"
}

runs_on_huge_pages()
{
	local pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	memory_vm 'hugepages="2M"'
	echo 100 >$pages
	refuses 1 vm.xml:3 "128 free huge pages of 2048 KiB are needed" $pages
	echo 128 >$pages
	[ "$(cat $pages)" = 128 ] || fail "the board has $(cat $pages) huge pages"
	reboots_with HugetlbPages 65536
	echo 0 >$pages
}

runs_on_shared_locked_memory()
{
	memory_vm 'shared="yes" lock="yes"'
	reboots_with RssShmem 49152 VmLck 262144
}

locks_no_more_than_it_may()
{
	memory_vm 'lock="yes"'
	chmod 755 /tmp/claim
	chmod 666 /dev/kvm disk.img
	(ulimit -l 1024 && exec su -s /bin/sh nobody -c "exec timeout 20 bonsai run vm.xml") \
		</dev/null >out 2>&1 && fail "it ran"
	chmod 660 /dev/kvm
	cat out
	says vm.xml:3 "256 MiB of guest RAM may not be locked" "the limit is 1024 KiB" "ulimit -l"
}

# twin NAME: a VM of a few instructions with the same initrd in its memory as the other's.
twin()
{
	mkdir $1
	cd $1
	vm "name='$1' kernel_rom='$lab/bare/idle' initrd_rom='../same' cpu_count='1'" <<-'END'
		<memory merge="yes"/>
	END
	start
	cd ..
}

# all_merged PID…: every page of the initrd, in each.
all_merged()
{
	local pid
	[ "$(cat $ksm/pages_sharing)" -ge 4096 ] || return 1
	for pid; do
		[ "$(cat /proc/$pid/ksm_merging_pages)" -ge 4096 ] || return 1
	done
}

same_memory_is_there_once()
{
	local ksm=/sys/kernel/mm/ksm ticks=1200 first
	head -c 16777216 /dev/urandom >same
	echo 5000 >$ksm/pages_to_scan
	echo 1 >$ksm/run
	twin left
	first=$monitor
	twin right
	until all_merged $first $monitor; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || fail "only $(cat $ksm/pages_sharing) pages are there once for both"
		usleep 100000
	done
	kill $first $monitor
	wait $first || fail "left: exit status $?"
	wait $monitor || fail "right: exit status $?"
	echo 0 >$ksm/run
}

claim "a guest runs and reboots on huge pages" runs_on_huge_pages
claim "a guest runs and reboots on shared and locked memory" runs_on_shared_locked_memory
claim "what two guests have the same is there once" same_memory_is_there_once
claim "more memory than may be locked is refused" locks_no_more_than_it_may
