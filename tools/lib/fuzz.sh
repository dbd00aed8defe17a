# SPDX-License-Identifier: Apache-2.0
# The fuzz targets of test/fuzz/, from the top of the tree. Sourced; bash; needs meson.sh.
#
# Each is a libFuzzer program that starts from the inputs in test/fuzz/seeds/TARGET/ and keeps
# in its corpus what takes it further; an input that broke it is left in build/fuzz/found/.

FUZZ_SEEDS=test/fuzz/seeds

# fuzz_build DIR OPTION… [-- TARGET…]
fuzz_build()
{
	CC=clang meson_build "$1" -Dfuzz=true -Db_lundef=false "${@:2}"
}

# fuzz_programs DIR: of those that are built there, a line each.
fuzz_programs()
{
	find "$1/test/fuzz" -maxdepth 1 -type f -executable | sort
}

# fuzz_seeds TARGET: the folder of its seeds, if it has any.
fuzz_seeds()
{
	[ ! -d "$FUZZ_SEEDS/$1" ] || echo "$FUZZ_SEEDS/$1"
}

# fuzz_run PROGRAM SECONDS CORPUS: says in a line how that went, or shows how it ended.
fuzz_run()
{
	local program=$1 seconds=$2 corpus=$3 name=${1##*/} log status=0
	log=build/log/$name.log
	mkdir -p "$corpus" build/fuzz/found build/log
	# shellcheck disable=SC2046 # a word or none
	"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix="build/fuzz/found/$name-" "$corpus" \
		$(fuzz_seeds "${name#fuzz_}") >"$log" 2>&1 || status=$?
	if [ $status = 0 ]; then
		printf 'ok %s: %s\n' "$name" "$(grep -a -E '^Done' "$log")"
	else
		printf 'FAILED %s\n' "$name"
		tail -n 40 "$log" | sed 's/^/    /'
	fi
	return $status
}
