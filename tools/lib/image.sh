# SPDX-License-Identifier: Apache-2.0
# What boards and guests are made of: Debian's kernels and those of their modules that are
# wanted, busybox, file systems. Sourced; bash; needs say.sh and apt.sh. ARCH is Debian's name
# of an architecture.

# kernel_package ARCH NAME: prints the metapackage behind a kernel's short name.
kernel_package()
{
	case $1/$2 in
	armhf/bookworm | armhf/armmp) echo linux-image-armmp && return ;;
	armhf/trixie) echo linux-image-armmp/trixie && return ;;
	armhf/armmp-lpae) echo linux-image-armmp-lpae && return ;;
	armhf/*) die "there is no kernel $2 for armhf; there are: armmp armmp-lpae trixie" ;;
	esac
	case $2 in
	bookworm) echo "linux-image-$1" ;;
	trixie) echo "linux-image-$1/trixie" ;;
	cloud) echo "linux-image-cloud-$1" ;;
	rt) echo "linux-image-rt-$1" ;;
	*) die "there is no kernel $2; there are: bookworm trixie cloud rt" ;;
	esac
}

# unpack_kernel ARCH NAME DIR: the image becomes DIR/linux, the modules lie below DIR/lib or
# DIR/usr/lib, as the package has them.
unpack_kernel()
{
	local package suite= deb
	package=$(kernel_package "$1" "$2") || return 1
	case $package in
	*/*) suite=/${package#*/} ;;
	esac
	deb=$(fetch_deb "$1" "$package") || return 1
	package=$(dpkg-deb -f "$deb" Depends | tr ', ' '\n\n' | grep -m 1 '^linux-image-') ||
		return 1
	deb=$(fetch_deb "$1" "$package$suite") || return 1
	unpack_deb "$deb" "$3" && mv "$3"/boot/vmlinuz-* "$3/linux"
}

# unpack_bzimage FILE OUT: the ELF vmlinux inside, with its PVH note (Linux,
# Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length). Debian packs
# with xz or zstd; the size of the unpacked kernel, in four bytes, follows.
unpack_bzimage()
{
	local setup offset length unpack="xz -dc"
	read -r setup < <(od -An -t u1 -j 0x1f1 -N 1 "$1")
	read -r offset length < <(od -An -t u4 -j 0x248 -N 8 "$1")
	offset=$(((setup + 1) * 512 + offset))
	[ "$(od -An -t x4 -j $offset -N 4 "$1")" != " fd2fb528" ] || unpack="zstd -dqc"
	head -c $((offset + length - 4)) "$1" | tail -c $((length - 4)) | $unpack >"$2.elf"
	mv "$2.elf" "$2"
}

# module_closure DIR NAME…: the modules' files under DIR, in an order in which insmod takes
# them. What a module needs is read from the modules themselves.
module_closure()
{
	local dir=$1 path name
	local -A path_of=() done_of=()
	shift
	while read -r path; do
		name=${path##*/}
		name=${name%%.ko*}
		path_of[${name//-/_}]=$path
	done < <(find "$dir" -name '*.ko*')
	for name in "$@"; do
		module_visit "$name"
	done
}

module_visit()
{
	local name=${1//-/_} path need
	[ -z "${done_of[$name]:-}" ] || return 0
	path=${path_of[$name]:-}
	[ -n "$path" ] || return 0 # built into this kernel
	done_of[$name]=1
	for need in $(module_text "$path" | tr '\0' '\n' | sed -n 's/^depends=//p' | tr , ' '); do
		module_visit "$need"
	done
	printf '%s\n' "$path"
}

# The module's bytes, unpacked.
module_text()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dqc "$1" ;;
	*) cat "$1" ;;
	esac
}

# unsign FILE: a module without the signature at its end, as long as the number before the last line
# says (Linux, include/linux/module_signature.h). To check it is most of what an emulated CPU does
# to load a module.
unsign()
{
	local bytes
	[ "$(tail -c 28 "$1" | tr -d '\0')" = "~Module signature appended~" ] || return 0
	bytes=$((0x$(tail -c 32 "$1" | od -An -N 4 -t x1 | tr -d ' ')))
	truncate -s -$((bytes + 40)) "$1"
}

# install_modules DIR TREE NAME…: unpacks the closure into TREE/lib/modules/RELEASE, with its order
# in TREE/lib/modules/order.
install_modules()
{
	local dir=$1 out=$2/lib/modules path name release
	shift 2
	mkdir -p "$out"
	: >"$out/order"
	module_closure "$dir" "$@" | while read -r path; do
		name=${path##*/}
		name=${name%%.ko*}.ko
		release=${path#*/lib/modules/}
		release=${release%%/*}
		mkdir -p "$out/$release"
		module_text "$path" >"$out/$release/$name"
		unsign "$out/$release/$name"
		printf '%s\n' "$release/$name" >>"$out/order"
	done
}

# index_modules TREE: for modprobe, which loads what a device is there for; the order is gone.
index_modules()
{
	local release
	for release in "$1"/lib/modules/*/; do
		depmod -b "$1" "$(basename "$release")" 2>/dev/null
		rm "$release"/*.bin
	done
	rm "$1/lib/modules/order"
}

# install_busybox ARCH WORK TREE: busybox, and the users and groups that every tree has.
install_busybox()
{
	local deb work=$2 tree=$3
	deb=$(fetch_deb "$1" busybox-static) || return 1
	unpack_deb "$deb" "$work/busybox"
	mkdir -p "$tree"/{bin,dev,etc,proc,root,run,sys,tmp,usr/bin}
	cp "$work/busybox/bin/busybox" "$tree/bin/"
	ln -s busybox "$tree/bin/sh"
	ln -s bin "$tree/sbin"
	printf '%s\n' root::0:0:root:/root:/bin/sh \
		nobody:x:65534:65534:nobody:/:/bin/false >"$tree/etc/passwd"
	printf '%s\n' root:x:0: tty:x:5: kvm:x:106: nogroup:x:65534: >"$tree/etc/group"
	printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
}

# pack TREE FILE [FLAG…]: the tree as an archive for the kernel, owned by root.
pack()
{
	local tree=$1 file=$2
	shift 2
	(cd "$tree" && find "$@" . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 "$@") >"$file"
}

# filesystem DIR FILE SIZE LABEL: an ext4 image; only what is in it takes space.
filesystem()
{
	rm -f "$2"
	truncate -s "$3" "$2"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -E lazy_itable_init=0,root_owner=0:0 -L "$4" -d "$1" "$2"
}

# cached DIR COMMAND…: COMMAND fills a new folder that becomes DIR once it is whole.
cached()
{
	local dir=$1 lock
	shift
	[ ! -d "$dir" ] || return 0
	mkdir -p "${dir%/*}"
	exec {lock}>"$dir.lock"
	flock "$lock"
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.part"
		mkdir "$dir.part"
		"$@" "$dir.part"
		mv "$dir.part" "$dir"
	fi
	exec {lock}>&-
}

# recipe_hash WORD…: names a result after what makes it: the words, and functions and files.
recipe_hash()
{
	local word
	for word in "$@"; do
		if [ -f "$word" ]; then
			cat "$word"
		else
			declare -f "$word" || printf '%s\n' "$word"
		fi
	done | sha256sum | cut -c 1-16
}
