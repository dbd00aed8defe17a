# SPDX-License-Identifier: Apache-2.0
# Kernel and initrd through a firmware and fw_cfg. What the firmware writes tells which one ran.

# boots_through FIRMWARE KERNEL CPUS TEXT: TEXT is somewhere in the output.
boots_through()
{
	vm "firmware_rom='$lab/firmware/$1' kernel_rom='$lab/$2' cpu_count='$3'
		on_reboot='exit' initrd_rom='$lab/${2%/*}/initrd' bootargs='console=ttyS0 loglevel=4
		bonsai.run=nproc'" </dev/null
	run 120 0
	says "guest: exit status 0" "$4"
	tr -d '\r' <out | grep -qx "$3" || fail "not $3 CPUs"
}

claim "SeaBIOS boots the stock kernel" boots_through seabios.bin bookworm/linux 2 SeaBIOS
claim "qboot boots the stock kernel" boots_through qboot.rom bookworm/linux 2 "guest: Linux"
claim "qboot boots an ELF kernel" boots_through qboot.rom minimal/vmlinux 1 "guest: Linux"
