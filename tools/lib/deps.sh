# SPDX-License-Identifier: Apache-2.0
# What a static binary is made of: a sysroot per target with musl, the kernel's headers,
# and the few libraries that Bonsai uses, each with only what it uses. Everything comes
# from Debian: musl, the headers, libfdt and libargon2 as packages of the target's
# architecture, the other libraries compiled here from their source packages. Sourced; bash;
# needs say.sh, apt.sh and target.sh.
#
#   deps_dir TARGET    prints $BONSAI_CACHE/deps/TARGET/HASH, built if need be:
#                      include/, lib/ (with pkgconfig/) and cross.ini for meson
#
# HASH is over this recipe and the versions of all of its inputs.

DEPS_DEBS="musl-dev linux-libc-dev libfdt-dev libdrm-dev libargon2-dev"
DEPS_SOURCES="libxml2 zlib libzstd jansson mbedtls"

deps_dir()
{
	local target=$1 base="$BONSAI_CACHE/deps/$1" recipe versions hash
	local deb_arch triplet cpu_family cpu cpu_flags pie_flag static_flag qemu compiler_package
	target_set "$target" || return 1
	need_packages "$compiler_package" dpkg-dev xz-utils || return 1
	private_apt_update || return 1
	mkdir -p "$base"
	recipe=$(deps_recipe_hash)
	# What the versions are is asked again only when the package lists are others.
	if [ "$base/versions.$recipe" -nt "$BONSAI_CACHE/apt/machine/answers/.lists" ]; then
		versions=$(<"$base/versions.$recipe")
	else
		versions=$(deps_versions) || return 1
		printf '%s\n' "$versions" >"$base/versions.$recipe"
	fi
	hash=$(printf '%s\n' "$recipe" "$versions" | sha256sum | cut -c1-16)
	(
		flock 9
		[ -e "$base/$hash/cross.ini" ] && exit 0
		say "building the libraries for $target"
		rm -rf "$base/$hash"
		deps_build "$base/$hash"
	) 9>"$base/lock" || return 1
	printf '%s\n' "$base/$hash"
}

deps_recipe_hash()
{
	local lib
	lib=$(dirname "${BASH_SOURCE[0]}")
	cat "$lib/deps.sh" "$lib/target.sh" <("$triplet-gcc" --version) | sha256sum | cut -c1-16
}

deps_versions()
{
	local package
	for package in $DEPS_DEBS; do
		basename "$(fetch_deb "$deb_arch" "$package")" || return 1
	done
	for package in $DEPS_SOURCES; do
		echo "$package $(source_version "$package")" || return 1
	done
}

deps_build()
{
	local dir=$1 work=$1/work
	mkdir -p "$dir/include" "$dir/lib/pkgconfig" "$work"
	deps_compiler_flags "$dir"
	deps_headers_and_libc &&
		deps_drm_headers &&
		deps_libfdt &&
		deps_zlib &&
		deps_zstd &&
		deps_jansson &&
		deps_mbedtls &&
		deps_argon2 &&
		deps_libxml2 || return 1
	rm -rf "$work"
	deps_cross_file >"$dir/cross.ini.part" && mv "$dir/cross.ini.part" "$dir/cross.ini"
}

# Sets cflags and ldflags: the compiler is the one for glibc, told to know nothing of it. The
# start files and libc.a are found in lib/, libgcc.a where the compiler keeps it.
deps_compiler_flags()
{
	cflags=(-nostdinc -isystem"$1/include"
		-idirafter"$("$triplet-gcc" -print-file-name=include)" "${cpu_flags[@]}"
		"$pie_flag" -ffunction-sections -fdata-sections -fstack-protector-strong
		-fno-asynchronous-unwind-tables -fno-unwind-tables)
	ldflags=(-B"$1/lib" -L"$1/lib" "$static_flag"
		-Wl,--gc-sections -Wl,-z,relro,-z,now,-z,noexecstack)
}

