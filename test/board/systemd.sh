# SPDX-License-Identifier: Apache-2.0
# A full Debian with systemd: login on hvc0, a credential, the power button, and apt over
# user networking, with a mirror that the board serves. Its disk is the board's /dev/vda.

# answer PROMPT LINE: types the line once the prompt is there.
answer()
{
	wait_for 120 "$1"
	printf '%s\n' "$2" >&5
}

# debian_gives_a_login COMMAND: runs it then.
debian_gives_a_login()
{
	mkfifo keys
	echo "from the host" >greeting
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 root=/dev/vda loglevel=4'" <<-END
		<credential name="greeting" file="greeting"/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="vda" type="block"><file path="/dev/vda"/></virtio_device>
		<virtio_device name="eth0" type="net"><user/></virtio_device>
		<virtio_device name="rng" type="rng"/>
	END
	sed -i 's/256M/512M/' vm.xml
	bonsai run vm.xml <keys >out 2>&1 &
	monitor=$!
	exec 5>keys
	answer "guest login:" root
	answer "root@guest" 'echo "failed units: $(systemctl --failed --no-legend | wc -l)"'
	answer "failed units: 0" 'echo "greeting: $(systemd-creds --system cat greeting)"'
	wait_for 60 "greeting: from the host"
	"$@"
	bonsai powerdown --wait=300 vm
	exec 5>&-
	wait $monitor || fail "exit status $?"
}

reads_a_mirror()
{
	echo 'rm -f /etc/apt/sources.list.d/*' >&5
	answer "sources.list.d" "echo 'deb [trusted=yes] http://10.0.2.2:8080/debian ./' >/etc/apt/sources.list"
	answer "debian ./" 'apt-get update; echo "update: $?"'
	answer "update: 0" 'apt-get -qq --print-uris download hello'
	wait_for 120 "'http://10.0.2.2:8080/debian/./hello.deb' hello_"
}

ln -sfn "$lab/debian" /srv/debian
case $GIC in
2) claim "Debian with systemd gives a login and powers off" debian_gives_a_login true ;;
*)
	claim "Debian with systemd gives a login, and apt-get reads a mirror over user networking" \
		debian_gives_a_login reads_a_mirror
	;;
esac
