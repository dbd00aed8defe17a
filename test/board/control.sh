# SPDX-License-Identifier: Apache-2.0
# A stock guest, steered over its control socket by a client that speaks QMP.

socket=/run/bonsai/vm.sock

# As the scripts of launchers call it.
socat()
{
	"$lab/socat/socat" "$@"
}

# connect NAME: what is said to it goes to the FIFO NAME.to, what it says into the file NAME.
connect()
{
	mkfifo "$1.to"
	socat - UNIX-CONNECT:$socket <"$1.to" >"$1" &
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

# answer PATTERN: the last answer to ask has it.
answer()
{
	grep "\"id\": $asked" ctl | grep -q "$1"
}

# script_gives BYTES: leaves the guest so much in the way of a script, which reads no answer
# before it has said all.
script_gives()
{
	local ticks=60
	{
		echo '{"execute":"qmp_capabilities"}'
		echo '{"arguments":{"value":987},"execute":"balloon"}' | sed "s/987/$1/"
	} | socat STDIO UNIX:$socket,shut-none >script.out
	script_was_answered
	ask query-balloon '"actual": '
	until answer "\"actual\": $1}"; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || fail "the guest has $(grep "\"id\": $asked" ctl), not $1"
		usleep 500000
		ask query-balloon '"actual": '
	done
}

script_was_answered()
{
	head -n 1 script.out | grep -q '^{"QMP": ' || fail "no greeting: $(cat script.out)"
	[ "$(grep -c '^{"return": {}}' script.out)" = 2 ] || fail "$(cat script.out)"
}

# threads_are_confined COUNT: all are a user of the VM's own, in an empty root, who can gain
# nothing, and so many have a filter of their own.
threads_are_confined()
{
	local status own=$((0x70000000 + monitor))
	for status in /proc/$monitor/task/*/status; do
		grep -q '^CapPrm:.0*$' $status && grep -q '^NoNewPrivs:.1$' $status &&
			grep -q '^Seccomp_filters:.[12]$' $status &&
			[ "$(grep -E "^[UG]id:(.$own){4}$" $status | wc -l)" = 2 ] &&
			grep -q '^Groups:[[:space:]]*$' $status || fail "$(cat $status)"
	done
	[ -z "$(ls /proc/$monitor/root/)" ] || fail "files of the host have names"
	[ "$(cat /proc/$monitor/task/*/status | grep -c '^Seccomp_filters:.2$')" -ge $1 ] ||
		fail "fewer than $1 threads have a filter of their own"
}

steered_guest()
{
	truncate -s 8M disk.img
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='2'
		on_reboot='exit' bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<watchdog action="pause"/>
		<virtio_device name="hvc0" type="console"><null/></virtio_device>
		<virtio_device name="vda" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="balloon0" type="balloon"/>
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

	echo "-- has confined its devices and its two CPUs"
	threads_are_confined 3
	bonsai host | grep -q "^namespaces  *yes$" || fail "$(bonsai host)"

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
	ask bonsai-stats '"consoles": [{"device": "uart", "written-bytes": '
	bonsai status vm | tee status
	grep -q '^  cpus     [0-9.]* s, [0-9.]* s$' status || fail "no CPU times"
	grep -q '^  disk     vda, 4M, .* read, ' status || fail "no disk"
	grep -q '^  console  hvc0, [1-9].* written, ' status || fail "no console"

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

	echo "-- gives memory to a script, and has it back"
	ask qom-set '{"path": "/machine/peripheral/balloon0",
		"property": "guest-stats-polling-interval", "value": 1}' '"return": {}'
	script_gives 201326592
	script_gives 268435456
	grep -q '"event": "BALLOON_CHANGE", "data": {"actual": ' ctl || fail "no BALLOON_CHANGE"
	ask qom-get '{"path": "/machine/peripheral/balloon0", "property": "guest-stats"}' '"stats": '
	answer '"stat-total-memory": [0-9]' || fail "no statistics"

	echo "-- powers off by a script"
	type_in '(head -c 24 /dev/input/event0 >/dev/null; poweroff -f) & echo listens-$((1 + 1))'
	wait_for 20 listens-2 console
	{
		echo '{ "execute": "qmp_capabilities" }'
		echo '{ "execute": "system_powerdown" }'
	} | socat -t1 - UNIX-CONNECT:$socket >script.out
	script_was_answered
	wait $monitor || fail "exit status $?"
	wait_for 5 '"reason": "guest-shutdown"' ctl
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

# One that panics in each of its boots, until somebody who heard of that ends it.
panics_are_told()
{
	vm "kernel_rom='$lab/bare/panic' cpu_count='1' on_crash='restart'" </dev/null
	start
	wait_until_there $socket
	connect ctl
	exec 6>ctl.to
	ask qmp_capabilities '{}'
	wait_for 20 '"event": "GUEST_PANICKED", "data": {"action": "run"}' ctl
	wait_for 20 '"event": "RESET", "data": {"guest": true, "reason": "guest-panic"}' ctl
	ask quit '"return": {}'
	wait $monitor || fail "exit status $?"
	exec 6>&-
	wait
}

claim "a guest is paused, heard, resized, reset and ended over its control socket" steered_guest
claim "panics are told" panics_are_told