deps_headers_and_libc()
{
	local deb musl name
	deb=$(fetch_deb "$deb_arch" linux-libc-dev) && unpack_deb "$deb" "$work/linux" || return 1
	deb=$(fetch_deb "$deb_arch" musl-dev) && unpack_deb "$deb" "$work/musl" || return 1
	# KVM is gone from 32-bit ARM, and with it the package's header, which is the same for all.
	if [ ! -e "$work/linux/usr/include/linux/kvm.h" ]; then
		deb=$(fetch_deb arm64 linux-libc-dev) && unpack_deb "$deb" "$work/arm64" || return 1
		mv "$work/arm64/usr/include/linux/kvm.h" "$work/linux/usr/include/linux/"
	fi
	musl=$(basename "$(echo "$work"/musl/usr/include/*-linux-musl*)")
	for name in asm-generic linux mtd; do
		mv "$work/linux/usr/include/$name" "$dir/include/"
	done
	mv "$work/linux/usr/include/$triplet/asm" "$dir/include/"
	cp -r "$work/musl/usr/include/$musl/." "$dir/include/"
	cp "$work/musl/usr/lib/$musl"/*.[ao] "$dir/lib/"
}

# The kernel's own; Debian has them in this package. The library is not used.
deps_drm_headers()
{
	local deb
	deb=$(fetch_deb "$deb_arch" libdrm-dev) && unpack_deb "$deb" "$work/libdrm" || return 1
	mkdir "$dir/include/libdrm"
	cp "$work"/libdrm/usr/include/libdrm/{drm,drm_mode,drm_fourcc}.h "$dir/include/libdrm/"
}

# compile_archive NAME CFLAG… -- FILE…: lib/libNAME.a of the files.
compile_archive()
{
	local name=$1 file flags=() objects=()
	shift
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	mkdir -p "$work/$name"
	for file in "$@"; do
		objects+=("$work/$name/$(basename "$file").o")
	done
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c \
		'file=$1; out=$2; shift 2; exec "$@" -c "$file" -o "$out/${file##*/}.o"' - {} \
		"$work/$name" "$triplet-gcc" -Os -w "${cflags[@]}" "${flags[@]}" \
		>"$work/$name.log" 2>&1 || {
		say "could not compile $name"
		tail -n 20 "$work/$name.log" >&2
		return 1
	}
	"$triplet-gcc-ar" rcs "$dir/lib/lib$name.a" "${objects[@]}"
}

# pkgconfig NAME VERSION LIBRARY
pkgconfig()
{
	cat >"$dir/lib/pkgconfig/$1.pc" <<-END
		Name: $1
		Description: $1 as Bonsai uses it
		Version: $2
		Libs: -L$dir/lib -l$3
	END
}

# Pure C over memcpy and friends: the archive for glibc serves musl as well.
deps_libfdt()
{
	local deb
	deb=$(fetch_deb "$deb_arch" libfdt-dev) && unpack_deb "$deb" "$work/libfdt-dev" || return 1
	cp "$work"/libfdt-dev/usr/include/{fdt,libfdt,libfdt_env}.h "$dir/include/"
	cp "$work/libfdt-dev/usr/lib/$triplet/libfdt.a" "$dir/lib/"
}

# For speed: unpacking a kernel is on the way to its first instruction. Packing is for pictures.
deps_zlib()
{
	local tree
	tree=$(fetch_source zlib) || return 1
	compile_archive z -O2 -DHAVE_HIDDEN -- \
		"$tree"/{adler32,crc32,deflate,inffast,inflate,inftrees,trees,zutil}.c || return 1
	cp "$tree"/{zlib,zconf}.h "$dir/include/"
	pkgconfig zlib "$(sed -n 's/^#define ZLIB_VERSION "\(.*\)"/\1/p' "$tree/zlib.h")" z
}

