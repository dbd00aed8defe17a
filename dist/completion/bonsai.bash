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

# Files by a pattern of their names, and folders on the way to them.
_bonsai_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -X "!$1" -- "$2"; compgen -d -- "$2")
}

_bonsai()
{
	local commands="run check plan dtb list status console powerdown stop reset pause resume
		balloon host"
	local of_vm_files="--rom-dir --set" of_vms="--socket" options=
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
		return
	fi
	case $previous in
	--rom-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
	--socket | -o | --output) _bonsai_files '*' "$current" && return ;;
	--set | --host) return ;;
	esac
	case $command in
	run) options=$of_vm_files ;;
	check | plan) options="$of_vm_files --host" ;;
	dtb) options="$of_vm_files --host -o --output" ;;
	list) options=--json ;;
	status) options="$of_vms --json" ;;
	console) options="$of_vms --watch --uart" ;;
	powerdown) options="$of_vms --wait --wait=" ;;
	stop | reset | pause | resume | balloon) options=$of_vms ;;
	esac
	case $command/$current in
	*/-*) mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$current") ;;
	run/* | check/* | plan/* | dtb/*) _bonsai_files '*.xml' "$current" ;;
	list/* | host/*) ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$(_bonsai_vms)" -- "$current") ;;
	esac
	[ "${COMPREPLY[*]}" != --wait= ] || compopt -o nospace 2>/dev/null
}

complete -F _bonsai bonsai
