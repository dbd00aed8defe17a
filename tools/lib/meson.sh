# SPDX-License-Identifier: Apache-2.0
# Sourced; bash; needs say.sh, apt.sh and ccache.sh.

# meson_build DIR [OPTION…] [-- TARGET…]: sets DIR up if it is not, and builds all or the targets.
meson_build()
{
	local dir=$1 options=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# = 0 ] || shift
	use_ccache || return 1
	if [ ! -f "$dir/build.ninja" ]; then
		meson setup "$dir" "${options[@]}" || return 1
	fi
	ninja -C "$dir" "$@"
}
