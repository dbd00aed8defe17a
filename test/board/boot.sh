# SPDX-License-Identifier: Apache-2.0
# Debian's stock kernels find everything that the XML names, and power off.

# How Linux calls its interrupt controller.
case $where in
gic2) controller=" GIC-0 " ;;
gic3) controller=" GICv3 " ;;
x86) controller=" IO-APIC " ;;
esac

# guest_finds_its_devices KERNEL CPUS [ELEMENT]
guest_finds_its_devices()
{
	local kernel=$1 cpus=$2
	echo "from the host" >disk.img
	truncate -s 8M disk.img
	script <<-'END'
		echo "cpus: $(nproc)"
		echo "disk: $(head -n 1 /dev/vda)"
		echo "from the guest" | dd of=/dev/vda bs=4k seek=1 conv=fsync 2>/dev/null
		echo "net: $(cat /sys/class/net/eth0/address) $(wget -q -O - http://10.0.2.2:8080/hello)"
		echo "rng: $(head -c 16 /dev/hwrng | wc -c)"
		echo "interrupts: $(grep -E 'arch_timer|virtio' /proc/interrupts)"
	END
	vm "kernel_rom='$lab/$kernel/linux' initrd_rom='$lab/$kernel/initrd' cpu_count='$cpus'
		bootargs='console=hvc0 loglevel=4'" <<-END
		<virtio_device name="hvc0" type="console"><stdio/></virtio_device>
		<virtio_device name="disk" type="block"><file path="disk.img"/></virtio_device>
		<virtio_device name="script" type="block" readonly="yes"><file path="script.img"/></virtio_device>
		<virtio_device name="eth0" type="net" mac="02:00:00:00:00:07"><user/></virtio_device>
		<virtio_device name="rng" type="rng"/>
	END
	run ${limit:-90} 0
	says "cpus: $cpus" "disk: from the host" "rng: 16" "guest: exit status 0" \
		"net: 02:00:00:00:00:07 served by the board" "$controller"
	[ "$(dd if=disk.img bs=4k skip=1 count=1 2>/dev/null | head -n 1)" = "from the guest" ] ||
		fail "the disk does not have what the guest wrote"
}

# A guest on the PL011 alone, with its messages down to notices.
guest_boots_on_the_uart()
{
	vm "kernel_rom='$lab/bookworm/linux' initrd_rom='$lab/bookworm/initrd' cpu_count='1'
		gic_version='host' bootargs='console=$tty loglevel=6 bonsai.run=&quot;cat /proc/interrupts&quot;'" \
		<<-END
	END
	sed -i "s/gic_version=\"$GIC\" //" vm.xml
	run 90 0
	says "$controller" "Linux version" "guest: exit status 0"
}

# On a host whose kernel has no GICv2, with interrupts of every kind for each CPU.
own_gicv2_serves_the_guest()
{
	local GIC=2 controller=" GIC-0 " limit=240
	guest_finds_its_devices bookworm 2
	bonsai plan vm.xml | grep -q "version 2 in software" || fail "it is not the GIC in software"
}

# A PC boots stock guests of two CPUs, and on its serial port, for other claims.
cpu_counts="1 2 4"
[ "$BOARD" = arm64 ] || cpu_counts="1 4"
for cpus in $cpu_counts; do
	claim "stock guest with $cpus CPUs finds disk, net, console and rng" \
		guest_finds_its_devices bookworm $cpus
done
case $where in
gic3 | x86) claim "Debian 13's kernel finds disk, net, console and rng" guest_finds_its_devices trixie 1 ;;
esac
if [ "$GIC" = 3 ]; then
	claim "stock guest boots on the UART" guest_boots_on_the_uart
	claim "Bonsai's own GICv2 serves 2 CPUs" own_gicv2_serves_the_guest
fi
