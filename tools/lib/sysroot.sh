# SPDX-License-Identifier: Apache-2.0
# What a dynamic program of another architecture is linked with: Debian's own libraries, as
# its packages have them. Sourced; bash; needs say.sh, apt.sh, image.sh, deps.sh and target.sh.
#
#   sysroot_dir TARGET   prints $BONSAI_CACHE/sysroot/TARGET-HASH, made if need be:
#                        root/ with headers and libraries, cross.ini for meson, and lib/
#                        with every shared library that the program needs where it runs

SYSROOT_LIBRARIES="libargon2-1,libmbedcrypto7,libmbedtls14,libxml2,libfdt1,zlib1g,libzstd1,libjansson4,libvncserver1,libsdl2-2.0-0"
SYSROOT_HEADERS="libc6-dev linux-libc-dev libxml2-dev libicu-dev libfdt-dev libdrm-dev zlib1g-dev libzstd-dev
	libargon2-dev libjansson-dev libmbedtls-dev libvncserver-dev libsdl2-dev libx11-dev x11proto-dev
	libwayland-dev"

sysroot_dir()
{
	local deb_arch triplet cpu_family cpu cpu_flags pie_flag static_flag qemu compiler_package dir
	target_set "$1" || return 1
	need_packages "$compiler_package" ${qemu:+qemu-user} || return 1
	dir=$BONSAI_CACHE/sysroot/$1-$(recipe_hash sysroot_build sysroot_cross_file \
		"$SYSROOT_LIBRARIES" "$SYSROOT_HEADERS")
	cached "$dir" sysroot_build "$dir" >&2 || return 1
	printf '%s\n' "$dir"
}

# sysroot_build FINAL DIR: fills DIR, which will be called FINAL.
sysroot_build()
{
	local final=$1 dir=$2 root=$2/root package deb
	say "unpacking the libraries for $triplet"
	extract_packages bookworm "$root" "$SYSROOT_LIBRARIES" || return 1
	mkdir "$dir/lib"
	cp -a "$root"/{,usr/}lib/"$triplet"/*.so* "$root/usr/lib/$triplet"/pulseaudio/*.so "$dir/lib/"
	for package in $SYSROOT_HEADERS; do
		deb=$(fetch_deb "$deb_arch" "$package") && unpack_deb "$deb" "$root" || return 1
	done
	relative_links "$root"
	rm -rf "$dir/root.list" "$root"/{etc,var,usr/share}
	sysroot_cross_file "$final/root" >"$dir/cross.ini"
}

# A link to /lib means the sysroot's.
relative_links()
{
	local root=$1 link
	find "$root" -type l -lname '/*' | while read -r link; do
		ln -sfnr "$root$(readlink "$link")" "$link"
	done
}

sysroot_cross_file()
{
	cat <<-END
		# Made by tools/lib/sysroot.sh.
		[binaries]
		c = '$triplet-gcc'
		ar = '$triplet-gcc-ar'
		nm = '$triplet-gcc-nm'
		strip = '$triplet-strip'
		pkgconfig = 'pkg-config'
		${qemu:+exe_wrapper = ['$qemu', '-L', '$1']}

		[properties]
		sys_root = '$1'
		pkg_config_libdir = '$1/usr/lib/$triplet/pkgconfig'
		needs_exe_wrapper = $([ -n "$qemu" ] && echo true || echo false)

		[built-in options]
		c_args = $(meson_list "--sysroot=$1" "${cpu_flags[@]}")
		c_link_args = $(meson_list "--sysroot=$1")

		[host_machine]
		system = 'linux'
		cpu_family = '$cpu_family'
		cpu = '$cpu'
		endian = 'little'
	END
}
