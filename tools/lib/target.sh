# SPDX-License-Identifier: Apache-2.0
# The targets that Bonsai is cross-built for, in one table. Sourced; bash; needs say.sh.

TARGETS="arm64 armhf x86_64"

# target_set NAME: sets deb_arch, triplet, cpu_family, cpu, cpu_flags, pie_flag, static_flag,
# qemu (empty where the target's programs run as they are) and compiler_package.
target_set()
{
	pie_flag=-fPIE static_flag=-static-pie
	case $1 in
	arm64)
		# The helpers for outlined atomics in libgcc are bound to glibc.
		deb_arch=arm64 triplet=aarch64-linux-gnu cpu_family=aarch64 cpu=armv8-a
		cpu_flags=(-march=armv8-a -mno-outline-atomics) qemu=qemu-aarch64 ;;
	armhf)
		deb_arch=armhf triplet=arm-linux-gnueabihf cpu_family=arm cpu=armv7-a
		cpu_flags=(-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=hard -mthumb)
		# GCC has no static-pie for 32-bit ARM.
		pie_flag=-fno-pie static_flag=-static qemu=qemu-arm ;;
	x86_64)
		deb_arch=amd64 triplet=x86_64-linux-gnu cpu_family=x86_64 cpu=x86_64
		cpu_flags=(-march=x86-64) qemu=qemu-x86_64 ;;
	*)
		die "there is no target $1; there are: native $TARGETS" ;;
	esac
	compiler_package=gcc-${triplet//_/-}
	if [ "$(dpkg --print-architecture)" = "$deb_arch" ]; then
		compiler_package=gcc
		qemu=
	fi
}
