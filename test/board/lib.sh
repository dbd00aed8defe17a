# SPDX-License-Identifier: Apache-2.0
# What the tests on the board share. Sourced by busybox's sh, there; $BOARD is arm64 or x86_64,
# $GIC the version of an ARM board's interrupt controller, $CLOCK is "steady" where its CPUs take
# turns. Nested SVM is slow, and needs patience.

lab=/root/lab
notes=/var/tmp
place=/tmp/claim
case $BOARD in
arm64) where=gic$GIC tty=ttyAMA0 patience=3 ;;
x86_64) where=x86 tty=ttyS0 patience=4 ;;
esac

# claim NAME FUNCTION ARGUMENT…: runs it in an empty folder; what it leaves behind fails it too,
# and so does a system call that a sandbox refused.
claim()
{
	local name=$1 start end status left before after
	shift
	rm -rf $place
	mkdir $place
	: >$notes/remarks
	before=$(leftovers)
	read -r start _ </proc/uptime
	(
		cd $place
		set -eu
		"$@"
	) >$notes/log 2>&1
	status=$?
	after=$(leftovers)
	left=
	if [ "$after" != "$before" ]; then
		echo "$before" | sort >$notes/before
		left=$(echo "$after" | sort | diff $notes/before - | grep '^[+-][^+-]')
	fi
	# Not in disks, and not in pipes, which would have no end.
	left=$left$(find $place -type f -size -256k -exec grep -hs 'sandbox: .* may not call' {} +)
	read -r end _ </proc/uptime
	if [ $status = 0 ] && [ -z "$left" ]; then
		echo "ok $where $name ($((${end%.*} - ${start%.*})) s)"
		sed 's/^/    /' $notes/remarks
		return
	fi
	echo "FAILED $where $name"
	tail -n 25 $notes/log | sed 's/^/    /'
	[ -z "$left" ] || printf 'left behind:\n%s\n' "$left" | sed 's/^/    /'
	sweep
}

# Whatever a failed test left running, and the sockets of what is killed.
sweep()
{
	killall -9 bonsai passt virtiofsd qemu-storage-daemon 2>/dev/null
	rm -rf /run/bonsai
}

