# SPDX-License-Identifier: Apache-2.0
# Sourced by the tools: which kernel modules a module needs, read from the modules themselves.

# module_closure DIR NAME...: the files under DIR, in an order in which insmod takes them.
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
	for name; do
		module_visit "$name" || return 1
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
	echo "$path"
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

# install_modules DIR OUT NAME...: unpacks the closure into OUT and lists it in OUT/order.
install_modules()
{
	local dir=$1 out=$2 path name
	shift 2
	mkdir -p "$out"
	module_closure "$dir" "$@" | while read -r path; do
		name=${path##*/}
		name=${name%%.ko*}.ko
		module_text "$path" >"$out/$name"
		echo "$name" >>"$out/order"
	done
}
