# SPDX-License-Identifier: Apache-2.0
# What guests draw with Linux's driver, on the board's own screens: its two cards are QEMU's, and
# what they show is compared pixel for pixel with the picture as test/guest/screen.c makes it.

screen=$lab/screen
state=/sys/kernel/debug/dri

# seat NAME FD: NAME.xml with the gpus of standard input, whose guest does what "tell NAME" says.
seat()
{
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd $lab/screen.cpio'
		cpu_count='1' bootargs='console=hvc0 loglevel=3 bonsai.net=none bonsai.run=\"sh /seat/start\"'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		$(cat)
	END
	mv vm.xml "$1.xml"
	mkfifo "$1.in"
	eval "exec $2<>$1.in" # so that it has no end
	bonsai run "$1.xml" <"$1.in" >"$1.out" 2>&1 &
	monitor=$!
}

# tell NAME COMMAND…: and waits until it is done.
tell()
{
	local name=$1
	shift
	echo "$*" >"$name.in"
	wait_for 30 "screen: done $*" "$name.out"
}

# state PATTERN: what the first card's driver says of it.
state()
{
	grep -q "$1" $state/0/state
}

# comes SECONDS PATTERN: it says so before long; goes: it no longer does.
comes()
{
	until_so "$1" state "$2" || fail "no $2 in: $(cat $state/0/state)"
}

is_without()
{
	! state "$1"
}

goes()
{
	until_so "$1" is_without "$2" || fail "still $2 in: $(cat $state/0/state)"
}

# The board's screen is expected.ppm.
screen_is_expected()
{
	screendump "$@"
	cmp expected.ppm "/mnt/share/$1.ppm"
}

# shows NAME [HEAD [CARD]] -- PICTURE…: what the board shows before long, kept as NAME.ppm, is that
# picture. A terminal that is switched to is drawn some frames later.
shows()
{
	local name=$1 head=0 card=0
	shift
	[ "$1" = -- ] || { head=$1 && shift; }
	[ "$1" = -- ] || { card=$1 && shift; }
	shift
	"$screen" ppm "$@" >expected.ppm
	until_so 30 screen_is_expected "$name" "$head" "$card" || fail "$name is not the picture $*"
}

# resize WIDTH HEIGHT: the first screen becomes another, as if its window were resized (RFB).
resize()
{
	local size
	size=$(printf '\\%03o' $(($1 / 256)) $(($1 % 256)) $(($2 / 256)) $(($2 % 256)))
	{
		# Version, no security, shared; the encoding that says that screens have sizes.
		[ -e $notes/rfb ] || printf 'RFB 003.008\n\001\001\002\000\000\001\377\377\376\314'
		printf "\\373\\000$size\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000$size\\000\\000\\000\\000"
	} >/dev/rfb
	: >$notes/rfb
}

# The console has its screen again.
console_is_back()
{
	until_so 30 vt_is text || fail "the kernel does not draw text"
	comes 30 'allocated by = \[fbcon\]'
}

vt_is()
{
	[ "$("$screen" vt /dev/tty5)" = "$1" ]
}

a_guest_draws_on_the_boards_screen()
{
	seat panel 8 <<-END
		<virtio_device name="gpu0" type="gpu">
		  <drm device="/dev/dri/card0" connector="Virtual-1" vt="5"/>
		</virtio_device>
	END
	wait_for 90 "screen: ready" panel.out
	# The guest's own program agrees with the configuration.
	grep -q '^[0-9]*[[:space:]]*[0-9]*[[:space:]]*connected[[:space:]]*Virtual-1' panel.out ||
		fail "modetest finds no connector"
	grep -q '#0 1280x800 .*preferred' panel.out || fail "modetest finds another mode"
	grep -q '00ffffffffffff00' panel.out || fail "modetest finds no EDID"
	vt_is graphics || fail "the kernel still draws text"
	tell panel card /dev/dri/card0
	tell panel show 1
	shows graphics-show -- 1280 800 1
	tell panel flip 2
	shows graphics-flip -- 1280 800 2
	tell panel rect 300 200 77 33 00ff40
	shows graphics-damage -- 1280 800 2 300 200 77 33 00ff40
	# The cursor's plane.
	tell panel cursor 411 222 3 4
	comes 10 'crtc-pos=64x64+411+222'
	tell panel nocursor
	goes 10 'crtc-pos=64x64'
	# A person looks at another terminal, and comes back.
	chvt 2
	comes 10 'allocated by = \[fbcon\]'
	tell panel rect 0 0 1280 400 102030
	chvt 5
	shows graphics-back -- 1280 800 2 0 0 1280 400 102030
	# Another size.
	resize 1024 768
	tell panel wait 1024 768
	tell panel show 3
	shows graphics-resized -- 1024 768 3
	bonsai screendump panel own.png
	[ "$(head -c 4 own.png | tail -c 3)" = PNG ] || fail "no PNG of the screen"
	# Whatever happens to it.
	kill -9 $monitor
	wait $monitor || true
	console_is_back
	rm -r /run/bonsai # its control socket
}