# Processes, files and interfaces that a VM could leave, in any order; twice a claim, so that it
# takes few processes.
leftovers()
{
	ps -o comm | grep -E '^(bonsai|passt|pasta|virtiofsd|qemu-storage)'
	find /run /tmp -path $place -prune -o -type f -size +0 -prune -o -print
	echo /sys/class/net/*
}

# vm ATTRIBUTES: writes vm.xml, the devices come from standard input. Linux does without the tests
# of its ciphers, which are most of what its CPU does before it starts init.
vm()
{
	local attributes=${1/bootargs=\'/bootargs=\'cryptomgr.notests }
	{
		echo "<config ram_size=\"256M\" ${GIC:+gic_version=\"$GIC\"} $attributes>"
		cat
		echo "</config>"
	} >vm.xml
}

# script: makes script.img, which the guest's init runs, from standard input.
script()
{
	{
		echo '#!/bin/sh'
		cat
	} >script.img
	truncate -s 64K script.img
}

# run SECONDS STATUS: runs vm.xml and insists on the exit status; the output is in "out".
run()
{
	local status=0 limit=$(($1 * patience)) begin
	begin=$(date +%s)
	timeout $limit bonsai run vm.xml </dev/null >out 2>&1 || status=$?
	tr -d '\r' <out
	[ $(($(date +%s) - begin)) -lt $limit ] || fail "still running after $limit s"
	[ $status = "$2" ] || fail "exit status $status instead of $2"
}

# refuses STATUS TEXT…: vm.xml does not start, and says why in one line.
refuses()
{
	local status=$1
	shift
	run 20 "$status"
	says "$@"
	[ "$(wc -l <out)" = 1 ] || fail "more than one line"
}

# start: the VM in the background, its process in $monitor.
start()
{
	bonsai run vm.xml </dev/null >out 2>&1 &
	monitor=$!
}

# in_terminal: runs vm.xml on a terminal of its own, and says whether it gave that back.
in_terminal()
{
	cat >in-terminal <<-'END'
		before=$(stty -g)
		bonsai run vm.xml
		echo "status: $?"
		[ "$(stty -g)" = "$before" ] && echo "terminal: restored"
	END
	"$lab/script" -qc "sh in-terminal" /dev/null >out 2>&1
}

fail()
{
	echo "-- $*"
	exit 1
}

# remark TEXT: is printed with the claim, also where it holds.
remark()
{
	echo "$*" | tee -a $notes/remarks
}

# says TEXT…: each is somewhere in the output.
says()
{
	local text
	for text; do
		grep -qF -- "$text" out || fail "does not say: $text"
	done
}

# told_is_kept NUMBER FILE: the bare guest "flush" has said all numbers up to that one, so they are on
# its disk, or newer ones are: in each sector, of which the first word is looked at.
told_is_kept()
{
	hexdump -v -n 65536 -e '1/4 "%u\n" 1/508 ""' "$2" | awk -v told="$1" '
		{
			least = told - (told - int((NR - 1) / 8) + 16) % 16
			if ($1 < least) {
				print "sector " NR - 1 " has " $1 ", " least " was flushed"
				lost = 1
			}
		}
		END { exit lost || NR != 128 }' || fail "$1 was flushed, and is not on the disk"
}

# last_told FILE: the last number that it said there, which may end in the middle of one; 0 if none.
last_told()
{
	local told
	told=$(tr -d '\r' <"$1" | sed '$d' | tail -n 1)
	echo "${told:-0}"
}

# wait_for SECONDS TEXT [FILE]: until the output has it. A look takes two processes, which an
# emulated CPU is long at, and the guest waits for it meanwhile.
wait_for()
{
	local ticks=$(($1 * patience * 4))
	until grep -qF -- "$2" "${3:-out}"; do
		ticks=$((ticks - 1))
		if [ $ticks = 0 ]; then
			tail -n 20 "${3:-out}"
			fail "no \"$2\" within $1 s"
		fi
		usleep 250000
	done
}

# until_so SECONDS COMMAND…: waits until it succeeds.
until_so()
{
	local ticks=$(($1 * 4))
	shift
	until "$@"; do
		ticks=$((ticks - 1))
		[ $ticks != 0 ] || return 1
		usleep 250000
	done
}

# process NAME: the number of the youngest one.
process()
{
	ps -o pid,comm | awk -v "name=$1" '$2 == name { pid = $1 } END { print pid }'
}

# has_status PROCESS LINE…: each, a pattern, is one of what the kernel says of it.
has_status()
{
	local status line
	status=$(cat "/proc/$1/status")
	shift
	for line; do
		echo "$status" | grep -qE "^$line\$" || fail "not $line: $status"
	done
}

# is_apart PROCESS KIND…: its namespaces of that kind are not the board's.
is_apart()
{
	local process=$1 kind
	shift
	for kind; do
		readlink "/proc/$process/ns/$kind" | grep -v "$(readlink /proc/self/ns/$kind)" ||
			fail "it shares the board's $kind"
	done
}

# qmp COMMAND [ARGUMENTS]: the board's own QEMU is asked, and what it answers is printed.
qmp()
{
	local reply
	{
		printf '{"execute": "%s", "arguments": %s, "id": "qmp"}\n' "$1" "${2:-{\}}" >&9
		while read -r -t 60 reply <&9; do
			case $reply in
			*'"id": "qmp", "error"'*) fail "$1: $reply" ;;
			*'"id": "qmp"'*) echo "$reply" && return ;;
			esac
		done
		fail "$1: no answer"
	} 9<>/dev/qmp
}

# screendump NAME [HEAD [CARD]]: what an output of the board shows, as /mnt/share/NAME.ppm.
screendump()
{
	qmp screendump "{\"filename\": \"$BOARD_SHARE/$1.ppm\", \"device\": \"gpu${3:-0}\",
		\"head\": ${2:-0}}" >/dev/null
}
