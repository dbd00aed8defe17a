# SPDX-License-Identifier: Apache-2.0
# Completion of bonsai(1) for bash.

_bonsai_vms()
{
	local socket
	for socket in /run/bonsai/*.sock "${XDG_RUNTIME_DIR:-/nowhere}"/bonsai/*.sock; do
		[ -S "$socket" ] || continue
		socket=${socket##*/}
		printf '%s\n' "${socket%.sock}"
	done
}

# Files whose names end in one of the words, all without words, and folders on the way there.
_bonsai_files()
{
	local current=$1 word
	shift
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(for word in "${@:-}"; do
		compgen -f -X "!*$word" -- "$current" || :
	done; compgen -d -- "$current")
}

_bonsai()
{
	local commands="run check plan dtb sandbox verify sign keygen list status top console
		powerdown stop reset pause resume balloon screendump send-key host lease mktap
		mkimage mkkernel"
	local of_vm_files="--rom-dir --set --name --config --kernel --initrd --init --append --mem
		--cpus --disk --share --net --acpi"
	local of_trust="--require-signed --key --policy"
	local of_vms="--socket --certificate --key --ca" options=
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
		return
	fi
	case $previous in
	--rom-dir | --share) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
	--socket | -o | --output | --config | --key | --policy | --certificate | --certificates | --ca | --kernel | --initrd | --disk | --vmlinux | --card)
		_bonsai_files "$current" && return
		;;
	--net) mapfile -t COMPREPLY < <(compgen -W "user tap: none" -- "$current") && return ;;
	--acpi) mapfile -t COMPREPLY < <(compgen -W "yes no" -- "$current") && return ;;
	--type)
		mapfile -t COMPREPLY < <(compgen -W "p256 p384 rsa3072 rsa4096 ext4 squashfs erofs" -- "$current") && return ;;
	--arch) mapfile -t COMPREPLY < <(compgen -W "arm64 armhf x86_64" -- "$current") && return ;;
	--set | --host | --name | --init | --append | --mem | --cpus | --user | --bridge | --size | -n | --device | --head)
		return
		;;
	esac
	case $command in
	run) options="$of_vm_files --print-xml $of_trust" ;;
	verify) options="--rom-dir --name --config $of_trust" ;;
	sign) options="--rom-dir --config --key --version --certificates --unsigned -o --output" ;;
	keygen) options=--type ;;
	check | plan) options="$of_vm_files --host" ;;
	sandbox) options=$of_vm_files ;;
	dtb) options="$of_vm_files --host -o --output" ;;
	list) options=--json ;;
	status) options="$of_vms --json" ;;
	top) options=-n ;;
	console) options="$of_vms --watch --uart" ;;
	powerdown) options="$of_vms --wait --wait=" ;;
	stop | reset | pause | resume | balloon | send-key) options=$of_vms ;;
	screendump) options="$of_vms --device --head" ;;
	lease) options=--card ;;
	mktap) options="--user --bridge --queues --delete" ;;
	mkimage) options="-o --type --size --arch --tag" ;;
	mkkernel) options="-o --arch --config --vmlinux" ;;
	esac
	case $command/$current in
	*/-*) mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$current") ;;
	run/*) _bonsai_files "$current" .xml .ext4 .squashfs .erofs .img ;;
	check/* | plan/* | dtb/* | verify/* | sign/* | sandbox/*) _bonsai_files "$current" .xml ;;
	mkimage/* | mkkernel/* | lease/*) _bonsai_files "$current" ;;
	list/* | top/* | host/* | mktap/* | keygen/*) ;;
	screendump/*)
		_bonsai_files "$current" .png .ppm
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$(_bonsai_vms)" -- "$current")
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "$(_bonsai_vms)" -- "$current") ;;
	esac
	[ "${COMPREPLY[*]}" != --wait= ] || compopt -o nospace 2>/dev/null
}

complete -F _bonsai bonsai
