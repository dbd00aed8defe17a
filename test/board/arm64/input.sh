# SPDX-License-Identifier: Apache-2.0
# The board's keyboard, mouse, tablet and a touch screen made with uinput are a guest's, all in
# one boot: what QEMU's QMP does to them arrives there, and evtest sees the same devices at both
# ends.

PATH=$PATH:$lab

# described NAME: the device of that name as evtest sees it at this end.
described()
{
	local device
	for device in /sys/class/input/event*; do
		if [ "$(cat "$device/device/name")" = "$1" ]; then
			(timeout 2 evtest "/dev/input/${device##*/}" </dev/null; :) 2>/dev/null |
				sed -n '/^Input device ID/,/^Testing/p'
		fi
	done
}

# seen NAME: the same as the guest said it.
seen()
{
	tr -d '\r' <out | sed -n "/^<$1>\$/,/^<end>\$/p" | sed '1d;$d'
}

# is_lit NAME LED: of the board's device of that name, as evtest says by its exit status.
is_lit()
{
	local device status=0
	for device in /sys/class/input/event*; do
		[ "$(cat "$device/device/name")" = "$1" ] || continue
		evtest --query "/dev/input/${device##*/}" EV_LED "$2" || status=$?
		[ $status = 10 ]
		return
	done
	return 1
}

# happens EVENTS: on the board.
happens()
{
	qmp input-send-event "{\"events\": [$1]}" >/dev/null
}

key()
{
	happens "{\"type\": \"key\", \"data\": {\"down\": $2, \"key\": {\"type\": \"qcode\", \"data\": \"$1\"}}}"
}

# both_controls: what gives the devices back, or takes them.
both_controls()
{
	key ctrl true
	key ctrl_r true
	key ctrl false
	key ctrl_r false
}

# plug: the touch screen; it tells what is written to descriptor 7.
plug()
{
	rm -f fingers
	mkfifo fingers
	input touch "lab touch" <fingers &
	touch=$!
	exec 7>fingers
}

# The VM has a copy of the descriptor: closing this one would not do.
unplug()
{
	kill $touch
	wait $touch || :
	exec 7>&-
}

