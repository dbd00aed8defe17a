#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads with Bonsai what Debian's cryptsetup encrypted, in the forms that it knows, writes to
it, and has cryptsetup decrypt that; and what is not to be opened, Bonsai says so.

check-crypt.py DISK_TOOL. Exit status 77: there is no cryptsetup here. No device-mapper and
no privileges are needed.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from claims import check, report  # noqa: E402

TOOL = pathlib.Path(sys.argv[1]).resolve()
os.environ["PATH"] += ":/usr/sbin:/sbin"
CONTENT_BYTES = 640 << 10
# What the header takes in front of the content, and as much again to move it.
HEAD_BYTES = 4 << 20
PASSPHRASE = b"correct horse battery staple"

CHEAP_ARGON = ["--pbkdf-memory=64", "--pbkdf-force-iterations=4", "--pbkdf-parallel=1"]
CHEAP_PBKDF2 = ["--pbkdf=pbkdf2", "--pbkdf-force-iterations=1000"]
SIZES = ["--luks2-metadata-size=16k", "--luks2-keyslots-size=1M"]
OFFLINE = "--force-offline-reencrypt"

# What the volume is made with, and what key it has.
FORMS = [
    ("argon2id", 512, ["--pbkdf=argon2id", *CHEAP_ARGON], PASSPHRASE),
    ("argon2i, four lanes", 4096,
     ["--pbkdf=argon2i", *CHEAP_ARGON, "--pbkdf-parallel=4"], PASSPHRASE),
    ("pbkdf2 with sha512", 1024, ["--hash=sha512", *CHEAP_PBKDF2], PASSPHRASE),
    ("AES-128", 2048, ["--key-size=256", *CHEAP_PBKDF2], PASSPHRASE),
    ("a large header", 512, ["--luks2-metadata-size=64k", *CHEAP_PBKDF2], PASSPHRASE),
    ("a key file of many bytes", 4096, CHEAP_PBKDF2,
     random.Random("key").randbytes(10000) + b"\n"),
    ("a short key file with newlines", 512, CHEAP_PBKDF2, b"\n\na\n"),
]


def cryptsetup(*words, **more):
    return subprocess.run(["cryptsetup", "-q", *words], capture_output=True, timeout=120,
                          **more)


