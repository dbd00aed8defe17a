# SPDX-License-Identifier: Apache-2.0
# Debian packages, two ways. Sourced; bash; needs say.sh.
#
#   need_packages PKG…          installs what is missing on this machine
#   fetch_deb ARCH PKG[/SUITE]  prints the path of a .deb in the cache, of any architecture
#   unpack_deb DEB DIR          unpacks one
#   extract_packages RELEASE DIR PKG,…  unpacks those of $deb_arch with all they depend on
#   source_version PKG          prints the version that fetch_source would give
#   fetch_source_files PKG      prints a directory with the .dsc and its tarballs
#   fetch_source PKG            prints a directory with the unpacked source
#
# The last ones go through an apt state of their own in $BONSAI_CACHE: the person's own
# package settings, lists and architectures stay as they were. Its sources are the machine's
# own Debian entries, with source packages and the architectures of Bonsai's targets added,
# and apt verifies them against Debian's keys as ever. A SUITE that the machine does not
# have (trixie) gets a state of its own, from the same mirror. Lists are refreshed once a
# day at most; what is in the cache works without a network. Parallel runs are safe.

BONSAI_CACHE=${BONSAI_CACHE:-${HOME:?}/.cache/bonsai}
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
APT_ARCHITECTURES="amd64 arm64 armhf"
APT_LISTS_MAX_AGE_S=86400
APT_RETRY_AGE_S=3600

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Prints those of the packages that are not installed.
missing_packages()
{
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			printf '%s\n' "$package"
	done
}

need_packages()
{
	local missing log="$BONSAI_CACHE/log/apt-get.log"
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		say "needs these packages and can install them neither as root nor with sudo:"
		say "    apt-get install ${missing[*]}"
		return 1
	fi
	say "installing ${missing[*]}"
	mkdir -p "${log%/*}"
	(
		flock 9
		install_packages "${missing[@]}"
	) 9>"$BONSAI_CACHE/install.lock" >"$log" 2>&1 && return 0
	tail -n 15 "$log" | sed 's/^/    /' >&2
	say "could not install ${missing[*]} (the whole output is in $log)"
	return 1
}

# The lists on the machine may be old or absent: refreshes them if a first try fails.
install_packages()
{
	local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y
		--no-install-recommends -o DPkg::Lock::Timeout=300)
	as_root "${install[@]}" "$@" </dev/null && return 0
	as_root apt-get update </dev/null
	as_root "${install[@]}" "$@" </dev/null
}

# Prints "URI SUITE COMPONENT" for each of the machine's Debian entries. OPTION… go to apt.
machine_entries()
{
	apt-get indextargets "$@" \
		--format '$(CREATED_BY) $(ORIGIN)|$(REPO_URI) $(RELEASE) $(COMPONENT)' |
		sed -n 's/^Packages Debian|//p' | sort -u
}

# As above, also on a machine that never ran apt-get update.
debian_entries()
{
	local entries own="$BONSAI_CACHE/apt/machine-lists"
	entries=$(machine_entries)
	if [ -z "$entries" ]; then
		mkdir -p "$own/partial" "$BONSAI_CACHE/log"
		apt-get -q -o APT::Sandbox::User=root -o Dir::State::Lists="$own" update \
			>"$BONSAI_CACHE/log/private-apt-update.log" 2>&1 || true
		entries=$(machine_entries -o Dir::State::Lists="$own")
	fi
	if [ -z "$entries" ]; then
		say "this machine's package sources have no entry of Debian's"
		return 1
	fi
	printf '%s\n' "$entries"
}

# Prints the lines of a sources.list: the machine's suites, or SUITE from its main mirror.
private_entries()
{
	local suite=$1 uri release component options=
	local arches=${APT_ARCHITECTURES// /,}
	[ ! -e "$APT_KEYRING" ] || options="signed-by=$APT_KEYRING "
	debian_entries | while read -r uri release component; do
		if [ "$suite" != machine ]; then
			case $release in *-*) continue ;; esac
			release=$suite
		fi
		printf 'deb [%sarch=%s target=Packages] %s %s %s\n' \
			"$options" "$arches" "$uri" "$release" "$component"
		printf 'deb-src [%starget=Sources] %s %s %s\n' \
			"$options" "$uri" "$release" "$component"
	done | sort -u
}

# Prints the configuration file of the private apt of SUITE ("machine": the machine's own
# suites), for "apt-get -c FILE"; makes it and its sources.list first if need be.
private_apt_conf()
{
	local suite=${1:-machine}
	local dir="$BONSAI_CACHE/apt/$suite"
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" "$dir/etc" || return 1
	if [ ! -s "$dir/sources.list" ]; then
		private_entries "$suite" >"$dir/sources.list.$$" || return 1
		mv "$dir/sources.list.$$" "$dir/sources.list"
	fi
	: >>"$dir/state/status"
	grep -qs pkgcache "$dir/apt.conf" || write_apt_conf "$dir" || return 1
	printf '%s\n' "$dir/apt.conf"
}

