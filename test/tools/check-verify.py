#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds bonsai keygen, sign and verify against openssl, each with what the other made, and
tries the certificates, versions and policies that must not do.

check-verify.py BONSAI. Exit status 77: there is no openssl here.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from claims import check, report  # noqa: E402

BONSAI = pathlib.Path(sys.argv[1]).resolve()
XML = """<config name="router" kernel_rom="Image" initrd_rom="initrd" ram_size="64M" cpu_count="1">
  <verify manifest="vm.sig" key="{}" {}/>
</config>
"""
TYPES = {
    "p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha256"),
    "p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "-sha384"),
    "rsa3072": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "-sha256"),
}
WEAK = {
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "secp256k1": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "ed25519": ["-algorithm", "ED25519"],
}
SIGNS = "keyUsage=digitalSignature\nextendedKeyUsage=codeSigning\n"
ISSUES = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=120, **more)


def openssl(*words, **more):
    done = run("openssl", *words, **more)
    if done.returncode:
        sys.exit(f"openssl {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def sign(key, version=7, *more):
    return run(BONSAI, "sign", "--key", key, "--version", version, *more, "vm.xml")


def verify(*more):
    return run(BONSAI, "verify", *more, "vm.xml")


def accepted(name, *more):
    done = verify(*more)
    check(name, done.returncode == 0 and "signed and unchanged" in done.stdout,
          f"{done.returncode}: {done.stdout}{done.stderr}")


def refused(name, what, *more):
    done = verify(*more)
    check(name, done.returncode == 2 and what in done.stderr and not done.stdout and
          done.stderr.count("\n") == 1, f"{done.returncode}: {done.stdout}{done.stderr}")


def vm(key, more=""):
    pathlib.Path("vm.xml").write_text(XML.format(key, more))


def make_key(name, options):
    openssl("genpkey", *options, "-out", f"{name}.key")
    openssl("pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pem")


def openssl_sign(key, digest):
    """As docs/security.md says it."""
    manifest = run(BONSAI, "sign", "--unsigned", "--version", 7, "-o", "vm.manifest", "vm.xml")
    check("writes a manifest to be signed", manifest.returncode == 0, manifest.stderr)
    subprocess.run(["bash", "-euc", """{ cat vm.manifest
        echo "-----BEGIN SIGNATURE-----"
        openssl dgst "$2" -sign "$1" vm.manifest | openssl base64
        echo "-----END SIGNATURE-----"; } > vm.sig""", "-", key, digest], check=True)


def openssl_verify(key, digest):
    return run("bash", "-euc", """sed '/^-----BEGIN/,$d' vm.sig > vm.manifest
        sed -n '/^-----BEGIN SIGNATURE/,/^-----END/p' vm.sig | grep -v -e ----- |
          openssl base64 -d > vm.signature
        openssl dgst "$2" -verify "$1" -signature vm.signature vm.manifest""", "-", key, digest)


def try_keys():
    for name, (options, digest) in TYPES.items():
        made = run(BONSAI, "keygen", "--type", name, f"our-{name}")
        check(f"{name}: makes a key", made.returncode == 0, made.stderr)
        mode = os.stat(f"our-{name}.key").st_mode & 0o777
        check(f"{name}: for its owner alone", mode == 0o600, oct(mode))
        openssl("pkey", "-in", f"our-{name}.key", "-noout", "-check")
        again = run(BONSAI, "keygen", "--type", name, f"our-{name}")
        check(f"{name}: never replaces one", again.returncode == 2 and "exists" in again.stderr,
              again.stderr)
        make_key(f"their-{name}", options)
        for whose in (f"our-{name}", f"their-{name}"):
            vm(f"{whose}.pem")
            done = sign(f"{whose}.key")
            check(f"{whose}: signs", done.returncode == 0, done.stderr)
            accepted(f"{whose}: Bonsai takes what Bonsai signed")
            done = openssl_verify(f"{whose}.pem", digest)
            check(f"{whose}: openssl takes it", done.returncode == 0, done.stdout + done.stderr)
            openssl_sign(f"{whose}.key", digest)
            accepted(f"{whose}: Bonsai takes what openssl signed")
        refused(f"{name}: another key", "has not signed this manifest", "--key", f"our-{name}.pem")
        other = "-sha384" if digest == "-sha256" else "-sha256"
        openssl_sign(f"their-{name}.key", other)
        refused(f"{name}: another digest", "has not signed this manifest")
    openssl_sign("their-rsa3072.key", "-sha1")
    refused("SHA-1", "has not signed this manifest")
    for name, options in WEAK.items():
        make_key(name, options)
        vm(f"{name}.pem")
        sign("their-p256.key")
        refused(name, "allowed: ECDSA on P-256 or P-384" if name in ("rsa2048",) else "key \"")


def certificate(name, by=None, extensions=SIGNS, days=30, key="their-p256", more=()):
    """NAME.crt for that key, by itself or by another certificate."""
    pathlib.Path("extensions").write_text(extensions)
    request = openssl("req", "-new", "-key", f"{key}.key", "-subj", f"/CN={name}")
    signer = (["-CA", f"{by}.crt", "-CAkey", f"{by}.signer", "-CAcreateserial"] if by else
              ["-key", f"{key}.key"])
    openssl("x509", "-req", *signer, "-days", days, "-extfile", "extensions", *more,
            "-out", f"{name}.crt", input=request)
    shutil.copy(f"{key}.key", f"{name}.signer")


def leaf(name, what, chain, key="their-p256", **more):
    """Signs with that chain; what is the refusal, None: it is accepted."""
    pathlib.Path("chain.crt").write_text("".join(
        pathlib.Path(f"{part}.crt").read_text() for part in chain))
    done = sign(f"{key}.key", 7, "--certificates", "chain.crt")
    check(f"{name}: signs", done.returncode == 0, done.stderr)
    if what:
        refused(name, what)
    else:
        accepted(name)


def try_certificates():
    certificate("ca", extensions=ISSUES, key="their-p384")
    certificate("between", "ca", extensions=ISSUES, key="our-p384")
    certificate("direct", "ca")
    certificate("below", "between")
    certificate("rsa", "ca", key="their-rsa3072")
    vm("ca.crt")
    leaf("one certificate", None, ["direct"])
    leaf("a certificate of RSA", None, ["rsa"], key="their-rsa3072")
    leaf("a chain", None, ["below", "between"])
    leaf("a chain with a gap", "is of none of those", ["below"])
    pathlib.Path("whole").write_text(pathlib.Path("vm.sig").read_text())
    certificate("other", extensions=ISSUES, key="our-p256")
    certificate("theirs", "other")
    leaf("another authority", "is of none of those", ["theirs"])
    for use, extensions in (("no use", ""), ("a web server's", "extendedKeyUsage=serverAuth"),
                            ("for encryption", "keyUsage=keyEncipherment\n"
                             "extendedKeyUsage=codeSigning"), ("an authority's", ISSUES)):
        certificate("use", "ca", extensions=extensions)
        leaf(f"a certificate of {use}", "is not for code signing", ["use"])
    certificate("no-authority", "ca", key="our-p384")
    certificate("by-leaf", "no-authority")
    leaf("by one that is no authority", "key \"", ["by-leaf", "no-authority"])
    certificate("weak", "ca", key="rsa2048")
    leaf("a weak key", "too weak", ["weak"], key="rsa2048")
    certificate("weak-digest", "ca", more=["-sha1"])
    leaf("a weak digest", "too weak", ["weak-digest"])
    done = sign("our-p256.key", 7, "--certificates", "direct.crt")
    check("no certificate of another key", done.returncode == 2 and
          "do not begin with that of the key" in done.stderr, done.stderr)
    # A certificate that was trusted itself, in a manifest that has none.
    certificate("self")
    vm("self.crt")
    sign("their-p256.key")
    accepted("a certificate that signed itself")


def try_dates():
    pathlib.Path("authority").mkdir()
    pathlib.Path("authority/index").touch()
    pathlib.Path("authority/config").write_text(
        "[ca]\ndefault_ca=a\n[a]\ndatabase=authority/index\nnew_certs_dir=authority\n"
        "rand_serial=yes\npolicy=p\n[p]\ncommonName=supplied\n")
    pathlib.Path("extensions").write_text(SIGNS)
    for name, start, end, what in (("past", "20200101000000Z", "20210101000000Z", "has expired"),
                                   ("future", "20900101000000Z", "20910101000000Z",
                                    "is not valid yet")):
        openssl("req", "-new", "-key", "their-p256.key", "-subj", f"/CN={name}", "-out", "request")
        openssl("ca", "-batch", "-config", "authority/config", "-md", "sha256", "-cert", "ca.crt",
                "-keyfile", "their-p384.key", "-in", "request", "-startdate", start, "-enddate",
                end, "-extfile", "extensions", "-notext", "-out", f"{name}.crt")
        vm("ca.crt")
        leaf(f"a certificate of the {name}", what, [name])
        vm("ca.crt", 'expiry="ignore"')
        leaf(f"a certificate of the {name}, without a clock", None, [name])
        pathlib.Path("policy.xml").write_text('<policy><trust key="ca.crt"/></policy>')
        refused(f"the {name}, with a policy that has a clock", what, "--policy", "policy.xml")


def try_flips():
    """Certificates too are covered to the last bit."""
    vm("ca.crt")
    leaf("a chain to be flipped", None, ["below", "between"])
    good = pathlib.Path("vm.sig").read_bytes()
    for n in range(200):
        bit = n * 8 * len(good) // 200
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        pathlib.Path("vm.sig").write_bytes(bad)
        done = verify()
        check(f"bit {bit}", done.returncode == 2 and done.stderr.count("\n") == 1,
              f"{done.returncode}: {done.stderr}")


def try_policies():
    vm("our-p256.pem")
    sign("our-p256.key")
    policy = pathlib.Path("policy.xml")
    for name, text, what in (
            ("one that holds", '<trust key="our-p256.pem"/>', None),
            ("a key that is not the VM's", '<trust key="our-p384.pem"/>', "has not signed"),
            ("one of two", '<trust key="our-p384.pem"/><trust key="our-p256.pem"/>', None),
            ("an old version", '<trust key="our-p256.pem" minimum_version="8"/>',
             "version 7 is signed, minimum_version is 8"),
            ("another for this VM", '<trust key="our-p256.pem"/>'
             '<trust key="our-p256.pem" name="router" minimum_version="8"/>', "minimum_version"),
            ("another for another VM", '<trust key="our-p256.pem"/>'
             '<trust key="our-p256.pem" name="db" minimum_version="8"/>', None),
            ("nobody", "", "no key is trusted for this VM"),
            ("a key that is not there", '<trust key="none.pem"/>', "cannot be read"),
            ("a mistake", "<trust/>", "needs the attribute 'key'")):
        policy.write_text(f"<policy>{text}</policy>")
        if what:
            refused(f"policy: {name}", what, "--policy", "policy.xml")
        else:
            accepted(f"policy: {name}", "--policy", "policy.xml")
    refused("policy: none there", "no such policy", "--policy", "none.xml")
    accepted("--key", "--require-signed", "--key", "our-p256.pem")
    if not os.path.exists("/etc/bonsai/policy.xml"):
        refused("--require-signed alone", "nothing says whom to trust", "--require-signed")
    pathlib.Path("vm.xml").write_text(XML.format("x", "").replace('<verify manifest="vm.sig" '
                                                                  'key="x" />', ""))
    refused("unsigned", "the VM is not signed")
    done = run(BONSAI, "run", "--key", "our-p256.pem", "vm.xml")
    check("run --key, unsigned", done.returncode == 2 and "not signed" in done.stderr, done.stderr)


if not shutil.which("openssl"):
    print("skipped: no openssl here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as temp:
    os.chdir(temp)
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0, 2 << 20, 2, 0, 0, 0, b"ARM\x64", 0)
    pathlib.Path("Image").write_bytes(head + bytes(65536 - len(head)))
    pathlib.Path("initrd").write_bytes(b"\x1f\x8b" + bytes(5000))
    try_keys()
    try_certificates()
    try_dates()
    try_flips()
    try_policies()
sys.exit(report())