inputs_of_the_board_are_the_guests()
{
	local name
	plug
	sleep 1
	for name in "QEMU Virtio Keyboard" "QEMU Virtio Mouse" "QEMU Virtio Tablet" "lab touch"; do
		described "$name" >"board: $name"
		[ -s "board: $name" ] || fail "the board has no $name"
	done
	script <<-'END'
		for device in /sys/class/input/event*; do
			echo "<$(cat "$device/device/name")>"
			(timeout 2 evtest "/dev/input/${device##*/}" </dev/null >/tmp/evtest; :) 2>/dev/null
			sed -n '/^Input device ID/,/^Testing/p' /tmp/evtest
			echo "<end>"
			[ "$(cat "$device/device/name")" != "QEMU Virtio Keyboard" ] ||
				exec 5>"/dev/input/${device##*/}"
		done
		# Two struct input_event: EV_LED, LED_CAPSL, on; SYN_REPORT.
		{
			printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\021\0\001\0\001\0\0\0'
			printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		} >&5
		input watch
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd $lab/input.cpio'
		cpu_count='1' bootargs='console=hvc0 loglevel=4 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		<virtio_device name="a" type="input"><evdev name="*Virtio Keyboard"/></virtio_device>
		<virtio_device name="b" type="input"><evdev name="*Virtio Mouse"/></virtio_device>
		<virtio_device name="c" type="input"><evdev name="*Virtio Tablet"/></virtio_device>
		<virtio_device name="d" type="input"><evdev name="lab touch"/></virtio_device>
		<virtio_device name="seat" type="input" kind="keyboard"/>
		<virtio_device name="pen" type="input" kind="tablet"/>
		<virtio_device name="pane" type="input" kind="touch"/>
	END
	start
	wait_for 120 "watching"

	# Names, ids, codes, ranges and properties, by Debian's own program.
	for name in "QEMU Virtio Keyboard" "QEMU Virtio Mouse" "QEMU Virtio Tablet" "lab touch"; do
		seen "$name" >"guest: $name"
		diff "board: $name" "guest: $name" || fail "$name is another device in the guest"
	done
	seen pen | grep -q "Max *32767" || fail "the tablet has no such range"
	seen pen | grep -q "INPUT_PROP_POINTER" || fail "the tablet is no pointer"
	seen seat | grep -q "LED_CAPSL" || fail "the keyboard has no LEDs"
	seen pane | grep -q "INPUT_PROP_DIRECT" || fail "the touch screen is not direct"

	# A light that the guest has switched on.
	until_so 30 is_lit "QEMU Virtio Keyboard" LED_CAPSL || fail "the board's keyboard is dark"
	! is_lit "QEMU Virtio Keyboard" LED_NUML || fail "all of the board's keyboard is lit"

	# A key, a place, a button, a wheel, fingers.
	key a true
	wait_for 10 "QEMU Virtio Keyboard: 1/30=1"
	key a false
	wait_for 10 "QEMU Virtio Keyboard: 1/30=0"
	happens '{"type": "abs", "data": {"axis": "x", "value": 16384}},
		{"type": "abs", "data": {"axis": "y", "value": 100}}'
	wait_for 10 "QEMU Virtio Tablet: 3/0=16384 3/1=100"
	happens '{"type": "btn", "data": {"button": "left", "down": true}}'
	wait_for 10 ": 1/272=1"
	happens '{"type": "btn", "data": {"button": "left", "down": false}}'
	wait_for 10 ": 1/272=0"
	happens '{"type": "rel", "data": {"axis": "x", "value": -3}}'
	wait_for 10 "QEMU Virtio Mouse: 2/0=-3"
	printf '%s\n' "3 57 100" "1 330 1" "3 53 10" "3 54 20" \
		"3 47 1" "3 57 101" "3 53 30" "3 54 40" "0 0 0" >&7
	wait_for 10 "lab touch: 3/57=100 1/330=1 3/53=10 3/54=20 3/47=1 3/57=101 3/53=30 3/54=40"

	# Unplugged, both fingers are lifted; plugged in again, it goes on.
	unplug
	wait_for 10 "lab touch is gone"
	wait_for 10 "lab touch: 3/47=0 3/57=-1 3/47=1 3/57=-1"
	wait_for 10 "1/330=0"
	plug
	wait_for 10 "lab touch is back"
	printf '%s\n' "3 47 0" "3 57 200" "1 330 1" "3 53 11" "0 0 0" >&7
	wait_for 10 "3/57=200 1/330=1 3/53=11"

	# Given back to the board, and taken again.
	both_controls
	key b true
	key b false
	both_controls
	key c true
	key c false
	wait_for 10 "QEMU Virtio Keyboard: 1/46=0"
	! grep -q "1/48=1" out || fail "the guest saw what was not for it"

	# What somebody sends to the machine.
	bonsai send-key vm shift-a f24
	wait_for 10 "seat: 1/42=1 1/30=1"
	wait_for 10 "seat: 1/30=0 1/42=0"
	wait_for 10 "seat: 1/194=0"
	bonsai stop vm
	wait $monitor || fail "exit status $?"
	unplug
}

refuses_a_device_that_is_not_there()
{
	vm "kernel_rom='$lab/bookworm/linux' cpu_count='1'" <<-'END'
		<virtio_device name="a" type="input"><evdev name="nobody's"/></virtio_device>
	END
	refuses 1 "vm.xml:2: no input device in /dev/input has a name or place like 'nobody's'"
}

claim "the board's input devices are the guest's" inputs_of_the_board_are_the_guests
claim "an input device that is not there is refused" refuses_a_device_that_is_not_there