write_apt_conf()
{
	local dir=$1 arch
	{
		cat <<-END
			#clear APT::Architectures;
			#clear APT::Update::Pre-Invoke;
			#clear APT::Update::Post-Invoke;
			#clear APT::Update::Post-Invoke-Success;
			APT::Sandbox::User "root";
			APT::Get::Only-Source "true";
			Acquire::Languages "none";
			Acquire::PDiffs "false";
			Acquire::Retries "2";
			Acquire::http::Timeout "30";
			Dir::State "$dir/state/";
			Dir::State::status "$dir/state/status";
			Dir::Cache "$dir/cache/";
			Dir::Cache::pkgcache "pkgcache.bin";
			Dir::Cache::srcpkgcache "srcpkgcache.bin";
			Dir::Etc::SourceList "$dir/sources.list";
			Dir::Etc::SourceParts "$dir/etc/";
			Dir::Etc::Preferences "$dir/etc/preferences";
			Dir::Etc::PreferencesParts "$dir/etc/";
		END
		for arch in $( (dpkg --print-architecture; printf '%s\n' $APT_ARCHITECTURES) |
			awk '!seen[$0]++'); do
			printf 'APT::Architectures { "%s"; };\n' "$arch"
		done
	} >"$dir/apt.conf.$$"
	mv "$dir/apt.conf.$$" "$dir/apt.conf"
}

younger_than()
{
	[ -e "$2" ] && [ $(($(date +%s) - $(stat -c %Y "$2"))) -lt "$1" ]
}

# private_apt_update [SUITE] [now]: refreshes the lists if they are a day old, or now.
private_apt_update()
{
	local suite=${1:-machine} when=${2:-}
	local dir="$BONSAI_CACHE/apt/$suite"
	mkdir -p "$dir" "$BONSAI_CACHE/log"
	(
		flock 9
		[ -n "$when" ] || ! younger_than $APT_LISTS_MAX_AGE_S "$dir/updated" || exit 0
		[ -n "$when" ] || ! younger_than $APT_RETRY_AGE_S "$dir/tried" || exit 0
		rm -f "$dir/sources.list" # the machine's own may have changed
		conf=$(private_apt_conf "$suite") || exit 1
		say "refreshing the package lists ($suite)"
		touch "$dir/tried"
		# A mirror in the middle of its own update fails single lists now and then.
		log="$BONSAI_CACHE/log/private-apt-update.$suite.log"
		status=0
		apt-get -q -c "$conf" update >"$log" 2>&1 || status=$?
		forget_answers "$dir"
		if [ $status = 0 ]; then
			touch "$dir/updated"
			exit 0
		fi
		sed -n 's/^E: /    /p' "$log" | head -n 3 >&2
		if compgen -G "$dir/state/lists/*_Packages*" >/dev/null; then
			say "going on with the package lists that are there"
			exit 0
		fi
		rm -f "$dir/tried"
		exit 1
	) 9>"$dir/lock"
}

# What was answered from other lists than those of now is asked again.
forget_answers()
{
	local dir=$1 lists
	lists=$(ls -ln --time-style=+%s "$dir/state/lists" | grep _ | cksum)
	[ "$lists" != "$(cat "$dir/answers/.lists" 2>/dev/null)" ] || return 0
	mkdir -p "$dir/answers"
	rm -f "$dir/answers"/*
	printf '%s\n' "$lists" >"$dir/answers/.lists"
}

# private_apt_names SUITE WORD…: the names of the files that the apt-get command would
# download. apt takes a second to say; its answer holds until other lists come.
private_apt_names()
{
	local suite=$1 dir="$BONSAI_CACHE/apt/$1" answer part
	shift
	answer="$dir/answers/$(printf '%s,' "${@//\//=}")" part=$answer.$BASHPID
	private_apt_update "$suite" || return 1
	if [ ! -e "$answer" ]; then
		mkdir -p "$dir/answers"
		apt-get -q -c "$dir/apt.conf" "$@" --print-uris 2>/dev/null |
			sed -n "s/^'[^']*' \([^ ]*\) .*/\1/p" >"$part"
		[ ! -s "$part" ] || mv "$part" "$answer"
		rm -f "$part"
	fi
	[ ! -e "$answer" ] || cat "$answer"
}

