# SPDX-License-Identifier: Apache-2.0
# A kernel that knows device trees and nothing else: neither ACPI nor MP tables, nor devices named
# on the command line.

guest_boots_from_its_tree()
{
	script <<-'END'
		echo "cpus: $(nproc)"
		echo "words: $(grep -c virtio_mmio.device /proc/cmdline)"
		echo "model: $(tr -d '\0' </proc/device-tree/compatible)"
	END
	vm "kernel_rom='$lab/minimal-of/linux' initrd_rom='$lab/minimal-of/initrd' cpu_count='$1'
		on_reboot='exit' bootargs='console=hvc0 loglevel=4'" <<-END
		<isa acpi="no" kernel_cmdline="no"/>
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
	END
	run 90 0
	says "cpus: $1" "words: 0" "guest: exit status 0"
}

for cpus in 1 2; do
	claim "a kernel that knows trees alone finds $cpus CPUs and its devices" \
		guest_boots_from_its_tree $cpus
done
