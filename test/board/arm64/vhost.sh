# SPDX-License-Identifier: Apache-2.0
# What other processes serve: a folder through virtiofsd, a disk of qemu-storage-daemon. A
# guest uses both, loses the disk, lives on, and has it again after a reboot.

# vhost_vm DEVICE…: with the script on vda.
vhost_vm()
{
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=3 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		$*
	END
}

# The disk's other end, in $daemon.
start_daemon()
{
	rm -f disk.sock
	"$lab/vhost/qemu-storage-daemon" --blockdev file,node-name=disk,filename=disk.img \
		--export vhost-user-blk,id=disk,node-name=disk,addr.type=unix,addr.path=disk.sock,writable=on &
	daemon=$!
	for i in $(seq 300); do
		[ ! -S disk.sock ] || return 0
		usleep 100000
	done
	fail "qemu-storage-daemon does not listen"
}

# file_within SECONDS FILE
file_within()
{
	local ticks=$(($1 * 10))
	until [ -e "$2" ]; do
		ticks=$((ticks - 1))
		[ $ticks -gt 0 ] || { cat out && fail "no $2 within $1 s"; }
		usleep 100000
	done
}

uses_folder_and_disk()
{
	mkdir share
	echo "from the host" >share/hello
	echo 0 >share/boots
	echo "disk of another process" >disk.img
	truncate -s 8M disk.img
	script <<-'END'
		mount -t virtiofs home /mnt || exit 1
		boots=$(($(cat /mnt/boots) + 1))
		echo $boots >/mnt/boots
		echo "boot: $boots"
		echo "folder: $(cat /mnt/hello)"
		head -c 1048576 /dev/urandom >/mnt/noise
		sum=$(sha256sum </mnt/noise)
		echo "disk: $(dd if=/dev/vdb bs=4k count=1 iflag=direct 2>/dev/null | head -n 1)"
		dd if=/mnt/noise of=/dev/vdb bs=64k seek=$((16 * boots)) oflag=direct 2>/dev/null
		[ "$(dd if=/dev/vdb bs=64k skip=$((16 * boots)) count=16 iflag=direct 2>/dev/null | sha256sum)" = "$sum" ] &&
			echo "disk: as written"
		[ $boots -lt 2 ] || exit 0
		touch /mnt/ready
		until [ -e /mnt/gone ]; do usleep 100000; done
		dd if=/dev/vdb of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null &
		sleep 1
		touch /mnt/alive
		until [ -e /mnt/back ]; do usleep 100000; done
		reboot -f
	END
	vhost_vm '<virtio_device name="share" type="fs" tag="home">
		<virtiofsd path="share" binary="'"$lab"'/vhost/virtiofsd"/></virtio_device>
		<virtio_device name="disk" type="vhost_user" id="block"><unix path="disk.sock"/></virtio_device>'
	start_daemon
	start
	file_within 120 share/ready
	has_status "$(process virtiofsd)" NoNewPrivs:.1 Seccomp:.2 'CapBnd:.0*'
	is_apart "$(process virtiofsd)" mnt net pid
	kill $daemon
	wait $daemon || true
	touch share/gone
	file_within 30 share/alive
	start_daemon
	touch share/back
	wait $monitor || fail "exit status $?"
	kill $daemon
	says "boot: 2" "folder: from the host" "disk: disk of another process" \
		"disk: the back end closed the connection; the device needs a reset"
	[ "$(grep -c "disk: as written" out)" = 2 ] || fail "the disk is not as written"
	[ "$(head -c 2097152 disk.img | tail -c 1048576 | sha256sum)" != \
		"$(head -c 1048576 /dev/zero | sha256sum)" ] || fail "the file has nothing of it"
	[ "$(tail -c +2097153 disk.img | head -c 1048576 | sha256sum)" = "$(sha256sum <share/noise)" ] ||
		fail "folder and disk differ"
}

says_who_is_not_there()
{
	script </dev/null
	vhost_vm '<virtio_device name="disk" type="vhost_user" id="block"><unix path="disk.sock"/></virtio_device>'
	refuses 1 vm.xml:5 "disk.sock: No such file or directory; start the back end"
	mkdir share
	vhost_vm '<virtio_device name="share" type="fs" tag="home"><virtiofsd path="share"/></virtio_device>'
	refuses 1 vm.xml:5 "virtiofsd not found: install the package virtiofsd"
	vhost_vm '<virtio_device name="share" type="fs" tag="home">
		<virtiofsd path="share" readonly="yes" binary="'"$lab"'/vhost/virtiofsd"/></virtio_device>'
	refuses 1 vm.xml:5 "share: virtiofsd: fuse: unknown option"
}

claim "a guest uses a folder and a disk that other processes serve" uses_folder_and_disk
claim "a back end that is not there is said" says_who_is_not_there
