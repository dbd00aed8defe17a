# SPDX-License-Identifier: Apache-2.0
# A stock guest, steered over its control socket by a client that speaks QMP.

socket=/run/bonsai/vm.sock

netcat()
{
	LD_LIBRARY_PATH=$lab/nc "$lab/nc/nc" -U "$@"
}

# connect NAME: what is said to it goes to the FIFO NAME.to, what it says into the file NAME.
connect()
{
	mkfifo "$1.to"
	netcat $socket <"$1.to" >"$1" &
}

# ask COMMAND [ARGUMENTS] TEXT: on descriptor 6; its answer has the text.
ask()
{
	asked=$((${asked:-0} + 1))
	printf '{"execute":"%s",%s"id":%d}\n' "$1" "${3:+\"arguments\":$2,}" $asked >&6
	wait_for 20 "\"id\": $asked" ctl
	grep "\"id\": $asked" ctl | grep -qF -- "${3:-$2}" ||
		fail "$1: $(grep "\"id\": $asked" ctl)"
}

type_in()
{
	printf '%s\r' "$*" >&7
}

steered_guest()
{
	truncate -s 8M disk.img
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		on_reboot='exit' bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<watchdog action="pause"/>
		<virtio_device name="hvc0" type="console"><null/></virtio_device>
		<virtio_device name="vda" type="block"><file path="disk.img"/></virtio_device>
	END
	start
	wait_until_there $socket
	connect ctl
	exec 6>ctl.to
	wait_for 20 '{"QMP": ' ctl
	ask qmp_capabilities '{}'
	ask query-status '"running": true'
	ask query-cpus-fast '"target": "aarch64"'
	connect console
	exec 7>console.to
	printf '{"execute":"qmp_capabilities"}{"execute":"bonsai-console","arguments":{"device":"hvc0"}}\n' >&7
	wait_for 60 "guest: disks" console
	wait_for 30 "# " console

	echo "-- types and hears"
	type_in 'echo $((6 * 7))'
	wait_for 20 42 console

	echo "-- stands still while it is paused"
	ask stop '"return": {}'
	wait_for 5 '"event": "STOP"' ctl
	ask query-status '"status": "paused"'
	type_in 'echo typed-$((1 + 1))'
	sleep 2
	! grep -q typed-2 console || fail "a paused guest has answered"
	ask cont '"return": {}'
	wait_for 20 typed-2 console

	echo "-- has a watcher that hears what was said before it came"
	connect watcher
	exec 8>watcher.to
	printf '{"execute":"qmp_capabilities"}{"execute":"bonsai-console","arguments":{"device":"hvc0","mode":"ro"}}\n' >&8
	wait_for 20 "guest: disks" watcher
	wait_for 20 typed-2 watcher
	exec 8>&-

	echo "-- finds its disk grown and shrunk"
	ask block_resize '{"device": "vda", "size": 16777216}' '"return": {}'
	type_in 'echo sectors-$(cat /sys/block/vda/size)'
	wait_for 20 sectors-32768 console
	ask block_resize '{"device": "vda", "size": 4194304}' '"return": {}'
	type_in 'echo sectors-$(cat /sys/block/vda/size)'
	wait_for 20 sectors-8192 console
	[ "$(stat -c %s disk.img)" = 4194304 ] || fail "the image has another size"
	ask bonsai-stats '"cpu-time-ns": '

	echo "-- is paused by the watchdog that nobody feeds"
	type_in 'watchdog -T 2 -t 100 -F /dev/watchdog0 >/dev/null 2>&1 &'
	wait_for 20 '"event": "WATCHDOG", "data": {"action": "pause"}' ctl
	ask query-status '"status": "paused"'
	ask cont '"return": {}'
	type_in 'echo fed-$((1 + 1))'
	wait_for 20 fed-2 console

	echo "-- keeps a second VM of its name out"
	status=0
	bonsai run vm.xml </dev/null >second 2>&1 || status=$?
	[ $status = 1 ] || fail "exit status $status"
	grep -q "a VM of this name runs" second || fail "$(cat second)"

	echo "-- is reset, paused and not"
	ask stop '"return": {}'
	ask system_reset '"return": {}'
	wait_for 20 '"reason": "host-qmp-system-reset"' ctl
	ask query-status '"status": "paused"'
	ask cont '"return": {}'
	boots=0
	for tick in $(seq 300); do
		boots=$(grep -c "guest: disks" console || :)
		[ "$boots" != 2 ] || break
		usleep 200000
	done
	[ "$boots" = 2 ] || fail "it has not booted again"

	echo "-- obeys a client that does not wait for an answer"
	echo '{"execute":"qmp_capabilities"}{"execute":"quit"}' | netcat -q 0 $socket >/dev/null || :
	wait $monitor || fail "exit status $?"
	wait_for 5 '"reason": "host-qmp-quit"' ctl
	exec 6>&- 7>&-
	wait
}

# wait_until_there PATH
wait_until_there()
{
	local ticks=100
	until [ -S "$1" ]; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || fail "there is no $1"
		usleep 100000
	done
}

claim "a guest is paused, heard, resized, reset and ended over its control socket" steered_guest
