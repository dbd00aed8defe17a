# SPDX-License-Identifier: Apache-2.0
# VMs as services of a Debian with systemd, which runs here as a container would: on the board's
# second root, its /dev/vda, with process ids of its own.

# debian COMMAND…: runs systemd there with the script "inside" as its only service; what that
# prints is in "out".
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
		mount -o bind $lab/bookworm root/lab
		mount -o bind $PWD root/mnt
		cp /usr/bin/bonsai root/usr/bin/
		sed 's,@bindir@,/usr/bin,' $installed/bonsai@.service.in >root/etc/systemd/system/bonsai@.service
		cp $installed/bonsai.target root/etc/systemd/system/
		cp $installed/bonsai.tmpfiles root/etc/tmpfiles.d/bonsai.conf
		cp web.xml db.xml root/etc/bonsai/
		cp inside root/root/
		cp test.service root/etc/systemd/system/
		exec env -i container=bonsai chroot root /lib/systemd/systemd --unit=test.service \
			--show-status=no
	END
	cat >test.service <<-'END'
		[Unit]
		Requires=sysinit.target dbus.socket
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
	tail -n 5 container.out
	cat out
}

# guest NAME READY: NAME.xml, whose guest says that it is up and waits.
guest()
{
	vm "kernel_rom='/lab/linux' initrd_rom='/lab/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=4 bonsai.run=\"echo $1 is up; sleep 1000\"'" <<-END
		$2
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
	END
	mv vm.xml "$1.xml"
}

systemd_runs_two_vms()
{
	guest web '<ready text="web is up"/>'
	guest db ''
	cat >inside <<-'END'
		mkdir /etc/systemd/system/bonsai@.service.d
		printf '[Service]\nExecStop=\nExecStop=-/usr/bin/bonsai powerdown --wait=1 %%i\n' \
			>/etc/systemd/system/bonsai@.service.d/test.conf
		systemctl daemon-reload
		# Ready at once, and ready when its guest says so.
		systemctl start bonsai@db bonsai@web
		systemctl is-active bonsai@db bonsai@web
		journalctl -q -t bonsai-web -o cat | grep -c 'web is up'
		bonsai list
		systemctl show -P StatusText bonsai@web
		ls -l /run/bonsai | grep -c sock
		before=$(systemctl show -P MainPID bonsai@db)
		systemctl restart bonsai@db
		[ "$before" != "$(systemctl show -P MainPID bonsai@db)" ] && echo "db has restarted"
		bonsai status db
		# One that dies is started again.
		kill -SEGV "$(systemctl show -P MainPID bonsai@db)"
		for tick in $(seq 100); do
			[ "$(systemctl show -P NRestarts bonsai@db)" = 0 ] || break
			sleep 0.1
		done
		echo "restarts: $(systemctl show -P NRestarts bonsai@db)"
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
		journalctl -q -u 'bonsai@*' -o short | tail -n 20
		echo "to the end"
	END
	debian
	says "db has restarted" "restarts: 1" "to the end" "The VM runs" "seen on the console"
	grep -q '^web  *running  *[0-9.]*  *[0-9.]* ' out || fail "bonsai top lacks web"
	grep -q '^web *running *256M */run/bonsai/web.sock$' out || fail "bonsai list lacks web"
	[ "$(grep -cx active out)" = 2 ] || fail "not both are active"
}

installed=/root/systemd
claim "systemd starts two VMs, hears when they are ready, restarts and stops them" \
	systemd_runs_two_vms
