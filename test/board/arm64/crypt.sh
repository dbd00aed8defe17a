# SPDX-License-Identifier: Apache-2.0
# Encrypted disks, between cryptsetup with the kernel's dm-crypt on the board, and a guest that
# knows of nothing.

export DM_DISABLE_UDEV=1

# The kernel's own side of it, once.
load_dm_crypt()
{
	local module
	while read -r module; do
		insmod "$lab/crypt/lib/modules/$module" 2>/dev/null || true
	done <"$lab/crypt/lib/modules/order"
}

# volume NAME MIB SECTOR-BYTES OPTION…: NAME.luks with the key in NAME.key, open as /dev/mapper/NAME.
volume()
{
	local name=$1 mib=$2 sector_bytes=$3
	shift 3
	head -c 64 /dev/urandom >"$name.key"
	truncate -s "${mib}M" "$name.luks"
	"$lab/crypt/cryptsetup" luksFormat -q --type luks2 --sector-size "$sector_bytes" \
		--key-file "$name.key" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$@" "$name.luks"
	open_volume "$name"
}

open_volume()
{
	"$lab/crypt/cryptsetup" open --key-file "$1.key" "$1.luks" "$1"
}

close_volume()
{
	"$lab/crypt/cryptsetup" close "$1"
}

reopen()
{
	close_volume "$1"
	open_volume "$1"
}

# sum_of DEVICE MIB: of two MiB there.
sum_of()
{
	dd if="$1" bs=1M skip="$2" count=2 2>/dev/null | md5sum | cut -d ' ' -f 1
}

disk()
{
	echo "<virtio_device name=\"$1\" type=\"block\"><crypt $2><file path=\"$1.luks\" $3/></crypt></virtio_device>"
}

# machine DISK…
machine()
{
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=hvc0 loglevel=3 bonsai.net=none'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		$*
	END
	export CREDENTIALS_DIRECTORY=$PWD
}

argon="--pbkdf argon2id --pbkdf-memory 64 --pbkdf-force-iterations 4 --pbkdf-parallel 1"
tags="--integrity-no-wipe --integrity"

guest_and_dm_crypt_share_volumes()
{
	local name key
	load_dm_crypt
	volume small 48 512 $argon
	volume large 48 4096
	volume hmac 48 512 $tags hmac-sha256
	volume random 48 4096 --cipher aes-xts-random $tags hmac-sha256
	volume gcm 48 4096 --cipher aes-gcm-random $tags aead
	volume chacha 48 4096 --cipher chacha20-random $tags poly1305
	close_volume chacha
	"$lab/crypt/cryptsetup" open --key-file chacha.key --integrity-no-journal --persistent \
		chacha.luks chacha
	for name in small large hmac random gcm chacha; do
		dd if=/dev/urandom of=/dev/mapper/$name bs=1M count=2 conv=fsync 2>/dev/null
		[ $name != hmac ] || reopen hmac
		dd if=/dev/urandom of=/dev/mapper/$name bs=4k count=1 conv=fsync 2>/dev/null
		echo "$name $(sum_of /dev/mapper/$name 0)"
		[ $name != hmac ] || cp hmac.luks stopped
		close_volume $name
	done >written
	# As if the power had failed: the last block, for which a journal that was empty has room, is
	# there alone, not behind 17 MiB.
	! cmp -s stopped hmac.luks 17825792 17825792 || fail "the kernel left nothing in its journal"
	mv stopped hmac.luks
	script <<-'END'
		for disk in vdb vdc vdd vde vdf vdg; do
			echo "$disk: $(cat /sys/block/$disk/queue/logical_block_size)"
			echo "$disk has $(dd if=/dev/$disk bs=1M count=2 2>/dev/null | md5sum)"
			dd if=/dev/urandom of=/tmp/text bs=1M count=2 2>/dev/null
			dd if=/tmp/text of=/dev/$disk bs=1M seek=4 oflag=direct 2>/dev/null
			dd if=/dev/$disk bs=1M skip=4 count=2 iflag=direct 2>/dev/null | cmp - /tmp/text &&
				echo "$disk wrote $(md5sum </tmp/text)"
		done
		sync
		poweroff -f
	END
	machine "$(disk small 'fd="3"' '')" "$(disk large 'credential="large.key"' 'discard="yes"')" \
		"$(for name in hmac random gcm chacha; do disk $name "credential='$name.key'" ''; done)"
	run 120 0 3<small.key
	says "vdb: 512" "vdc: 4096" "vdd: 512" "vde: 4096"
	while read -r name key; do
		says "has $key"
		open_volume $name
		key=$(sum_of /dev/mapper/$name 4)
		says "wrote $key"
		[ "$(sum_of /dev/mapper/$name 0)" = "$(sed -n "s/^$name //p" written)" ] ||
			fail "$name has lost what was in it"
		close_volume $name
	done <written
	head -c 64 /dev/urandom >small.key
	refuses 1 "vm.xml:" "the key opens none of the 1 key slots of small.luks" 3<small.key
	rm -rf /run/cryptsetup
}

# start_over VOLUME: where the guest will write there are zeroes; the volume is closed.
start_over()
{
	dd if=/dev/zero of=/dev/mapper/$1 bs=64k count=1 conv=fsync 2>/dev/null
	close_volume $1
}

# The guest writes without end, each block flushed: by then it is in the journal. Had the power failed
# as well, it could be there alone, or in its place without its tag: these are taken back.
cryptsetup_recovers_what_was_killed()
{
	local lost sections first told
	volume torn 160 512 $tags hmac-sha256
	start_over torn
	# In pages: 16 MiB, the superblock, which says how many sections the journal has, each of
	# entries and 80 blocks, the first MiB of tags, and the first blocks.
	sections=$(hexdump -s 16777228 -n 4 -e '1/4 "%u"' torn.luks)
	first=$((4096 + 1 + sections * 11))
	[ $sections -gt 16 ] || fail "the journal has no room for what the guest writes"
	vm "kernel_rom='$lab/bare/flush' cpu_count='1'" <<-END
		<uart><file path="uart.log"/></uart>
		$(disk torn 'credential="torn.key"' '')
	END
	export CREDENTIALS_DIRECTORY=$PWD
	for lost in 1 272; do
		dd if=torn.luks of=before bs=4k skip=$first count=272 2>/dev/null
		: >uart.log
		start
		wait_for 20 2 uart.log
		usleep $((RANDOM * 8))
		kill -9 $monitor
		wait $monitor || true
		dd if=before of=torn.luks bs=4k seek=$first count=$lost conv=notrunc 2>/dev/null
		told=$(last_told uart.log)
		echo "$told blocks were flushed"
		open_volume torn
		told_is_kept $told /dev/mapper/torn
		start_over torn
	done
	rm -r /run/cryptsetup /run/bonsai
}

# Nothing of this depends on the interrupt controller.
if [ "$GIC" = 3 ]; then
	claim "guest and dm-crypt read what the other one wrote, cryptsetup made the volumes" \
		guest_and_dm_crypt_share_volumes
	claim "cryptsetup recovers the volume of a VM that was killed while it wrote" \
		cryptsetup_recovers_what_was_killed
fi
