# SPDX-License-Identifier: Apache-2.0
# Sourced by the tools: packages of any architecture and release, fetched by name through a
# private apt state in the cache, so the person's own package settings stay as they are.

cache=${BONSAI_CACHE:-$HOME/.cache/bonsai}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# The person's own Debian mirrors, as one-line entries for release $1.
mirrors_of()
{
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v to="$1" '
	function entry(uri, suite)
	{
		if (uri !~ /\/debian(-security)?\/?$/ || suite ~ /backports|proposed/)
			return
		sub(/^[a-z]+/, to, suite)
		if (!seen[uri suite]++)
			print "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " \
				uri " " suite " main"
	}
	$1 == "deb" { sub(/\[[^]]*\] */, ""); entry($2, $3) }
	$1 == "URIs:" { uris = $0; sub(/^URIs: */, "", uris) }
	$1 == "Suites:" {
		n = split(uris, u, " ")
		for (i = 1; i <= n; i++)
			for (f = 2; f <= NF; f++)
				entry(u[i], $f)
	}'
}

# Writes the private apt state for architecture $1 and release $2 once a day; sets APT_CONFIG.
private_apt()
{
	local state=$cache/apt/$2-$1
	export APT_CONFIG=$state/apt.conf
	[ -n "$(find "$state/stamp" -mtime -1 2>/dev/null)" ] && return
	mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/parts"
	: >"$state/status"
	mirrors_of "$2" >"$state/sources.list"
	[ -s "$state/sources.list" ] || die "no Debian mirror in /etc/apt/sources.list"
	cat >"$state/apt.conf" <<-END
	APT::Architecture "$1";
	APT::Architectures { "$1"; };
	APT::Sandbox::User "root";
	Dir::State "$state";
	Dir::State::status "$state/status";
	Dir::Cache "$state";
	Dir::Etc::sourcelist "$state/sources.list";
	Dir::Etc::sourceparts "$state/parts";
	Dir::Etc::preferencesparts "$state/parts";
	END
	apt-get -qq update >&2 || die "cannot read the package lists of $2 for $1"
	touch "$state/stamp"
}

# fetch_deb ARCH PACKAGE [RELEASE]: prints the path of the package's file in the cache.
fetch_deb()
(
	private_apt "$1" "${3:-bookworm}"
	file=$(apt-get download --print-uris "$2" | awk '{ print $2 }')
	[ -n "$file" ] || die "no package $2 for $1"
	mkdir -p "$cache/debs/$1"
	cd "$cache/debs/$1"
	[ -e "$file" ] || apt-get -qq download "$2" >&2
	echo "$PWD/$file"
)

# kernel_package ARCH META [RELEASE]: the package behind a metapackage such as linux-image-arm64.
kernel_package()
(
	private_apt "$1" "${3:-bookworm}"
	apt-cache depends "$2" | awk '$1 == "Depends:" && $2 ~ /^linux-image/ { print $2; exit }'
)
