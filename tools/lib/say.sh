# SPDX-License-Identifier: Apache-2.0
# How the scripts of tools/ speak: progress goes to the standard error, one line a step, so
# that the standard output is free for answers. Sourced; bash.

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# quietly LOG COMMAND…: runs it with its output in LOG; shows the end of LOG if it fails.
quietly()
{
	local log=$1 status=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 || status=$?
	if [ $status -ne 0 ]; then
		say "failed ($status): $*"
		tail -n 30 "$log" | sed 's/^/    /' >&2
		say "the whole output is in $log"
	fi
	return $status
}