# Downloads into DIR what the apt command names, all of it or nothing; a package that has
# left the mirror since the lists were made is looked up anew.
private_download()
{
	local suite=$1 dir=$2 part=$2.part.$BASHPID try
	shift 2
	for try in 1 2; do
		rm -rf "$part"
		mkdir -p "$part"
		if (cd "$part" && quietly "$BONSAI_CACHE/log/private-apt.log" \
			apt-get -q -c "$BONSAI_CACHE/apt/$suite/apt.conf" "$@"); then
			mkdir -p "$dir"
			mv "$part"/* "$dir/"
			rmdir "$part"
			return 0
		fi
		[ $try = 1 ] && private_apt_update "$suite" now || break
	done
	rm -rf "$part"
	return 1
}

# The suite's name for the private state: those of the machine share one.
suite_of()
{
	case $1 in
	*/*) private_apt_update machine || return 1
		grep -q " ${1#*/} " "$BONSAI_CACHE/apt/machine/sources.list" &&
			echo machine || echo "${1#*/}" ;;
	*) echo machine ;;
	esac
}

fetch_deb()
{
	local package=${2%%/*} suite release='' name='' want try dir="$BONSAI_CACHE/deb"
	suite=$(suite_of "$2") || return 1
	[ "$suite" != machine ] || [ "$package" = "$2" ] || release=/${2#*/}
	for try in "$1" all; do
		want=$package:$try$release
		name=$(private_apt_names "$suite" download "$want")
		[ -z "$name" ] || break
	done
	if [ -z "$name" ]; then
		say "there is no package $2 for $1"
		return 1
	fi
	mkdir -p "$dir"
	(
		flock 9
		[ -e "$dir/$name" ] && exit 0
		say "fetching $name"
		private_download "$suite" "$dir" download "$want"
	) 9>"$dir/.lock.$package.$try" || return 1
	[ -e "$dir/$name" ] || name=$(private_apt_names "$suite" download "$want")
	printf '%s\n' "$dir/$name"
}

unpack_deb()
{
	mkdir -p "$2" && dpkg-deb -x "$1" "$2"
}

# source_package PKG[/SUITE]: prints "SUITE VERSION", the version as the .dsc's name has it.
source_package()
{
	local package=${1%%/*} suite dsc
	suite=$(suite_of "$1") || return 1
	dsc=$(private_apt_names "$suite" source --dsc-only "$package")
	dsc=${dsc%.dsc}
	if [ -z "$dsc" ]; then
		say "there is no source package $1"
		return 1
	fi
	printf '%s %s\n' "$suite" "${dsc#*_}"
}

source_version()
{
	local found
	found=$(source_package "$1") || return 1
	printf '%s\n' "${found#* }"
}

fetch_source_files()
{
	local package=${1%%/*} found suite version dir
	found=$(source_package "$1") || return 1
	read -r suite version <<<"$found"
	dir="$BONSAI_CACHE/source/${package}_$version/files"
	mkdir -p "${dir%/*}"
	(
		flock 9
		[ -d "$dir" ] && exit 0
		say "fetching the source of $package $version"
		private_download "$suite" "$dir" source --download-only "$package"
	) 9>"${dir%/*}/lock" || return 1
	printf '%s\n' "$dir"
}

fetch_source()
{
	local package=${1%%/*} files dir
	command -v dpkg-source >/dev/null || need_packages dpkg-dev xz-utils || return 1
	files=$(fetch_source_files "$1") || return 1
	dir=${files%/files}/tree
	(
		flock 9
		[ -d "$dir" ] && exit 0
		rm -rf "$dir.part"
		quietly "$BONSAI_CACHE/log/dpkg-source.$package.log" \
			dpkg-source --no-check -x "$files"/*.dsc "$dir.part" && mv "$dir.part" "$dir"
	) 9>"${dir%/*}/lock" || return 1
	printf '%s\n' "$dir"
}

# extract_packages RELEASE DIR PACKAGE,… [OPTION]…: the packages and what they depend on, unpacked.
extract_packages()
{
	local release=$1 dir=$2 packages=$3
	shift 3
	need_packages mmdebstrap e2fsprogs >&2
	private_apt_update machine
	sed -n "s/arch=[^] ]*/arch=$deb_arch/; /^deb /p" \
		"$BONSAI_CACHE/apt/machine/sources.list" >"$dir.list"
	quietly "$BONSAI_CACHE/log/mmdebstrap.log" mmdebstrap --variant=extract \
		--architectures="$deb_arch" --skip=output/mknod,output/dev,check/qemu \
		--aptopt='APT::Install-Recommends "false"' --include="$packages" "$@" \
		"$release" "$dir" "$dir.list"
	mkdir -p "$dir"/{dev,proc,run,sys,tmp}
}