def tool(volume, key, *words, data=b"", form="file", options=()):
    """Runs the program with the key on descriptor 3."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(key)
        file.flush()
        return subprocess.run(
            ["sh", "-c", 'exec "$@" 3<"$0"', file.name, TOOL, "crypt", *options, volume, form,
             *[str(word) for word in words]], input=data, capture_output=True, timeout=120)


def encrypt(volume, content, sector_bytes, options, key_file):
    """Has cryptsetup make the content a volume, in place."""
    volume.write_bytes(content)
    with open(volume, "r+b") as file:
        file.truncate(len(content) + HEAD_BYTES)
    return cryptsetup("reencrypt", OFFLINE, "--encrypt", "--type=luks2", *SIZES,
                      f"--reduce-device-size={HEAD_BYTES}", f"--sector-size={sector_bytes}",
                      *options, "--key-file", key_file, volume)


def format_volume(volume, *options):
    volume.write_bytes(b"")
    os.truncate(volume, 4 << 20)
    made = cryptsetup("luksFormat", "--type=luks2", *SIZES, *CHEAP_PBKDF2, "--key-file=-",
                      *options, volume, input=PASSPHRASE)
    check(f"cryptsetup luksFormat {' '.join(options)}", made.returncode == 0, made.stderr)


def change(content, sector_bytes, name):
    """Pieces that are written at some sectors, and the content with them."""
    rng = random.Random(name)
    changed, pieces = bytearray(content), []
    for bytes_at_once in (sector_bytes, 5 * sector_bytes, 9 << 13):
        at = rng.randrange((len(content) - bytes_at_once) // sector_bytes) * sector_bytes
        piece = rng.randbytes(bytes_at_once)
        changed[at:at + bytes_at_once] = piece
        pieces.append((at, piece))
    zeroes = (len(content) // sector_bytes // 2 * sector_bytes, 3 * sector_bytes)
    changed[zeroes[0]:sum(zeroes)] = bytes(zeroes[1])
    return pieces, zeroes, bytes(changed)


def try_form(folder, name, sector_bytes, options, key):
    volume, key_file, header = folder / "volume", folder / "key", folder / "header"
    content = random.Random(name).randbytes(CONTENT_BYTES)
    key_file.write_bytes(key)
    header.unlink(missing_ok=True)
    made = encrypt(volume, content, sector_bytes, options, key_file)
    check(f"{name}: cryptsetup makes it", made.returncode == 0, made.stderr)
    info = tool(volume, key, "info")
    capacity = volume.stat().st_size - HEAD_BYTES // 2
    check(f"{name}: opens it", info.stdout ==
          f"{capacity} bytes, blocks of {sector_bytes}\n".encode(), (info.stdout, info.stderr))
    got = tool(volume, key, "read", 0, len(content), options=["direct"])
    check(f"{name}: reads it", got.stdout == content, (got.returncode, got.stderr))
    pieces, zeroes, changed = change(content, sector_bytes, name)
    for at, piece in pieces:
        got = tool(volume, key, "write", at, len(piece), data=piece)
        check(f"{name}: writes", got.returncode == 0, got.stderr)
    got = tool(volume, key, "zero", *zeroes, "read", 0, len(content))
    check(f"{name}: reads what it wrote", got.stdout == changed, got.stderr)
    back = cryptsetup("reencrypt", OFFLINE, "--decrypt", *CHEAP_PBKDF2, "--header", header,
                      "--key-file", key_file, volume)
    check(f"{name}: cryptsetup decrypts it", back.returncode == 0, back.stderr)
    check(f"{name}: cryptsetup finds what was written",
          volume.read_bytes()[:len(content)] == changed, "another content")


def try_keys(folder):
    volume, second = folder / "volume", folder / "second"
    format_volume(volume)
    second.write_bytes(b"another\nkey")
    added = cryptsetup("luksAddKey", *CHEAP_PBKDF2, "--key-file=-", volume, second,
                       input=PASSPHRASE)
    check("cryptsetup adds a key", added.returncode == 0, added.stderr)
    for name, key, form, good in (
            ("the first slot", PASSPHRASE, "file", True),
            ("the second slot", b"another\nkey", "file", True),
            ("a passphrase and what follows it", PASSPHRASE + b"\nrest", "passphrase", True),
            ("a passphrase without a newline", PASSPHRASE, "passphrase", True),
            ("a key file with a newline too many", PASSPHRASE + b"\n", "file", False),
            ("a key file up to its newline", b"another\nkey", "passphrase", False)):
        got = tool(volume, key, "info", form=form)
        check(f"keys: {name}", (got.returncode == 0) == good and
              (good or b"opens none of the 2 key slots" in got.stderr), got.stderr)
    cryptsetup("config", "--key-slot=0", "--priority=ignore", volume)
    got = tool(volume, PASSPHRASE, "info")
    check("keys: a slot to be ignored", got.returncode == 1, got.stdout)
    got = tool(volume, b"", "info")
    check("keys: none", b"it is empty" in got.stderr, got.stderr)
    got = tool(volume, b"", "info", form="no-such-key-of-bonsai")
    check("keys: none in the keyring", got.returncode == 1 and
          b"no-such-key-of-bonsai" in got.stderr, got.stderr)


def try_sectors(folder):
    volume = folder / "volume"
    format_volume(volume, "--sector-size=4096")
    for action in (("read", 512, 4096), ("write", 4096, 512), ("zero", 512, 4096),
                   ("discard", 0, 512)):
        got = tool(volume, PASSPHRASE, *action, data=bytes(8192))
        check(f"sectors: refuses {action}", got.returncode == 2, got.stdout)
    # Punched out of the file, a sector is whatever zeroes decrypt to.
    before = volume.read_bytes()
    got = tool(volume, PASSPHRASE, "discard", 8192, 4096)
    check("sectors: discards", got.returncode == 0, got.stderr)
    after = volume.read_bytes()
    start = len(after) - int(tool(volume, PASSPHRASE, "info").stdout.split()[0])
    check("sectors: discards no other", after[start + 8192:start + 12288] == bytes(4096) and
          after[:start + 8192] == before[:start + 8192] and
          after[start + 12288:] == before[start + 12288:], "they differ")
    got = tool(volume, PASSPHRASE, "resize", 8 << 20, "info")
    check("sectors: grows", got.stdout == f"{8 << 20} bytes, blocks of 4096\n".encode() and
          volume.stat().st_size == start + (8 << 20), got.stderr)
    # The flag that cryptsetup's --persistent sets, which it does of open volumes only.
    edit_json(volume, lambda root: root["config"].update(flags=["allow-discards"]))
    got = tool(volume, PASSPHRASE, "info")
    check("sectors: the volume's own flag", got.stdout.endswith(b", discard\n"), got.stdout)


def edit_json(volume, edit):
    """Changes the metadata of both headers, with new checksums."""
    image = bytearray(volume.read_bytes())
    size = struct.unpack_from(">Q", image, 8)[0]
    for at in (0, size):
        text = bytes(image[at + 4096:at + size]).rstrip(b"\0")
        root = json.loads(text)
        edit(root)
        image[at + 4096:at + size] = json.dumps(root).encode().ljust(size - 4096, b"\0")
        image[at + 448:at + 512] = bytes(64)
        image[at + 448:at + 480] = hashlib.sha256(image[at:at + size]).digest()
    volume.write_bytes(image)


def refused(volume, name, text):
    got = tool(volume, PASSPHRASE, "info")
    check(f"refuses {name}", got.returncode == 1 and text in got.stderr and
          got.stderr.count(b"\n") == 1, got.stderr or got.stdout)


def try_wrong(folder):
    volume = folder / "volume"
    volume.write_bytes(bytes(4 << 20))
    refused(volume, "what is no volume", b"is no LUKS2 volume")
    format_volume(volume, "--cipher=aes-cbc-essiv:sha256")
    refused(volume, "another cipher", b"encrypted with aes-cbc-essiv:sha256, allowed: aes-xts")
    format_volume(volume)
    whole = volume.read_bytes()
    for what, journal, says in (
            ("hmac(sha256)", "none", b"has no integrity superblock"),
            ("crc32c", "none", b"authenticated with crc32c, allowed:"),
            ("hmac(sha256)", "aes", b"an encrypted integrity journal")):
        volume.write_bytes(whole)
        edit_json(volume, lambda root: root["segments"]["0"].update(
            integrity={"type": what, "journal_encryption": journal,
                       "journal_integrity": "none"}))
        refused(volume, "integrity " + what, says)
    for name, text, edit in (
            ("an unknown requirement", b"requires 'tea'", lambda root:
             root["config"].update(requirements={"mandatory": ["tea"]})),
            ("a second segment", b"has 2 segments", lambda root:
             root["segments"].update({"1": dict(root["segments"]["0"])})),
            ("no key slot", b"no key slot", lambda root: root["keyslots"].clear()),
            ("a sector of 100 bytes", b"sector_size cannot be right", lambda root:
             root["segments"]["0"].update(sector_size=100)),
            ("data in the header", b"offset cannot be right", lambda root:
             root["segments"]["0"].update(offset="4096"))):
        volume.write_bytes(whole)
        edit_json(volume, edit)
        refused(volume, name, text)
    volume.write_bytes(whole[:1 << 20])
    refused(volume, "a file cut off", b"is cut off")
    for first, second, good in ((True, False, True), (False, True, True), (True, True, False)):
        damaged = bytearray(whole)
        damaged[5000] ^= first
        damaged[16384 + 5000] ^= second
        volume.write_bytes(damaged)
        got = tool(volume, PASSPHRASE, "info")
        check(f"damage of {first} {second}", (got.returncode == 0) == good and
              b"damaged" in got.stderr, got.stderr)
    volume.write_bytes(bytes(4096) + whole[4096:])
    got = tool(volume, PASSPHRASE, "info")
    check("opens by the second header", got.returncode == 0, got.stderr)
    cryptsetup("luksFormat", "--type=luks1", "--pbkdf-force-iterations=1000", "--key-file=-",
               volume, input=PASSPHRASE)
    refused(volume, "LUKS1", b"is a LUKS1 volume")


def try_reencryption(folder):
    volume, key_file = folder / "volume", folder / "key"
    format_volume(volume)
    key_file.write_bytes(PASSPHRASE)
    begun = cryptsetup("reencrypt", OFFLINE, "--init-only", *CHEAP_PBKDF2, "--key-file", key_file, volume)
    check("cryptsetup begins to reencrypt", begun.returncode == 0, begun.stderr)
    refused(volume, "a volume in the middle of it", b"is being reencrypted")
    cryptsetup("reencrypt", OFFLINE, "--resume-only", "--key-file", key_file, volume)
    got = tool(volume, PASSPHRASE, "info")
    check("opens it afterwards", got.returncode == 0, got.stderr)


if not shutil.which("cryptsetup"):
    print("skipped: no cryptsetup here (Debian: cryptsetup-bin)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as temp:
    for form in FORMS:
        try_form(pathlib.Path(temp), *form)
    for trial in (try_keys, try_sectors, try_wrong, try_reencryption):
        trial(pathlib.Path(temp))
sys.exit(report())
