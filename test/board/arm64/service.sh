# SPDX-License-Identifier: Apache-2.0
# VMs as services of a Debian with systemd, which runs here as a container would: on the board's
# second root, its /dev/vda, with process ids of its own.

# debian COMMAND…: boots systemd there with the VMs of web.xml and db.xml enabled, and the script
# "inside" as a service; what that prints is in "out".
debian()
{
	mkdir -p root
	cat >container <<-END
		set -e
		mount /dev/vda root
		mount -o bind /dev root/dev
		mount -o bind /dev/pts root/dev/pts
		mount -t proc proc root/proc
		mount -t sysfs -o ro sys root/sys
		mount -t cgroup2 cgroup root/sys/fs/cgroup
		mount -t tmpfs run root/run
		mount -t tmpfs tmp root/tmp
		mkdir -p root/etc/bonsai root/var/lib/bonsai root/lab
		mount -o bind $lab root/lab
		mount -o bind $PWD root/mnt
		cp /usr/bin/bonsai /usr/bin/passt root/usr/bin/
		sed 's,@bindir@,/usr/bin,' $installed/bonsai@.service.in >root/etc/systemd/system/bonsai@.service
		cp $installed/bonsai.target $installed/bonsai@.socket root/etc/systemd/system/
		cp $installed/bonsai.tmpfiles root/etc/tmpfiles.d/bonsai.conf
		mount -t tmpfs net root/etc/systemd/network
		cp $bridged/br0.* $bridged/vms.network root/etc/systemd/network/
		# For which the board's kernel has nothing.
		sed -i /IPMasquerade/d root/etc/systemd/network/br0.network
		cp web.xml db.xml root/etc/bonsai/
		cp inside root/root/
		cp test.service root/etc/systemd/system/
		chroot root systemctl -q enable bonsai@web bonsai@db
		# Below chroot, passt could not have user ids of its own.
		cd root
		mkdir -p old
		pivot_root . old
		umount -l /old
		exec /usr/bin/env -i container=bonsai /lib/systemd/systemd --unit=test.service \
			--show-status=no
	END
	cat >test.service <<-'END'
		[Unit]
		Requires=sysinit.target dbus.socket
		Wants=bonsai.target systemd-networkd.service
		After=sysinit.target dbus.socket
		[Service]
		Type=oneshot
		ExecStart=-/bin/bash -eu /root/inside
		ExecStopPost=systemctl --no-block exit 0
		StandardOutput=file:/mnt/out
		StandardError=inherit
		TimeoutStartSec=infinity
	END
	unshare -m -p -f sh container >container.out 2>&1 || true
	ip link del br0 || true
	tail -n 5 container.out
	cat out
}

# guest NAME SCRIPT: NAME.xml, whose first devices are standard input's. Its script runs when the
# guest is up.
guest()
{
	{
		cat
		echo '<virtio_device name="hvc0" type="console"><stdio/></virtio_device>'
	} | vm "kernel_rom='/lab/bookworm/linux' initrd_rom='/lab/bookworm/initrd /lab/vsock.cpio'
		cpu_count='1' bootargs='console=hvc0 loglevel=4 bonsai.run=\"echo $1 is up; $2\"'"
	mv vm.xml "$1.xml"
}