# Reading only, and for speed; of the variants that are made for it, the small ones.
deps_zstd()
{
	local tree
	tree=$(fetch_source libzstd) || return 1
	compile_archive zstd -O2 -DZSTD_DISABLE_ASM -DDYNAMIC_BMI2=0 -DZSTD_LEGACY_SUPPORT=0 \
		-DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT \
		-DZSTD_STRIP_ERROR_STRINGS -- "$tree"/lib/{common,decompress}/*.c || return 1
	cp "$tree"/lib/{zstd,zstd_errors}.h "$dir/include/"
	pkgconfig libzstd "$(zstd_version "$tree/lib/zstd.h")" zstd
}

zstd_version()
{
	sed -n 's/^#define ZSTD_VERSION_\(MAJOR\|MINOR\|RELEASE\) *\([0-9]*\)$/\2/p' "$1" |
		paste -s -d.
}

# Whole, for it is small; the linker drops what nobody calls.
deps_jansson()
{
	local tree version name
	tree=$(fetch_source jansson) || return 1
	version=$(sed -n 's/^#define JANSSON_VERSION "\(.*\)"/\1/p' "$tree/src/jansson.h")
	mkdir -p "$work/jansson"
	sed -e 's/@json_inline@/inline/' -e 's/@json_have_[a-z_]*@/1/' \
		"$tree/src/jansson_config.h.in" >"$dir/include/jansson_config.h"
	for name in HAVE_{ENDIAN,FCNTL,SCHED,STDINT,SYS_PARAM,SYS_STAT,SYS_TIME,SYS_TYPES,UNISTD}_H \
		HAVE_{ATOMIC_BUILTINS,CLOSE,GETPID,GETTIMEOFDAY,LOCALECONV,OPEN,READ,SCHED_YIELD} \
		USE_URANDOM; do
		echo "#define $name 1"
	done >"$work/jansson/jansson_private_config.h"
	echo '#define INITIAL_HASHTABLE_ORDER 3' >>"$work/jansson/jansson_private_config.h"
	cp "$tree/src/jansson.h" "$dir/include/"
	compile_archive jansson -DHAVE_CONFIG_H -I"$work/jansson" -I"$tree/src" \
		-- "$tree"/src/*.c || return 1
	pkgconfig jansson "$version" jansson
}

# Digests and ciphers, for speed. X.509 for signatures and TLS, and as much of TLS 1.2 as two of us
# or openssl need: whoever computes with a secret there brings randomness along to hide it.
MBEDTLS_WITH="PLATFORM_C MD_C SHA256_C SHA512_C AES_C CIPHER_MODE_XTS"
MBEDTLS_FILES="aes chacha20 chachapoly gcm md platform platform_util poly1305 sha256 sha512"
MBEDTLS_X509_WITH="ASN1_PARSE_C ASN1_WRITE_C BASE64_C BIGNUM_C ECDSA_C ECP_C
	ECP_DP_SECP256R1_ENABLED ECP_DP_SECP384R1_ENABLED ECP_NIST_OPTIM ECP_NO_INTERNAL_RNG
	HAVE_ASM HAVE_TIME HAVE_TIME_DATE OID_C PEM_PARSE_C PKCS1_V15 PK_C PK_PARSE_C RSA_C
	X509_CHECK_EXTENDED_KEY_USAGE X509_CHECK_KEY_USAGE X509_CRT_PARSE_C X509_USE_C"
MBEDTLS_X509_FILES="asn1parse asn1write base64 bignum constant_time ecdsa ecp ecp_curves oid
	pem pk pk_wrap pkparse rsa rsa_internal x509 x509_crt"
MBEDTLS_TLS_WITH="CHACHA20_C CHACHAPOLY_C CIPHER_C ECDH_C GCM_C KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
	KEY_EXCHANGE_ECDHE_RSA_ENABLED POLY1305_C SSL_ALL_ALERT_MESSAGES SSL_CLI_C
	SSL_EXTENDED_MASTER_SECRET SSL_KEEP_PEER_CERTIFICATE SSL_PROTO_TLS1_2
	SSL_SERVER_NAME_INDICATION SSL_SRV_C SSL_TLS_C"
MBEDTLS_TLS_FILES="cipher cipher_wrap ecdh ssl_ciphersuites ssl_cli ssl_msg ssl_srv ssl_tls"

deps_mbedtls()
{
	local tree flags
	tree=$(fetch_source mbedtls) || return 1
	mkdir -p "$work/mbedtls" "$dir/include/mbedtls"
	{
		printf '#define MBEDTLS_%s\n' $MBEDTLS_WITH $MBEDTLS_X509_WITH $MBEDTLS_TLS_WITH
		echo '#include <mbedtls/check_config.h>'
	} >"$work/mbedtls/bonsai_mbedtls.h"
	flags=(-DMBEDTLS_CONFIG_FILE='<bonsai_mbedtls.h>' -I"$work/mbedtls" -I"$tree/include")
	compile_archive mbedcrypto -O2 "${flags[@]}" -- \
		$(printf "$tree/library/%s.c " $MBEDTLS_FILES) || return 1
	compile_archive mbedx509 "${flags[@]}" -- \
		$(printf "$tree/library/%s.c " $MBEDTLS_X509_FILES) || return 1
	compile_archive mbedtls "${flags[@]}" -- \
		$(printf "$tree/library/%s.c " $MBEDTLS_TLS_FILES) || return 1
	cp "$tree"/include/mbedtls/*.h "$dir/include/mbedtls/"
	cp "$work/mbedtls/bonsai_mbedtls.h" "$dir/include/mbedtls/config.h"
}

# Passphrases of encrypted volumes. The archive for glibc serves musl as well without the part
# that prints, which the rest can do without when it is not asked to.
deps_argon2()
{
	local deb archive=$dir/lib/libargon2.a
	deb=$(fetch_deb "$deb_arch" libargon2-dev) && unpack_deb "$deb" "$work/argon2" || return 1
	cp "$work/argon2/usr/include/argon2.h" "$dir/include/"
	cp "$work/argon2/usr/lib/$triplet/libargon2.a" "$archive"
	"$triplet-gcc-ar" d "$archive" encoding.o || return 1
	"$triplet-objcopy" -W encode_string -W decode_string -W b64len -W numlen "$archive" || return 1
	pkgconfig libargon2 "$(basename "$deb" | cut -d_ -f2)" argon2
}

# The parser and its events (the tree cannot be left out of it); no network, no encodings but
# the built-in ones, no schemas, no output.
LIBXML2_WITH="TREE"
LIBXML2_FILES="SAX2 buf chvalid dict encoding entities error globals hash list parser
	parserInternals threads tree uri valid xmlIO xmlmemory xmlstring
	xmlunicode"

deps_libxml2()
{
	local tree name version number sources=()
	tree=$(fetch_source libxml2) || return 1
	mkdir -p "$work/libxml2/libxml"
	version=$(sed -n 's/^PACKAGE_VERSION=.\([0-9.]*\).$/\1/p' "$tree/configure")
	number=$(printf '%d%02d%02d' ${version//./ })
	sed -e "$(printf 's/@WITH_%s@/1/;' $LIBXML2_WITH)" -e 's/@WITH_[A-Z0-9_]*@/0/' \
		-e "s/@VERSION@/$version/; s/@LIBXML_VERSION_NUMBER@/$number/" \
		-e 's/@LIBXML_VERSION_EXTRA@//; s/@MODULE_EXTENSION@//' \
		"$tree/include/libxml/xmlversion.h.in" >"$work/libxml2/libxml/xmlversion.h"
	for name in CTYPE_H ERRNO_H FCNTL_H FLOAT_H INTTYPES_H LIMITS_H MATH_H RAND_R SNPRINTF \
		STAT STDARG_H STDINT_H STDLIB_H STRING_H SYS_STAT_H SYS_TYPES_H TIME_H UNISTD_H \
		VA_COPY VSNPRINTF; do
		echo "#define HAVE_$name 1"
	done >"$work/libxml2/config.h"
	for name in $LIBXML2_FILES; do
		sources+=("$tree/$name.c")
	done
	compile_archive xml2 -DHAVE_CONFIG_H -D_GNU_SOURCE -I"$work/libxml2" -I"$tree/include" \
		-- "${sources[@]}" || return 1
	mkdir -p "$dir/include/libxml"
	cp "$tree"/include/libxml/*.h "$dir/include/libxml/" || return 1
	cp "$work/libxml2/libxml/xmlversion.h" "$dir/include/libxml/" || return 1
	pkgconfig libxml-2.0 "$version" xml2
}

# meson_list WORD…: as an array of meson's language
meson_list()
{
	local list
	list=$(printf "'%s', " "$@")
	printf '[%s]' "${list%, }"
}

deps_cross_file()
{
	cat <<-END
		# Made by tools/lib/deps.sh.
		[binaries]
		c = '$triplet-gcc'
		ar = '$triplet-gcc-ar'
		nm = '$triplet-gcc-nm'
		strip = '$triplet-strip'
		pkgconfig = 'pkg-config'
		${qemu:+exe_wrapper = '$qemu'}

		[properties]
		pkg_config_libdir = '$dir/lib/pkgconfig'
		needs_exe_wrapper = $([ -n "$qemu" ] && echo true || echo false)

		[built-in options]
		c_args = $(meson_list "${cflags[@]}")
		c_link_args = $(meson_list "${ldflags[@]}")
		b_pie = false
		b_staticpic = false

		[host_machine]
		system = 'linux'
		cpu_family = '$cpu_family'
		cpu = '$cpu'
		endian = 'little'
	END
}
