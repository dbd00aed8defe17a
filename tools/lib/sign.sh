# SPDX-License-Identifier: Apache-2.0
# Signs VMs with nothing but openssl, as docs/security.md shows. Sourced; bash; needs apt.sh.
#
#   sign_vm FOLDER NAME ROLE=FILE...   makes vendor.pem and NAME.sig in FOLDER for NAME.xml
#                                      there and its files, version 7; with a key that is
#                                      gone afterwards

sign_vm()
{
	local dir=$1 name=$2 file key manifest
	shift 2
	need_packages openssl >&2
	key=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) || return 1
	openssl pkey -in <(echo "$key") -pubout -out "$dir/vendor.pem" || return 1
	manifest=$(
		printf 'bonsai manifest 1\nname %s\nversion 7\n' "$name"
		for file in "config=$name.xml" "$@"; do
			echo "${file%%=*} $(stat -L -c %s "$dir/${file#*=}") sha256" \
				"$(sha256sum <"$dir/${file#*=}" | cut -d' ' -f1)"
		done
	)
	{
		echo "$manifest"
		echo "-----BEGIN SIGNATURE-----"
		echo "$manifest" | openssl dgst -sha256 -sign <(echo "$key") | openssl base64
		echo "-----END SIGNATURE-----"
	} >"$dir/$name.sig"
}