systemd_runs_two_vms()
{
	# Ready when it says so itself, over a vsock. On the bridge it finds an address, and the other.
	guest web "echo READY=1 | vsock connect 2 9999;
		until ip addr show eth0 | grep inet.192; do udhcpc -qni eth0 -s /etc/udhcpc.sh; done;
		until ping -c 1 192.168.77.250; do sleep 1; done; sleep 1000" <<-'END'
		<ready vsock_port="9999"/>
		<virtio_device name="eth0" type="net"><tap ifname="vm-web"/></virtio_device>
		<virtio_device name="vsock0" type="vsock"><unix path="/run/bonsai/web.vsock"/></virtio_device>
	END
	# Ready at once. It powers off at the press of the key.
	guest db "ip addr add 192.168.77.250/24 dev eth1; ip link set eth1 up;
		head -c 24 /dev/input/event0 | wc -c; echo db powers off" <<-'END'
		<virtio_device name="eth0" type="net"><user/></virtio_device>
		<virtio_device name="eth1" type="net"><tap ifname="vm-db"/></virtio_device>
	END
	cat >inside <<-'END'
		# said VM TEXT: waits until the journal has it of that VM, and prints the line.
		said()
		{
			local tick
			for tick in $(seq 120); do
				journalctl -q -t "bonsai-$1" -o cat | grep -m 1 -F "$2" && return
				sleep 0.5
			done
			echo "$1 has not said: $2"
		}
		# Nobody starts them: they are part of this boot.
		systemctl start bonsai@db bonsai@web
		systemctl is-active bonsai@db bonsai@web
		journalctl -q -t bonsai-web -o cat | grep 'web is up'
		bonsai list
		systemctl show -P StatusText bonsai@web
		ls -l /run/bonsai | grep -c sock
		said db ' net: ' | sed 's,.* net: ,through passt: ,'
		said db 'db is up'
		said web 'inet 192.168.77.'
		said web 'bytes from 192.168.77.250'
		before=$(systemctl show -P MainPID bonsai@db)
		# From now on it is ready when its console says so.
		sed -i 's,</config>,<ready text="db is up" device="hvc0"/>&,' /etc/bonsai/db.xml
		SECONDS=0
		systemctl restart bonsai@db &
		for tick in $(seq 300); do
			systemctl show -P StatusText bonsai@db | grep 'Waiting for' && break
			sleep 0.2
		done
		[ $SECONDS -lt 60 ] && echo "db was shut down in time"
		wait $! && echo "db: $(systemctl show -P StatusText bonsai@db)"
		said db 'db powers off'
		[ "$before" != "$(systemctl show -P MainPID bonsai@db)" ] && echo "db has restarted"
		bonsai status db
		# The others need not be asked for so long.
		mkdir /etc/systemd/system/bonsai@.service.d
		printf '[Service]\nExecStop=\nExecStop=-/usr/bin/bonsai powerdown --wait=1 %%i\n' \
			>/etc/systemd/system/bonsai@.service.d/test.conf
		systemctl daemon-reload
		# One that dies is started again.
		kill -SEGV "$(systemctl show -P MainPID bonsai@db)"
		for tick in $(seq 100); do
			[ "$(systemctl show -P NRestarts bonsai@db)" = 0 ] || break
			sleep 0.1
		done
		echo "restarts: $(systemctl show -P NRestarts bonsai@db)"
		journalctl -q -u bonsai@db -o cat | grep -m 1 -o 'code=.*SEGV'
		# What a guest wrote before anybody looked, and what VMs use.
		timeout 5 bonsai console --watch web | sed -n 's/.*web is up.*/seen on the console/p' || true
		bonsai top -n 1
		bonsai stop web
		systemctl is-active bonsai@web || true
		systemctl stop bonsai.target
		for vm in bonsai@db bonsai@web; do
			systemctl show -P Result $vm
		done
		bonsai list
		# Nothing runs; who asks has it started.
		systemctl stop bonsai@db bonsai@web
		systemctl start bonsai@db.socket
		for tick in $(seq 60); do
			bonsai status db | sed -n 's/^  status  */asked, db is /p' >asked
			! grep . asked || break
			sleep 0.5
		done
		systemctl stop bonsai@db.socket bonsai@db
		ls /run/bonsai
		journalctl -q -u 'bonsai@*' -o short | tail -n 20
		echo "to the end"
	END
	debian
	says "db was shut down in time" "db powers off" "db has restarted" "restarts: 1" "status=11/SEGV" \
		"to the end" \
		"The VM runs" "seen on the console" "through passt: 10.0.2.15/24" "inet 192.168.77." \
		"bytes from 192.168.77.250" 'Waiting for "db is up" on hvc0' "db: The VM runs" \
		"asked, db is running"
	grep -q '^web  *running  *[0-9.]*  *[0-9.]* ' out || fail "bonsai top lacks web"
	grep -q '^web *running *256M */run/bonsai/web.sock$' out || fail "bonsai list lacks web"
	[ "$(grep -cx active out)" = 2 ] || fail "not both are active"
}

installed=/root/systemd bridged=/root/two-vms
claim "systemd starts two VMs in a bridge, hears when they are ready, restarts and stops them" \
	systemd_runs_two_vms
