# SPDX-License-Identifier: Apache-2.0
# What the host tells the guest arrives, and only there.

finds_items_and_credentials()
{
	head -c 5000 /dev/urandom >table
	printf 'a secret' >secret
	mkdir credentials
	printf 'of the service' >credentials/of-host
	script <<-'END'
		cd /sys/firmware/qemu_fw_cfg/by_name/opt
		echo "word: $(cat org.example/word/raw)"
		echo "table: $(md5sum <org.example/table/raw)"
		cd io.systemd.credentials
		for name in *; do
			echo "credential $name: $(cat "$name/size") $(cat "$name/raw")"
		done
		grep -c secret /proc/cmdline
	END
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		bootargs='console=$tty loglevel=4'" <<-END
		<fw_cfg name="opt/org.example/word" string="from the host"/>
		<fw_cfg name="opt/org.example/table" file="table"/>
		<credential name="a.file" file="secret"/>
		<credential name="a.pipe" fd="5"/>
		<credential name="a.service" credential="of-host"/>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	export CREDENTIALS_DIRECTORY=$PWD/credentials
	bonsai plan vm.xml >plan
	cat plan
	grep -q "io.systemd.credentials/a.file: 8 bytes of secret" plan || fail "no size in the plan"
	! grep -q "a secret" plan || fail "the secret is in the plan"
	mkfifo pipe
	printf 'through a pipe' >pipe &
	run 90 0 5<pipe
	says "word: from the host" "table: $(md5sum <table)" "credential a.file: 8 a secret" \
		"credential a.pipe: 14 through a pipe" "credential a.service: 14 of the service" \
		"guest: exit status 1"
}

claim "items and credentials arrive as they are" finds_items_and_credentials