# is_bare_picture FILE: a PPM of what test/guest/bare/screen.c draws at any size, in places.
is_bare_picture()
{
	local size width height x y at head
	size=$(sed -n 2p "$1")
	width=${size% *} height=${size#* }
	head=$(head -n 3 "$1" | wc -c)
	for at in "0 0" "$((width - 200)) $((height / 2))" "$((width - 1)) $((height - 1))"; do
		x=${at% *} y=${at#* }
		[ "$(od -An -t u1 -j $((head + 3 * (y * width + x))) -N 3 "$1" | xargs)" = \
			"$((x & 255)) $((y & 255)) $(((x ^ y) & 255))" ] || return 1
	done
}

# bare_picture_is_on CARD: kept, too.
bare_picture_is_on()
{
	screendump "graphics-console-$1" 0 "$1"
	is_bare_picture "/mnt/share/graphics-console-$1.ppm"
}

nobodys_picture_is_there()
{
	bonsai screendump vm nobodys.ppm --device gpu2 && is_bare_picture nobodys.ppm
}

# cards_are y|n: a VM is master of both.
cards_are()
{
	local card
	for card in 0 1; do
		grep -q "^ *bonsai *[0-9]* *[0-9]* *$1" $state/$card/clients || return 1
	done
}

both_are_shown()
{
	local card
	for card in 0 1; do
		until_so 60 bare_picture_is_on $card || fail "no picture on card $card"
	done
	cards_are y || fail "somebody else is master: $(cat $state/*/clients)"
}

# Its first gpu says nothing of a display, its second one is on the same terminal, and nobody
# sees its third one.
a_console_is_the_screen()
{
	vm "kernel_rom='$lab/bare/screen' cpu_count='1'" <<-END
		<virtio_device name="gpu0" type="gpu"/>
		<virtio_device name="gpu1" type="gpu"><drm device="/dev/dri/card1" vt="5"/></virtio_device>
		<virtio_device name="gpu2" type="gpu" width="300" height="100"><headless/></virtio_device>
	END
	chvt 5
	bonsai run vm.xml </dev/tty5 >out 2>&1 &
	monitor=$!
	both_are_shown
	until_so 30 nobodys_picture_is_there || fail "no picture without a display"
	vt_is graphics || fail "the kernel still draws text"
	chvt 2
	until_so 30 cards_are n || fail "still master: $(cat $state/*/clients)"
	comes 30 'allocated by = \[fbcon\]'
	chvt 5
	until_so 30 cards_are y || fail "not master again: $(cat $state/*/clients)"
	both_are_shown
	kill $monitor
	wait $monitor || fail "exit status $?"
	console_is_back
}

two_vms_share_screens()
{
	bonsai lease --card /dev/dri/card0 card0.lease &
	lessor=$!
	seat left 7 <<-END
		<virtio_device name="gpu0" type="gpu">
		  <drm lease="card0.lease" connector="Virtual-1" mode="800x600"/>
		</virtio_device>
	END
	first=$monitor
	seat right 8 <<-END
		<virtio_device name="gpu0" type="gpu">
		  <drm lease="card0.lease" connector="Virtual-2" mode="640x480"/>
		</virtio_device>
		<virtio_device name="gpu1" type="gpu"><drm device="/dev/dri/card1"/></virtio_device>
	END
	wait_for 90 "screen: ready" left.out
	wait_for 90 "screen: ready" right.out
	tell left card /dev/dri/card0
	tell right card /dev/dri/card0
	tell left show 4
	tell right show 5
	tell right card /dev/dri/card1
	tell right show 6
	shows graphics-left 0 0 -- 800 600 4
	shows graphics-right 1 0 -- 640 480 5
	shows graphics-other 0 1 -- 1280 800 6
	# One dies; the other's screen stays, and the dead one's may be had again.
	kill -9 $first
	wait $first || true
	tell right flip 7
	shows graphics-survivor 0 1 -- 1280 800 7
	shows graphics-right 1 0 -- 640 480 5
	kill $monitor
	wait $monitor || fail "exit status $?"
	kill $lessor
	wait $lessor || fail "exit status $?"
	comes 30 'allocated by = \[fbcon\]'
	[ ! -e card0.lease ] || fail "the lessor's socket is still there"
	rm -rf /run/bonsai
}

mount -t debugfs debug /sys/kernel/debug
claim "a guest draws on the board's screen" a_guest_draws_on_the_boards_screen
claim "a VM that is started on a console has its screens" a_console_is_the_screen
claim "two VMs share the screens of two cards" two_vms_share_screens
umount /sys/kernel/debug
chvt 1
