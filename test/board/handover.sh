# SPDX-License-Identifier: Apache-2.0
# What the host tells the guest arrives, and only there; what VMs share, both of them see.

# The first boot writes its generation id to the disk, the second one compares. Linux on x86
# keeps that page for itself.
compare_generations()
{
	[ "$BOARD" = arm64 ] || return 0
	cat <<-'END'
		id=$(devmem 0x90b0000 64)
		read -r before </dev/vda
		if [ -z "$before" ]; then
			echo "$id" | dd of=/dev/vda conv=fsync 2>/dev/null
			reboot -f
		fi
		[ "$id" != 0x0000000000000000 ] && [ "$id" != "$before" ] && echo "another generation"
	END
}

show_items()
{
	cat <<-'END'
		cd /sys/firmware/qemu_fw_cfg/by_name/opt
		echo "word: $(cat org.example/word/raw)"
		echo "table: $(md5sum <org.example/table/raw)"
		cd io.systemd.credentials
		for name in *; do
			echo "credential $name: $(cat "$name/size") $(cat "$name/raw")"
		done
		grep -c secret /proc/cmdline
	END
}

finds_items_credentials_and_generations()
{
	head -c 5000 /dev/urandom >table
	printf 'a secret' >secret
	mkdir credentials
	printf 'of the service' >credentials/of-host
	truncate -s 64K disk.img
	{
		compare_generations
		show_items
	} | script
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=$tty loglevel=4'" <<-END
		<fw_cfg name="opt/org.example/word" string="from the host"/>
		<fw_cfg name="opt/org.example/table" file="table"/>
		<credential name="a.file" file="secret"/>
		<credential name="a.pipe" fd="5"/>
		<credential name="a.service" credential="of-host"/>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	export CREDENTIALS_DIRECTORY=$PWD/credentials
	bonsai plan vm.xml >plan
	cat plan
	grep -q "io.systemd.credentials/a.file: 8 bytes of secret" plan || fail "no size in the plan"
	! grep -q "a secret" plan || fail "the secret is in the plan"
	mkfifo pipe
	printf 'through a pipe' >pipe &
	run 120 0 5<pipe
	[ "$BOARD" != arm64 ] || says "another generation"
	says "word: from the host" "table: $(md5sum <table)" \
		"credential a.file: 8 a secret" "credential a.pipe: 14 through a pipe" \
		"credential a.service: 14 of the service" "guest: exit status 1"
}

refuses_memory_that_cannot_be_shared()
{
	truncate -s 1M small.memory
	vm "kernel_rom='$lab/bare/off' cpu_count='1'" <<-END
		<shared_memory name="a" path="none" size="2M" readonly="yes"/>
		<shared_memory name="b" path="small.memory" size="2M"/>
		<shared_memory name="c" path="new" size="2M" address="0"/>
	END
	run 20 2
	says "vm.xml:2: shared memory 'none' is not there" \
		"vm.xml:3: shared memory 'small.memory' has 1048576 bytes, size is 2097152"
	[ ! -e new ] || fail "a file is left"
	vm "kernel_rom='$lab/bare/off' cpu_count='1'" <<-END
		<shared_memory name="a" path="new" size="2M"/>
	END
	run 20 0
	[ "$(stat -c %s new)" = 2097152 ] || fail "no file of that size"
}

# speaker NAME OTHER: a VM that writes to its own memory and reads from the other's, which it
# only sees. Linux makes block devices of them; who is who their labels say.
speaker()
{
	mkdir $1
	cd $1
	script <<-END
		ls /sys/bus/platform/drivers/vmgenid
		for disk in /sys/block/pmem*; do
			read -r label <"\$(readlink -f "\$disk")/../../../../../of_node/label"
			label=\$(echo "\$label" | tr -d '\0')
			ln -s "/dev/\${disk##*/}" "/run/\$label"
		done
		ls -l /run
		head -c 2097152 /dev/zero | tr '\0' . >/run/page
		echo "hello from $1" | dd of=/run/page conv=notrunc 2>/dev/null
		dd if=/run/page of=/run/$1 bs=64k conv=fsync 2>/dev/null
		ticks=200
		until head -n 1 /run/$2 | grep "hello from $2"; do
			ticks=\$((ticks - 1))
			[ \$ticks != 0 ] || break
			usleep 100000
			blockdev --flushbufs /run/$2
		done
		tail -c 4 /run/$2
		echo
	END
	vm "name='$1' kernel_rom='$lab/trixie/linux' initrd_rom='$lab/trixie/initrd' cpu_count='1'
		bootargs='console=$tty loglevel=4'" <<-END
		<shared_memory name="$1" path="../$1.memory" size="2M"/>
		<shared_memory name="$2" path="../$2.memory" size="2M" readonly="yes" address="0x80000000"/>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	sed -i 's/256M/128M/' vm.xml
	start
	cd ..
}

two_guests_exchange_bytes()
{
	truncate -s 2M left.memory right.memory
	speaker left right
	left=$monitor
	speaker right left
	wait $left || fail "left: exit status $?"
	wait $monitor || fail "right: exit status $?"
	cat left/out right/out >out
	cat out
	says "hello from right" "hello from left" "...." 90b0000.rng
	[ "$(head -n 1 left.memory)" = "hello from left" ] || fail "the file does not have it"
	[ "$(head -c 2097152 right.memory | tail -c 4)" = .... ] || fail "nor its end"
}

claim "items and credentials arrive as they are, and each boot is another generation" \
	finds_items_credentials_and_generations
claim "shared memory that cannot be is refused, and made where it is missing" \
	refuses_memory_that_cannot_be_shared
if [ "$BOARD" = arm64 ]; then
	claim "two guests exchange bytes through shared memory" two_guests_exchange_bytes
fi
